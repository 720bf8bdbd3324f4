"""The Range header: RFC 9110, section 14, on files of 100 bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdg_pipeline.serve.ranges import MOST, Unsatisfiable, parse

SIZE = 100


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        (None, []),
        ("bytes=0-0", [(0, 1)]),
        ("bytes=10-19", [(10, 20)]),
        ("bytes=90-", [(90, 100)]),
        ("bytes=90-5000", [(90, 100)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-5000", [(0, 100)]),
        ("Bytes=0-1", [(0, 2)]),
        ("bytes=0-1, 50-59,-1", [(0, 2), (50, 60), (99, 100)]),
        ("bytes=50-59,0-1", [(50, 60), (0, 2)]),
        ("bytes=0-1,500-", [(0, 2)]),
        ("bytes=0-50,50-99", []),
        ("bytes=5-2", []),
        ("bytes=", []),
        ("bytes=-", []),
        ("bytes=a-b", []),
        ("bytes=1-2-3", []),
        ("bytes=+1-2", []),
        ("bytes=\u0661-2", []),
        ("items=0-1", []),
        ("0-1", []),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 2 * MOST + 2, 2)), []),
        ("bytes=0-" + "9" * 40, []),
    ],
)
def test_parts_of_a_file(header: str | None, parts: list[tuple[int, int]]) -> None:
    assert parse(header, SIZE) == parts


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=500-,600-"])
def test_bytes_beyond_the_end_are_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, SIZE)


def test_an_empty_file_has_no_parts() -> None:
    with pytest.raises(Unsatisfiable):
        parse("bytes=0-", 0)


@given(st.text(alphabet="bytes=-,0123456789 ", max_size=40), st.integers(0, 50))
def test_every_part_lies_in_the_file_and_overlaps_no_other(text: str, size: int) -> None:
    try:
        parts = sorted(parse(f"bytes={text}", size))
    except Unsatisfiable:
        return
    ends = [0, *(end for _, end in parts)]
    assert all(before <= begin < end <= size for before, (begin, end) in zip(ends, parts, strict=False))
