"""One value explained from what its release remembers, on small releases: choice, history, what is gone, the text."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, SHA256, alter, catalog, contents, observation, settings
from rich.console import Console

from sdg_pipeline.cli import explanation
from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.explain import published
from sdg_pipeline.explain.at_hand import Home
from sdg_pipeline.explain.choice import newest
from sdg_pipeline.explain.explanation import Explanation, Request
from sdg_pipeline.explain.history import ValueChange, value_change
from sdg_pipeline.explain.memory import Definitions
from sdg_pipeline.explain.value import Gathering, explain, explain_last_run
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.latest import point_latest

R1 = [
    observation("water", "MX", 90.0),
    observation("water", "MX01", 99.0),
    observation("water", "MX20", 80.0),
    observation("water", "MX20067", 70.0, time_period="2015"),
    observation("water", "MX20067", 71.0),
    observation("water", "MX20067", 75.0, time_period="2030", obs_status="F"),
    observation("water", "MX20067", None, time_period="2025", obs_reason="zero_denominator"),
    observation("water", "MX01001", 10.0),
]
R2 = [
    observation("water", "MX", 90.0 * (1 + 4e-16)),  # float noise is no change
    observation("water", "MX01", 99.0, source_sha256="cd" * 32),
    observation("water", "MX20", 88.0, spec_hash="ffffffffffff"),
    observation("water", "MX20067", 71.0, obs_status="E"),
    observation("water", "MX", 91.0, sex="F"),
]
R3 = [*R2, observation("water", "MX01001", 11.0)]


def publish(layout: Layout, name: str, rows: list[dict[str, Any]], **other: Any) -> Path:
    return build(contents(layout, name, rows={"water": rows}, **other), layout, settings(layout))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A home with three releases, the newest of them in force."""
    layout = Layout(tmp_path_factory.mktemp("explain"))
    for name, rows in (("r1", R1), ("r2", R2), ("r3", R3)):
        publish(layout, name, rows)
    return layout


@pytest.fixture
def own(three: Layout, tmp_path: Path) -> Layout:
    """A copy of it that a test may damage."""
    return Layout(shutil.copytree(three.home, tmp_path / "home", symlinks=True))


def water(
    layout: Layout, area: str, period: str | None = None, release: str | None = None, **codes: str
) -> Explanation:
    folder = layout.release(release) if release else None
    return explain(settings(layout), Request("water", area, period, codes), folder)


class TestHistory:
    """It names the first release that has the value, and what changed since."""

    @pytest.mark.parametrize(
        ("area", "codes", "says"),
        [
            ("MX", {}, "first published in release r1; unchanged since"),
            ("MX", {"sex": "F"}, "first published in release r2; unchanged since"),
            (
                "MX01",
                {},
                "first published in release r1; the same from other inputs in release r2 "
                "(source_sha256 from abababababab to cdcdcdcdcdcd)",
            ),
            (
                "MX20",
                {},
                "first published in release r1; revised in release r2 from 80.0 to 88.0 "
                "(spec_hash from 0123456789ab to ffffffffffff)",
            ),
            ("MX20067", {}, "first published in release r1; reclassified in release r2 (obs_status from A to E)"),
            ("MX01001", {}, "first published in release r1; removed in release r2; added in release r3"),
        ],
    )
    def test_of_the_value_in_force(self, three: Layout, area: str, codes: dict[str, str], says: str) -> None:
        assert water(three, area, **codes).change == says

    def test_of_an_earlier_release_says_nothing_of_later_ones(self, three: Layout) -> None:
        assert water(three, "MX20", release="r1").change == "first published in release r1"
        assert water(three, "MX", release="r2", sex="F").change == "first published in release r2"

    def test_of_a_release_that_is_in_force_again(self, own: Layout) -> None:
        point_latest(own.release("r1"), own)
        shown = water(own, "MX20")
        assert (shown.origin.release, shown.value["obs_value"]) == ("r1", 80.0)
        assert shown.change == "first published in release r1"

    def test_of_a_draft(self, own: Layout) -> None:
        draft = contents(own, "r4", rows={"water": [*R3, observation("water", "MX", 1.0, sex="M")]})
        build(draft, own, replace(settings(own), draft=True))
        shown = water(own, "MX", release="r4", sex="M")
        assert shown.change == "not published before; new in release r4"
        assert (shown.origin.state, shown.origin.in_force) == ("draft", False)
        assert water(own, "MX", release="r4").change == "first published in release r1; unchanged since"

    def test_tells_of_a_release_that_cannot_be_read(self, own: Layout) -> None:
        alter(own.release("r1") / "indicators" / "water.parquet", b"")
        change = water(own, "MX20").change
        assert change.startswith("first published in release r2; release r1 cannot be read (")

    def test_compares_rows_column_by_column(self) -> None:
        old, new = observation("water", "MX", 5.0), observation("water", "MX", 6.0, obs_status="E")
        assert value_change(old, new) == ValueChange("revised", 5.0, 6.0, (("obs_status", "A", "E"),))
        assert value_change(None, new) == ValueChange("added", None, 6.0, ())
        assert value_change(old, None) == ValueChange("removed", 5.0, None, ())
        assert value_change(old, {**old, "nature": "E"}) == ValueChange(
            "reclassified", 5.0, 5.0, (("nature", "C", "E"),)
        )
        assert value_change(None, None) is None

    def test_does_not_compare_columns_that_an_older_release_lacks(self) -> None:
        new = observation("water", "MX", 5.0)
        old = {name: cell for name, cell in new.items() if name != "coverage"}
        assert value_change(old, new) == ValueChange("unchanged", 5.0, 5.0, ())


