"""The code lists of the national data structure, out of the code lists of the specs and the rows of the release.

A list whose codes are all of the standard is that list, in part, under its agency. A list that the project adds codes
to is one of its own, with the added codes annotated. What belongs here: those lists. What does not: who uses them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pysdmx.model import Annotation, Code, Codelist

from sdg_pipeline.duck import text as literal
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.packages.sdmx.components import AGENCY, COMPONENTS, VERSION, Component
from sdg_pipeline.publish import parquet
from sdg_pipeline.specs.codelist import Code as SpecCode
from sdg_pipeline.specs.indicator import Indicator

EXTENSION = Annotation(type="NATIONAL_EXTENSION", title="No code of the global list")
NAMES = {
    "SERIES": ("Series of the United Nations and of this project", "Series de las Naciones Unidas y de este proyecto"),
    "REF_AREA": (
        "Nation, states, municipalities and harmonised units",
        "Nación, estados, municipios y unidades armonizadas",
    ),
}


def codelists(tables: Tables) -> dict[str, Codelist]:
    """The list of each component that has one. Descriptions are the Spanish names (``structure``)."""
    others = {c.id: _of_specs(c, tables) for c in COMPONENTS if c.codes is not None and c.id not in NAMES}
    return {"SERIES": _own("SERIES", _series(tables)), "REF_AREA": _own("REF_AREA", _areas(tables))} | others


def _own(component: str, codes: Iterator[Code]) -> Codelist:
    """A list of the project that is none of the specs."""
    name, name_es = NAMES[component]
    items = tuple(codes)
    return Codelist(f"CL_{component}", name=name, description=name_es, agency=AGENCY, version=VERSION, items=items)


def _of_specs(component: Component, tables: Tables) -> Codelist:
    source = component.codes
    assert source is not None, "only components with codes have a list"
    spec = tables.contents.catalog.codelists.get(source.spec or "")
    codes = dict(spec.codes) if spec else {}
    if source.fixed is not None:
        code, en, es = source.fixed
        codes.setdefault(code, SpecCode(en=en, es=es))
    items = tuple(_code(code, meaning) for code, meaning in codes.items())
    if source.standard is None or any(meaning.extension for meaning in codes.values()):
        agency, name, version = AGENCY, f"CL_{component.id}", VERSION
    else:
        agency, name, version = source.standard
    return Codelist(
        name,
        name=spec.title.en if spec else component.en,
        description=spec.title.es if spec else component.es,
        agency=agency,
        version=version,
        items=items,
        is_partial=agency != AGENCY,
    )


def _code(code: str, meaning: SpecCode) -> Code:
    return Code(code, name=meaning.en, description=meaning.es, annotations=(EXTENSION,) if meaning.extension else ())


def _series(tables: Tables) -> Iterator[Code]:
    """Series in the order of the indicators; the ids and numbers of those are annotations."""
    catalog = tables.contents.catalog
    official = catalog.codelists["series"].codes if "series" in catalog.codelists else {}
    by_series: dict[str, list[Indicator]] = {}
    for indicator in tables.contents.indicators:
        by_series.setdefault(indicator.series, []).append(indicator)
    for series, indicators in by_series.items():
        names = official.get(series) or indicators[0].title
        notes = () if series in official else (EXTENSION,)
        of_indicators = tuple(note for indicator in indicators for note in _notes(indicator))
        yield Code(series, name=names.en, description=names.es, annotations=(*notes, *of_indicators))


def _notes(indicator: Indicator) -> tuple[Annotation, ...]:
    texts = {"INDICATOR": indicator.id, "SDG_INDICATOR": indicator.sdg_indicator, "RELATION": indicator.sdg.relation}
    return tuple(Annotation(type=kind, title=text) for kind, text in texts.items())


def _areas(tables: Tables) -> Iterator[Code]:
    """The areas that have rows, by the name of their newest vintage."""
    observations = literal(tables.folder / parquet.OBSERVATIONS)
    rows = tables.con.execute(
        f"SELECT ref_area, max_by(area_name, (geo_vintage, time_period, area_name)) FROM read_parquet({observations}) "
        "GROUP BY ref_area ORDER BY ref_area"
    ).fetchall()
    for area, name in rows:
        yield Code(area, name=name, description=name, annotations=() if area == "MX" else (EXTENSION,))


def parent(area: str) -> str | None:
    """The area that an area lies in: of a municipality or harmonised unit the state, of a state the nation."""
    return {2: None, 4: area[:2]}.get(len(area), area[:4])
