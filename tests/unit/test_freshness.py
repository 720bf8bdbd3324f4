"""Which source is late on a day; no clock is read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sdg_pipeline.quality.freshness import expect, expectations, judge, of_catalog
from sdg_pipeline.specs.calendar import Calendar
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Source

CALENDAR = Calendar.model_validate({
    "id": "expected", "owner": "team:data", "patience_months": {"annual": "12", "monthly": "2"}, "why": "x",
    "published": [{"source": "late_one", "period": "2022", "on": "2023-05-01", "cite": "a page"}],
})  # fmt: skip


def source(periodicity: str, editions: dict[str, Any], name: str = "office") -> Source:
    page = {"url": "https://example.org/x", "url_status": "from_memory"}
    words = {"en": "x", "es": "x"}
    return Source.model_validate({
        "id": name, "title": words, "publisher": "x", "licence": {**page, "id": "x"}, "landing_page": page,
        "dictionary": {"url_status": "unknown", "note": "none"}, "contact": "x", "periodicity": periodicity,
        "columns_status": "verified", "citation": words,
        "editions": {k: {"url_status": "unknown", **v} for k, v in editions.items()},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("on", "status", "days"),
    [
        ("2021-12-31", "current", 0),
        ("2022-01-01", "due", 0),
        ("2022-12-31", "due", 0),
        ("2023-01-01", "late", 1),
        ("2023-01-31", "late", 31),
    ],
)
def test_a_yearly_source_is_waited_for_until_patience_ends(on: str, status: str, days: int) -> None:
    expected = expect(source("annual", {"2019": {"period": "2019"}, "2020": {"period": "2020"}}), CALENDAR)
    assert (expected.edition, expected.reaches, expected.next_reaches) == ("2020", "2020-12", "2021-12")
    assert expected.expected_by == date(2022, 12, 31)
    judged = judge(expected, date.fromisoformat(on))
    assert (judged.status, judged.days_late, judged.wanting) == (status, days, status == "late")


def test_a_monthly_cut_reaches_the_month_that_its_edition_names() -> None:
    cuts = {"mar22": {"period": "2022", "until": "2022-03"}, "dec21": {"period": "2021"}}
    expected = expect(source("monthly", cuts), CALENDAR)
    assert (expected.edition, expected.reaches, expected.next_reaches) == ("mar22", "2022-03", "2022-04")
    assert expected.expected_by == date(2022, 6, 30)
    summary = judge(expected, date(2022, 7, 2)).summary()
    assert summary == "office: mar22 reaches 2022-03; that of 2022-04 was expected by 2022-06-30, 2 days ago"


def test_what_comes_once_is_never_late_but_a_newer_edition_that_is_out_is_reported() -> None:
    once = expect(source("once", {"2020": {"period": "2020"}}), CALENDAR)
    assert judge(once, date(2100, 1, 1)).status == "complete"
    out = expect(source("once", {"2020": {"period": "2020"}}, "late_one"), CALENDAR)
    assert judge(out, date(2023, 4, 30)).status == "complete"
    judged = judge(out, date(2023, 5, 3))
    assert (judged.status, judged.days_late, judged.wanting) == ("published", 2, True)
    assert "a newer edition is out since 2023-05-01" in judged.summary()


def test_every_source_of_the_project_is_expected_and_the_longest_late_come_first(catalog: Catalog) -> None:
    assert [e.source for e in expectations(catalog)] == sorted(s.id for s in catalog.sources.values() if s.probed)
    judged = of_catalog(catalog, date(2026, 11, 24))
    assert [f.days_late for f in judged] == sorted((f.days_late for f in judged), reverse=True)
    assert "inegi_intercensal" in {f.expected.source for f in judged if f.status == "published"}
    assert of_catalog(catalog, date(1990, 1, 1)) and not any(f.wanting for f in of_catalog(catalog, date(1990, 1, 1)))
