"""Runs of ``publish_all`` through Dagster in this process, on the starter data: what stands in the instance afterwards."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterEventType, DagsterInstance, DagsterRunStatus, MarkdownMetadataValue
from place import Place, spoilt, verdicts
from typer.testing import CliRunner

from assets.keys import asset_key, op_name
from assets.kinds import CHECKS
from sdg_pipeline.cli.commands import app
from sdg_pipeline.files import sha256_of
from sdg_pipeline.run.graph import COHERENCE, Key
from sdg_pipeline.run.steps.indicator import IndicatorReport
from sdg_pipeline.settings import STARTER_MIRROR

ELECTRICITY: Key = ("indicator", "dwellings_with_electricity")
ILLITERACY: Key = ("indicator", "illiteracy_15_plus")


def shown(instance: DagsterInstance, key: Key) -> dict[str, Any]:
    """Metadata of the latest materialisation, as plain values."""
    event = instance.get_latest_materialization_event(asset_key(key))
    assert event is not None and event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def failures(instance: DagsterInstance, run_id: str) -> dict[str, str]:
    """The innermost error of each step that failed."""
    messages = {}
    for log in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE):
        assert log.dagster_event is not None and log.step_key is not None
        error = log.dagster_event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        messages[log.step_key] = error.message if error else ""
    return messages


def materialised(instance: DagsterInstance, run_id: str) -> list[AssetKey]:
    logs = instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
    return [log.dagster_event.asset_key for log in logs if log.dagster_event and log.dagster_event.asset_key]


def test_the_run_stands_in_the_instance(ran: Place, instance: DagsterInstance) -> None:
    (run,) = instance.get_runs()
    assert run.job_name == "1_publish_all"
    assert run.status == DagsterRunStatus.SUCCESS
    keys = [key for key in materialised(instance, run.run_id) if key.path[0] != "editions"]
    assert sorted(keys) == sorted(asset_key(step.key) for step in ran.runner().run.steps)


def test_a_fetched_edition_is_a_partition_of_its_source(ran: Place, instance: DagsterInstance) -> None:
    assert instance.get_materialized_partitions(AssetKey(["editions", "inegi_iter"])) == {"2020"}


def test_every_check_is_recorded(ran: Place, instance: DagsterInstance) -> None:
    runner = ran.runner()
    (run,) = instance.get_runs()
    results = verdicts(instance, run.run_id)
    judged = [step for step in runner.run.steps if step.kind in CHECKS]
    specs = [spec for step in judged if (spec := CHECKS[step.kind].spec(runner.run, step))]
    assert sorted((v.asset_key, v.check_name) for v in results) == sorted((s.asset_key, s.name) for s in specs)
    assert [v.asset_key for v in results if not v.passed] == []
    recorded = {v.asset_key: v for v in results}
    for step in runner.run.steps:
        if step.kind in ("staged", "indicator"):
            metadata, described = recorded[asset_key(step.key)].metadata, CHECKS[step.kind].described(runner.run, step)
            assert metadata["observed"].value == f"{len(described)} of {len(described)} checks pass"
            rows = metadata["verdicts"].value.splitlines()[2:]
            assert [row.split(" | ")[0] for row in rows] == [f"| {check.name}" for check in described]
            assert all(
                row.split(" | ")[1:3] == ["passes", check.severity] for row, check in zip(rows, described, strict=True)
            )
            assert all(check.description.replace("|", "\\|") in row for row, check in zip(rows, described, strict=True))


def test_a_step_has_one_event_of_verdicts(ran: Place, instance: DagsterInstance) -> None:
    """Each event takes Dagster's own storage 20 ms; docs/deployment.md has the figures."""
    (run,) = instance.get_runs()
    logs = instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
    events = Counter(log.step_key for log in logs)
    runner = ran.runner()
    steps = (step for step in runner.run.steps if step.kind in CHECKS)
    judged = {op_name(step.key) for step in steps if CHECKS[step.kind].spec(runner.run, step)}
    assert events == dict.fromkeys(judged, 1)


def test_the_instance_uses_dagsters_own_storage(again: Place) -> None:
    with again.opened() as instance:
        assert type(instance.event_log_storage).__module__.startswith("dagster.")


