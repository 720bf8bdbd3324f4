"""Editions with several addresses, with one that takes a post, and with one that a person gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.records import SOURCE, Records

from institutions import double
from institutions.double import Institutions
from institutions.person import Person
from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.ingest import probe as probing
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.raw import RawFile

FIRST, SECOND = "https://example.org/a.csv", "https://data.example.org/b.csv"
ROWS, OTHER = b"ENT,N\n01,5\n", b"ENT,N\n01,6\n"
TWO = (
    f'"2020": {{url: "{FIRST}", url_status: from_memory, period: "2020", '
    f'alternatives: [{{url: "{SECOND}", url_status: from_memory}}]}}'
)
POST = 'url: "https://example.org/q", url_status: from_memory, method: post'
FORM = f'"2020": {{{POST}, period: "2020", body: {{year: "2020", kind: "a b"}}}}'
TEXT = f'"2021": {{{POST}, period: "2021", body: \'{{"year": 2021}}\'}}'
GIVEN = (
    '"2020": {url_status: unknown, period: "2020", address: given, '
    'instructions: {en: "Ask example.org for a token.", es: "Pida una clave."}}'
)


def declared(records: Records, person: Person, institutions: Institutions, *editions: str) -> None:
    text = SOURCE.format(id="parks", editions="\n".join(f"  {edition}" for edition in editions))
    records.write("sources/parks.yaml", text)
    double.relocated(records.specs, person.layout.home.parent / "relocated", institutions.address)


def raw(person: Person, edition: str = "2020") -> RawFile:
    current = RawFile.current(person.layout.raw_current("parks", edition))
    assert current is not None
    return current


@pytest.fixture
def two(records: Records, person: Person, institutions: Institutions) -> tuple[str, str]:
    """Paths of the two addresses of one file."""
    declared(records, person, institutions, TWO)
    return institutions.put(FIRST, ROWS), institutions.put(SECOND, ROWS)


def test_the_first_address_that_gives_the_file_wins(
    two: tuple[str, str], person: Person, institutions: Institutions
) -> None:
    assert person.sdg("fetch", "parks", "2020")[0] == 0
    assert raw(person).url == institutions.address + two[0]
    assert {one.path for one in institutions.asked} == {two[0]}, "the second is not asked"


@pytest.mark.parametrize("habit", [double.gone, double.page_under_200, double.refuses])
def test_the_second_is_asked_where_the_first_fails(
    two: tuple[str, str], person: Person, institutions: Institutions, habit: double.Habit
) -> None:
    institutions.habits[two[0]] = habit
    for _ in range(2):
        assert person.sdg("fetch", "parks", "2020")[0] == 0
        assert raw(person).url == institutions.address + two[1], "the provenance says which"
    assert "If-None-Match" in institutions.asked[-1].headers, "the second time it is asked conditionally"
    institutions.habits.clear()
    assert person.sdg("fetch", "parks", "2020")[0] == 0
    assert raw(person).url == institutions.address + two[0]


def test_all_fail(two: tuple[str, str], person: Person, institutions: Institutions) -> None:
    institutions.habits |= {two[0]: double.gone, two[1]: double.refuses}
    code, said = person.sdg("fetch", "parks", "2020")
    assert code == 2 and len(said.strip().splitlines()) == 1
    assert f"{institutions.address}{two[0]}: the server answered 404 Not Found; " in said
    assert f"{institutions.address}{two[1]}: the server answered 403 Forbidden" in said


def test_other_bytes_of_the_second_wait_for_a_person(
    two: tuple[str, str], person: Person, institutions: Institutions
) -> None:
    assert person.sdg("fetch", "parks", "2020")[0] == 0
    institutions.habits |= {two[0]: double.gone, two[1]: double.changed(OTHER)}
    code, said = person.sdg("fetch", "parks", "2020")
    assert code == 2 and "has changed: the lock" in said and two[1] in said


def test_a_probe_asks_each(
    two: tuple[str, str], person: Person, institutions: Institutions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE", Patience(attempts=1, sleep=person.waits.append))
    institutions.habits[two[1]] = double.gone
    assert person.sdg("sources", "probe", "parks")[0] == 1
    probes = json.loads(person.layout.probe(".json").read_text(encoding="utf-8"))["probes"]
    assert [(one["url"], one["verdict"]) for one in probes] == [
        (institutions.address + two[0], "answers"),
        (institutions.address + two[1], "gone"),
    ]


def test_a_post_gives_a_file_by_its_body(records: Records, person: Person, institutions: Institutions) -> None:
    declared(records, person, institutions, FORM, TEXT)
    path = institutions.put("https://example.org/q", b"")
    institutions.habits[path] = double.answers_posts({b"year=2020&kind=a+b": ROWS, b'{"year": 2021}': OTHER})
    for _ in range(2):
        assert person.sdg("fetch", "parks")[0] == 0
    assert Path(raw(person, "2020").path).read_bytes() == ROWS
    assert Path(raw(person, "2021").path).read_bytes() == OTHER, "one address, and another file"
    types = [one.headers["Content-Type"] for one in institutions.asked]
    assert types == ["application/x-www-form-urlencoded", "application/json"] * 2


def test_a_cut_answer_to_a_post_is_asked_for_whole(
    records: Records, person: Person, institutions: Institutions
) -> None:
    declared(records, person, institutions, FORM)
    path = institutions.put("https://example.org/q", ROWS)
    institutions.habits[path] = double.cuts(5, 1)
    assert person.sdg("fetch", "parks", "2020")[0] == 0
    assert [one.headers.get("Range") for one in institutions.asked] == [None, None]
    assert Path(raw(person).path).read_bytes() == ROWS


def test_a_given_address_that_nobody_gave(records: Records, person: Person, institutions: Institutions) -> None:
    declared(records, person, institutions, GIVEN)
    code, said = person.sdg("fetch", "parks", "2020")
    assert code == 2
    assert said.strip() == (
        "parks/2020: has an address that a person gives; remedy: Ask example.org for a token; then set "
        "SDG_ADDRESSES='parks/2020=https://…', or name it in a mirror manifest (SDG_MIRROR)"
    )


def test_a_given_address_leaves_no_token(
    records: Records, person: Person, institutions: Institutions, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(records, person, institutions, GIVEN)
    path = institutions.put("https://example.org/export?token=s3cret", ROWS)
    with_name = f"{institutions.address}{path}".replace("://", "://anna:s3cret@")
    monkeypatch.setenv("SDG_ADDRESSES", f"parks/2020={with_name}")
    code, said = person.sdg("fetch", "parks", "2020")
    assert code == 0, said
    assert institutions.asked[-1].headers["Authorization"].startswith("Basic ")
    assert raw(person).url == f"{institutions.address}/example.org/export"
    for habit in (double.gone, double.page_under_200, double.changed(OTHER)):
        institutions.habits[path] = habit
        code, said = person.sdg("fetch", "parks", "2020")
        assert code == 2 and "/example.org/export" in said and not {"s3cret", "anna"} & {*re.split(r"\W", said)}
        assert "the last good copy, of 20" in said
    texts = [file.read_bytes() for file in person.layout.home.rglob("*") if file.is_file()]
    assert [text for text in texts if b"s3cret" in text] == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("parks", "SDG_ADDRESSES: entry 1 names no edition with its address; remedy: write source/edition=https://…"),
        ("parks/2020=https://a.mx parks/2021=x", "SDG_ADDRESSES: entry 2 names no edition"),
        ("parks/2020=http://[::1/x", "SDG_ADDRESSES: entry 1 names no edition"),
        ("parks/2002=https://example.org", "'parks/2002' takes no address from a person; did you mean 'parks/2020'?"),
    ],
)
def test_a_wrong_address_is_refused(
    records: Records,
    person: Person,
    institutions: Institutions,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    message: str,
) -> None:
    declared(records, person, institutions, GIVEN)
    monkeypatch.setenv("SDG_ADDRESSES", value)
    code, said = person.sdg("fetch", "parks", "2020")
    assert code == 2 and message in said


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"method": "post"}, "method: post and body go together"),
        ({"method": "post", "body": "year=2020"}, "body is a form (name: text) or a text in JSON"),
        ({"address": "given"}, "address: given and instructions go together"),
        ({"address": "given", "instructions": {"en": "a", "es": "a"}}, "an address that a person gives has no url"),
        (
            {"url": None, "url_status": "unknown", "alternatives": [{"url": SECOND, "url_status": "from_memory"}]},
            "alternatives go with a url, which is asked first",
        ),
    ],
)
def test_an_edition_asks_as_it_says(records: Records, keys: dict[str, Any], message: str) -> None:
    edition = {"url": FIRST, "url_status": "from_memory", "period": "2020", **keys}
    records.write("sources/parks.yaml", SOURCE.format(id="parks", editions=f'  "2020": {json.dumps(edition)}'))
    with pytest.raises(SpecErrors) as caught:
        records.catalog()
    assert message in str(caught.value)
