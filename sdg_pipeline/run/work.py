"""The work of each kind of step: what pipeline.py decides to run, done.

What belongs here: calling the folder that does the work, and the report for people.
What does not: formulas, SQL, formats; release and warehouse (publishing).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.files import sha256_of, write_text
from sdg_pipeline.publish import headline
from sdg_pipeline.quality import results
from sdg_pipeline.run import inputs, publishing, verdicts
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.pipeline import Done, Log, Pipeline
from sdg_pipeline.specs import shared_sums
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.estimate.engine import Inputs

LOGGED_EVERY_BYTES = 50_000_000


def run(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    """Do the work of a step."""
    work: dict[str, Callable[[Pipeline, Step, str, Log], Done]] = {
        "raw": _raw,
        "staged": _staged,
        "indicator": _indicator,
        "coherence": _coherence,
        "publication": publishing.publication,
        "warehouse": publishing.warehouse,
    }
    return work[step.kind](pipeline, step, fingerprint, log)


def foresee(step: Step) -> None:
    """Begin what a later step will wait for: Great Expectations takes seconds to import."""
    if step.kind in ("raw", "staged", "indicator"):
        from sdg_pipeline.quality import gx

        gx.warm_up()


def identity(pipeline: Pipeline, step: Step) -> str:
    """What decides a step's result besides its code and the contents of its inputs."""
    catalog = pipeline.catalog
    if step.kind == "raw":
        return _raw_identity(pipeline, step.key[1], step.key[2])
    if step.kind == "staged":
        table = catalog.tables[step.name]
        sources = [catalog.sources[source].spec_hash for part in table.parts for source, _ in table.files_of(part)]
        known = (catalog.contracts.get(table.id), *(catalog.corrections.get(part.source) for part in table.parts))
        return " ".join([table.spec_hash, *sources, _register_hash(pipeline), *(k.spec_hash for k in known if k)])
    if step.kind == "indicator":
        indicator = catalog.indicators[step.name]
        linked = shared_sums.linked_tables(indicator, catalog)
        hashes = [catalog.spec_hash(i) for i in (indicator, *linked.numerator, *linked.denominator)]
        return " ".join([*hashes, _raw_facts(pipeline, indicator), _register_hash(pipeline)])
    if step.kind == "coherence":
        return " ".join(spec.spec_hash for _, spec in sorted(catalog.coherence.items()))
    if step.kind == "publication":
        judged = [sha256_of(path) for t in verdicts.tables_of(pipeline) for path in verdicts.beside(pipeline, t)]
        told = [pipeline.release, pipeline.coverage_notes(), pipeline.settings.csv_bom, _all_specs(pipeline), judged]
        return json.dumps(told)
    sql = sorted(pipeline.settings.warehouse_sql.rglob("*.sql"))
    latest = str(pipeline.layout.latest.readlink()) if pipeline.layout.latest.is_symlink() else ""
    return " ".join([*(sha256_of(path) for path in sql), _all_specs(pipeline), latest])


def _all_specs(pipeline: Pipeline) -> str:
    catalog = pipeline.catalog
    hashes = [s.spec_hash for s in catalog.specs()] + [catalog.spec_hash(i) for i in catalog.indicators.values()]
    return hashlib.sha256(" ".join(sorted(hashes)).encode()).hexdigest()


def _raw_identity(pipeline: Pipeline, source: str, edition: str) -> str:
    declared = pipeline.catalog.sources[source].editions[edition].model_dump_json()
    if pipeline.mirror is None:
        return f"official {declared}"
    return f"mirror {pipeline.mirror.name} {pipeline.mirror.entries.get((source, edition))} {declared}"


def _register_hash(pipeline: Pipeline) -> str:
    folder = pipeline.settings.specs / "geography"
    return " ".join(sha256_of(folder / name) for name in ("states.csv", "municipalities.csv"))


def _raw_facts(pipeline: Pipeline, indicator: Indicator) -> str:
    """Facts of the raw files that the indicator table cites."""
    raws = inputs.raw_files(pipeline, indicator)
    return json.dumps([[r.source, r.edition, r.sha256, r.partial, r.states] for r in raws])


