"""The Dagster definitions as loaded: every step an asset with its place in the graph, its checks and its jobs.

Nothing is run here, see test_run.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, AssetSpec, DagsterInstance, Definitions, in_process_executor

from assets.definitions import build
from assets.keys import asset_key, goal_group
from assets.kinds import CHECKS
from assets.raw import fetchable
from sdg_pipeline.open_government import charter, commitments
from sdg_pipeline.open_government.subjects import SUBJECTS
from sdg_pipeline.quality import coherence, contracts, rules
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Part

ELECTRICITY = AssetKey(["indicator", "dwellings_with_electricity"])
PARITY = AssetKey(["indicator", "labour_participation_parity"])
CENSUS = AssetKey(["staged", "census"])
MUNICIPALITIES = AssetKey(["raw", "inegi_iter", "2020"])
LOCALITIES = AssetKey(["raw", "inegi_iter_localities", "2020_01"])
RELEASE = AssetKey(["publication", "release"])
COHERENCE = AssetKey(["coherence", "indicators"])
PEERS = AssetKey(["open_government", "peers"])
WAREHOUSE = AssetKey(["warehouse", "sdg"])


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """The graph of the official URLs, where no edition is absent."""
    return Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path_factory.mktemp("home"))}))


@pytest.fixture(scope="module")
def defs(runner: Runner) -> Definitions:
    return build(runner)


@pytest.fixture(scope="module")
def specs(defs: Definitions) -> dict[AssetKey, AssetSpec]:
    return {spec.key: spec for spec in defs.resolve_all_asset_specs()}


def needed(spec: AssetSpec) -> set[AssetKey]:
    return {dep.asset_key for dep in spec.deps}


def own_tags(spec: AssetSpec) -> dict[str, str]:
    return {key: value for key, value in spec.tags.items() if not key.startswith("dagster/")}


def test_every_step_is_one_asset(runner: Runner, specs: dict[AssetKey, AssetSpec]) -> None:
    assert sorted(asset_key(step.key) for step in runner.run.steps) == sorted(
        k for k in specs if k.path[0] != "editions"
    )
    assert {ELECTRICITY, PARITY, CENSUS, MUNICIPALITIES, LOCALITIES, RELEASE, WAREHOUSE} <= specs.keys()


def test_editions_of_a_source_are_the_partitions_of_one_asset(runner: Runner, defs: Definitions) -> None:
    graph = defs.resolve_asset_graph()
    fetchable = {
        s.id: [e for e in s.editions if runner.run.reach.has(s.id, e)] for s in runner.run.catalog.sources.values()
    }
    assets = {k.path[1]: k for k in graph.get_all_asset_keys() if k.path[0] == "editions"}
    assert assets.keys() == {source for source, editions in fetchable.items() if editions}
    for source, key in assets.items():
        partitions = graph.get(key).partitions_def
        assert partitions is not None and list(partitions.get_partition_keys()) == fetchable[source]


def test_an_absent_edition_is_no_asset(tmp_path: Path) -> None:
    settings = Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"})
    specs = {spec.key: spec for spec in build(Runner.load(settings)).resolve_all_asset_specs()}
    assert LOCALITIES not in specs
    assert needed(specs[CENSUS]) == {MUNICIPALITIES, AssetKey(["raw", "inegi_iter_state", "2020"])}


def test_assets_depend_as_the_steps_do(runner: Runner, specs: dict[AssetKey, AssetSpec]) -> None:
    for step in runner.run.steps:
        assert needed(specs[asset_key(step.key)]) == {asset_key(key) for key in step.inputs}, step.name
    assert needed(specs[MUNICIPALITIES]) == set()
    assert needed(specs[ELECTRICITY]) == {CENSUS}
    assert needed(specs[PARITY]) == {AssetKey(["indicator", "labour_participation_12_plus"])}
    values = {AssetKey(["indicator", i.id]) for i in runner.run.indicators}
    assert needed(specs[COHERENCE]) == values, "the starter data have no foreign series"
    subjects = {AssetKey(["open_government", name]) for name in SUBJECTS}
    assert needed(specs[RELEASE]) == values | {COHERENCE} | subjects
    assert needed(specs[PEERS]) == values | {CENSUS, AssetKey(["staged", "marginalisation"])}
    assert needed(specs[WAREHOUSE]) == {RELEASE}


def test_groups_are_goals_sources_tables_and_release(runner: Runner, specs: dict[AssetKey, AssetSpec]) -> None:
    fixed = {"raw": "sources", "editions": "sources", "staged": "tables", "geometry": "tables"} | dict.fromkeys(
        ("coherence", "publication", "warehouse", "site"), "release"
    )
    fixed["open_government"] = "open_government"
    for key, spec in specs.items():
        if key.path[0] == "indicator":
            folder, _ = runner.run.catalog.documents[key.path[1]].file.split("/")
            assert spec.group_name is not None and re.fullmatch(rf"{folder}_[a-z_]+", spec.group_name), key
        else:
            assert spec.group_name == fixed[key.path[0]], key
    groups = {i.goal: str(specs[AssetKey(["indicator", i.id])].group_name) for i in runner.run.indicators}
    assert [groups[goal] for goal in sorted(groups)] == sorted(groups.values())
    assert groups[3] == "goal_03_health"


def test_indicators_carry_owner_kinds_tags_and_titles(runner: Runner, specs: dict[AssetKey, AssetSpec]) -> None:
    for indicator in runner.run.indicators:
        spec = specs[AssetKey(["indicator", indicator.id])]
        assert list(spec.owners) == [indicator.owner]
        assert spec.kinds == {"duckdb", "parquet"}
        assert {"sdg/goal", "sdg/target", "sdg/kind", "sdg/relation", "sdg/tier"} <= own_tags(spec).keys()
        assert {"spec", "docs", "sources"} <= spec.metadata.keys()
        first, card, *_ = (spec.description or "").split("\n\n")
        assert first == f"{indicator.title.en} / {indicator.title.es}", "the catalogue shows it as it stands"
        assert card.endswith(f"](/desk/{indicator.id}/card.svg)")
        assert "dagster/column_schema" not in spec.metadata, "columns would stand before the values"
        assert Path(spec.metadata["spec"].value).is_file()
    assert own_tags(specs[ELECTRICITY]) == {
        "sdg/goal": "7",
        "sdg/target": "7.1",
        "sdg/kind": "ratio",
        "sdg/relation": "proxy",
        "sdg/tier": "verified",
        "sdg/source_inegi_iter": "",
        "sdg/source_inegi_iter_localities": "",
        "sdg/source_inegi_iter_state": "",
        "sdg/level_national": "",
        "sdg/level_state": "",
        "sdg/level_municipality": "",
    }


def test_sources_tables_and_release_say_what_they_are(specs: dict[AssetKey, AssetSpec]) -> None:
    assert own_tags(specs[LOCALITIES])["sdg/source"] == "inegi_iter_localities"
    assert own_tags(specs[LOCALITIES])["sdg/edition"] == "2020-01"
    assert "csv" in specs[MUNICIPALITIES].kinds
    assert {"official_url", "licence", "landing_page"} <= specs[MUNICIPALITIES].metadata.keys()
    assert own_tags(specs[CENSUS]).items() >= {"sdg/table": "census", "sdg/source_inegi_iter": ""}.items()
    columns = {column.name for column in specs[CENSUS].metadata["dagster/column_schema"].columns}
    assert {"state", "municipality", "time_period", "dwellings_electricity"} <= columns
    assert specs[RELEASE].kinds == {"parquet", "csv"}
    assert specs[WAREHOUSE].kinds == {"duckdb"}


def test_code_version_is_the_hash_of_the_spec(runner: Runner, specs: dict[AssetKey, AssetSpec]) -> None:
    catalog = runner.run.catalog
    for key, spec in specs.items():
        kind, name = key.path[:2]
        if kind == "indicator":
            assert spec.code_version == catalog.spec_hash(catalog.indicators[name])
        elif kind in ("raw", "staged"):
            assert spec.code_version == (catalog.sources if kind == "raw" else catalog.tables)[name].spec_hash
    versions = [spec.code_version for key, spec in specs.items() if key.path[0] == "indicator"]
    assert len(set(versions)) == len(runner.run.indicators)


def test_checks_of_tables_and_indicators_are_those_of_quality(runner: Runner, defs: Definitions) -> None:
    upstream: dict[AssetKey, set[str]] = {}
    for check in defs.resolve_asset_graph().asset_check_keys:
        upstream.setdefault(check.asset_key, set()).add(check.name)
    judged = [step for step in runner.run.steps if step.kind in ("staged", "indicator", "coherence", "open_government")]
    expected = {asset_key(step.key): {"verdicts"} for step in runner.run.steps if step in judged or step.kind == "raw"}
    expected |= {AssetKey(["editions", source]): {"newest_edition"} for source in fetchable(runner.run)}
    followed = {f"{register}__{promise.id}" for register, promise in commitments.followed(runner.run.catalog)}
    assert "national__intercensal_survey_2025" in followed
    expected[AssetKey(["open_government", "commitments"])] |= followed
    stated = {name for name, _ in charter.statements(runner.run.catalog)}
    assert "open_data_charter__requests_answered" in stated
    expected[AssetKey(["open_government", "charter"])] |= stated
    assert upstream == expected
    for step in judged:
        spec = CHECKS[step.kind].spec(runner.run, step)
        assert spec is not None and spec.description is not None
        assert [line.split("`")[1] for line in spec.description.splitlines() if line.startswith("- `")] == list(
            names_of_checks(runner, step)
        )
    electricity = next(step for step in judged if asset_key(step.key) == ELECTRICITY)
    named = set(names_of_checks(runner, electricity))
    assert {"range", "unique_key", "complete_state", "agrees_with", "coherence_levels"} <= named


def names_of_checks(runner: Runner, step: Step) -> Iterator[str]:
    """The checks that the quality folder gives a step."""
    catalog = runner.run.catalog
    if step.kind == "indicator":
        yield from (name for name, _, _ in rules.check_names(catalog.indicators[step.name]))
        yield from (name for name, _ in coherence.names(catalog.indicators[step.name]))
    elif step.kind == "staged":
        yield from (name for name, _ in contracts.names(catalog.tables[step.name], catalog.contracts.get(step.name)))
    elif step.kind == "open_government":
        yield from SUBJECTS[step.name].described
    else:
        yield from sorted(catalog.coherence)


def test_jobs_are_those_that_a_statistician_needs(runner: Runner, defs: Definitions) -> None:
    goals = {goal_group(indicator.goal) for indicator in runner.run.indicators}
    sources = {f"source_{step.key[1]}" for step in runner.run.steps if step.kind == "raw"}
    jobs = {job.name: job for job in defs.resolve_all_job_defs() if not job.name.startswith("__")}
    alone = {"3_release_review", "4_release_approve", "5_release_publish", "8_examine_contribution", "7_late_sources"}
    assert jobs.keys() == {"1_publish_all", "2_release_draft", "6_recheck", *alone, *goals, *sources}
    for job in jobs.values():
        assert job.executor_def is in_process_executor
        assert job.description
    everything = {asset_key(step.key) for step in runner.run.steps}
    assert jobs["1_publish_all"].asset_layer.executable_asset_keys == everything


def test_a_sources_job_computes_all_that_reads_it(runner: Runner, defs: Definitions) -> None:
    keys = set(defs.resolve_job_def("source_inegi_poverty").asset_layer.executable_asset_keys)
    of_poverty = [i.id for i in runner.run.indicators if any(p.source == "inegi_poverty" for p in _parts(runner, i))]
    assert of_poverty and {AssetKey(["indicator", i]) for i in of_poverty} <= keys
    assert not {RELEASE, WAREHOUSE} & keys


def _parts(runner: Runner, indicator: Indicator) -> list[Part]:
    return [part for table in indicator.tables for part in runner.run.catalog.tables[table].parts]


@pytest.mark.slow
def test_definitions_of_all_indicators_have_an_asset_each(tmp_path: Path) -> None:
    """In a process of its own, as Dagster opens them; benchmarks/definitions.py measures what it costs."""
    script = (
        "import assets.definitions as d; "
        "print(sum(k.path[0] == 'indicator' for k in d.defs.resolve_asset_graph().get_all_asset_keys()))"
    )
    mirror = tmp_path / "mirror.yaml"
    mirror.write_text(_mirror_of_all(), encoding="utf-8")
    (tmp_path / "data" / "state").mkdir(parents=True)
    environment = {**os.environ, "SDG_HOME": str(tmp_path), "SDG_MIRROR": str(mirror), "PYTHONPATH": str(PROJECT)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, cwd=PROJECT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) == len(catalogs.load(PROJECT / "indicator_specs").indicators)


def _mirror_of_all() -> str:
    """A manifest that claims to hold every edition, so that every indicator has its asset; nothing is fetched."""
    entries = [
        f"  - {{source: {s.id}, edition: '{e}', path: x, sha256: '{'0' * 64}'}}"
        for s in catalogs.load(PROJECT / "indicator_specs").sources.values()
        for e in s.editions
    ]
    return "name: all\nroot: http://127.0.0.1:9\nentries:\n" + "\n".join(entries) + "\n"


def test_a_goals_job_computes_what_it_needs_and_publishes_nothing(runner: Runner, defs: Definitions) -> None:
    goal_05 = set(defs.resolve_job_def("goal_05_gender").asset_layer.executable_asset_keys)
    own = {AssetKey(["indicator", i.id]) for i in runner.run.indicators if i.goal == 5}
    base = AssetKey(["indicator", "labour_participation_12_plus"])  # of goal 8, compared by a parity of goal 5
    assert runner.run.catalog.indicators[base.path[-1]].goal == 8
    assert own | {base, CENSUS, MUNICIPALITIES} <= goal_05
    assert {key for key in goal_05 if key.path[0] == "indicator"} == own | {base}
    assert not {RELEASE, WAREHOUSE} & goal_05


def test_instance_sends_nothing_and_queues_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    config = PROJECT / "dagster_home" / "dagster.yaml"
    (tmp_path / "dagster.yaml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    with DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None and queue.max_concurrent_runs == 2


def test_workspace_file_names_the_module_of_pyproject() -> None:
    workspace = yaml.safe_load((PROJECT / "workspace.yaml").read_text(encoding="utf-8"))
    module = workspace["load_from"][0]["python_module"]["module_name"]
    assert f'[tool.dagster]\nmodule_name = "{module}"' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
