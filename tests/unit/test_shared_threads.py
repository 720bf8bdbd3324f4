"""Catalogues that are open side by side share the threads of the one database; so do cursors on many small files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sdg_pipeline import duck
from sdg_pipeline.settings import Settings


def four_threads(home: Path) -> Settings:
    return Settings.from_environment({"SDG_HOME": str(home), "SDG_THREADS": "4"})


def test_a_catalogue_alone_has_all_threads_and_two_have_half_each(tmp_path: Path) -> None:
    settings = four_threads(tmp_path)
    with duck.scratch_catalogue(settings, tmp_path) as alone:
        assert duck.threads_of(alone) == 4
        with duck.scratch_catalogue(settings, tmp_path) as second:
            assert [duck.threads_of(con) for con in (alone, second)] == [2, 2]
    with duck.scratch_catalogue(settings, tmp_path) as alone:
        assert duck.threads_of(alone) == 4


def test_a_catalogue_has_one_thread_at_least(tmp_path: Path) -> None:
    settings = Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_THREADS": "1"})
    with duck.scratch_catalogue(settings, tmp_path), duck.scratch_catalogue(settings, tmp_path) as second:
        assert duck.threads_of(second) == 1


def test_small_files_side_by_side_share_the_threads_which_come_back_after_an_error(tmp_path: Path) -> None:
    def work(cursor: duckdb.DuckDBPyConnection, item: int) -> int:
        if item < 0:
            raise ValueError(item)
        return duck.threads_of(cursor)

    with duck.connect(four_threads(tmp_path), tmp_path) as con:
        assert duck.side_by_side(con, [1, 2, 3], work) == [2, 2, 2]
        with pytest.raises(ValueError, match="-1"):
            duck.side_by_side(con, [-1], work)
        assert duck.threads_of(con) == 4


def test_a_written_parquet_file_says_how_many_rows_it_has(tmp_path: Path) -> None:
    with duck.connect(four_threads(tmp_path), tmp_path) as con:
        assert duck.write_parquet(con, "SELECT range AS n FROM range(3)", "n", tmp_path / "three.parquet") == 3
