"""Writes ``checks.html``: every verdict of a release on one page, readable without a network.

Great Expectations 1.24.1 renders such pages too. They load styles and scripts from the network, and contain random
marks and the time. This page needs no network and has the same bytes whenever it is built. It does not name its
release, so that releases with the same verdicts share one file.
What belongs here: the page. What does not: verdicts (``checks.json``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality.results import CheckResult

NAME = "checks.html"
TEMPLATE = Path(__file__).with_name("checks_page.html")
BORDERS = {
    "source": "Source files, by the table that reads them · Archivos de las fuentes",
    "table": "Staged tables · Tablas",
    "indicator": "Indicators · Indicadores",
    "release": "The release · La publicación",
}


def write(contents: Contents, folder: Path) -> None:
    """Write ``checks.html``."""
    (folder / NAME).write_text(page(contents.checks), encoding="utf-8")


def page(checks: Sequence[CheckResult]) -> str:
    """The page of these verdicts."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    ordered = sorted(checks, key=lambda c: (c.border, c.subject, c.check))
    failures = sorted((c for c in ordered if not c.passed), key=lambda c: c.severity)
    passed = len(ordered) - len(failures)
    return template.render(total=len(ordered), passed=passed, failures=failures, borders=list(_by_border(ordered)))


def _by_border(ordered: Sequence[CheckResult]) -> Iterator[tuple[str, str, list[tuple[str, list[CheckResult]]]]]:
    for border, text in BORDERS.items():
        of_border = [c for c in ordered if c.border == border]
        if of_border:
            yield border, text, [(subject, list(cs)) for subject, cs in groupby(of_border, key=lambda c: c.subject)]