class TestChoice:
    def test_takes_the_newest_period_with_a_value_and_no_forecast(self, three: Layout) -> None:
        shown = water(three, "20067", release="r1")
        assert (shown.value["time_period"], shown.value["obs_value"]) == ("2020", 71.0)
        assert shown.periods == ("2015", "2020", "2025", "2030")

    def test_takes_a_forecast_or_a_missing_value_where_there_is_no_other(self) -> None:
        missing = observation("water", "MX", None, time_period="2025")
        forecasts = [observation("water", "MX", 1.0, time_period=year, obs_status="F") for year in ("2030", "2040")]
        assert newest([missing, *forecasts]) is forecasts[1]
        assert newest([missing, {**missing, "time_period": "2024"}]) is missing

    def test_takes_a_period_that_is_asked_for(self, three: Layout) -> None:
        assert water(three, "20067", "2025", release="r1").value["obs_reason"] == "zero_denominator"

    @pytest.mark.parametrize("area", ["MX20067", "20067", "Oaxaca de Juárez", "oaxaca de juarez"])
    def test_takes_keys_codes_and_names(self, three: Layout, area: str) -> None:
        assert water(three, area).value["ref_area"] == "MX20067"

    def test_takes_a_former_id(self, three: Layout) -> None:
        folder = three.release("r3")
        definitions = Definitions(folder, catalog(folder), REGISTER)
        memory = replace(published.remember(folder, three), definitions=definitions)
        with duckdb.connect() as con:
            shown = Gathering(con, Home(settings(three)), memory, folder).explain(Request("water_2020", "MX20"))
        assert (shown.value["indicator"], shown.value["obs_value"]) == ("water", 88.0)

    @pytest.mark.parametrize(
        ("request_", "says"),
        [
            (Request("watr", "MX"), "no indicator 'watr' in release r3; did you mean 'water'?"),
            (Request("water", "20068"), "no area '20068' in the register"),
            (Request("water", "MX20", "1990"), "water has no 1990 for MX20; periods: 2020"),
            (
                Request("water", "MX", codes={"sex": "M"}),
                "water has no such group for MX; groups: sex F; the total; periods: 2020",
            ),
            (Request("water", "MX", codes={"gender": "F"}), "no dimension 'gender'; valid: sex"),
        ],
    )
    def test_what_is_not_there_is_one_line(self, three: Layout, request_: Request, says: str) -> None:
        with pytest.raises(UsageError) as caught:
            explain(settings(three), request_)
        assert str(caught.value).startswith(says)
        assert "\n" not in str(caught.value)


