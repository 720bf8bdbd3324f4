"""A small country on which tests run the real staging, plan, compiled SQL and engine.

Its specs are in ``tests/support/country`` (two states, four municipalities, localities of state 01), its code lists
are those of the project. What belongs here: giving it files and indicators, and reading values back.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb

from sdg_pipeline import errors
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import check, compile, engine, nodes, plan, rows
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest import staging
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.parts import PartFile
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.quality import coherence
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import messages
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import KEY
from sdg_pipeline.specs.indicator import Indicator
from support import ascii, memory

HERE = Path(__file__).parent / "country"
MEASURE_COLUMNS = ("POP", "POP_F", "POP_M", "LIT", "LIT_F", "LIT_M", "DWE", "WAT", "SCH", "SCH_F", "SCH_M")
COLUMNS = ("ENT", "MUN", "LOC", "SIZE", "NAME", *MEASURE_COLUMNS)
FILLED = {"MUN": "000", "LOC": "0000", "SIZE": "*"}
"""What columns that a table of a test leaves out hold; measures are empty cells."""

_OF_MISTAKES = (
    "leave this dimension out of the breakdowns, or take the code off the universe", "mend the code or the target",
    "take one of the parts out, or tell them apart by codes", "name the column under geography, or write level: national",
    "give one of the two editions another name in its source spec", "write small letters, digits and _, a letter first",
    "give the measure another name", "make a table for each of them", "spread it too, or put it into another table",
    "name its column", "write totals: published where the files have them, else totals: computed", "name it in one of them",
    "take it off the list", "ignore them there", "make a table of that part alone", "rename one of them under rename of its join",
    "mend the order of joins", "join the edition of the same year", "take it off one of them", "put it there, or mend the name",
    "name one by its id", "use it in left or right, or take it out",
)  # fmt: skip
"""Remedies that each go with one message, which tests of messages name by its beginning."""
_GENERAL = (
    *(rows.REMEDY, errors.ONE_OF_THEM, errors.AS_DESCRIBED, errors.AN_AREA, errors.AN_EXPRESSION, errors.ANOTHER_ID),
    *(messages.OTHER_KEY, *messages.REMEDIES.values(), *_OF_MISTAKES),
)
GENERAL = re.compile(f"; remedy: ({'|'.join(re.sub(r'.{[a-z_]+.}', '.+', re.escape(text)) for text in _GENERAL)})$")
Engine = Literal["duckdb", "oracle"]
"""What computes an indicator from the staged rows: compiled SQL, or plain Python (support.memory)."""

INDICATOR = """\
id: {id}
title: {{en: "{id}", es: "{id}"}}
description: {{en: "{id}", es: "{id}"}}
sdg: {{target: "1.1", relation: national}}
unit: {unit}
decimals: 1
direction: up
owner: team:tests
checks: {{range: [-1000000, 1000000]}}
{body}
"""


class Country:
    """Specs in ``folder/specs``, files in ``folder/files``; what is staged and estimated lies in ``folder``."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection, engine: Engine = "duckdb") -> None:
        self.folder, self.con, self.engine = folder, con, engine
        self.specs = folder / "specs"
        shutil.copytree(HERE, self.specs)
        for kind in ("codelists", "policies"):
            shutil.copytree(PROJECT / "indicator_specs" / kind, self.specs / kind)
        self.raws: dict[Level, RawFile] = {}
        self._read: Catalog | None = None

    def write(self, path: str, text: str) -> Path:
        """Write a file of the specs."""
        target = self.specs / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        self._read = None
        return target

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that a spec file holds once."""
        text = (self.specs / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def indicator(self, name: str, body: str, unit: str = "PT") -> None:
        """An indicator spec: ``body`` has its method and breakdowns, the rest is filled in."""
        self.write(f"goal_01/{name}.yaml", INDICATOR.format(id=name, unit=unit, body=body.strip("\n")))

    def catalog(self) -> Catalog:
        """The sound catalogue, or SpecErrors as from ``sdg check``; read again after a spec was written."""
        if self._read is None:
            catalog = catalogs.load(self.specs)
            catalog.problems.extend(check.check(catalog))
            self._read = catalog
        return self._read.sound()

    def problems(self) -> list[str]:
        """All that ``sdg check`` would print, but for what an indicator lacks and does not explain.

        Remedies that follow from the kind of mistake alone are left out: ``test_every_mistake_has_a_remedy``.
        """
        catalog = catalogs.load(self.specs)
        lines = [str(p) for p in sorted([*catalog.problems, *check.check(catalog)])]
        assert all(line.count("; remedy: ") == 1 for line in lines), lines
        return [GENERAL.sub("", line) for line in lines]

    def give(self, level: str, table: str, **facts: Any) -> None:
        """A file of a level, from an ASCII table; columns that it leaves out are filled (see FILLED)."""
        self.give_rows(level, ascii.rows(table), **facts)

    def give_rows(self, level: str, rows: Sequence[Mapping[str, str]], **facts: Any) -> None:
        lines = [",".join(row.get(c, FILLED.get(c, "")) for c in COLUMNS) for row in rows]
        self.give_bytes(level, ("\n".join([",".join(COLUMNS), *lines]) + "\n").encode(), **facts)

    def give_bytes(
        self,
        level: str,
        content: bytes,
        *,
        columns: Literal["all", "used"] = "all",
        states: tuple[str, ...] = (),
    ) -> None:
        """A file of a level as bytes; ``columns`` and ``states`` as a mirror declares them."""
        path = self.folder / "files" / f"{level}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        part = next(p for p in self.catalog().tables["people"].parts if p.level == level)
        edition = "https://example.org/" + path.name
        self.raws[Level(level)] = RawFile(
            part.source, part.edition, str(path), sha256_of(path), len(content), edition, "official",
            "2026-01-01T00:00:00+00:00", columns=columns, states=states, partial=bool(states),
        )  # fmt: skip

    @property
    def staged_file(self) -> Path:
        return self.folder / "people.parquet"

    def stage(self) -> staging.StagingReport:
        """Stage the files that were given; the others are absent."""
        catalog = self.catalog()
        table = catalog.tables["people"]
        files = []
        for part in table.parts:
            if part.level in self.raws:
                raw = self.raws[part.level]
                edition = catalog.sources[part.source].editions[part.edition]
                files.append(PartFile(part, edition, raw, (Path(raw.path),)))
        bench = staging.Bench(self.con, register(self.specs), self.staged_file, self.folder)
        return staging.stage(table, files, bench)

    def staged(self) -> list[dict[str, Any]]:
        """Rows of the staged table."""
        self.stage()
        return self._rows(f"SELECT * FROM read_parquet({literal(self.staged_file)})")

    def values(self, name: str) -> list[dict[str, Any]]:
        """Rows of an indicator, computed from the files that were given (a comparison after its base)."""
        self.stage()
        return self.computed(name)

    def computed(self, name: str) -> list[dict[str, Any]]:
        """The same without staging again."""
        catalog = self.catalog()
        indicator = catalog.indicators[name]
        target = self.folder / f"{name}.parquet"
        if self.engine == "oracle":
            return self._in_memory(indicator)
        if indicator.base:
            self.computed(indicator.base)
            inputs = engine.Inputs(register(self.specs), base=self.folder / f"{indicator.base}.parquet")
        else:
            staged = engine.StagedTable(catalog.tables["people"], self.staged_file, tuple(self.raws.items()))
            inputs = engine.Inputs(register(self.specs), (staged,))
        count = engine.estimate(self.con, indicator, catalog, inputs, target)
        rows = self._rows(f"SELECT * FROM read_parquet({literal(target)})")
        assert len(rows) == count
        return rows

    def _in_memory(self, indicator: Indicator) -> list[dict[str, Any]]:
        """Rows of an indicator by the oracle."""
        if indicator.method.kind in ("parity", "gap"):
            assert indicator.base is not None
            return memory.compared(indicator, self.catalog(), self.computed(indicator.base))
        names = {area.code: area.name for area in register(self.specs).areas.values()}
        staged = [self._in_memory_table(name) for name in indicator.tables]
        rows = memory.values(indicator, self.catalog(), staged, names)
        return sorted(rows, key=lambda row: [str(row[name]) for name in KEY])

    def _in_memory_table(self, name: str) -> memory.Staged:
        rows = self._rows(f"SELECT * FROM read_parquet({literal(self.staged_file)})")
        return memory.Staged(self.catalog().tables[name], rows, tuple(self.raws.items()))

    def coherence(self, name: str) -> list[CheckResult]:
        """Verdicts on an indicator that ``values`` computed."""
        catalog = self.catalog()
        query_plan = plan.make_plan(
            catalog.indicators[name], catalog, {level: raw.states for level, raw in self.raws.items()}
        )
        assert isinstance(query_plan, nodes.TablePlan)
        engine.view(self.con, "observation", self.folder / f"{name}.parquet")
        return coherence.judge(self.con, catalog.indicators[name], compile.unallocated(query_plan))

    def unallocated(self, name: str) -> list[dict[str, Any]]:
        """What belongs to no municipality, as the coherence check sees it."""
        catalog = self.catalog()
        query_plan = plan.make_plan(
            catalog.indicators[name], catalog, {level: raw.states for level, raw in self.raws.items()}
        )
        assert isinstance(query_plan, nodes.TablePlan)
        return self._rows(compile.unallocated(query_plan))

    def _rows(self, query: str) -> list[dict[str, Any]]:
        cursor = self.con.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
