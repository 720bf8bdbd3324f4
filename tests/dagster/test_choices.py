"""What a person may choose for a run, and jobs for people: runs in this process, on a copy of the shared run."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import AssetKey, DagsterInstance, DagsterInvalidConfigError, DagsterInvariantViolationError
from dagster._core.execution.execute_in_process_result import ExecuteInProcessResult
from place import Place, patient, spoilt, verdicts
from support.tenfold import tenfold

from assets.blocking import GO_ON, against
from assets.checks import BLOCKS
from assets.choices import Choices, choose, for_the_desk
from assets.definitions import build
from assets.keys import asset_key
from assets.kinds import CHECKS
from assets.run import QUIET
from sdg_pipeline.files import write_text
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release import events
from sdg_pipeline.release.manifest import sealed
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.state import Outcome, Report
from sdg_pipeline.settings import STARTER_MIRROR

CENSUS_INDICATOR = "illiteracy_15_plus"
SPOILT = "dwellings_with_electricity"
PARITY, BASE = "labour_participation_parity", "labour_participation_12_plus"


def run(place: Place, job: str, config: dict[str, Any] | None = None, **choices: Any) -> ExecuteInProcessResult:
    """A job in this process, with these choices in the launchpad."""
    desk = {"resources": {"desk": {"config": choices}}} if choices else {}
    with place.opened() as instance:
        resolved = build(place.runner()).resolve_job_def(job)
        run_config = config if config is not None else {**QUIET, **desk}
        return resolved.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)


def materialised(result: ExecuteInProcessResult) -> set[str]:
    return {"/".join(e.asset_key.path) for e in result.all_events if e.is_step_materialization and e.asset_key}


def latest_metadata(instance: DagsterInstance, *key: str) -> dict[str, Any]:
    event = instance.get_latest_materialization_event(AssetKey(key))
    assert event is not None and event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def failed(result: ExecuteInProcessResult) -> dict[str, str]:
    return {
        str(e.step_key): e.step_failure_data.error.message  # type: ignore[union-attr]
        for e in result.all_events
        if e.is_step_failure
    }


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"areas": ["MX99"]}, r"areas: no area 'MX99'; did you mean 'MX\d+'\?"),
        ({"mirror": "/nowhere"}, "/nowhere: there is no such mirror manifest; remedy:"),
    ],
)
def test_a_value_without_meaning_is_refused(again: Place, choices: dict[str, Any], reason: str) -> None:
    with pytest.raises(DagsterInvariantViolationError, match=reason):
        run(again, "goal_07_energy", **choices)


@pytest.mark.parametrize(
    "choices", [{"indicators": ["nothing"]}, {"editions": ["inegi_iter/1999"]}, {"strictness": "very"}, {"areas": "MX"}]
)
def test_a_value_outside_the_grammar_is_refused(again: Place, choices: dict[str, Any]) -> None:
    with pytest.raises(DagsterInvalidConfigError, match=next(iter(choices))):
        run(again, "goal_07_energy", **choices)


def test_what_is_chosen_of_the_release_reaches_the_run(ran: Place) -> None:
    config = {
        "indicators": [],
        "editions": [],
        "areas": [],
        "mirror": "as_started",
        "strictness": "normal",
        "review": False,
    }
    for draft, partial in ((True, False), (False, True)):
        settings = choose(ran.runner(), {**config, "draft": draft, "partial": partial}).run.settings
        assert (settings.draft, settings.partial) == (draft, partial)


def test_chosen_indicators_are_computed_with_what_they_need_and_nothing_is_published(again: Place) -> None:
    layout = again.runner().run.layout
    for indicator in (CENSUS_INDICATOR, BASE):
        layout.indicator(indicator).unlink()
    release = again.latest()
    result = run(again, "1_publish_all", indicators=[PARITY])
    assert result.success
    assert layout.indicator(BASE).exists() and not layout.indicator(CENSUS_INDICATOR).exists()
    assert not {"publication/release", "warehouse/sdg"} & materialised(result)
    assert again.latest() == release


def test_chosen_areas_are_shown(again: Place) -> None:
    result = run(again, "goal_04_education", areas=["MX20", "MX"])
    events_ = {e.asset_key: e for e in result.all_events if e.is_step_materialization}
    metadata = events_[AssetKey(["indicator", CENSUS_INDICATOR])].step_materialization_data.materialization.metadata
    lines = str(metadata["areas"].value).splitlines()
    assert lines[2].startswith("| MX20 | Oaxaca | 2020 | 11.8") and lines[3].startswith("| MX | México | 2020 | 4.7")


def test_an_edition_that_is_chosen_is_asked_for_again(again: Place) -> None:
    raw = again.runner().run.layout.state(("raw", "inegi_iter", "2020"))
    before = raw.stat().st_mtime_ns
    assert run(again, "source_inegi_iter").success
    assert raw.stat().st_mtime_ns == before
    assert run(again, "source_inegi_iter", editions=["inegi_iter/2020"]).success
    assert raw.stat().st_mtime_ns > before


def test_strict_runs_end_where_a_check_fails(again: Place) -> None:
    layout = again.runner().run.layout
    assert run(again, "goal_04_education", strictness="strict").success
    text = layout.checks(CENSUS_INDICATOR).read_text(encoding="utf-8")
    state = layout.state(("indicator", CENSUS_INDICATOR))
    assert state.read_text(encoding="utf-8").count('"checks_failed": []') == 1
    state.write_text(
        state.read_text(encoding="utf-8").replace('"checks_failed": []', '"checks_failed": ["range"]'), encoding="utf-8"
    )
    assert text == layout.checks(CENSUS_INDICATOR).read_text(encoding="utf-8")
    result = run(again, "goal_04_education", strictness="strict")
    message = failed(result)
    assert message.keys() == {f"indicator__{CENSUS_INDICATOR}"}
    assert (
        f"{CENSUS_INDICATOR}: strictness is strict and checks fail: range" in message[f"indicator__{CENSUS_INDICATOR}"]
    )


def test_a_blocking_check_that_fails_fails_the_run_unless_the_person_goes_on(again: Place, tmp_path: Path) -> None:
    """The job of a goal fails at the step, a draft is made and fails at the release, and the check is an error."""
    place = spoilt(again, tmp_path)
    goal = run(place, "goal_07_energy")
    assert not goal.success
    assert failed(goal).keys() == {f"indicator__{SPOILT}"}
    assert "blocking checks fail" in failed(goal)[f"indicator__{SPOILT}"]
    assert "rule agrees_with: 1 row fails" in failed(goal)[f"indicator__{SPOILT}"]
    assert f"indicator/{SPOILT}" in materialised(goal), "what was computed is shown"
    with place.opened() as instance:
        assert {v.severity.value for v in verdicts(instance, goal.run_id) if not v.passed} == {"ERROR"}
    assert run(place, "goal_07_energy", strictness="go_on").success
    draft = run(place, "2_release_draft")
    assert not draft.success
    assert failed(draft).keys() == {"publication__release"}
    assert "is made, and blocking checks fail" in failed(draft)["publication__release"]
    assert "publication/release" in materialised(draft)
    made_draft = sealed(place.runner().run.layout)[-1].release
    with place.opened() as instance:
        page = latest_metadata(instance, "publication", "release")
        assert next(iter(page)) == "blocking"
        assert f"| {SPOILT} | agrees_with | 1 | nobody |" in page["blocking"]
        assert "rule agrees_with" in page["blocking_in_full"]
    assert run(place, "4_release_approve", {"by": "Ana Pérez", "note": "the figure was revised"}).success
    with place.opened() as instance:
        shown = latest_metadata(instance, "publication", "release")["blocking"]
        assert "| Ana Pérez: the figure was revised |" in shown
    assert run(place, "5_release_publish", {"by": "Ana Pérez"}).success
    assert place.latest() == made_draft
    assert run(place, "goal_07_energy").success, "somebody has approved it"
    assert not run(place, "6_recheck").success


@pytest.mark.parametrize(
    ("kind", "name", "file"),
    [
        ("staged", "census", "contracts/census.json"),
        ("indicator", "water", "checks/water.json"),
        ("coherence", "coherence", "coherence/checks.json"),
        ("open_government", "gaps", "open_government/gaps.json"),
    ],
)
def test_a_blocking_check_ends_a_step_of_every_kind_that_is_judged(
    tmp_path: Path, kind: str, name: str, file: str
) -> None:
    """Gaps whose grid does not add up ended well in a run without a release."""
    runner = Place(tmp_path, tmp_path).runner()
    grid = CheckResult(
        border="release", subject=name, check="grid_adds_up", severity="blocking", passed=False,
        description="classes add up", owner="team:data", reason="else a gap is hidden", observed="1 of 2", n_failing=1,
    )  # fmt: skip
    write_text(runner.run.layout.data / file, results.dump([grid]))
    outcome = Outcome(Step((kind, name), ()), True, 0.0, "", "", Report(checks_failed=("grid_adds_up",)))
    assert against(outcome, Choices(runner), seals=False).splitlines() == [
        f"{name}: blocking checks fail:",
        f"{name}: rule grid_adds_up: 1 row fails (classes add up); 1 of 2",
        GO_ON,
    ]


def test_a_municipality_times_ten_is_an_error_of_the_run_and_of_its_check(again: Place, tmp_path: Path) -> None:
    """A source is broken by one cell: the job of its goal fails, and an error stands at what was computed from it."""
    broken = replace(again, mirror=str(tenfold(tmp_path / "mirror")))
    result = run(broken, "goal_04_education")
    assert not result.success
    assert any("rule coherence_levels: " in message for message in failed(result).values()), failed(result)
    with broken.opened() as instance:
        red = {
            v.asset_key.path[-1]
            for v in verdicts(instance, result.run_id)
            if v.severity.value == "ERROR" and not v.passed
        }
    assert CENSUS_INDICATOR in red or "census" in red


def test_a_check_that_can_block_is_a_blocking_check_of_dagster(ran: Place) -> None:
    runner = ran.runner()
    for step in runner.run.steps:
        spec = CHECKS[step.kind].spec(runner.run, step) if step.kind in CHECKS else None
        if spec is not None:
            described = CHECKS[step.kind].described(runner.run, step)
            can_block = step.kind != "coherence" and any(check.severity == "blocking" for check in described)
            assert can_block or step.kind not in ("staged", "indicator")
            assert spec.blocking == (BLOCKS in (spec.description or "")) == can_block


def test_a_message_names_jobs_where_the_terminal_has_commands() -> None:
    said = "only Ana did; remedy: `sdg release review r1 --by NAME --note TEXT`; it covers less; `sdg run --partial`"
    message = (
        "only Ana did; remedy: the job `3_release_review`; it covers less; the choice `partial` of `1_publish_all`"
    )
    assert for_the_desk(said) == message


def test_fetching_editions_by_partition_judges_whether_a_newer_one_is_out(again: Place, tmp_path: Path) -> None:
    """Dagster would show the check as skipped: partitions are told one by one, and its own step has no input then."""
    key, place = AssetKey(["editions", "inegi_iter"]), patient(again, tmp_path)
    with place.opened() as instance:
        job = build(place.runner()).resolve_implicit_global_asset_job_def()
        fetching = job.get_subset(asset_selection={key}, asset_check_selection=set())
        result = fetching.execute_in_process(instance=instance, run_config=QUIET, partition_key="2020")
        assert [(v.asset_key, v.check_name) for v in verdicts(instance, result.run_id)] == [(key, "newest_edition")]


def test_a_backfill_of_an_old_edition_leaves_the_newest_the_latest(again: Place, tmp_path: Path) -> None:
    key, place = AssetKey(["editions", "inegi_iter"]), with_an_older_edition(again, tmp_path)
    with place.opened() as instance:
        job = build(place.runner()).resolve_implicit_global_asset_job_def()
        fetching = job.get_subset(asset_selection={key}, asset_check_selection=set())
        assert fetching.execute_in_process(instance=instance, run_config=QUIET, partition_key="2010").success
        assert instance.get_materialized_partitions(key) == {"2010", "2020"}
        latest = instance.get_latest_materialization_event(key)
        assert latest is not None and latest.asset_materialization is not None
        assert latest.asset_materialization.partition == "2020"


def with_an_older_edition(place: Place, folder: Path) -> Place:
    """The place with specs and a mirror that have an edition 2010 of the census, with the bytes of 2020."""
    specs, mirror = folder / "specs", folder / "mirror.yaml"
    shutil.copytree(place.specs, specs)
    source = specs / "sources" / "inegi_iter.yaml"
    text = source.read_text(encoding="utf-8")
    before, edition = text.split('  "2020":\n')
    older = edition.replace('period: "2020"', 'period: "2010"')
    source.write_text(f'{before}  "2010":\n{older}  "2020":\n{edition}', encoding="utf-8")
    manifest = yaml.safe_load(STARTER_MIRROR.read_text(encoding="utf-8"))
    (newer,) = (entry for entry in manifest["entries"] if entry["source"] == "inegi_iter")
    manifest["root"] = str(STARTER_MIRROR.parent)
    manifest["entries"].append(deepcopy(newer) | {"edition": "2010"})
    mirror.write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return replace(place, specs=specs, mirror=str(mirror))


def test_checks_are_judged_again_without_computing(again: Place) -> None:
    run_ = again.runner().run
    layout = run_.layout
    values, verdicts = layout.indicator(CENSUS_INDICATOR), layout.checks(CENSUS_INDICATOR)
    before, text = values.stat().st_mtime_ns, verdicts.read_text(encoding="utf-8")
    verdicts.write_text(text.replace('"passed": true', '"passed": false', 1), encoding="utf-8")
    result = run(again, "6_recheck")
    assert result.success and materialised(result) == set()
    judged = [asset_key(s.key) for s in run_.steps if s.kind in CHECKS and CHECKS[s.kind].spec(run_, s)]
    evaluated = [e.event_specific_data for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    assert {e.severity.value for e in evaluated if not e.passed} <= {"WARN"}  # type: ignore[union-attr]
    assert {e.asset_key for e in evaluated} == set(judged)  # type: ignore[union-attr]
    assert verdicts.read_text(encoding="utf-8") == text
    assert values.stat().st_mtime_ns == before


def test_a_draft_is_reviewed_and_published_by_name(again: Place) -> None:
    layout = again.runner().run.layout
    released = again.latest()
    layout.latest.unlink()  # as if nothing had been published, the contents become a draft again
    for path in layout.published.glob("*.events.jsonl"):
        path.unlink()
    for folder in list(layout.published.iterdir()):
        shutil.rmtree(folder)
    result = run(again, "2_release_draft")
    assert result.success
    assert not layout.reviews.exists(), "a draft by choice does not bind the releases after it"
    (draft,) = sealed(layout)
    assert events.state_of(events.read(layout, draft.release)) == "draft"
    assert not layout.latest.exists()
    assert run(again, "3_release_review", {"by": "Ana Pérez", "note": "looked at all states"}).success
    answer = run(again, "4_release_approve", {"by": "Ana Pérez", "note": "right"})
    assert "has no blocking finding to approve" in failed(answer)["approve"]
    assert run(again, "5_release_publish", {"by": "Luis Gómez"}).success
    with again.opened() as instance:
        page = latest_metadata(instance, "publication", "release")
        assert page["state"] == "published" and "Luis Gómez" in page["record"] and page["release"] == draft.release
        assert list(page)[:3] == ["blocking", "release", "state"] and page["blocking"] == "None."
        assert page["reason_for_the_version"] == "Nothing was added and nothing taken away."
        assert latest_metadata(instance, "warehouse", "sdg")["release"] == draft.release
    record = events.read(layout, draft.release)
    assert [(e.event, e.who) for e in record][1:] == [("reviewed", "Ana Pérez"), ("published", "Luis Gómez")]
    assert again.latest() == draft.release == released


def test_nobody_publishes_without_a_name(again: Place) -> None:
    with pytest.raises(DagsterInvalidConfigError, match='Missing required config entry "by"'):
        run(again, "5_release_publish", {})
    with pytest.raises(DagsterInvariantViolationError, match="nobody is named"):
        run(again, "5_release_publish", {"by": "  "})
    with pytest.raises(DagsterInvariantViolationError, match="note: an approval needs a reason"):
        run(again, "4_release_approve", {"by": "Ana"})
    with pytest.raises(DagsterInvariantViolationError, match="no release 'none'; valid: newest, "):
        run(again, "3_release_review", {"by": "Ana", "release": "none"})
