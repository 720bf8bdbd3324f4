"""The pipeline's own estimates of a sample: real specs, plan, SQL and last steps, over a staged table made here.

What belongs here: specs for what is asked, and reading the indicator tables back. What does not: staging of files.
"""

from __future__ import annotations

import math
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import check, engine
from sdg_pipeline.estimate.survey import protection
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.fields import DIMENSIONS
from support.country import INDICATOR
from support.records import SOURCE, TABLE
from support.surveys import Answers, Ask, Estimate, Key, Survey

KEPT = ("codelists", "geography", "policies")
"""Folders of the project's specs that are used as they are, but for the numbers of the policy."""
DESIGN = """
geography: {{vintage: 2020, state: ENT}}
parts: [{{source: sample, edition: "2020", level: state}}]
dimensions:{dimensions}
measures:
{measures}
design:
  {{weight: W, strata: H, psu: I, single_psu: {lonely}, sample: {sample}, certainty_strata: {certain},{fpc} domains: [national, state], why: test{replication}}}
"""
METHODS = {
    "total": "{{kind: count, table: {table}, value: {of}}}",
    "mean": "{{kind: mean, table: {table}, value: {of}}}",
    "prop": "{{kind: mean, table: {table}, value: {of}}}",
    "ratio": "{{kind: ratio, table: {table}, numerator: {of}, denominator: {over}}}",
    "quantile": "{{kind: quantile, table: {table}, value: {of}, p: {p}}}",
}


class Pipeline:
    """The pipeline with a sample as its only table; nothing of a sample is withheld that can be computed.

    With a ``part`` of the sample, estimates are those of the part, whose design names the sample.
    """

    def __init__(
        self,
        folder: Path,
        con: duckdb.DuckDBPyConnection,
        survey: Survey,
        rare_share: float = 0.0,
        replication: str = "",
        part: Survey | None = None,
    ) -> None:
        self.folder, self.con, self.whole = folder, con, survey
        self.survey = part or survey
        self.replication = replication and f", replication: {replication}"
        self.is_part, self.specs, self.staged = part is not None, folder / "specs", folder / "sample.parquet"
        for name in KEPT:
            shutil.copytree(PROJECT / "indicator_specs" / name, self.specs / name)
        policy = self.specs / "policies" / "surveys.yaml"
        text = policy.read_text(encoding="utf-8")
        for old, new in {
            "rare_share: 0.05": f"rare_share: {rare_share}", "records: 30": "records: 1", "psus: 2": "psus: 1", "df: 10": "df: 1",
        }.items():  # fmt: skip
            assert text.count(old) == 1, f"the policy has not once {old}"
            text = text.replace(old, new)
        policy.write_text(text, encoding="utf-8")
        self._write("sources/sample.yaml", SOURCE.format(id="sample", editions=_EDITION))
        self._stage(self.survey, self.staged)
        if self.is_part:
            self._stage(self.whole, folder / "whole.parquet")

    def answers(self, asks: Sequence[Ask]) -> Answers:
        """What the pipeline says of the sample; one indicator for what is asked of the same statistic by several groups."""
        together: dict[Ask, list[Ask]] = defaultdict(list)
        for ask in asks:
            together[replace(ask, name="", by=(), deff=False)].append(ask)
        for lonely in {ask.lonely for ask in asks}:
            sample = f"whole_{lonely}" if self.is_part else "whole"
            self._write(f"tables/sample_{lonely}.yaml", self._table(f"sample_{lonely}", lonely, self.survey, sample))
            if self.is_part:
                self._write(f"tables/whole_{lonely}.yaml", self._table(f"whole_{lonely}", lonely, self.whole, "whole"))
        for i, (statistic, same) in enumerate(together.items()):
            self._write(f"goal_01/ask_{i}.yaml", _indicator(f"ask_{i}", statistic, [ask.by for ask in same]))
        catalog = catalogs.load(self.specs)
        catalog.problems.extend(check.check(catalog))
        catalog.sound()
        rows = {statistic: self._rows(catalog, f"ask_{i}", statistic) for i, statistic in enumerate(together)}
        return {
            ask.name: {_key(row, ask): _estimate(row) for row in rows[statistic] if _is_of(row, ask)}
            for statistic, same in together.items()
            for ask in same
        }

    def _rows(self, catalog: catalogs.Catalog, name: str, ask: Ask) -> list[dict[str, Any]]:
        """Rows of the indicator table."""
        indicator, target = catalog.indicators[name], self.folder / f"{name}.parquet"
        paths = {"sample": self.staged} | ({"whole": self.folder / "whole.parquet"} if self.is_part else {})
        staged = tuple(
            engine.StagedTable(catalog.tables[f"{name}_{ask.lonely}"], path, ((Level.STATE, _RAW),))
            for name, path in paths.items()
        )
        # domains without degrees of freedom are withheld, and others would be for their sake
        with mock.patch.object(protection, "complementary", return_value=[]):
            inputs = engine.Inputs(register(self.specs), staged)
            engine.estimate(self.con, indicator, catalog, inputs, target)
        values = self.con.sql(f"SELECT * FROM read_parquet({literal(target)})")
        return [dict(zip(values.columns, row, strict=True)) for row in values.fetchall()]

    def _write(self, path: str, text: str) -> None:
        target = self.specs / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def _stage(self, survey: Survey, target: Path) -> None:
        """The sample as staging leaves a survey: one row a record."""
        records = survey.records
        self.con.register("sample", records)
        missing = ", ".join(f"CASE WHEN NOT isnan({m}) THEN {m} END AS {m}" for m in _measures(survey))
        psus = "CASE WHEN NOT isnan(population_psus) THEN population_psus END AS population_psus, "
        self.con.execute(
            f"COPY (SELECT '2020' AS edition, 'state' AS geo_level, state, '_T' AS municipality, '_T' AS locality, "
            f"'2020' AS time_period, {''.join(f'{d}, ' for d in _dimensions(survey))}weight, stratum, psu, "
            f"{psus if 'population_psus' in records else ''}{missing} FROM sample) TO {literal(target)} (FORMAT parquet)"
        )
        self.con.unregister("sample")

    def _table(self, name: str, lonely: str, survey: Survey, sample: str) -> str:
        dimensions = "".join(
            f"\n  {d}: {{codelist: {d}, totals: computed, levels: [state], column: {d.upper()}, recode: {_recode(codes)}}}"
            for d, codes in ((d, sorted(survey.records[d].unique())) for d in _dimensions(survey))
        )
        measures = (
            f"  {m}: {{label: {{en: {m}, es: {m}}}, type: amount, column: {m.upper()}}}" for m in _measures(survey)
        )
        certain = "[" + ", ".join(f'"{code}"' for code in sorted(survey.certainty_strata)) + "]"
        fpc = " population_psus: N," if "population_psus" in survey.records else ""
        body = DESIGN.format(
            dimensions=dimensions or " {}",
            measures="\n".join(measures),
            lonely=lonely,
            sample=sample,
            certain=certain,
            fpc=fpc,
            replication=self.replication,
        )
        return TABLE.format(id=name, record="unit", format="format: {}", body=body.strip("\n"))


