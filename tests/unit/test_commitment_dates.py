"""The status of a commitment: a pure function of its days and of the day on which somebody asks."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import duckdb
import pytest
from pydantic import ValidationError

from sdg_pipeline.open_government.commitments import Dates, status
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.commitments import Commitments

DUE = date(2026, 9, 30)
BEFORE, AFTER, LATER = DUE - timedelta(days=1), DUE + timedelta(days=1), DUE + timedelta(days=40)


@pytest.mark.parametrize(
    ("dates", "before", "after"),
    [
        (Dates(DUE), "not_yet_due", "unknown"),
        (Dates(DUE, seen=AFTER), "not_yet_due", "overdue"),
        (Dates(DUE, seen=BEFORE), "not_yet_due", "unknown"),
        (Dates(DUE, published=BEFORE), "met", "met"),
        (Dates(DUE, published=DUE), "not_yet_due", "met"),
        (Dates(DUE, published=AFTER), "not_yet_due", "met_late"),
        (Dates(DUE, fetched=BEFORE), "met", "met"),
        (Dates(DUE, fetched=AFTER), "not_yet_due", "unknown"),
        (Dates(DUE, fetched=AFTER, seen=AFTER), "not_yet_due", "met_late"),
    ],
)
def test_a_day_before_and_after_the_due_day(dates: Dates, before: str, after: str) -> None:
    assert (status(dates, BEFORE), status(dates, AFTER)) == (before, after)


def test_an_edition_that_is_late_only_here_is_unknown() -> None:
    """We fetched it long after the day, and nobody knows when it came out."""
    assert status(Dates(DUE, fetched=LATER), LATER) == "unknown"
    assert status(Dates(DUE), LATER) == "unknown"


def test_the_macro_of_the_warehouse_is_the_same_function() -> None:
    days = (None, BEFORE, DUE, AFTER, LATER)
    with duckdb.connect() as con:
        con.execute((PROJECT / "warehouse/macros/commitment_status.sql").read_text(encoding="utf-8"))
        for published, fetched, seen, today in itertools.product(days, days, days, days[1:]):
            assert today is not None
            macro = con.execute(
                "SELECT commitment_status($1, $2, $3, $4, $5)", [DUE, published, fetched, seen, today]
            ).fetchone()
            assert macro == (status(Dates(DUE, published, fetched, seen), today),), (published, fetched, seen, today)


def register(**changes: object) -> dict[str, object]:
    commitment = {
        "id": "census",
        "title": {"en": "Census", "es": "Censo"},
        "institution": "INEGI",
        "level": "state",
        "due": "2026-09-30",
        "cite": "a decree",
        "link": "https://example.org",
    }
    return {
        "id": "plan",
        "title": {"en": "R", "es": "R"},
        "owner": "team:data",
        "commitments": [{**commitment, **changes}],
    }


def test_a_status_cannot_be_written() -> None:
    assert Commitments.model_validate(register()).commitments[0].published is None
    with pytest.raises(ValidationError, match="Extra inputs"):
        Commitments.model_validate(register(status="met"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cite": " "}, "at least 1 character"),
        ({"due": "September 2026"}, "pattern"),
        ({"published": {"on": "2026-10-02", "seen": "2026-10-01", "cite": "x"}}, "seen is before on"),
    ],
)
def test_a_commitment_without_a_cite_or_a_day_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Commitments.model_validate(register(**changes))


def test_a_register_names_each_commitment_once() -> None:
    twice = register()
    assert isinstance(twice["commitments"], list)
    twice["commitments"] *= 2
    with pytest.raises(ValidationError, match="names a commitment twice: census"):
        Commitments.model_validate(twice)
