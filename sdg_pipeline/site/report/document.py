"""Writes a report as one HTML document that needs no other file, and prints as a PDF.

What belongs here: the whole of it, and where its links lead. What does not: what its sections show (sections).
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.files import write_text
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings
from sdg_pipeline.site import addresses
from sdg_pipeline.site.model import Language
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.report import material
from sdg_pipeline.site.report.sections import Sections
from sdg_pipeline.site.words import word

if TYPE_CHECKING:
    import duckdb

TEMPLATE = "report.html"


def write(settings: Settings, area: str, language: Language, out: Path | None = None) -> Path:
    """Write the report on an area: beside the site, where ``out`` names no new file. UsageError where it cannot be."""
    import duckdb

    layout = Layout(settings.home)
    if not layout.warehouse.is_file():
        raise UsageError(f"no release to report on, since there is no {layout.warehouse}; remedy: `sdg run`")
    if out is not None and out.exists():
        raise UsageError(f"{out} is there already; remedy: name another file")
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        duck.require_format(con, layout.warehouse)
        code = material.area_named(con, area)
        path = out or layout.report(f"report-{code}-{language}.html")
        text = document(con, code, language, settings.site_url or _way(path, layout.site))
    write_text(path, text)
    return path


def _way(path: Path, site: Path) -> str:
    """The way from the document to the folder of the site, with a closing slash."""
    return Path(os.path.relpath(site, path.resolve().parent)).as_posix() + "/"


def document(con: duckdb.DuckDBPyConnection, code: str, language: Language, site: str) -> str:
    """The report on an area; ``site`` is the address of the site that its figures lead to."""
    sections = Sections(material.read(con, code), language)
    contents, place = sections.material.contents, sections.material.place
    return Site(contents, site).document(
        TEMPLATE,
        language,
        s=sections,
        m=sections.material,
        place=place,
        foot=_in_style(f"{place.name} · {word(language, f'report_{place.level}')} · {contents.release.name}"),
        around=sections.material.around,
        release=contents.release,
        day=contents.disclosure.day,
        site=site,
        url=partial(_address, site, language),
    )


def _in_style(text: str) -> Markup:
    """A text between quotes of CSS in the head of the document; what would end it or the style is left out."""
    return Markup("".join(letter for letter in text if letter.isprintable() and letter not in '"\\<>&'))


def _address(site: str, language: Language, kind: str, name: object = "") -> str:
    return site + addresses.path(kind, language, str(name))
