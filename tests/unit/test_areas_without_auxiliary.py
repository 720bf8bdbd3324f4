"""A model of municipalities has a row without a value for an area whose auxiliary has none, with the same reason."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow
from release_fixture import REGISTER, observation, write_observations

from sdg_pipeline.estimate.compile import compiled
from sdg_pipeline.estimate.nodes import SmallAreaPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.small_area import estimates
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs

WHOLE, PARTLY = "MX01001", "MX20067"
ABSENT = {"obs_status": "L", "obs_reason": "incomplete_enumeration"}


def test_an_area_that_no_auxiliary_knows_keeps_its_row(tmp_path: Path) -> None:
    catalog = catalogs.load(PROJECT / "indicator_specs").sound()
    plan = make_plan(catalog.indicators["clean_fuel_municipal_model"], catalog)
    assert isinstance(plan, SmallAreaPlan)
    auxiliary = {}
    for name in (plan.method.population, *(a.indicator for a in plan.method.auxiliaries)):
        with_auxiliary = name != "dwellings_with_dirt_floor"
        rows = [observation(name, WHOLE, 9.0), observation(name, PARTLY, 9.0 if with_auxiliary else None)]
        if not with_auxiliary:
            rows[1] |= ABSENT
        auxiliary[name] = f"SELECT * FROM read_parquet('{write_observations(tmp_path / (name + '.parquet'), rows)}')"
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE direct AS SELECT ref_area, geo_level, '2016' AS time_period, '2016' AS edition, 9 AS n, 3 AS n_psu "
            f"FROM (VALUES ('MX01', 'state'), ('MX20', 'state'), ('{WHOLE}', 'municipality')) AS t(ref_area, geo_level)"
        )
        con.execute(
            f"CREATE TABLE modelled AS SELECT '{WHOLE}' AS ref_area, 0.5 AS eblup, 0.01 AS mse, 0.4 AS lower, 0.6 AS upper"
        )
        con.execute(f"CREATE TABLE unmodelled AS {estimates.without_value(plan, auxiliary)}")
        areas = {code: REGISTER.areas[code].name for code in (WHOLE, PARTLY)}
        con.register("area", pyarrow.table({"ref_area": list(areas), "area_name": list(areas.values())}))
        part = {"rows_of": plan.direct.rows.groupings[0].rows_of.value, "edition": "2016", "source": "s"}
        con.register("part", pyarrow.table({k: [v] for k, v in {**part, "sha256": "x", "coverage": "full"}.items()}))
        query = compiled(plan).replace("$spec_hash", "'x'")
        rows = con.execute(f"SELECT ref_area, obs_value, ci_upper, obs_status, obs_reason FROM ({query})").fetchall()
    assert sorted(rows)[0][:2] == (WHOLE, 50.0)
    assert sorted(rows)[1] == (PARTLY, None, None, "L", "incomplete_enumeration")