def connection(pipeline: Pipeline) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    from sdg_pipeline.duck import desk

    pipeline.layout.scratch.mkdir(parents=True, exist_ok=True)
    return desk(pipeline.settings, pipeline.layout.scratch)


def _raw(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.ingest.fetch import fetch

    source, edition = step.key[1:]
    progress = _logged(step.name, log)
    raw = fetch(pipeline.catalog.sources[source], edition, pipeline.layout, pipeline.mirror, progress=progress)
    log(f"{step.name}: {raw.bytes:,} bytes, sha256 {raw.sha256[:12]}, from {raw.origin}")
    if raw.replaced:
        log(f"{step.name}: changed under the same name; before, sha256 {raw.replaced[:12]}. Its values are revised.")
    report = {
        "bytes": raw.bytes,
        "sha256": raw.sha256,
        "url": raw.url,
        "origin": raw.origin,
        "partial": raw.partial,
        "replaced": raw.replaced,
    }
    return Done((Path(raw.path), pipeline.layout.raw_current(source, edition)), report)


def _logged(name: str, log: Log) -> Callable[[int, int | None], None]:
    """Progress of a download as a line every fifty megabytes: Dagster's log has no bars."""
    told = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal told
        if done - told >= LOGGED_EVERY_BYTES:
            told = done
            of = f" of {total / 1e6:,.0f}" if total else ""
            log(f"{name}: {done / 1e6:,.0f}{of} MB")

    return progress


def _staged(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.estimate.vintages import write_revisions
    from sdg_pipeline.ingest.staging import stage

    table = pipeline.catalog.tables[step.name]
    target = pipeline.layout.staged(table.id)
    contract = pipeline.catalog.contracts.get(table.id)
    with ExitStack() as stack, connection(pipeline) as con:
        files = [inputs.unpacked_part(pipeline, table, p, stack) for p in inputs.parts_at_hand(pipeline, table)]
        told = contract.period.column if contract and contract.period else None
        unpacked = pipeline.layout.scratch / "unpacked"
        staged = stage(con, table, files, inputs.areas(pipeline), target, unpacked, told)
        report: dict[str, Any] = {"rows": staged.rows, "parts": staged.parts}
        outputs = [target]
        for part_report in staged.parts:
            log(f"{part_report['source']}/{part_report['edition']}: {part_report['rows_kept']:,} rows kept")
        if table.vintages:
            outputs.append(pipeline.layout.revisions(table.id))
            report["revisions"] = write_revisions(con, inputs.staged(pipeline, table.id), outputs[-1])
            log(f"{table.id}: {report['revisions']:,} figures revised between cuts")
        report |= verdicts.judge_table(pipeline, con, table, staged.parts, files, log)
    return Done(tuple(outputs), report, verdicts.beside(pipeline, table.id))


def _indicator(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.estimate.engine import estimate
    from sdg_pipeline.estimate.vintages import write_as_of

    indicator = pipeline.catalog.indicators[step.name]
    target = pipeline.layout.indicator(indicator.id)
    given = inputs.of(pipeline, indicator)
    with connection(pipeline) as con:
        rows = estimate(con, indicator, pipeline.catalog, given, inputs.areas(pipeline), target)
        if inputs.has_vintages(pipeline, indicator):
            as_of = pipeline.layout.vintages(indicator.id)
            write_as_of(con, indicator, pipeline.catalog, given, inputs.areas(pipeline), as_of)
        checks = _judge(pipeline, con, indicator, given, target)
        more = _more_of_surveys(pipeline, con, indicator, given)
        label = pipeline.catalog.codelists["units"].codes[indicator.unit].en
        report = {"rows": rows, "unit_label": label, **headline.of(con, indicator)}
    failed = [c for c in checks if not c.passed]
    report |= {"checks_passed": len(checks) - len(failed), "checks_failed": [c.check for c in failed]}
    write_text(pipeline.layout.checks(indicator.id), results.dump(checks))
    log(f"{indicator.id}: {rows:,} values, {len(checks) - len(failed)} of {len(checks)} checks passed")
    outputs = [target, pipeline.layout.checks(indicator.id)]
    outputs += [pipeline.layout.vintages(indicator.id)] if inputs.has_vintages(pipeline, indicator) else []
    return Done((*outputs, *more), report)


def _more_of_surveys(
    pipeline: Pipeline, con: duckdb.DuckDBPyConnection, indicator: Indicator, given: Inputs
) -> list[Path]:
    """Files besides the values: differences of a survey's estimates, figures of a model."""
    from sdg_pipeline.estimate.nodes import SmallAreaPlan, SurveyPlan
    from sdg_pipeline.estimate.plan import make_plan
    from sdg_pipeline.estimate.small_area import estimates
    from sdg_pipeline.estimate.survey import differences

    plan = make_plan(indicator, pipeline.catalog, given.at_hand)
    if isinstance(plan, SurveyPlan):
        differences.write(con, plan, pipeline.layout.differences(indicator.id))
        return [pipeline.layout.differences(indicator.id)]
    if isinstance(plan, SmallAreaPlan):
        estimates.write_model(con, plan, pipeline.layout.model(indicator.id))
        return [pipeline.layout.model(indicator.id)]
    return []


def _judge(
    pipeline: Pipeline, con: duckdb.DuckDBPyConnection, indicator: Indicator, given: Inputs, target: Path
) -> list[results.CheckResult]:
    """Run the spec's rules and the coherence of levels and groups on the values just written."""
    from sdg_pipeline.estimate.compile import unallocated
    from sdg_pipeline.estimate.engine import offer_expected_areas, view
    from sdg_pipeline.estimate.nodes import RatePlan, TablePlan
    from sdg_pipeline.estimate.plan import make_plan
    from sdg_pipeline.quality import coherence, gx, rules

    view(con, "observation", target)
    covered = inputs.coverage(pipeline, indicator)
    offer_expected_areas(con, inputs.areas(pipeline), inputs.root_table(pipeline, indicator).geography.vintage, covered)
    verdicts = gx.judge(indicator.id, rules.rules_for(indicator, inputs.extent(pipeline, indicator)), con)
    plan = make_plan(indicator, pipeline.catalog, given.at_hand)
    if isinstance(plan, TablePlan | RatePlan) and coherence.names(indicator):
        verdicts += coherence.judge(con, indicator, unallocated(plan))
    return verdicts


def _coherence(pipeline: Pipeline, step: Step, fingerprint: str, log: Log) -> Done:
    from sdg_pipeline.quality import deviations

    layout = pipeline.layout
    files = {indicator.id: layout.indicator(indicator.id) for indicator in pipeline.indicators}
    tables = {table: layout.staged(table) for table in pipeline.reach.compared()}
    with connection(pipeline) as con:
        found = deviations.judge(con, pipeline.catalog, files, tables)
        deviations.write(con, found, layout.deviations)
    write_text(layout.coherence_checks, results.dump(found.checks))
    unexplained = sum(row["status"] == deviations.OPEN for row in found.deviations)
    report = {
        "rules": len(found.checks),
        "deviations": len(found.deviations),
        "open": unexplained,
        "checks_passed": sum(c.passed for c in found.checks),
        "checks_failed": [c.check for c in found.checks if c.blocks],
        "warnings": [c.check for c in found.checks if not c.passed and not c.blocks],
    }
    log(f"coherence: {len(found.checks)} rules, {len(found.deviations)} deviations, {unexplained} of them open")
    return Done((layout.deviations, layout.coherence_checks), report)


def judge_again(pipeline: Pipeline, step: Step) -> list[results.CheckResult]:
    """Judge the values of an indicator that stand on disk; where a verdict has changed, a run computes them again."""
    from sdg_pipeline.estimate.engine import offer

    indicator = pipeline.catalog.indicators[step.name]
    pipeline.remembered(step)
    known, target = pipeline.layout.checks(indicator.id), pipeline.layout.indicator(indicator.id)
    with turn(pipeline.layout), connection(pipeline) as con:
        given = inputs.of(pipeline, indicator)
        offer(con, given, inputs.areas(pipeline))
        verdicts = _judge(pipeline, con, indicator, given, target)
        if not known.exists() or results.dump(verdicts) != known.read_text(encoding="utf-8"):
            write_text(known, results.dump(verdicts))
    return verdicts
