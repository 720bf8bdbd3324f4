"""``sdg new table``: the first draft of a table spec and its list of ignored columns, from the file of an edition.

What belongs here: the order of the work. What does not: its steps (packing, columns, roles, text).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sdg_pipeline.errors import UsageError, nearest
from sdg_pipeline.files import write_text
from sdg_pipeline.ingest.draft.columns import profiles
from sdg_pipeline.ingest.draft.packing import packed
from sdg_pipeline.ingest.draft.roles import roles
from sdg_pipeline.ingest.draft.text import Facts, measure_names, text
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.ignored import Shelf
from sdg_pipeline.ingest.parts import called
from sdg_pipeline.ingest.reading import Reading
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.specs import ignored
from sdg_pipeline.specs.base import Identifier
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.ignored import IgnoredList

VIEW = "draft"


@dataclass(frozen=True)
class Wanted:
    """The table to be drafted: the edition that it reads, and its id, where it is not that of the dataset."""

    source: str
    edition: str
    table: str | None = None


def new_table(catalog: Catalog, wanted: Wanted, shelf: Shelf) -> Path:
    """Write the draft and its list into ``tables`` and return the path of the draft.

    UsageError where the source, the edition or a free id is not there; FetchError and StagingError where the file
    cannot be had or read.
    """
    path = _path(catalog, wanted)
    source = catalog.sources[wanted.source]
    raw = shelf.fetch(source, wanted.edition)
    edition = source.editions[wanted.edition]
    with unpacked(raw, edition, shelf.scratch) as paths:
        reading = Reading(shelf.con, paths, called(raw), shelf.scratch, edition.max_bytes)
        form = packed(reading, VIEW)
        columns = profiles(reading, VIEW, form.header)
        proposed = roles(reading, VIEW, columns, register(catalog.root), int(edition.period))
        rows = int(reading.rows(f"SELECT count(*) FROM {VIEW}")[0][0])
        shelf.con.execute(f"DROP TABLE {VIEW}")
    figures = measure_names(proposed.figures) if proposed.unique else {}
    used = {*proposed.used, *(profile.name for profile in figures.values())}
    rest = tuple(name for name in form.header if name not in used)
    facts = Facts(
        table=path.stem,
        source=wanted.source,
        edition=wanted.edition,
        title=(source.title.en, source.title.es),
        rows=rows,
        packed=form,
        roles=proposed,
        rest=ignored.hash_of(rest) if rest else None,
    )
    files = (f"{wanted.source}/{wanted.edition}",)
    lists = [IgnoredList(files=files, hash=ignored.hash_of(rest), columns=rest)] if rest else []
    ignored.write(path, lists)
    write_text(path, text(facts, figures))
    return path


def _path(catalog: Catalog, wanted: Wanted) -> Path:
    source = catalog.sources.get(wanted.source)
    if source is None:
        close = nearest(wanted.source, catalog.sources)
        hint = f"; did you mean {close!r}?" if close else ""
        remedy = "write the id of a source" if close else f"`sdg new source {wanted.source}` writes one"
        raise UsageError(f"no source {wanted.source!r}{hint}", remedy=remedy)
    if wanted.edition not in source.editions:
        remedy = f"valid: {', '.join(source.editions)}; remedy: add it to sources/{source.id}.yaml"
        raise UsageError(f"source {source.id} has no edition {wanted.edition!r}; {remedy}")
    table = wanted.table or source.id.partition("_")[2] or source.id
    remedy = "remedy: name the table with --table"
    try:
        TypeAdapter(Identifier).validate_python(table)
    except ValidationError:
        raise UsageError(f"{table!r} is no id: 2 to 64 of a-z, 0-9 and _, a letter first; {remedy}") from None
    path = catalog.root / "tables" / f"{table}.yaml"
    if table in catalog.documents or path.exists():
        other = catalog.documents[table].file if table in catalog.documents else f"tables/{path.name}"
        raise UsageError(f"{table!r} is the id of {other}; {remedy}")
    return path
