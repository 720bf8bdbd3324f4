"""Reads a page of the site as tests want it: its links, what it loads, the values in its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data"), ("use", "href")}
"""Attributes whose address a browser asks for by itself."""


@dataclass
class Page(HTMLParser):
    """A page as a browser reads it."""

    path: Path
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    languages: dict[str, str] = field(default_factory=dict)
    language: str = ""
    canonical: str = ""
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        self.tags.append((tag, named))
        self.ids += [named["id"]] if "id" in named else []
        if tag == "html":
            self.language = named.get("lang", "")
        if tag == "a":
            self.links.append(named["href"])
        if tag == "link":
            self._linked(named)
        self.loads += [named[name] for element, name in LOADS if element == tag and name in named]

    def handle_data(self, data: str) -> None:
        self.text += data

    def _linked(self, named: dict[str, str]) -> None:
        relation = named["rel"]
        if relation in ("stylesheet", "icon"):
            self.loads.append(named["href"])
        elif "hreflang" in named:
            self.languages[named["hreflang"]] = named["href"]
        elif relation == "canonical":
            self.canonical = named["href"]


def pages(site: Path) -> list[Page]:
    """All pages."""
    return [Page(path) for path in sorted(site.rglob("*.html"))]