class TestWhatIsGone:
    def test_a_release_without_definitions_explains_what_it_has(self, three: Layout) -> None:
        shown = water(three, "MX20")
        assert shown.value["source_sha256"] == shown.files[0].sha256 == SHA256
        assert shown.files[0].url == "https://www.inegi.org.mx/censo/2020.csv"
        assert (shown.meaning, shown.staged, shown.sql) == (None, None, "")
        assert "the definitions of release r3: the release was sealed before releases held them" in shown.lacking
        assert any(f"sha256 {SHA256}) is not in the raw store any more; remedy: " in text for text in shown.lacking)

    def test_bytes_that_no_lock_has(self, three: Layout) -> None:
        shown = water(three, "MX01")
        assert shown.files[0].sha256 == "cd" * 32
        assert any("release r3 has no lock of the bytes of census/2020" in text for text in shown.lacking)

    def test_the_raw_file_of_other_bytes_is_not_shown(self, own: Layout) -> None:
        path = own.raw("census", "2020", SHA256, ".csv")
        path.parent.mkdir(parents=True)
        path.write_text("other bytes", encoding="utf-8")
        shown = water(own, "MX20")
        assert shown.files[0].path is None
        assert any(f"{path}, was altered" in text for text in shown.lacking)

    def test_a_file_of_values_that_was_altered_is_refused(self, own: Layout) -> None:
        alter(own.release("r3") / "indicators" / "water.parquet", b"no parquet")
        with pytest.raises(InputError, match=r"water\.parquet: is not as it was sealed; remedy: restore the release"):
            water(own, "MX20")

    @pytest.mark.parametrize("name", ["checks.json", "sources.lock.json"])
    def test_another_file_that_was_altered_is_named(self, own: Layout, name: str) -> None:
        alter(own.release("r3") / name, b"[]")
        assert any(text.startswith(f"{name} is not as it was sealed") for text in water(own, "MX20").lacking)

    def test_a_lost_link_leaves_the_release_published_last(self, own: Layout) -> None:
        own.latest.unlink()
        shown = water(own, "MX20")
        assert (shown.origin.release, shown.origin.in_force) == ("r3", False)
        assert "in release r3, version 2.1.0 (published, not in force)" in text_of(shown, 200)

    def test_nothing_is_written(self, own: Layout) -> None:
        before = {path: sha256_of(path) for path in own.home.rglob("*") if path.is_file()}
        water(own, "MX20")
        assert {path: sha256_of(path) for path in own.home.rglob("*") if path.is_file()} == before

    def test_values_of_no_run_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"water has not been computed; remedy: `sdg run`"):
            water(Layout(tmp_path), "MX")

    def test_values_that_no_step_remembers_are_refused(self, three: Layout) -> None:
        with pytest.raises(InputError, match="is not as the last run left it; remedy: `sdg run --indicator water`"):
            explain_last_run(settings(three), Request("water", "MX"))


def text_of(shown: Explanation, width: int = 80) -> str:
    out = io.StringIO()
    explanation.show(Console(file=out, width=width, highlight=False), shown)
    return out.getvalue()


class TestText:
    def test_begins_with_value_status_and_what_failed(self, three: Layout) -> None:
        lines = text_of(water(three, "20067", "2025", release="r1")).splitlines()
        assert lines[0] == "water: Oaxaca de Juárez (MX20067, municipality), 2025"
        assert lines[1].split() == ["Value", "(no", "value)", "PT"]
        assert lines[2].split() == ["Status", "M:", "zero_denominator"]
        assert lines[3].split() == ["FAILED", "trend", "(warning):", "one", "jump"]
        labels = [line.split(" ")[0] for line in lines if line[:1].strip()]
        assert labels.index("FAILED") < labels.index("Published") < labels.index("sha256") < labels.index("Definition")

    @pytest.mark.parametrize("width", [80, 60])
    @pytest.mark.parametrize("area", ["MX", "MX01", "MX20"])
    def test_is_no_wider_than_the_terminal(self, three: Layout, area: str, width: int) -> None:
        text = text_of(water(three, area), width)
        assert max(map(len, text.splitlines())) <= width

    def test_has_the_sha256_in_one_piece(self, three: Layout) -> None:
        assert SHA256 in text_of(water(three, "MX20"))

    def test_says_whether_it_is_in_force(self, three: Layout) -> None:
        assert "in release r3, version 2.1.0, which is in force" in text_of(water(three, "MX20"), 200)
        assert "in release r1, version 1.0.0 (published, not in force)" in text_of(
            water(three, "MX20", release="r1"), 200
        )
