"""The Dagster UI as ``make ui`` starts it, asked over GraphQL and looked at in headless Chromium, without a network.

All tests share one server. ``SDG_SCREENSHOTS=docs/images`` writes the pictures of the README anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import launched, opened
from desk_server import Server, started
from playwright.sync_api import Browser, Page, expect
from support.chosen_specs import SPECS

from assets.keys import goal_group
from sdg_pipeline.quality import coherence, rules
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator

PICTURES = os.environ.get("SDG_SCREENSHOTS", "")
LARGEST_PICTURE_BYTES = 200_000
ELECTRICITY = ["indicator", "dwellings_with_electricity"]
ILLITERACY = ["indicator", "illiteracy_15_plus"]
RUNS = """
query ($limit: Int!) { runsOrError(limit: $limit) { ... on Runs { results { runId jobName } } } }
"""
ASSET = """
query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    groupName
    assetMaterializations(limit: 1) { runId metadataEntries { label
        ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text }
        ... on MarkdownMetadataEntry { mdStr } ... on BoolMetadataEntry { boolValue } } }
    assetChecksOrError { ... on AssetChecks { checks { name description
        executionForLatestMaterialization { status evaluation { success severity
            metadataEntries { label ... on TextMetadataEntry { text }
                ... on MarkdownMetadataEntry { mdStr } } } } } } } } } }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    whole = {"SDG_SPECS": str(SPECS)} if PICTURES else {}  # the pictures of the README show the whole desk
    with started(tmp_path_factory.mktemp("desk"), **whole) as server:
        yield server


@pytest.fixture(scope="module")
def goal_07(server: Server) -> Any:
    """A run of the job of goal 7, launched over GraphQL, as it ended."""
    return server.ended(server.launch("goal_07_energy"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with opened(browser, server.url) as page:
        yield page


@pytest.fixture(scope="module")
def illiteracy(browser: Browser, server: Server, goal_07: Any, pictures: Path) -> str:
    """The run that a person started, who looked for the indicator in its goal and pressed Materialize."""
    with opened(browser, server.url) as page:
        page.goto("/locations/__repository__@assets.definitions/asset-groups/goal_04_education/list")
        page.locator(f"a[href*='{'/'.join(ILLITERACY)}']").first.click()
        page.wait_for_url(f"**/assets/{'/'.join(ILLITERACY)}**")
        page.get_by_role("button", name="Materialize").first.click()
        expect(page.get_by_text("Launched run").first).to_be_visible()
    (run,) = server.ask(RUNS, limit=1)["runsOrError"]["results"]
    ended = server.ended(run["runId"])
    assert ended["status"] == "SUCCESS", server.tail()
    assert {"/".join(m["assetKey"]["path"]) for m in ended["assetMaterializations"]} == {"/".join(ILLITERACY)}
    return str(ended["runId"])


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(PICTURES) if PICTURES else tmp_path_factory.mktemp("pictures")


def take(page: Page, target: Path) -> None:
    """A picture of the page, fit for the README."""
    target.parent.mkdir(parents=True, exist_ok=True)
    page.evaluate("() => document.fonts.ready")
    page.screenshot(path=target, animations="disabled")  # what fades in or out is at its end
    assert 10_000 < target.stat().st_size < LARGEST_PICTURE_BYTES


def check_names(indicator: Indicator) -> list[str]:
    """The checks that the spec gives an indicator, in the order of the UI."""
    names = [name for name, _, _ in rules.check_names(indicator)]
    return sorted([*names, *(name for name, _ in coherence.names(indicator))])


def shown(asset: Any) -> dict[str, Any]:
    """Metadata of the latest materialisation by label."""
    (materialisation,) = asset["assetMaterializations"]
    values = ("intValue", "text", "mdStr", "boolValue")
    return {
        entry["label"]: next((entry[name] for name in values if name in entry), None)
        for entry in materialisation["metadataEntries"]
    }


def indicators_of(server: Server) -> list[Indicator]:
    """The indicators of the server's run."""
    settings = Settings.from_environment({"SDG_MIRROR": "starter", "SDG_SPECS": str(server.specs)})
    return Runner.load(settings).run.indicators


def test_the_location_offers_all_jobs_and_asks_nobody(server: Server, catalog: Catalog) -> None:
    query = """{ shouldShowNux repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"""
    answer = server.ask(query)
    assert answer["shouldShowNux"] is False
    (repository,) = answer["repositoriesOrError"]["nodes"]
    jobs = {job["name"] for job in repository["jobs"] if not job["name"].startswith("__")}
    releases = {"2_release_draft", "3_release_review", "4_release_approve", "5_release_publish"}
    sources = {"source_inegi_iter", "source_inegi_iter_state"}
    goals = {goal_group(i.goal) for i in indicators_of(server)}
    assert (
        jobs == {"1_publish_all", "6_recheck", "8_examine_contribution", "7_late_sources"} | releases | sources | goals
    )


def test_a_goal_launched_over_graphql_succeeds(server: Server, goal_07: Any, catalog: Catalog) -> None:
    assert goal_07["status"] == "SUCCESS", server.tail()
    assets = {"/".join(m["assetKey"]["path"]) for m in goal_07["assetMaterializations"] if m["partition"] is None}
    indicators = {f"indicator/{i.id}" for i in indicators_of(server) if i.goal == 7}
    assert assets == {"raw/inegi_iter/2020", "raw/inegi_iter_state/2020", "staged/census", *indicators}
    assert (server.home / "data" / "indicators" / "dwellings_with_electricity.parquet").is_file()
    assert not (server.home / "data" / "published").exists()


def test_its_checks_and_metadata_are_read_back(server: Server, goal_07: Any, catalog: Catalog) -> None:
    asset = server.ask(ASSET, key={"path": ELECTRICITY})["assetNodeOrError"]
    assert asset["groupName"] == "goal_07_energy"
    assert asset["assetMaterializations"][0]["runId"] == goal_07["runId"]
    metadata = shown(asset)
    assert metadata["dagster/row_count"] > 32
    assert metadata["headline"].startswith("99.0 ")
    assert metadata["states"].startswith("![") and "(data:image/svg+xml;base64," in metadata["states"]
    assert metadata["preview"].startswith("| ref_area |")
    assert metadata["computed_in_this_run"] is True
    checks = asset["assetChecksOrError"]["checks"]
    (check,) = checks
    names = check_names(catalog.indicators[ELECTRICITY[-1]])
    assert all(f"- `{name}` (blocking): " in check["description"] for name in names), check
    latest = check["executionForLatestMaterialization"]
    assert (latest["status"], latest["evaluation"]["success"]) == ("SUCCEEDED", True), check
    metadata = {e["label"]: e.get("text") or e.get("mdStr") for e in latest["evaluation"]["metadataEntries"]}
    assert metadata["observed"] == f"{len(names)} of {len(names)} checks pass"
    assert all(f"| {name} | passes | blocking |" in metadata["verdicts"] for name in names)


@pytest.mark.browser
def test_the_lineage_page_shows_the_groups(page: Page, server: Server) -> None:
    page.goto("/asset-groups")
    groups = {goal_group(i.goal) for i in indicators_of(server)} | {"sources", "tables", "release"}
    for group in sorted(groups):
        expect(page.get_by_text(group, exact=True).first).to_be_visible()


@pytest.mark.browser
def test_the_asset_page_shows_what_an_indicator_is(
    page: Page, illiteracy: str, catalog: Catalog, pictures: Path
) -> None:
    indicator = catalog.indicators[ILLITERACY[-1]]
    page.goto(f"/assets/{'/'.join(ILLITERACY)}")
    expect(page.get_by_text(f"{indicator.title.en} / {indicator.title.es}", exact=True).first).to_be_visible()
    for text in ("statistics", "DuckDB", "Parquet", "sdg/goal: 4", "sdg/target: 4.6", "1_publish_all"):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    expect(page.get_by_text("Row count", exact=True)).to_be_visible()
    expect(page.get_by_text(indicator.description.es).first).to_be_visible()
    take(page, pictures / "dagster_asset.png")


@pytest.mark.browser
def test_the_checks_tab_lists_every_check(page: Page, illiteracy: str, catalog: Catalog, pictures: Path) -> None:
    names = check_names(catalog.indicators[ILLITERACY[-1]])
    page.goto(f"/assets/{'/'.join(ILLITERACY)}?view=checks")
    expect(page.get_by_text("Checks (1)", exact=True)).to_be_visible()
    for name in names:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True).first).to_be_visible()
    expect(page.get_by_text(f"{len(names)} of {len(names)} checks pass").first).to_be_visible()
    take(page, pictures / "dagster_checks.png")


