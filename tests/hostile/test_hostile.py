"""A hostile input of each kind is refused; ``make hostile`` tries all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.try_all import cases, of_each_kind, tried

pytestmark = pytest.mark.slow


def test_one_of_each_kind_is_refused_in_bounds_and_with_a_remedy(tmp_path: Path) -> None:
    wrong = [f"{t.case.id}: {t.faults}, {t.ended.out[-400:]!r}" for t in tried(of_each_kind(), tmp_path) if t.faults]
    assert not wrong, "\n".join(wrong)


def test_the_list_is_long() -> None:
    every = list(cases())
    assert len(every) >= 400 and len({case.id for case in every}) == len(every)