def test_an_indicator_shows_what_a_person_looks_for(ran: Place, instance: DagsterInstance) -> None:
    metadata = shown(instance, ILLITERACY)
    report = ran.runner().remembered(ran.runner().run.step(ILLITERACY)).report_as(IndicatorReport)
    assert metadata["dagster/row_count"] == report.rows > 100
    assert metadata["headline"].startswith("4.7 ") and "2020" in metadata["headline"]
    for name in ("states", "map"):
        before, _, chart = metadata[name].partition("(data:image/svg+xml;base64,")
        svg = b64decode(chart.rstrip(")")).decode()
        assert before.startswith("![") and svg.startswith("<svg ")
        assert "Source: INEGI (2021). Population and Housing Census 2020." in svg
    assert metadata["trend"] == "One year only: there is no trend yet."
    assert metadata["changes_since_release"] == "Not in the last release."
    assert "| state | 32 | 2020 | 2020 |" in metadata["coverage"]
    header, _, first, *_ = metadata["preview"].splitlines()
    assert header.startswith("| ref_area | area_name | time_period |")
    assert first.startswith("| MX | México | 2020 | _T | _T | 4.74") and "| 4,456,431 |" in first
    assert next(iter(metadata)) == "headline"
    assert "| numerator | " in metadata["columns"] and "| staged/census.illiterate_15_plus |" in metadata["columns"]
    assert metadata["checks_passed"] == 11 and metadata["checks_failed"] == 0
    assert metadata["computed_in_this_run"] is True


def test_its_page_works_outside_dagster(ran: Place, instance: DagsterInstance) -> None:
    page = Path(shown(instance, ILLITERACY)["report"])
    text = page.read_text(encoding="utf-8")
    assert "**4.7 percent (2020)**" in text
    names = re.findall(r"\]\((\w+\.svg)\)", text)
    assert names == ["states.svg", "map.svg"]
    assert all((page.parent / name).read_text(encoding="utf-8").startswith("<svg ") for name in names)


def test_columns_are_followed_from_file_to_value(instance: DagsterInstance) -> None:
    of_values = shown(instance, ILLITERACY)["dagster/column_lineage"].deps_by_column
    census = AssetKey(["staged", "census"])
    assert {(d.asset_key, d.column_name) for d in of_values["numerator"]} == {(census, "illiterate_15_plus")}
    assert {d.column_name for d in of_values["denominator"]} == {"population_15_plus"}
    assert {d.column_name for d in of_values["ref_area"]} == {"state", "municipality"}
    of_table = shown(instance, ("staged", "census"))["dagster/column_lineage"].deps_by_column
    read = {(d.asset_key.path[1], d.column_name) for d in of_table["illiterate_15_plus"]}
    assert ("inegi_iter", "P15YM_AN") in read
    columns = {c.name for c in shown(instance, ("raw", "inegi_iter", "2020"))["dagster/column_schema"].columns}
    assert "P15YM_AN" in columns


def test_sources_tables_and_release_show_what_came_of_them(ran: Place, instance: DagsterInstance) -> None:
    raw = shown(instance, ("raw", "inegi_iter", "2020"))
    assert raw["partial"] is True and "starter" in raw["origin"] and len(raw["sha256"]) == 64
    staged = shown(instance, ("staged", "census"))
    assert staged["dagster/row_count"] > 32 and "inegi_iter_state/2020" in staged["parts"]
    release = shown(instance, ("publication", "release"))
    assert release["release"] == ran.latest()
    assert "5 of 32 states only" in release["coverage"]
    assert release["state"] == "published" and "| published |" in release["record"]
    assert "This is the first release" in release["revisions"]
    assert Path(release["folder"], "observations.parquet").is_file()
    assert Path(shown(instance, ("warehouse", "sdg"))["file"]) == ran.home / "warehouse" / "sdg.duckdb"


def test_the_data_version_is_the_content_of_the_outputs(ran: Place, instance: DagsterInstance) -> None:
    runner = ran.runner()
    for step in runner.run.steps:
        event = instance.get_latest_materialization_event(asset_key(step.key))
        assert event is not None and event.asset_materialization is not None
        tags = event.asset_materialization.tags or {}
        state = runner.state.load(step.key)
        assert state is not None
        assert tags["dagster/data_version"] == state.content[:16], step.name


def test_a_second_run_launches_nothing(ran: Place, instance: DagsterInstance) -> None:
    said = ran.run()
    assert said.code == 0
    assert "(0 indicators computed now, " in said.out
    assert instance.get_runs_count() == 1