def picture_of(page: Page, label: str) -> Any:
    """The dialog with the picture of this name, when the browser has drawn it."""
    page.goto(f"/assets/{'/'.join(ILLITERACY)}?view=events")
    page.locator("tr", has=page.get_by_text(label, exact=True)).get_by_text("[Show Markdown]").click()
    dialog = page.get_by_role("dialog")
    picture = dialog.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    return dialog


@pytest.mark.browser
@pytest.mark.parametrize("label", ["states", "map"])
def test_the_events_tab_opens_a_picture(page: Page, illiteracy: str, pictures: Path, label: str) -> None:
    page.goto(f"/assets/{'/'.join(ILLITERACY)}?view=events")
    expect(page.get_by_text(illiteracy[:8])).to_be_visible()
    picture_of(page, label)
    take(page, pictures / f"dagster_{label}.png")


@pytest.mark.browser
def test_the_launchpad_says_what_is_wrong(page: Page, pictures: Path) -> None:
    page.goto("/locations/__repository__@assets.definitions/jobs/1_publish_all/playground")
    editor = page.locator(".CodeMirror").first
    expect(editor).to_be_visible()
    config = "resources:\n  desk:\n    config:\n      strictness: very\n"
    editor.evaluate("(element, text) => element.CodeMirror.setValue(text)", config)
    expect(page.get_by_text("not in enum type Strictness got very").first).to_be_visible()
    take(page, pictures / "dagster_launchpad.png")


@pytest.mark.browser
def test_editions_are_partitions(page: Page, goal_07: Any) -> None:
    page.goto("/assets/editions/inegi_iter?view=partitions")
    expect(page.get_by_text("2020").first).to_be_visible()


@pytest.mark.browser
def test_a_check_can_be_executed(page: Page, illiteracy: str) -> None:
    page.goto(f"/assets/{'/'.join(ILLITERACY)}?view=checks")
    expect(page.get_by_role("button", name=re.compile("Execute")).first).to_be_enabled()


@pytest.mark.browser
def test_the_preview_is_a_table(page: Page, illiteracy: str) -> None:
    page.goto(f"/assets/{'/'.join(ILLITERACY)}?view=events")
    page.locator("tr", has_text="preview").get_by_text("[Show Markdown]").click()
    table = page.get_by_role("dialog").locator("table")
    expect(table.locator("th").first).to_have_text("ref_area")
    expect(table.locator("tbody tr").first).to_contain_text("México")
