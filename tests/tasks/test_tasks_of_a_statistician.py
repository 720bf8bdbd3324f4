"""What a statistician sets out to do in the Dagster UI; each test is a task, done with clicks in a real browser.

A release of sound files is in force. Then one figure of one municipality comes ten times too large. All tasks share one
desk, and none needs a file or a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser.chromium import launched, opened
from browser.desk_server import Server, started
from end_to_end.product import chosen_run, copy_chosen
from playwright.sync_api import Browser, Page, expect
from support.chosen_specs import DESK_INDICATORS, with_patience
from support.tenfold import AREA, INDICATOR, tenfold

pytestmark = pytest.mark.browser
RUNS = "{ runsOrError(limit: 1) { ... on Runs { results { runId } } } }"
RED_GROUP = """
name => {
    const labels = [...document.querySelectorAll('foreignObject *')];
    const box = labels.find(e => e.children.length === 0 && e.textContent === name).closest('foreignObject');
    const red = colour => { const [r, g, b] = colour.match(/\\d+/g).map(Number); return r > 150 && g < 100 && b < 100; };
    return [...box.querySelectorAll('*')].map(e => getComputedStyle(e)).some(s => red(s.color) || red(s.backgroundColor));
}
"""
"""Whether anything in the box of a group is red."""
WHERE_GROUP = """
name => {
    const labels = [...document.querySelectorAll('foreignObject *')];
    const box = labels.find(e => e.children.length === 0 && e.textContent === name).getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}
