"""Who may publish what: the record of a release, reviews, approvals, and the link that follows them."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from release_fixture import REGISTER, alter, check, contents, observation, settings
from rich.console import Console

from sdg_pipeline import clock
from sdg_pipeline.cli import terminal
from sdg_pipeline.cli.release import approved
from sdg_pipeline.errors import BlockedRelease, InputError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.quality import results
from sdg_pipeline.release import events, policy, review
from sdg_pipeline.release.build import build
from sdg_pipeline.release.findings import unapproved
from sdg_pipeline.release.manifest import announced_last, base, in_force, previous, proof, releases, sealed, verify
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.state import Outcome, Report
from sdg_pipeline.settings import PROJECT, Settings

BAD = check(passed=False, n_failing=7, observed="max 104", failing_rows=({"ref_area": "MX01", "obs_value": 104},))
OTHER = {"water": [observation("water", "MX", 91.5)]}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def drafting(layout: Layout) -> Settings:
    return replace(settings(layout), draft=True, actor="robot")


def needing_review(layout: Layout) -> Settings:
    return replace(settings(layout), review_required=True, actor="robot")


def kinds(layout: Layout, release: str) -> list[tuple[str, str]]:
    return [(e.event, e.who) for e in events.read(layout, release)]


def test_a_run_publishes_at_once_and_the_record_says_that_it_was_a_run(layout: Layout) -> None:
    build(contents(layout), layout, replace(settings(layout), actor="ana"))
    build(contents(layout), layout, replace(settings(layout), actor="ana"))
    assert kinds(layout, "r1") == [("drafted", "ana"), ("published", "ana")]
    assert all(e.automation and e.when.endswith("Z") for e in events.read(layout, "r1"))
    assert (in_force(layout), releases(layout)) == ("r1", ["r1"])


def test_a_draft_needs_the_review_of_another_person(layout: Layout) -> None:
    build(contents(layout), layout, settings(layout))
    required = needing_review(layout)
    build(contents(layout, "r2", rows=OTHER), layout, required)
    assert (in_force(layout), releases(layout)) == ("r1", ["r1"])
    assert events.state_of(events.read(layout, "r2")) == "draft"
    with pytest.raises(BlockedRelease, match=r"another person than Ana has to review it, nobody did; remedy: `sdg rel"):
        review.publish(layout, "r2", "Ana", required)
    review.review(layout, "r2", "  ANA ", "mine")
    with pytest.raises(BlockedRelease, match="only ANA did"):
        review.publish(layout, "r2", "Ana", required)
    assert in_force(layout) == "r1"
    review.review(layout, "r2", "Luis", "compared with the yearbook")
    assert events.state_of(events.read(layout, "r2")) == "reviewed"
    review.publish(layout, "r2", "Ana", required)
    assert (in_force(layout), releases(layout)) == ("r2", ["r1", "r2"])
    wanted = [("drafted", "robot"), ("reviewed", "ANA"), ("reviewed", "Luis"), ("published", "Ana")]
    assert kinds(layout, "r2") == wanted
    review.publish(layout, "r2", "Ana", required)
    assert kinds(layout, "r2") == wanted, "nothing was left to do"
    assert verify(layout.release("r2")) == []


def test_blocking_findings_need_an_approval_that_names_them(layout: Layout) -> None:
    required = needing_review(layout)
    folder = build(contents(layout, checks=(check(check="fine"), BAD)), layout, required)
    assert json.loads((folder / "release.json").read_text(encoding="utf-8"))["checks"]["blocking"] == 1
    review.review(layout, "r1", "Luis", "")
    for who in (required, settings(layout)):
        with pytest.raises(BlockedRelease, match=r"water: rule range: 7 rows fail .*max 104; remedy: .*approve r1"):
            review.publish(layout, "r1", "Ana", who)
    assert in_force(layout) is None
    with pytest.raises(UsageError, match="needs a reason"):
        review.approve(layout, "r1", "Eva", " ")
    event = review.approve(layout, "r1", "Eva", "the yearbook has a misprint")
    assert event.accepted == ("water: rule range: 7 rows fail (values lie in 0 to 100); max 104",)
    review.publish(layout, "r1", "Ana", required)
    assert in_force(layout) == "r1"


def test_a_run_that_publishes_takes_no_draft_with_blocking_findings(layout: Layout) -> None:
    content = contents(layout, checks=(BAD,))
    build(content, layout, drafting(layout))
    with pytest.raises(BlockedRelease, match="nothing was published"):
        build(content, layout, settings(layout))
    assert kinds(layout, "r1") == [("drafted", "robot")]


def test_a_run_that_publishes_publishes_a_draft_of_the_same_contents(layout: Layout) -> None:
    build(contents(layout), layout, drafting(layout))
    build(contents(layout), layout, settings(layout))
    assert kinds(layout, "r1") == [("drafted", "robot"), ("published", "unknown")]


def test_a_draft_that_no_longer_follows_the_newest_release_is_refused(layout: Layout) -> None:
    required = needing_review(layout)
    build(contents(layout), layout, settings(layout))
    for name in ("r2", "r3"):
        build(contents(layout, name, rows=OTHER), layout, required)
        review.review(layout, name, "Luis", "")
    review.publish(layout, "r3", "Ana", required)
    with pytest.raises(BlockedRelease, match="another release was published since it was drafted"):
        review.publish(layout, "r2", "Ana", required)


def test_a_run_publishes_no_outdated_draft_of_the_name_that_it_is_given(layout: Layout) -> None:
    """Its place, its changes and its version are those of before."""
    build(contents(layout, "r1"), layout, settings(layout))
    build(contents(layout, "old", rows=OTHER), layout, drafting(layout))
    build(contents(layout, "new", checks=(check(check="other"),)), layout, settings(layout))
    for who in (settings(layout), drafting(layout)):
        with pytest.raises(UsageError, match=r"release old is a draft, and another .*remedy: choose another --release"):
            build(contents(layout, "old", rows=OTHER), layout, who)
    assert (in_force(layout), kinds(layout, "old")) == ("new", [("drafted", "robot")])


def test_a_run_of_some_indicators_counts_approved_findings_as_those_of_the_release(layout: Layout) -> None:
    """`sdg run --goal` makes no release; it ended with 1 over findings that were approved."""
    step = Step(("indicator", "water"), ())
    outcome = Outcome(step, True, 0.0, "", "", Report(checks_failed=("range",)))
    layout.checks("water").parent.mkdir(parents=True)
    layout.checks("water").write_text(results.dump([BAD]), encoding="utf-8")
    assert not approved([outcome], layout)
    build(contents(layout, checks=(BAD,)), layout, drafting(layout))
    review.approve(layout, "r1", "Eva", "the yearbook has a misprint")
    assert not approved([outcome], layout), "nobody published it"
    review.publish(layout, "r1", "Ana", settings(layout))
    assert approved([outcome], layout)
    layout.checks("water").write_text(results.dump([replace(BAD, observed="max 105")]), encoding="utf-8")
    assert not approved([outcome], layout), "another finding"


def test_a_release_without_its_record_is_not_said_to_be_published(layout: Layout) -> None:
    """After all records were deleted, an unchanged run printed "Published"."""
    build(contents(layout), layout, settings(layout))
    report, said = SimpleNamespace(release="r1", state="published", kept_back=()), []
    for _ in range(2):
        console = Console(file=io.StringIO(), width=1000)
        terminal.release(console, report, layout)
        said.append(console.file.getvalue())
        layout.events("r1").unlink(missing_ok=True)
    assert said[0].startswith("Published:")
    assert "Published" not in said[1]
    assert "events.jsonl is missing: nobody published r1; remedy: restore it from a copy" in said[1]


def test_an_approved_release_in_force_stops_no_later_run(layout: Layout) -> None:
    build(contents(layout, checks=(BAD,)), layout, drafting(layout))
    assert unapproved(layout, "r1") == ("water: rule range: 7 rows fail (values lie in 0 to 100); max 104",)
    review.approve(layout, "r1", "Eva", "the yearbook has a misprint")
    review.publish(layout, "r1", "Ana", settings(layout))
    assert unapproved(layout, "r1") == ()
    for name in ("", "r1"):
        assert build(contents(layout, name, checks=(BAD,)), layout, settings(layout)) == layout.release("r1")
    for name in ("", "r2"):  # the approval is of those contents, not of the finding in any others
        with pytest.raises(BlockedRelease, match="is blocked, nothing was published"):
            build(contents(layout, name, rows=OTHER, checks=(BAD,)), layout, settings(layout))
    assert kinds(layout, "r1") == [("drafted", "robot"), ("approved", "Eva"), ("published", "Ana")]
    assert [m.release for m in sealed(layout)] == ["r1"]


def test_the_order_of_publications_is_counted_and_does_not_hang_on_the_clock(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock is set back, or that has none, publishes in the order in which it does."""
    for n, name in enumerate(("r1", "r2", "r3")):
        monkeypatch.setattr(clock, "now", lambda n=n: datetime(2030 - n, 1, 1, tzinfo=UTC))
        build(contents(layout, name, rows={"water": [observation("water", "MX", 90.0 + n)]}), layout, settings(layout))
    assert (announced_last(layout), base(layout)) == ("r3", "r3")
    review.publish(layout, "r1", "Ana", settings(layout))
    assert (announced_last(layout), base(layout), in_force(layout)) == ("r1", "r1", "r1")
    numbers = [event.number for name in ("r1", "r2", "r3") for event in events.read(layout, name)]
    assert numbers == [1, 2, 7, 3, 4, 5, 6]