def _dimensions(survey: Survey) -> list[str]:
    return [d for d in DIMENSIONS if d in survey.records]


def _measures(survey: Survey) -> list[str]:
    records = survey.records
    return [str(c) for c in records.columns if records[c].dtype == float and c not in ("weight", "population_psus")]


_EDITION = '  "2020": {url: "https://example.org/sample_2020.csv", period: "2020", url_status: from_memory}'
_RAW = RawFile(
    "sample", "2020", "sample_2020.csv", "0" * 64, 1, "https://example.org/sample_2020.csv", "official",
    "2026-01-01T00:00:00+00:00",
)  # fmt: skip


def _recode(codes: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{code}": {code}' for code in codes) + "}"


def _indicator(name: str, ask: Ask, by: Sequence[tuple[str, ...]]) -> str:
    table, method = f"sample_{ask.lonely}", METHODS.get(ask.statistic)
    if method is None:
        written = f"{{kind: {ask.statistic}, table: {table}, value: {ask.variable}, {ask.keys}}}".replace(", }", "}")
    else:
        written = method.format(table=table, of=ask.variable, over=ask.over, p=ask.p)
    breakdowns = [["state" if "state" in names else "national", *(d for d in names if d != "state")] for names in by]
    listed = ", ".join(f"[{', '.join(breakdown)}]" for breakdown in breakdowns)
    return INDICATOR.format(id=name, unit="NUMBER", body=f"method: {written}\nbreakdowns: [{listed}]")


def _is_of(row: dict[str, Any], ask: Ask) -> bool:
    """Whether the row is of the groups that are asked for, and of no finer or coarser ones."""
    if row["geo_level"] != ("state" if "state" in ask.by else "national"):
        return False
    return all((row[d] != TOTAL) == (d in ask.by) for d in DIMENSIONS)


def _key(row: dict[str, Any], ask: Ask) -> Key:
    return tuple(row["ref_area"][2:] if d == "state" else row[d] for d in ask.by)


def _estimate(row: dict[str, Any]) -> Estimate:
    def number(column: str) -> float:
        return math.nan if row[column] is None else float(row[column])

    value, error, df, deff, lower, upper = map(number, ("obs_value", "std_error", "df", "deff", "ci_lower", "ci_upper"))
    return Estimate(
        value,
        error,
        df,
        deff,
        (lower, upper),
        records=row["n_obs"],
        weighted=row["n_obs"],
        error=row["obs_reason"] or "",
    )
