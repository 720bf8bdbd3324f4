"""The release on a portal of CKAN, over HTTP: what is created and updated, what is left alone, and what the key does."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ckan_server import HTML, KEY, Portal, Reply, served
from typer.testing import CliRunner
from unit.release_fixture import contents, settings

from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import FetchError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.catalogues import of_metadata
from sdg_pipeline.packages.portal import ckan, data_json, offers
from sdg_pipeline.packages.portal.push import Remote, key_of_environment
from sdg_pipeline.publish import checksums
from sdg_pipeline.release.build import build
from sdg_pipeline.specs.catalog import Catalog

BASE = "https://partner.example/latest/"
NAMES = ["ods-mexico", "ods-mexico-objetivo-06", "ods-mexico-objetivo-10"]


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(Portal()) as there:
        yield there


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    return build(contents(layout), layout, settings(layout))


@pytest.fixture(scope="module")
def release(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> offers.Release:
    """The release with the specs of its contents, which have no files in the small country."""
    return offers.Release(folder, contents(Layout(tmp_path_factory.mktemp("specs"))).catalog, (), "1.0.0")


def wanted(release: offers.Release, base: str = BASE) -> list[dict[str, Any]]:
    return [ckan.package(offer, base, None) for offer in offers.offers(release)]


def push(portal: Portal, datasets: list[dict[str, Any]], key: str = KEY) -> tuple[list[ckan.Action], list[str | None]]:
    """Plan and perform; what the portal was asked before is forgotten."""
    portal.asked.clear()
    remote = Remote(portal.address, key)
    actions = list(remote.plan(datasets))
    return actions, [remote.perform(action, "ods") for action in actions]


def kinds(actions: list[ckan.Action]) -> dict[str, str]:
    return {action.name: action.kind for action in actions}


def test_the_datasets_of_a_release(release: offers.Release) -> None:
    datasets = {dataset["name"]: dataset for dataset in wanted(release)}
    assert next(iter(datasets)) == "ods-mexico"
    water = next(d for d in datasets.values() if any(r["url"].endswith("/water.csv") for r in d["resources"]))
    assert (water["title"], water["author"], water["license_id"]) == (
        "ODS 6 en México: Agua limpia y saneamiento", "SDG pipeline for Mexico", "notspecified",
    )  # fmt: skip
    assert {
        "key": "terms_of_sources",
        "value": "INEGI, Términos de libre uso <https://www.inegi.org.mx/terminos.html>",
    } in water["extras"]
    sums = checksums.read(release.folder)
    for dataset in datasets.values():
        for file in dataset["resources"]:
            path = file["url"].removeprefix(BASE)
            assert (file["hash"], file["size"]) == (f"sha256:{sums[path]}", (release.folder / path).stat().st_size)
    names = [file["name"] for dataset in datasets.values() for file in dataset["resources"]]
    assert "Agua entubada (CSV)" in names
    all_files = [file["url"] for dataset in datasets.values() for file in dataset["resources"]]
    assert len(all_files) == len(set(all_files)), "no file is in two datasets"


def test_a_licence_that_sources_share_has_its_name_in_ckan(release: offers.Release, catalog: Catalog) -> None:
    def licence(*names: str) -> str:
        file = offers.OfferedFile("a.csv", offers.ALL, 1, "0" * 64, tuple(catalog.sources[name] for name in names))
        offer = offers.Offer("x", offers.ALL, offers.WHAT, (), 0, (file,))
        return str(ckan.package(offer, BASE, catalog.vocabularies["vocabulary"])["license_id"])

    assert licence("conapo_municipal") == "cc-by"
    assert licence("conapo_municipal", "inegi_iter") == "other-open"
    assert licence("conapo_municipal", "ogp_commitments") == licence() == "notspecified"


def test_a_second_push_writes_nothing(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    actions, refused = push(portal, datasets)
    assert set(kinds(actions).values()) == {"create"} and set(refused) == {None}
    assert portal.writes == [("package_create", d["name"]) for d in datasets]
    stored = json.dumps(portal.datasets)
    actions, _ = push(portal, datasets)
    assert set(kinds(actions).values()) == {"same"} and portal.writes == []
    assert json.dumps(portal.datasets) == stored
    assert {d["owner_org"] for d in portal.datasets.values()} == {"ods"}


def test_after_a_change_only_what_differs_is_written(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    push(portal, datasets)
    name = next(d["name"] for d in datasets if d["name"].endswith("06"))
    ids = {r["url"]: r["id"] for r in portal.datasets[name]["resources"]}
    changed = json.loads(json.dumps(datasets))
    dataset = next(d for d in changed if d["name"] == name)
    dataset["resources"][0] |= {"hash": "sha256:" + "1" * 64, "size": 5}
    actions, _ = push(portal, changed)
    assert {n: kind for n, kind in kinds(actions).items() if kind != "same"} == {name: "update"}
    [(action, data)] = [(a, d) for a, d in portal.asked if a != "package_show"]
    assert (action, set(data)) == ("package_patch", {"id", "resources"}), "fields that are as they were are not sent"
    assert {r["url"]: r["id"] for r in portal.datasets[name]["resources"]} == ids, "files keep their ids"
    assert push(portal, changed)[0][0].kind == "same" and portal.writes == []


def test_a_foreign_dataset_is_not_touched(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    theirs = portal.put(
        name=datasets[0]["name"], title="Of somebody else", extras=[{"key": "generated_by", "value": "me"}]
    )
    other = portal.put(name="another", title="Another")
    before = json.dumps([theirs, other])
    actions, _ = push(portal, datasets)
    assert kinds(actions)[datasets[0]["name"]] == "foreign"
    assert datasets[0]["name"] not in [name for _, name in portal.writes]
    assert json.dumps([portal.datasets[datasets[0]["name"]], portal.datasets["another"]]) == before
    assert "another" not in [d.get("id") for _, d in portal.asked], "nobody even asks for it"


def test_what_editors_added_stays_and_nothing_is_deleted(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    push(portal, datasets)
    name = datasets[0]["name"]
    edited = portal.datasets[name]
    edited["tags"].append({"name": "theirs"})
    edited["extras"].append({"key": "theirs", "value": "1"})
    edited["maintainer"] = "Ana"
    edited["resources"].insert(0, {"id": "e", "name": "Their file", "url": "https://x.mx/a.csv", "hash": ""})
    assert kinds(push(portal, datasets)[0])[name] == "same", "what they added differs in nothing of ours"
    fewer = json.loads(json.dumps(datasets))
    gone = fewer[0]["resources"].pop()
    fewer[0]["title"], fewer[0]["tags"] = "New title", [*fewer[0]["tags"], {"name": "ours"}]
    fewer[0]["extras"].append({"key": "ours", "value": "2"})
    actions, _ = push(portal, fewer)
    after = portal.datasets[name]
    assert (actions[0].kind, actions[0].left_over) == ("update", 1)
    assert {"theirs", "ours"} <= {tag["name"] for tag in after["tags"]} & {pair["key"] for pair in after["extras"]}
    assert (after["title"], after["maintainer"]) == ("New title", "Ana")
    assert {"Their file", gone["name"]} <= {file["name"] for file in after["resources"]}
    assert set(portal.actions) <= {"package_show", "package_create", "package_patch"}


def test_a_release_that_moved_keeps_its_files(portal: Portal, release: offers.Release) -> None:
    push(portal, wanted(release))
    moved = wanted(release, "https://new.example/")
    push(portal, moved)
    for dataset in moved:
        files = portal.datasets[dataset["name"]]["resources"]
        assert [file["url"] for file in files] == [file["url"] for file in dataset["resources"]]
    assert set(kinds(push(portal, moved)[0]).values()) == {"same"}


def test_a_dataset_that_editors_deleted_stays_deleted(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    push(portal, datasets)
    portal.datasets[datasets[0]["name"]]["state"] = "deleted"
    actions, _ = push(portal, datasets)
    assert kinds(actions)[datasets[0]["name"]] == "withdrawn" and portal.writes == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, HTML, {"Content-Type": "text/html"}),
        Reply(503, HTML, {"Content-Type": "text/html"}),
        Reply(200, HTML, {"Content-Type": "text/html"}),
        Reply(200, b'{"success": true, "result": {"name": "other", "resources": []}}'),
        Reply(200, b'{"success": true, "result": {"name": "ods-mexico", "resources": [5]}}'),
        Reply(200, b"[]"),
        Reply(301, b"", {"Location": "https://elsewhere.mx"}),
        Reply(500, json.dumps({"success": False, "error": {"__type": "Odd", "message": KEY}}).encode()),
        Reply(400, json.dumps(f"Bad request {KEY}").encode()),
    ],
    ids=lambda reply: f"{reply.status} {reply.body[:20]!r}",
)
def test_what_is_no_portal_of_ckan_is_one_clear_error(reply: Reply, portal: Portal, release: offers.Release) -> None:
    portal.bad_day = lambda action, data: reply
    with pytest.raises(FetchError, match="remedy: look at --to") as error:
        push(portal, wanted(release))
    assert KEY not in str(error.value) and str(error.value).isprintable() and len(str(error.value)) < 500


def test_the_portal_may_refuse_one_dataset_and_take_the_others(portal: Portal, release: offers.Release) -> None:
    datasets = wanted(release)
    datasets[0]["tags"].append({"name": "no, tag!"})
    _, refused = push(portal, datasets)
    assert refused[0] is not None and "hyphens" in refused[0] and set(refused[1:]) == {None}
    assert set(portal.datasets) == {d["name"] for d in datasets[1:]}


def test_a_wrong_key_writes_nothing_and_stands_in_no_message(portal: Portal, release: offers.Release) -> None:
    _, refused = push(portal, wanted(release), key="another-key")
    assert portal.datasets == {} and all(said and "may not write" in said for said in refused)
    assert not [said for said in refused if said and "another-key" in said], "the double sends the key back"


@pytest.mark.parametrize(
    ("key", "address", "message"),
    [
        ("", "https://p.mx/", "SDG_CKAN_KEY is not set; remedy: "),
        ("   ", "https://p.mx/", "SDG_CKAN_KEY is not set; remedy: "),
        ("k", "http://p.mx/", "is not https, and anybody could read the key; remedy: "),
    ],
)
def test_no_key_or_one_that_anybody_could_read(
    key: str, address: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDG_CKAN_KEY", key)
    with pytest.raises(UsageError, match=message):
        key_of_environment(address)


def test_without_ckanapi_there_is_one_clear_error(release: offers.Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ckanapi", None)
    with pytest.raises(UsageError, match=r"ckanapi is not installed; remedy: pip install 'sdg-pipeline\[portal\]'"):
        list(Remote("https://p.mx/").plan(wanted(release)))


def test_the_key_travels_in_the_header_of_ckan_alone(portal: Portal, release: offers.Release) -> None:
    push(portal, wanted(release))
    assert {headers["Authorization"] for headers in portal.headers} == {KEY}
    assert all(headers["User-Agent"].startswith("sdg-pipeline/") for headers in portal.headers)
    assert KEY not in json.dumps([data for _, data in portal.asked])


SHORT = st.sampled_from(["a", "b", "c", "Agua (CSV)", ""])
FILES = st.lists(
    st.fixed_dictionaries({"name": SHORT, "url": SHORT, "hash": SHORT, "size": st.none() | st.integers(0, 3)}),
    max_size=5,
)
PACKAGES = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["Title", "Title ", "Other"]),
        "notes": st.sampled_from(["n\nm", "n\r\nm"]),
        "author": st.none() | SHORT,
        "license_id": SHORT,
        "version": SHORT,
        "tags": st.lists(st.sampled_from(["ods", "agua"]), unique=True).map(lambda names: [{"name": n} for n in names]),
        "extras": st.dictionaries(st.sampled_from(["x", "y"]), SHORT).map(
            lambda pairs: [ckan.MARK, *({"key": k, "value": v} for k, v in pairs.items())]
        ),
        "resources": FILES,
    }
)


@given(
    PACKAGES.filter(lambda wanted: len({file["url"] for file in wanted["resources"]}) == len(wanted["resources"])),
    PACKAGES,
)
def test_any_dataset_of_ours_is_as_wanted_after_one_update(wanted: dict[str, Any], existing: dict[str, Any]) -> None:
    """And every file, tag and extra that was there is there still."""
    double = Portal()
    before = json.loads(json.dumps(double.put(name="ods-mexico", **existing)))
    planned = ckan.action({"name": "ods-mexico", **wanted}, before)
    if planned.kind == "update":
        assert double.answer("package_patch", dict(planned.writes), KEY).status == 200
    after = double.datasets["ods-mexico"]
    assert ckan.action({"name": "ods-mexico", **wanted}, after).kind == "same"
    for key, name in (("resources", "id"), ("tags", "name"), ("extras", "key")):
        assert {item[name] for item in before[key]} <= {item[name] for item in after[key]}


class TestByTheCommandLine:
    """On a home of its own, whose release has the specs of the project."""

    @pytest.fixture
    def home(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
        layout = Layout(tmp_path)
        shutil.copytree(folder.parents[1], layout.data, symlinks=True)
        monkeypatch.setenv("SDG_HOME", str(tmp_path))
        monkeypatch.delenv("SDG_SITE_URL", raising=False)
        monkeypatch.setenv("COLUMNS", "400")
        return layout

    def sdg(self, *words: str) -> tuple[int, str]:
        said = CliRunner().invoke(app, ["portal", *words])
        return said.exit_code, said.output + (str(said.exception) if said.exception else "")

    @pytest.fixture(autouse=True)
    def _specs(self, release: offers.Release, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(offers.catalogs, "load", lambda folder: release.catalog)

    def test_a_dry_run_needs_neither_key_nor_portal(
        self, home: Layout, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SDG_CKAN_KEY", raising=False)
        code, said = self.sdg("push", "--dry-run")
        assert code == 0 and "create: ods-mexico: " in said and "none would be deleted" in said
        code, said = self.sdg("push", "--dry-run", "--to", portal.address, "--files", BASE)
        assert code == 0 and portal.writes == [] and "Authorization" not in portal.headers[0]
        assert self.sdg("push")[1].endswith("remedy: --to URL, or --dry-run")
        assert "SDG_CKAN_KEY is not set" in self.sdg("push", "--to", portal.address, "--files", BASE)[1]

    def test_a_draft_is_not_put_anywhere(self, home: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
        record = home.events(home.latest.resolve().name)
        lines = record.read_text(encoding="utf-8").splitlines()
        record.write_text(lines[0] + "\n", encoding="utf-8")
        for command in (("push", "--dry-run"), ("data-json", "x.json", "--files", BASE)):
            code, said = self.sdg(*command)
            assert code == 1 and "latest is not published; remedy: " in said

    def test_push_twice_and_beside_a_foreign_dataset(
        self, home: Layout, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SDG_CKAN_KEY", KEY)
        command = ("push", "--to", portal.address, "--organization", "ods", "--files", BASE)
        assert "is not known where the files" in self.sdg(*command[:-2])[1]
        code, said = self.sdg(*command)
        assert code == 0 and KEY not in said, said
        portal.asked.clear()
        code, said = self.sdg(*command)
        assert code == 0 and portal.writes == [] and " same; none were deleted" in said
        portal.datasets["ods-mexico"]["extras"] = []
        code, said = self.sdg(*command)
        assert code == 1 and "REFUSED ods-mexico: is somebody else's" in said and portal.writes == []

    def test_the_address_of_the_files_follows_from_that_of_the_site(
        self, home: Layout, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SDG_CKAN_KEY", KEY)
        monkeypatch.setenv("SDG_SITE_URL", "https://ods.example/site")
        assert self.sdg("push", "--to", portal.address, "--organization", "ods")[0] == 0
        urls = [file["url"] for file in portal.datasets["ods-mexico"]["resources"]]
        assert "https://ods.example/published/latest/observations.parquet" in urls

    def test_the_federal_data_json(self, home: Layout, tmp_path: Path) -> None:
        target = tmp_path / "data.json"
        command = ("data-json", str(target), "--files", BASE, "--publisher", "Consejo", "--mbox", "datos@consejo.mx")
        code, said = self.sdg(*command)
        assert code == 0, said
        first = target.read_bytes()
        assert self.sdg(*command)[0] == 0 and target.read_bytes() == first
        whole = json.loads(first)
        assert whole["title"] == "Catálogo de datos abiertos de Consejo"
        water = next(d for d in whole["dataset"] if d["identifier"] == "ods-mexico-objetivo-06")
        assert (water["temporal"], water["accrualPeriodicity"]) == ("2020-01-01/2020-12-31", "R/P10Y")
        assert water["publisher"] == {"name": "Consejo", "mbox": "datos@consejo.mx"}
        [file] = [f for f in water["distribution"] if f["downloadURL"].endswith("/water.csv")]
        assert (file["license"], file["mediaType"]) == ("https://www.inegi.org.mx/terminos.html", "text/csv")
        assert file["byteSize"] == (home.latest / "indicators/water.csv").stat().st_size


def test_the_fields_are_those_of_the_official_template(
    release: offers.Release, shared_data: Path, catalog: Catalog
) -> None:
    """And our own reader of such files, which judges those of others, has nothing against ours."""
    header = (shared_data / "open_government" / "template_catalogo_v3.0.csv").read_text(encoding="latin-1")
    asked_for = [name.strip() for name in header.split(",")]
    publisher = data_json.Publisher("2026-11-30", BASE, "https://ods.example/", "Consejo", "datos@consejo.mx")
    years = {"water": ("2020", "2020"), "water_gap": ("2020", "2020"), "without": ("2020", "2020")}
    whole = json.loads(data_json.text(offers.offers(release), years, publisher))
    dataset = next(d for d in whole["dataset"] if d["identifier"] == "ods-mexico-objetivo-06")
    assert {name for name in asked_for if name.startswith("ds:") and name[3:] not in dataset} == set()
    assert all(
        {n for n in asked_for if n.startswith("rs:") and n[3:] not in f} == set() for f in dataset["distribution"]
    )
    facts = of_metadata(dataset, catalog.vocabularies["vocabulary"])
    wanted_facts = ("keywords", "spatial", "temporal", "contact", "publisher", "modified", "download_url", "format",
                    "media_type", "machine_readable", "non_proprietary", "licence", "byte_size")  # fmt: skip
    files = {name: facts[name].share for name in wanted_facts}
    packed = 1 - 1 / len(dataset["distribution"])
    assert files == dict.fromkeys(wanted_facts, 1.0) | {"machine_readable": packed, "non_proprietary": packed}, (
        "the ZIP"
    )
