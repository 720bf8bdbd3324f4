"""Writes a data repository of Open SDG: the values of nation and states of a release, with metadata and translations.

No format of a release: the platform has a repository of its own, with a history of its own. So a folder is written when
it is asked for, out of a sealed release, which stays as it is.
What belongs here: which files there are. What does not: what stands in each (``values``, ``metadata``, ``texts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.errors import UsageError
from sdg_pipeline.packages.open_sdg import metadata, numbering, texts, values
from sdg_pipeline.specs.base import Bilingual
from sdg_pipeline.specs.catalog import Catalog

if TYPE_CHECKING:
    import duckdb

README = """# Open SDG: {release}

Values of the nation and of the states, out of the release {release}. To check and to build them with sdg-build:

    python -c "from sdg.open_sdg import open_sdg_check as check; assert check(config='config_data.yml')"
    python -c "from sdg.open_sdg import open_sdg_build as build; assert build(config='config_data.yml')"

- A blank group is the total, and a blank `state` with a blank `GeoCode` is the nation.
- `OBS_STATUS` says what a value is, and `COMMENT_OBS` why it is marked or missing. Name the second under
  `observation_attributes` in the configuration of the site, and it shows a note at each such value.
- Maps need outlines whose ids are those of `GeoCode`: `sdg export geography` writes such a `states.geojson`. Name it
  under `map_layers`, with `ref_area` as `id_property` and `area_name` as `name_property`.
- `auto_progress_calculation` is false: whether a proxy shows progress towards a target is for the site to say.
- Intervals, and values of municipalities, are in the release alone.
- A letter at the end of a number can move when an indicator is added; the id does not.

| number | id |
|---|---|
{numbers}

Without values of the nation or of states, and so not here: {absent}.
"""


def write(
    con: duckdb.DuckDBPyConnection, release: Path, catalog: Catalog, reasons: Mapping[str, Bilingual], folder: Path
) -> int:
    """Write the repository into a new or empty folder, and return the number of indicators."""
    _refuse(folder, release)
    numbers = numbering.numbers(catalog.indicators[name] for name in values.indicators_of(con, release))
    numbered = {name: (catalog.indicators[name], number) for name, number in numbers.items()}
    name = release.resolve().name
    written = values.write(con, release, numbered, folder / "data")
    texts.write(catalog, written, numbers, reasons, folder / "translations")
    for indicator in written.indicators:
        fields = metadata.of_indicator(*numbered[indicator], catalog, name)
        texts.dump(fields, folder / "meta" / f"{numbers[indicator]}.yml")
    texts.dump(metadata.schema(), folder / "metadata_schema.yml")
    texts.dump(metadata.configuration(), folder / "config_data.yml")
    table = "\n".join(f"| {numbers[i].replace('-', '.')} | `{i}` |" for i in written.indicators)
    absent = ", ".join(f"`{i}`" for i in sorted(set(catalog.indicators) - set(numbers))) or "none"
    text = README.format(release=name, numbers=table, absent=absent)
    (folder / "README.md").write_text(text, encoding="utf-8")
    return len(written.indicators)


def _refuse(folder: Path, release: Path) -> None:
    """UsageError unless the folder is new or empty, and outside of the release."""
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise UsageError(f"{folder} is there and not an empty folder; remedy: name a new one, or empty it")
    if folder.resolve().is_relative_to(release.resolve()):
        raise UsageError(f"{folder} is inside the sealed release {release.name}; remedy: name a folder elsewhere")