def test_a_release_that_lost_its_folder_gives_its_record_to_no_other_of_its_name(layout: Layout) -> None:
    build(contents(layout, "r1"), layout, settings(layout))
    build(contents(layout, "r2", rows=OTHER), layout, settings(layout))
    shutil.rmtree(layout.release("r1"))
    build(contents(layout, "r1", rows={"water": []}), layout, drafting(layout))
    assert releases(layout) == ["r2"]
    assert [(s.manifest.release, s.state) for s in review.standings(layout)] == [("r2", "published"), ("r1", "draft")]


def test_an_altered_draft_is_refused(layout: Layout) -> None:
    folder = build(contents(layout), layout, needing_review(layout))
    review.review(layout, "r1", "Luis", "")
    alter(folder / "README.md", b"edited")
    with pytest.raises(BlockedRelease, match=r"README\.md: differs"):
        review.publish(layout, "r1", "Ana", settings(layout))


@pytest.mark.parametrize("who", ["", "  ", "\n\t", "\x1b"])
def test_nobody_does_nothing(layout: Layout, who: str) -> None:
    build(contents(layout), layout, needing_review(layout))
    for act in (review.review, review.approve):
        with pytest.raises(UsageError):
            act(layout, "r1", who, "reason")
    with pytest.raises(UsageError):
        review.publish(layout, "r1", who, settings(layout))
    assert kinds(layout, "r1") == [("drafted", "robot")]


