"""The thin Dagster layer: every step of ``sdg_pipeline.pipeline`` as an asset with its checks. No SQL, no formulas."""
