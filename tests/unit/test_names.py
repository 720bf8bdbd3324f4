"""Names are names: nothing that a spec, a manifest, a lock or a person calls something can be a path out of the home."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.country import Country

from sdg_pipeline.errors import FetchError, SpecErrors, UsageError
from sdg_pipeline.ingest.lock import read_lock
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.correction import Correction
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.source import Edition, Source
from sdg_pipeline.specs.table import Part

PATHS = ("../../x", "..", ".", "a/b", "/etc/passwd", "a\\b", "", " x", "x\n", "x\0", "-x")
SHA = "ab" * 32
ENTRY = (
    "name: copies\nroot: files\nentries:\n  - {{source: {source}, edition: {edition}, path: {path}, sha256: {sha}}}\n"
)


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace("\n", "\\n").replace("\0", "\\0") + '"'


@pytest.mark.parametrize("name", PATHS)
def test_an_edition_has_a_name_wherever_one_is_named(name: str) -> None:
    for model in (Part, Join, Correction):
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"edition": name})
        assert ("edition",) in [error["loc"] for error in caught.value.errors()]
    with pytest.raises(ValidationError) as caught:
        Source.model_validate({"editions": {name: Edition(url_status="unknown", period="2020")}})
    assert "editions" in [error["loc"][0] for error in caught.value.errors() if error["type"] != "missing"]


def test_sdg_check_names_the_edition_and_its_line(country: Country) -> None:
    source = "sources/people_states.yaml"
    text = (country.specs / source).read_text(encoding="utf-8")
    country.write(source, text.replace('"2020":', '"../../x":'))
    [problem] = [p for p in country.problems() if p.startswith(source)]
    assert "../../x" in problem
    assert problem.split(":")[1].isdecimal()


@pytest.mark.parametrize("name", PATHS)
def test_an_entry_of_a_mirror_stays_below_its_root(tmp_path: Path, name: str) -> None:
    for field in ("source", "edition", "path"):
        if field == "path" and name in (".", "a/b", " x", "x\n", "x\0", "-x"):
            continue  # those are paths below the root, or no file is there
        values = {"source": "iter", "edition": '"2020"', "path": "a.csv", field: quoted(name)}
        (tmp_path / "mirror.yaml").write_text(ENTRY.format(**values, sha=SHA), encoding="utf-8")
        with pytest.raises(SpecErrors) as caught:
            load_mirror(str(tmp_path / "mirror.yaml"), {})
        assert f"entries[0].{field}" in str(caught.value)


def test_a_path_out_of_a_mirror_says_what_to_do(tmp_path: Path) -> None:
    values = {"source": "iter", "edition": '"2020"', "path": "../secret.csv", "sha": SHA}
    (tmp_path / "mirror.yaml").write_text(ENTRY.format(**values), encoding="utf-8")
    with pytest.raises(SpecErrors, match="leads out of root"):
        load_mirror(str(tmp_path / "mirror.yaml"), {})


@pytest.mark.parametrize(("edition", "sha256"), [("../../x", SHA), ("2020", "../../x")])
def test_a_lock_holds_names_and_hashes(tmp_path: Path, edition: str, sha256: str) -> None:
    lock = tmp_path / "x.lock.yaml"
    lock.write_text(
        f"source: iter\neditions:\n  '{edition}':\n    official:\n      bytes: 1\n      sha256: '{sha256}'\n"
        "      url: https://example.org/x\n",
        encoding="utf-8",
    )
    with pytest.raises(FetchError, match="damaged lock file"):
        read_lock(lock, "iter")


BUILT: dict[str, Callable[[Layout, str], Path]] = {
    "source": lambda layout, name: layout.raw_folder(name, "2020"),
    "edition": lambda layout, name: layout.raw_current("iter", name),
    "lock": lambda layout, name: layout.lock(f"{name}/x"),
    "table": lambda layout, name: layout.staged(f"{name}/x"),
    "indicator": lambda layout, name: layout.indicator(f"{name}/x"),
    "checks": lambda layout, name: layout.checks(f"{name}/x"),
    "desk": lambda layout, name: layout.desk(name),
    "state": lambda layout, name: layout.state(("raw", name, "2020")),
    "release": lambda layout, name: layout.release(name),
    "events": lambda layout, name: layout.events(f"{name}/x"),
    "quarantine": lambda layout, name: layout.quarantine(name),
    "accepted": lambda layout, name: layout.accepted(name),
    "contribution": lambda layout, name: layout.contribution(name),
}


@pytest.mark.parametrize("build", BUILT.values(), ids=BUILT)
@pytest.mark.parametrize("name", ["../../x", "..", "/etc", "a\\b", "x\0"])
def test_no_path_of_the_home_leaves_it(tmp_path: Path, build: Callable[[Layout, str], Path], name: str) -> None:
    with pytest.raises(UsageError, match=r"is no name below .*; remedy: use letters, digits"):
        build(Layout(tmp_path), name)


@pytest.mark.parametrize("name", ["2020", "2019.Q1", "oct2020", "2016-social-security", "r1.0a1b2c3d"])
def test_the_names_in_use_are_names(tmp_path: Path, name: str) -> None:
    assert Layout(tmp_path).raw_folder("iter", name) == tmp_path / "data" / "raw" / "iter" / name
    assert Part.model_validate({"source": "iter", "edition": name, "level": "state"}).edition == name
