"""The small country with tables of its own: records of events, series in cuts, published figures.

What belongs here: specs and files of tables that a test writes itself. What does not: its census (country).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import engine, vintages
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest import staging
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.parts import JoinedFile, PartFile
from sdg_pipeline.ingest.raw import RawFile
from support import ascii, memory
from support.country import Country

SOURCE = """\
id: {id}
title: {{en: "{id}", es: "{id}"}}
publisher: Office of Statistics of the small country
licence: {{id: CC0-1.0, url: "https://example.org/licence", url_status: from_memory}}
landing_page: {{url: "https://example.org/{id}", url_status: from_memory}}
dictionary: {{url_status: unknown, note: The small country is made up.}}
contact: people@example.org
periodicity: annual
columns_status: verified
citation: {{en: "Small country.", es: "País pequeño."}}
editions:
{editions}
"""
TABLE = """\
id: {id}
title: {{en: "{id}", es: "{id}"}}
description: {{en: "{id}", es: "{id}"}}
record: {record}
{format}
{body}
"""


class Records(Country):
    """Tables that a test declares, each with files by source and edition."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.files: dict[tuple[str, str], RawFile] = {}

    def source(self, name: str, editions: dict[str, str]) -> None:
        """A source, by edition the year that it refers to."""
        lines = [
            f'  "{e}": {{url: "https://example.org/{name}_{e}.csv", period: "{year}", url_status: from_memory}}'
            for e, year in editions.items()
        ]
        self.write(f"sources/{name}.yaml", SOURCE.format(id=name, editions="\n".join(lines)))

    def table(self, name: str, body: str, record: str = "aggregate", form: str = "{}") -> None:
        """A table spec: ``body`` has geography, parts, dimensions and measures."""
        text = TABLE.format(id=name, record=record, format=f"format: {form}", body=body.strip("\n"))
        self.write(f"tables/{name}.yaml", text)

    def file(self, source: str, edition: str, table: str, states: tuple[str, ...] = ()) -> None:
        """The file of an edition, from an ASCII table; cells go into a CSV in quotes."""
        rows = ascii.rows(table)
        lines = [
            ",".join(f'"{cell}"' if cell else "" for cell in line) for line in (rows[0], *(r.values() for r in rows))
        ]
        self.text("\n".join(lines) + "\n", source, edition, states)

    def text(self, content: str, source: str, edition: str, states: tuple[str, ...] = ()) -> None:
        """The file of an edition as it is."""
        path = self.folder / "files" / f"{source}_{edition}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        self.files[source, edition] = RawFile(
            source, edition, str(path), sha256_of(path), path.stat().st_size, "https://example.org/" + path.name,
            "official", "2026-01-01T00:00:00+00:00", states=states, partial=bool(states),
        )  # fmt: skip

    def stage_table(self, name: str) -> staging.StagingReport:
        """Stage the parts of a table whose files were given."""
        catalog = self.catalog()
        table = catalog.tables[name]
        files = []
        for part in table.parts:
            if all(file in self.files for file in table.files_of(part)):
                raws = [self.files[file] for file in table.files_of(part)]
                edition = catalog.sources[part.source].editions[part.edition]
                pairs = zip(table.joins_of(part), raws[1:], strict=True)
                joins = tuple(
                    JoinedFile(join, catalog.sources[join.source].editions[join.edition], raw, (Path(raw.path),))
                    for join, raw in pairs
                )
                files.append(PartFile(part, edition, raws[0], (Path(raws[0].path),), joins))
        bench = staging.Bench(self.con, register(self.specs), self.staged_path(name), self.folder)
        return staging.stage(table, files, bench)

    def rows_of(self, name: str) -> list[dict[str, Any]]:
        """Rows of a staged table."""
        self.stage_table(name)
        return self._rows(f"SELECT * FROM read_parquet({literal(self.staged_path(name))})")

    def computed(self, name: str) -> list[dict[str, Any]]:
        """Rows of an indicator of these tables."""
        indicator, target = self.catalog().indicators[name], self.folder / f"{name}.parquet"
        if self.engine == "oracle":
            return self._in_memory(indicator)
        inputs = engine.Inputs(register(self.specs), tuple(map(self._on_disk, self.catalog().tables_of(indicator))))
        engine.estimate(self.con, indicator, self.catalog(), inputs, target)
        return self._rows(f"SELECT * FROM read_parquet({literal(target)})")

    def values(self, name: str) -> list[dict[str, Any]]:
        """The same after staging its tables."""
        for table in self.catalog().tables_of(self.catalog().indicators[name]):
            self.stage_table(table)
        return self.computed(name)

    def as_of(self, name: str) -> list[dict[str, Any]]:
        """Rows of an indicator as of each cut of its table, which ``values`` staged."""
        indicator, target = self.catalog().indicators[name], self.folder / f"{name}.as_of.parquet"
        inputs = engine.Inputs(register(self.specs), tuple(map(self._on_disk, self.catalog().tables_of(indicator))))
        vintages.write_as_of(self.con, indicator, self.catalog(), inputs, target)
        return self._rows(f"SELECT * FROM read_parquet({literal(target)})")

    def revisions(self, table: str) -> list[dict[str, Any]]:
        """What each cut of a staged table changed."""
        target = self.folder / f"{table}.revisions.parquet"
        count = vintages.write_revisions(self.con, self._on_disk(table), target)
        rows = self._rows(f"SELECT * FROM read_parquet({literal(target)})")
        assert len(rows) == count
        return rows

    def staged_path(self, name: str) -> Path:
        return self.folder / f"{name}.staged.parquet"

    def _in_memory_table(self, name: str) -> memory.Staged:
        staged = self._on_disk(name)
        return memory.Staged(
            staged.table, self._rows(f"SELECT * FROM read_parquet({literal(staged.path)})"), staged.parts
        )

    def _on_disk(self, name: str) -> engine.StagedTable:
        table = self.catalog().tables[name]
        parts = [(p.level, self.files[p.source, p.edition]) for p in table.parts if (p.source, p.edition) in self.files]
        return engine.StagedTable(table, self.staged_path(name), tuple(parts))
