"""What the page of data shows: the files of the release in force with their sizes; and the feed of releases.

What belongs here: files of a release. What does not: the scripts with data that pages load (slices).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from sdg_pipeline.site import addresses
from sdg_pipeline.site.model import LANGUAGES, Language
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import has_word, word


def release_files(folder: Path) -> list[dict[str, str]]:
    """The files of the release of which the site has words, with their sizes."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and has_word(f"file_{path.name}"))
    return [{"name": path.name, "key": path.name, "size": size(path)} for path in files]


def indicator_sizes(folder: Path) -> dict[str, str]:
    """Sizes of the files of indicators by name."""
    return {path.name: size(path) for path in sorted((folder / "indicators").iterdir())}


def size(path: Path) -> str:
    """Bytes for reading."""
    count = path.stat().st_size
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.1f} kB"


def feeds(site: Site) -> Iterator[tuple[str, bytes]]:
    """An Atom feed of the releases in each language."""
    for language in LANGUAGES:
        yield f"{'' if language == 'es' else 'en/'}feed.xml", _feed(site, language).encode()


def _feed(site: Site, language: Language) -> str:
    page = site.address + addresses.path("releases", language)
    entries = "".join(
        f"<entry><id>urn:sdg-mexico:release:{escape(str(r['id']))}</id><title>{escape(str(r['id']))}</title>"
        f'<updated>{escape(str(r["published_on"] or ""))}</updated><link href="{escape(page)}"/></entry>\n'
        for r in site.contents.release.before
    )
    newest = max((str(r["published_on"] or "") for r in site.contents.release.before), default="")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:sdg-mexico:releases:{language}</id><title>{escape(word(language, 'site'))}: "
        f"{escape(word(language, 'releases'))}</title><updated>{escape(newest)}</updated>"
        f"<author><name>{escape(word(language, 'site'))}</name></author>\n{entries}</feed>\n"
    )
