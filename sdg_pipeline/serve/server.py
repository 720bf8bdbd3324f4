"""Serves published releases over HTTP, for partners and as a mirror, and the site for everybody.

What belongs here: what may be asked for. What does not: drafts, which nobody has published yet, and their records.
"""

from __future__ import annotations

import html
import io
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import releases

PUBLISHED = "published"
"""Pages of the site name the releases as they lie beside it; the same address leads to them here."""


def server(layout: Layout, host: str, port: int) -> ThreadingHTTPServer:
    """A server that listens; UsageError where nothing is published or it cannot listen."""
    if not layout.published.is_dir():
        raise UsageError("nothing has been published; remedy: `sdg run`")
    handler = partial(Handler, layout=layout, directory=str(layout.published))
    try:
        return ThreadingHTTPServer((host, port), handler)
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error}; remedy: another --port or --host") from error


class Handler(SimpleHTTPRequestHandler):
    """The site, and files and records of published releases; everything else is not found."""

    def __init__(self, *arguments: Any, layout: Layout, **named: Any) -> None:
        self.layout = layout
        super().__init__(*arguments, **named)

    def send_head(self) -> Any:
        """Answer a GET or HEAD. The releases are listed anew each time, since people publish meanwhile."""
        parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part not in ("", ".")]
        if ".." in parts:
            return self._refuse("No such file")
        below = parts[1:] if parts[:1] == [PUBLISHED] else parts
        offered = bool(below) and below[0] in self._offered()
        if offered and below != parts:
            self.path = self.path.replace(f"/{PUBLISHED}", "", 1)
        self.directory = str(self.layout.published if offered else self.layout.site)
        if offered:
            return super().send_head()
        if parts == [PUBLISHED] or not (parts or self.layout.site.is_dir()):
            return self._list()
        target = self.layout.site.joinpath(*parts)
        if target.is_file() or (not parts and (target / "index.html").is_file()):
            return super().send_head()
        return self._refuse("No such page or release")

    def _refuse(self, reason: str) -> None:
        self.send_error(404, reason)

    def _offered(self) -> list[str]:
        names = releases(self.layout)
        records = [self.layout.events(name).name for name in names]
        return [
            *names,
            *(name for name in records if (self.layout.published / name).is_file()),
            self.layout.latest.name,
        ]

    def _list(self) -> io.BytesIO:
        items = "".join(f'<li><a href="{quote(n)}">{html.escape(n)}</a></li>\n' for n in self._offered())
        page = f"<!doctype html>\n<meta charset=utf-8>\n<title>Releases</title>\n<ul>\n{items}</ul>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)
