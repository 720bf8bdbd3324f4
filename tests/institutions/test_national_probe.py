"""The probe of all addresses of the country over the double finds what it has been told to break, and nothing else."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from institutions import double
from institutions.double import Institutions
from institutions.national import filled, written_back
from institutions.person import Person
from sdg_pipeline.ingest import probe as probing
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

BROKEN = {
    "inegi_envi/2020-households": "not_found_page",
    "inegi_envi/2020-needs": "not_found_page",
    "inegi_enigh_households/2016": "refused",
    "cenapred_disasters/2024": "gone",
    "inegi_iter_localities/2020-01": "other_layout",
    "inegi_poverty/2024": "moved",
}
"""Five addresses, of which one is that of two editions."""


@pytest.mark.national
def test_the_broken_addresses_and_nothing_else(
    institutions: Institutions, catalog: Catalog, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(institutions, catalog, load_mirror(str(PROJECT / "tests" / "shared_mirror.yaml")))
    written_back(institutions, catalog, shared_data)
    specs = double.relocated(PROJECT / "indicator_specs", tmp_path / "specs", institutions.address)
    paths = {
        f"{s.id}/{n}": f"/{e.url.split('://')[1]}"
        for s in catalog.sources.values()
        for n, e in s.editions.items()
        if e.url
    }
    content = institutions.files[paths["inegi_iter_localities/2020-01"]]
    assert not isinstance(content, bytes)
    institutions.files[paths["inegi_iter_localities/2020-01"]] = _without_column(content(), b"POBTOT")
    elsewhere = institutions.put("https://example.org/pm_ip_2024.xlsx", institutions.files[paths["inegi_poverty/2024"]])
    institutions.habits |= {
        paths["inegi_envi/2020-households"]: double.page_under_200,
        paths["inegi_enigh_households/2016"]: double.refuses,
        paths["cenapred_disasters/2024"]: double.gone,
        paths["inegi_poverty/2024"]: double.moved(institutions.address + elsewhere),
    }
    for name, value in {"SDG_SPECS": specs, "SDG_HOME": tmp_path / "home", "SDG_MIRROR": "", "COLUMNS": 500}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(probing, "PATIENCE", Patience(attempts=2, sleep=lambda _: None))
    person = Person("", Layout(tmp_path / "home"))
    code, said = person.sdg("sources", "probe")
    with person.layout.probe(".csv").open(encoding="utf-8", newline="") as file:
        rows = {f"{row['source']}/{row['edition']}": row for row in csv.DictReader(file)}
    unseen = {f"{s.id}/{name}" for s in catalog.sources.values() for name, e in s.editions.items() if not e.probed}
    assert {rows[name]["verdict"] for name in unseen} == {"gone"}, "the double has no file of them"
    wrong = {name: row["verdict"] for name, row in rows.items() if row["verdict"] not in probing.SOUND}
    wrong = {name: verdict for name, verdict in wrong.items() if name not in unseen}
    assert wrong == BROKEN, said
    assert code == 1
    assert rows["inegi_iter_localities/2020-01"]["detail"] == "appeared: SOMETHING; went: POBTOT"
    assert {name for name in paths if rows[name]["verdict"] == "no_address"} == set()


def _without_column(content: bytes, column: bytes) -> bytes:
    """The ZIP of one file with another name in place of a column's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(column, b"SOMETHING", 1))
    return buffer.getvalue()