def test_an_unknown_release_and_an_approval_of_nothing_are_refused(layout: Layout) -> None:
    build(contents(layout), layout, needing_review(layout))
    with pytest.raises(UsageError, match=r"no release 'r9'.*r1"):
        review.review(layout, "r9", "Ana", "")
    with pytest.raises(UsageError, match="has no blocking finding"):
        review.approve(layout, "r1", "Ana", "why not")


def test_a_line_that_a_kill_cut_short_was_never_an_event(layout: Layout) -> None:
    build(contents(layout), layout, needing_review(layout))
    path = layout.events("r1")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "published", "who": "An' + b"x" * 10_000)
    assert kinds(layout, "r1") == [("drafted", "robot")]
    review.review(layout, "r1", "Luis", "año «2020»")
    assert path.read_bytes().startswith(whole)
    assert kinds(layout, "r1") == [("drafted", "robot"), ("reviewed", "Luis")]
    path.write_bytes(b"{}\n")
    with pytest.raises(InputError, match=r"events\.jsonl: line 1"):
        events.read(layout, "r1")


def test_a_kill_between_the_event_and_the_link_is_mended_without_a_second_event(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(contents(layout), layout, settings(layout))
    content = contents(layout, "r2", rows=OTHER)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sdg_pipeline.release.latest.point_latest", die)
        with pytest.raises(KeyboardInterrupt):
            build(content, layout, settings(layout))
    assert in_force(layout) == "r1"
    build(content, layout, settings(layout))
    assert (in_force(layout), [kind for kind, _ in kinds(layout, "r2")]) == ("r2", ["drafted", "published"])


def test_a_release_made_before_records_were_kept_counts_as_published(layout: Layout) -> None:
    folder = build(contents(layout), layout, settings(layout))
    layout.events("r1").unlink()
    [standing] = review.standings(layout)
    assert (standing.state, standing.latest, standing.record) == ("unrecorded", True, ()), (
        "it has a version, and had a record"
    )
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    del manifest["version"]
    alter(folder / "release.json", json.dumps(manifest).encode())
    [standing] = review.standings(layout)
    assert (standing.state, standing.latest, standing.record) == ("published", True, ())


def test_a_release_that_lost_its_record_is_not_published_until_somebody_does(layout: Layout) -> None:
    build(contents(layout), layout, settings(layout))
    layout.events("r1").unlink()
    assert releases(layout) == []
    assert proof(layout, layout.latest) == ["r1.events.jsonl: missing"]
    with pytest.raises(UsageError, match=r"r1\.events\.jsonl is missing: .*sdg release publish r1 --by NAME"):
        build_warehouse(layout, contents(layout).catalog, REGISTER, PROJECT / "warehouse", settings(layout))
    review.publish(layout, "r1", "Ana", settings(layout))
    assert (releases(layout), proof(layout, layout.latest)) == (["r1"], [])


def test_a_review_is_of_bytes_and_not_of_a_name(layout: Layout) -> None:
    """Who alters a draft and writes its seal anew has altered what was reviewed."""
    folder = build(contents(layout), layout, needing_review(layout))
    review.review(layout, "r1", "Luis", "")
    alter(folder / "README.md", b"edited")
    (folder / "SHA256SUMS").chmod(0o644)
    checksums.write(folder)
    assert verify(folder) == []
    assert [fault.partition(", 20")[0] for fault in proof(layout, folder)] == [
        "SHA256SUMS: not that which was drafted by robot",
        "SHA256SUMS: not that which was reviewed by Luis",
    ]
    with pytest.raises(BlockedRelease, match="SHA256SUMS: not that which was reviewed by Luis"):
        review.publish(layout, "r1", "Ana", settings(layout))
    copy = shutil.copytree(folder, layout.home / "copy")
    assert proof(layout, copy) == [], "a copy elsewhere has no record"


def test_a_home_remembers_that_releases_need_a_review_until_somebody_ends_it(layout: Layout) -> None:
    forgetful = settings(layout)
    with pytest.raises(UsageError, match="need no review"):
        policy.waive(layout, "Eva", "none")
    build(contents(layout), layout, needing_review(layout))
    with pytest.raises(BlockedRelease, match="another person than Ana has to review it"):
        review.publish(layout, "r1", "Ana", forgetful)
    build(contents(layout, "r2", rows=OTHER), layout, forgetful)
    assert (in_force(layout), kinds(layout, "r2")) == (None, [("drafted", "unknown")])
    with pytest.raises(UsageError, match="needs a reason"):
        policy.waive(layout, "Eva", " ")
    policy.waive(layout, "Eva", "a demonstration")
    review.publish(layout, "r1", "Ana", forgetful)
    recorded = [(e.event, e.who, e.automation, e.note) for e in events.read_record(layout.reviews)]
    assert recorded == [("required", "robot", True, "SDG_REVIEW=required"), ("waived", "Eva", False, "a demonstration")]


def test_after_an_older_release_is_in_force_again_the_next_follows_it(layout: Layout) -> None:
    build(contents(layout), layout, settings(layout))
    build(contents(layout, "r2", rows=OTHER), layout, settings(layout))
    review.publish(layout, "r1", "Ana", settings(layout))
    third = build(contents(layout, "r3"), layout, drafting(layout))
    facts = json.loads((third / "release.json").read_text(encoding="utf-8"))
    assert facts["compared_with"] == "r1"
    assert facts["version"] == "3.0.0", "2.0.0 was that of r2, without the values that it lacks"
    assert facts["version_reasons"]["major"] == [
        "version 2.0.0 is in force no more: this release follows r1, version 1.0.0"
    ]
    review.publish(layout, "r3", "Ana", settings(layout))
    assert previous(layout, "r3") == "r1"


@pytest.mark.parametrize(("value", "asked"), [("", False), ("required", True)])
def test_a_review_is_required_by_the_environment(value: str, asked: bool) -> None:
    assert Settings.from_environment({"SDG_REVIEW": value}).review_required is asked
    assert Settings.from_environment({"SDG_ACTOR": " Ana "}).actor == "Ana"
    assert Settings.from_environment({}).actor
    with pytest.raises(UsageError, match="SDG_REVIEW='yes'"):
        Settings.from_environment({"SDG_REVIEW": "yes"})
