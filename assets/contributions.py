"""Defines the job that examines a contribution: specs in a folder ``contributions/<name>/``.

What belongs here: its place in Dagster. What does not: the examination (sdg_pipeline.quality.contribution).
Annotations are not deferred here: Dagster reads them.
"""

from typing import Any

from dagster import (
    AssetMaterialization,
    Config,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    job,
    op,
)
from pydantic import Field

from assets.choices import mendable
from assets.executors import executor
from assets.keys import EXAMINE
from sdg_pipeline.errors import UsageError
from sdg_pipeline.run.model import Run


class Contribution(Config):
    """Which contribution is examined."""

    name: str = Field(description="Name of a folder below contributions/. / Nombre de la carpeta.")


def run_config(name: str) -> dict[str, Any]:
    """What the launchpad would hold."""
    return {"ops": {"examine": {"config": {"name": name}}}}


def examine_job(run: Run) -> JobDefinition:
    @op
    def examine(context: OpExecutionContext, config: Contribution) -> None:
        from sdg_pipeline.quality.contribution import examine as examined

        with mendable():
            folder = run.layout.contribution(config.name)
            if not folder.is_dir():
                remedy = "put its specs into a folder of that name there"
                raise UsageError(f"no contribution {config.name!r} below {run.layout.contributions}", remedy=remedy)
            report = examined(run.settings.specs, folder)
        context.log_event(
            AssetMaterialization(
                ["contribution", config.name],
                description="Without mistakes beside the specs that there are.",
                metadata={
                    "adds": MetadataValue.md("\n".join(f"- {file}" for file in report.added) or "nothing"),
                    "changes": MetadataValue.md("\n".join(f"- {file}" for file in report.changed) or "nothing"),
                    "folder": MetadataValue.path(str(folder)),
                },
            )
        )

    @job(
        name=EXAMINE,
        executor_def=executor(),
        description="Check specs that somebody proposes beside those that there are. / Revisar una propuesta.",
    )
    def examine_contribution() -> None:
        examine()

    return examine_contribution
