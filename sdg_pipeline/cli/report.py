"""``sdg report``: the skeleton of a voluntary review of the nation, a state or a municipality.

What belongs here: arguments and what is printed. What does not: the document (``site.report``).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline.cli.console import output
from sdg_pipeline.cli.levels import app
from sdg_pipeline.settings import Settings

__all__ = ["app"]


class Tongue(StrEnum):
    """Languages of a report."""

    es = "es"
    en = "en"


@app.command()
def report(
    area: Annotated[str, typer.Argument(help="national, a code or key (MX20, 20067) or a name.")],
    language: Annotated[Tongue, typer.Option(help="Language of the report.")] = Tongue.es,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, which must be new (default: data/reports/report-AREA-LANGUAGE.html)."),
    ] = None,
) -> None:
    """Write the skeleton of a voluntary review: figures, progress, gaps, commitments, sources and fields to fill in.

    One HTML document that prints as a PDF; every figure leads to its explanation on the site.
    """
    from sdg_pipeline.site.report import document

    path = document.write(Settings.from_environment(), area, language.value, out)
    output().print(f"Report:     {path}", soft_wrap=True)
