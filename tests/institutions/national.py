"""The country's files under their official addresses: official files and, where there are none, copies packed as official.

What belongs here: which bytes lie at which address. What does not: how a server behaves (double).
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

from institutions import surveys, written
from institutions.double import Institutions
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Edition


def filled(institutions: Institutions, catalog: Catalog, mirror: Mirror) -> Institutions:
    """The double with a file for each address whose file the mirror holds; one ZIP may hold those of many editions."""
    by_url: dict[str, list[tuple[Edition, Entry]]] = {}
    for source in catalog.sources.values():
        for name, edition in source.editions.items():
            entry = mirror.entries.get((source.id, name))
            if edition.url is not None and entry is not None:
                by_url.setdefault(edition.url, []).append((edition, entry))
    for url, files in by_url.items():
        institutions.put(url, partial(_content, mirror, files))
    return institutions


def _content(mirror: Mirror, files: list[tuple[Edition, Entry]]) -> bytes:
    edition, entry = files[0]
    if edition.container != "zip" or (entry.container or edition.container) == "zip":
        return Path(mirror.location(entry)).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, member in enumerate(dict.fromkeys(edition.member or "" for edition, _ in files)):
            copies = dict.fromkeys(mirror.location(entry) for edition, entry in files if edition.member == member)
            first, *others = (Path(copy).read_bytes() for copy in copies)
            rows = [first, *(other.split(b"\n", 1)[1] for other in others)]
            archive.writestr(member.replace("*", f"data_{number}_"), b"".join(rows))
    return buffer.getvalue()


def written_back(institutions: Institutions, catalog: Catalog, data: Path) -> Institutions:
    """The double with the files that stand in for copies: official ones, and copies in the official layout."""
    contents = {
        ("conapo_state", "2023-single-ages"): written.single_ages,
        ("conapo_municipal", "2023-long"): written.municipalities,
        ("sesnsp_crimes", "dic25"): written.crimes,
        ("sesnsp_victims", "dic25"): written.victims,
        ("sesnsp_municipal", "dic25"): written.crimes_of_municipalities,
        ("inegi_gdp_state", "2024-by-state"): written.accounts_of_states,
        ("conapo_demographic", "2023-csv"): written.demographic,
        ("conapo_marginalisation", "2010-workbook"): written.marginalisation_2010,
        ("conapo_marginalisation", "2015-workbook"): written.marginalisation_2015,
        ("inegi_census_series", "2010-iter"): written.localities_of_2010,
        ("conagua_drought", "2025-cuts"): written.cuts_of_drought,
        ("conagua_dams", "2024-01-01"): written.report_of_dams,
        ("inegi_municipal_finances", "2020-long"): written.finances_of_municipalities,
        ("inegi_enigh_persons", "2016"): surveys.persons_of_households,
        ("inegi_envipe", "2021-persons-microdata"): surveys.victims_of_crime,
        ("inegi_endutih_users", "2021-open-data"): surveys.users_of_technology,
        ("inegi_endireh", "2021-partner"): surveys.women,
    }
    for (source, edition), content in contents.items():
        url = catalog.sources[source].editions[edition].url
        assert url is not None, (source, edition)
        institutions.put(url, partial(content, data))
    for edition in catalog.sources["inegi_intercensal"].editions.values():
        if edition.url is not None:
            name = edition.url.rsplit("/", 1)[1]
            institutions.put(edition.url, partial(written.tabulation, data, edition.states[0], name))
    return institutions