def test_sdg_run_after_dagster_computes_nothing(ran: Place, again: Place) -> None:
    result = CliRunner().invoke(app, ["run"], env={**again.environment, "COLUMNS": "500"})
    assert result.exit_code == 0, result.output
    assert "(0 indicators computed now, " in result.output
    assert again.latest() == ran.latest()
    before, after = ([r.state.load(s.key) for s in r.run.steps] for r in (ran.runner(), again.runner()))
    assert before == after


def test_what_the_instance_never_saw_is_reported_without_computing(again: Place) -> None:
    """After ``sdg run``, or with another DAGSTER_HOME, the assets shall stand in the UI all the same."""
    with again.opened() as instance:
        instance.wipe_assets([asset_key(ILLITERACY)])
    said = again.run()
    assert said.code == 0, said.err
    assert "(0 indicators computed now, " in said.out
    with again.opened() as instance:
        assert instance.get_runs_count() == 2
        run = instance.get_runs(limit=1)[0]
        assert materialised(instance, run.run_id) == [asset_key(ILLITERACY)]
        assert shown(instance, ILLITERACY)["computed_in_this_run"] is False
        assert [v.passed for v in verdicts(instance, run.run_id)] == [True]


def test_a_wrong_figure_fails_its_check_and_holds_the_release(again: Place, tmp_path: Path) -> None:
    release, place = again.latest(), spoilt(again, tmp_path)
    said = place.run()
    assert said.code == 1
    assert "agrees_with" in said.err and "dwellings_with_electricity" in said.err and "MX01" in said.err
    assert "Traceback" not in said.err and "Traceback" not in said.out
    with place.opened() as instance:
        run = instance.get_runs(limit=1)[0]
        assert run.status == DagsterRunStatus.FAILURE
        computed = materialised(instance, run.run_id)
        assert computed[0] == asset_key(ELECTRICITY)
        assert asset_key(COHERENCE) in computed
        assert {key.path[0] for key in computed[1:]} == {"coherence", "open_government"}, "what reads the indicator"
        (failed,) = (v for v in verdicts(instance, run.run_id) if not v.passed and v.severity.value == "ERROR")
        assert failed.check_name == "verdicts" and failed.asset_key == asset_key(ELECTRICITY)
        assert failed.metadata["observed"].value.endswith("failing: agrees_with")
        assert failed.metadata["blocking_failures"].value == 1
        assert "| agrees_with | FAILS | blocking |" in failed.metadata["verdicts"].value
        rows = failed.metadata["failing_rows: agrees_with"]
        assert isinstance(rows, MarkdownMetadataValue)
        assert "| MX01 |" in rows.value and "98.57" in rows.value
        assert failed.metadata["failing_rows_total"].value == 1
        messages = failures(instance, run.run_id)
        assert messages.keys() == {"publication__release"}
        assert "agrees_with" in messages["publication__release"] and "MX01" in messages["publication__release"]
    assert place.latest() == release


def test_the_mended_figure_publishes_again(again: Place, tmp_path: Path) -> None:
    release, place = again.latest(), spoilt(again, tmp_path)
    assert place.run().code == 1
    mended = replace(place, specs=again.specs)
    said = mended.run()
    assert said.code == 0, said.err
    assert "(1 indicator computed now, " in said.out
    assert mended.latest() == release
    with mended.opened() as instance:
        assert instance.get_runs(limit=1)[0].status == DagsterRunStatus.SUCCESS


def test_bytes_that_differ_from_the_manifest_stop_what_needs_them(again: Place, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    shutil.copytree(STARTER_MIRROR.parent, folder)
    manifest = (folder / "mirror.yaml").read_text(encoding="utf-8")
    sha256 = sha256_of(folder / "census_2020_states.csv")
    assert manifest.count(sha256) == 1
    (folder / "mirror.yaml").write_text(manifest.replace(sha256, "0" * 64), encoding="utf-8")
    release, place = again.latest(), replace(again, mirror=str(folder / "mirror.yaml"))
    said = place.run()
    assert said.code == 2
    assert "census_2020_states.csv" in said.err and "sha256" in said.err
    assert "Traceback" not in said.err and "Traceback" not in said.out
    with place.opened() as instance:
        run = instance.get_runs(limit=1)[0]
        assert failures(instance, run.run_id).keys() == {"raw__inegi_iter_state__2020"}
        assert asset_key(("staged", "census")) not in materialised(instance, run.run_id)
    assert place.latest() == release