"""
ZOOMS = 8


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("statistician")
    published = copy_chosen(chosen_run(tmp_path_factory, "desk", DESK_INDICATORS), folder)
    specs = str(with_patience(published.specs))
    with started(folder, SDG_MIRROR=str(tenfold(folder / "mirror")), SDG_SPECS=specs) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, desk: Server) -> Iterator[Page]:
    with opened(browser, desk.url) as page:
        yield page


def newest(desk: Server) -> str:
    """The id of the newest run, empty before the first."""
    runs = desk.ask(RUNS)["runsOrError"]["results"]
    return str(runs[0]["runId"]) if runs else ""


def run_of(desk: Server, press: Callable[[], None]) -> Any:
    """The run that a press of a button started, when it has ended."""
    before = newest(desk)
    press()
    desk.until(lambda: newest(desk) != before, "no run has started")
    return desk.ended(newest(desk))


def materialised(page: Page, desk: Server, job: str) -> Any:
    """The run of a job of assets, looked for among the jobs and started."""
    page.goto("/jobs")
    page.get_by_role("link", name=job).first.click()
    return run_of(desk, page.get_by_role("button").filter(has_text="Materialize all").first.click)


def job_of_people(page: Page, desk: Server, job: str, config: str) -> Any:
    """The run of a job of people, with this in its launchpad."""
    page.goto("/jobs")
    page.get_by_role("link", name=job).first.click()
    page.get_by_text("Launchpad", exact=True).click()
    editor = page.locator(".CodeMirror").first
    expect(editor).to_be_visible()
    editor.evaluate("(element, text) => element.CodeMirror.setValue(text)", config)
    return run_of(desk, page.get_by_role("button").filter(has_text="Launch Run").click)


@pytest.fixture(scope="module")
def failed(browser: Browser, desk: Server) -> str:
    """The run of goal 4 that met the figure."""
    with opened(browser, desk.url) as page:
        run = materialised(page, desk, "goal_04_education")
    assert run["status"] == "FAILURE", desk.tail()
    return str(run["runId"])


def test_compute_one_goal_and_look_at_its_result(page: Page, desk: Server) -> None:
    assert materialised(page, desk, "goal_07_energy")["status"] == "SUCCESS", desk.tail()
    page.goto("/locations/__repository__@assets.definitions/asset-groups/goal_07_energy/list")
    page.get_by_role("link").filter(has_text="dwellings_with_electricity").first.click()
    card = page.locator("img[src='/desk/dwellings_with_electricity/card.svg']")
    expect(card).to_be_visible()
    assert card.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    box, metadata = card.bounding_box(), page.get_by_text("Metadata", exact=True).bounding_box()
    assert box and metadata and box["y"] + box["height"] < metadata["y"], "the card is seen whole, above all else"
    expect(page.get_by_text("Columns", exact=True)).to_have_count(0)


def test_find_why_a_run_failed_and_which_rows(page: Page, desk: Server, failed: str) -> None:
    page.goto("/runs")
    page.get_by_role("link", name=failed[:8]).first.click()
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible()
    expect(page.get_by_text("rule agrees_with: 1 row fails").first).to_be_visible()
    page.goto(f"/assets/indicator/{INDICATOR}?view=checks")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    rows = page.locator("tr", has=page.get_by_text("failing_rows: agrees_with", exact=True))
    rows.get_by_text("[Show Markdown]").click()
    expect(page.get_by_role("dialog").get_by_text(AREA).first).to_be_visible()


def test_see_in_the_lineage_which_goal_is_red_while_collapsed(page: Page, failed: str) -> None:
    page.goto("/asset-groups")
    group = "goal_04_education"
    expect(page.locator("foreignObject").get_by_text(group, exact=True)).to_be_visible()
    page.mouse.move(*page.evaluate(WHERE_GROUP, group))
    page.keyboard.down("Control")
    for _ in range(ZOOMS):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(RED_GROUP, arg=group)


def test_see_what_has_changed_since_the_last_release(page: Page, failed: str) -> None:
    page.goto(f"/assets/indicator/{INDICATOR}")
    row = page.locator("tr", has=page.get_by_text("changes_since_release", exact=True))
    expect(row).to_be_visible()
    if row.get_by_text("[Show Markdown]").count():
        row.get_by_text("[Show Markdown]").click()
    expect(page.get_by_text("Aguascalientes").first).to_be_visible()


def test_fetch_an_edition_again_and_learn_whether_a_newer_is_out(page: Page, desk: Server) -> None:
    page.goto("/assets/editions/inegi_iter")
    page.get_by_role("button").filter(has_text="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="All", exact=True).click()
    run = run_of(desk, dialog.get_by_role("button").filter(has_text="Launch").click)
    assert run["status"] == "SUCCESS", desk.tail()
    assert {m["partition"] for m in run["assetMaterializations"]} >= {"2020"}
    page.goto("/assets/editions/inegi_iter?view=checks")
    expect(page.get_by_text("newest_edition", exact=True).first).to_be_visible()
    expect(page.get_by_text("days_late", exact=True).first).to_be_visible()


def test_approve_the_findings_of_a_draft_by_name_and_publish_it(page: Page, desk: Server) -> None:
    assert materialised(page, desk, "2_release_draft")["status"] == "FAILURE", desk.tail()
    page.goto("/assets/publication/release")
    first = page.locator("tr", has=page.get_by_text("blocking", exact=True)).first
    expect(first).to_contain_text(INDICATOR)
    expect(first).to_contain_text("nobody")
    reason = "INEGI has announced the misprint"
    approval = job_of_people(page, desk, "4_release_approve", f"by: Ana Pérez\nnote: {reason}\n")
    assert approval["status"] == "SUCCESS", desk.tail()
    page.goto(f"/runs/{approval['runId']}")
    expect(page.get_by_text(f"approved: {INDICATOR}: rule agrees_with").first).to_be_visible()
    assert job_of_people(page, desk, "5_release_publish", "by: Ana Pérez\n")["status"] == "SUCCESS", desk.tail()
    page.goto("/assets/publication/release")
    expect(page.get_by_text("published", exact=True).first).to_be_visible()
    expect(page.locator("tr", has=page.get_by_text("blocking", exact=True)).first).to_contain_text(reason)
