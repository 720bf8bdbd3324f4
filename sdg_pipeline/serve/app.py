"""What may be asked for: the site, files of published releases, SDMX REST, and a description of these addresses.

What belongs here: which address means what. What does not: drafts, which nobody has published yet; how files are sent
(``serve.files``), what SDMX answers (``serve.sdmx``).
"""

from __future__ import annotations

import html
from functools import partial
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.serve import openapi, tables
from sdg_pipeline.serve.answers import NO_CACHE, READING, TEXT, Answer, deliver, packed, page, tag
from sdg_pipeline.serve.files import Described, FileSender, open_below
from sdg_pipeline.serve.offers import Offer, Offers
from sdg_pipeline.serve.operations import Described as Parameter
from sdg_pipeline.serve.operations import Desk, Operation, Question
from sdg_pipeline.serve.sdmx import BASE, Sdmx
from sdg_pipeline.serve.warehouse import Warehouse

BESIDE = (".events.jsonl", ".sig")
"""How files end that lie next to a release: its record and its signature."""
PUBLISHED = "published"
"""Pages of the site name the releases as they lie beside it; the same address leads to them here."""
COMPUTED = (f"{BASE}/", "/openapi.json", "/api")
"""How addresses begin that are computed; all others are files."""
OF_A_RELEASE = "public, max-age=3600"
"""A release keeps its bytes, but may be withdrawn."""
PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, If-None-Match, If-Range, Range",
    "access-control-max-age": "86400",
}


class App:
    """The ASGI application of a home."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self._latest = layout, layout.latest.name
        self.offers, self.warehouse = Offers(layout), Warehouse(layout)
        self._desk, self._files = Desk(), FileSender()
        self._sdmx = Sdmx(self.offers, self.warehouse)
        answered = [*self._sdmx.operations(), *self._descriptions()]
        self.operations = [*self._of_files(), *answered]
        routes = [Route(o.path, self._desk.endpoint(o)) for o in answered]
        self._router = Router(routes, redirect_slashes=False, default=self._file)

    def warm(self) -> None:
        """Load what the first question would wait for."""
        self._sdmx.warm()

    def close(self) -> None:
        """Close the warehouse."""
        self.warehouse.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refused = _refused(scope)
        if refused is not None:
            await deliver(scope, send, refused)
            return
        # Files need no look at sixty routes.
        answered = scope["path"].startswith(COMPUTED)
        await (self._router if answered else self._file)(scope, receive, send)

    def _of_files(self) -> list[Operation]:
        """Addresses of files, for the description; they are answered by ``_file``."""
        errors = {304: "The copy of If-None-Match is still valid", 404: "There is no such file, or no such release",
                  416: "No such bytes"}  # fmt: skip
        csv, js, anything = "text/csv", "application/json", "application/octet-stream"
        release = Parameter("path", "A release, or latest", "latest", True)
        indicator = Parameter("path", "Id of an indicator and csv, parquet, xlsx or json", "population.csv", True)
        area = Parameter("path", "Reference area, and csv or json", "MX20067.csv", True)
        file = Parameter("path", "A file of SHA256SUMS", "release.json", True)
        one = partial(Operation, answer=_not_computed, errors=errors)
        return [
            one("/latest/indicators/{file}", summary="All values of an indicator", types=(csv, js, anything),
                parameters={"file": indicator}),
            one("/latest/areas/{file}", summary="All values of an area", types=(csv, js), parameters={"file": area}),
            one("/{release}/{file:path}", summary="A file of a release", types=(anything,),
                parameters={"release": release, "file": file}),
            one("/{release}/SHA256SUMS", summary="The seal of a release", types=("text/plain",),
                parameters={"release": release}),
        ]  # fmt: skip

    def _descriptions(self) -> list[Operation]:
        return [
            Operation("/openapi.json", self._openapi, "This description, OpenAPI 3.1", ("application/json",)),
            Operation("/api", self._api, "This description, to read", ("text/html",)),
        ]

    def _openapi(self, question: Question) -> Answer:
        body = openapi.text(self.operations)
        return Answer(body, "application/json", headers={"cache-control": NO_CACHE}, etag=tag(body))

    def _api(self, question: Question) -> Answer:
        body = openapi.readable(self.operations)
        return Answer(body, "text/html; charset=utf-8", headers={"cache-control": NO_CACHE}, etag=tag(body))

    async def _file(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file. Releases are looked up each time, since people publish meanwhile."""
        path: str = scope["path"]
        inside = [part for part in path.split("/")[1:] if part]
        parts = inside[1:] if inside[:1] == [PUBLISHED] else inside
        if path.count("/") != len(inside) + (path.endswith("/") and bool(inside)) and path != "/":
            await _say(scope, send, page(404, "No such page", "The address has an empty part."))
            return
        suffix = next((end for end in BESIDE if parts and parts[0].endswith(end)), "")
        offer = self.offers.offer(parts[0].removesuffix(suffix)) if parts else None
        if offer is not None and offer.damaged:
            await _say(
                scope, send, page(404, "Damaged", f"The release {offer.name} is damaged here. Others are whole.")
            )
        elif offer is not None and suffix and len(parts) == 1:
            await self._send_below(scope, send, parts, self.layout.published)
        elif offer is not None and not suffix:
            await self._of_release(scope, send, offer, parts)
        elif inside == [PUBLISHED] or (not inside and not self.layout.site.is_dir()):
            await _say(scope, send, self._list())
        else:
            await self._send_below(scope, send, inside, self.layout.site)

    async def _of_release(self, scope: Scope, send: Send, offer: Offer, parts: list[str]) -> None:
        name = "/".join(parts[1:])
        latest = parts[0] == self._latest
        if scope["path"].endswith("/") or not name or (name not in offer.seal and _inside(offer, name)):
            await _say(scope, send, _folder(scope, offer, name))
            return
        etag = offer.seal.get(name)
        opened = open_below(offer.folder, parts[1:]) if etag or name == checksums.NAME else None
        if opened is not None:
            named = Described(name, etag or opened.version, NO_CACHE if latest else OF_A_RELEASE)
            await self._files.send(scope, send, opened, named)
        elif latest and len(parts) == 3 and parts[1] in ("areas", "indicators") and etag is None:
            kind: tables.Kind = "areas" if parts[1] == "areas" else "indicators"
            await self._desk.answer(scope, send, lambda: tables.answer(self.warehouse, offer.name, kind, parts[2]))
        else:
            text = f"The release {offer.name} has no file {name[:200]!r}. SHA256SUMS lists its files."
            await _say(scope, send, page(404, "No such file", text))

    async def _send_below(self, scope: Scope, send: Send, parts: list[str], folder: Path) -> None:
        """A file of the site, or a record; of a folder its index.html."""
        wanted = [*parts, "index.html"] if scope["path"].endswith("/") or not parts else parts
        opened = open_below(folder, wanted)
        if opened is not None:
            await self._files.send(scope, send, opened, Described(wanted[-1], opened.version, NO_CACHE))
            return
        index = open_below(folder, [*parts, "index.html"]) if wanted is parts else None
        if index is not None:
            index.close()
            await _say(scope, send, _moved(f"{parts[-1]}/"))
            return
        await _say(scope, send, page(404, "No such page", "There is no such page or release. Releases: /published"))

    def _list(self) -> Answer:
        names = [name for offer in self.offers.all() for name in self._names(offer)]
        if self.offers.offer(self.layout.latest.name) is not None:
            names.append(self.layout.latest.name)
        items = "".join(f'<li><a href="/{quote(n)}">{html.escape(n)}</a></li>\n' for n in names)
        body = f"<!doctype html>\n<meta charset=utf-8>\n<title>Releases</title>\n<ul>\n{items}</ul>\n"
        return Answer(body.encode(), "text/html; charset=utf-8", headers={"cache-control": NO_CACHE})

    def _names(self, offer: Offer) -> list[str]:
        record = self.layout.events(offer.name)
        return [f"{offer.name}/", *([record.name] if record.is_file() else [])]


async def _say(scope: Scope, send: Send, answer: Answer) -> None:
    await deliver(scope, send, packed(answer, Headers(scope=scope)))


def _not_computed(question: Question) -> Answer:
    raise AssertionError("files are sent, not computed")


def _refused(scope: Scope) -> Answer | None:
    """What every address refuses: other methods, and a request that names no host or two."""
    if scope["method"] == "OPTIONS":
        return Answer(b"", status=204, headers={**PREFLIGHT, "allow": "GET, HEAD, OPTIONS"})
    if scope["method"] not in READING:
        text = f"{scope['method']} changes nothing here; remedy: GET or HEAD\n".encode("ascii", "replace")
        return Answer(text, TEXT, 405, {"allow": "GET, HEAD, OPTIONS"})
    hosts = sum(name == b"host" for name, _ in scope["headers"])
    if hosts > 1 or (hosts == 0 and scope["http_version"] == "1.1"):
        return Answer(b"a request names one host; remedy: send one Host header\n", status=400)
    return None


def _inside(offer: Offer, name: str) -> bool:
    """Whether a release has files below this folder."""
    return any(file.startswith(f"{name}/") for file in offer.seal)


def _moved(target: str) -> Answer:
    """To the same address with a slash; relative, so that no header decides where it leads."""
    return Answer(b"", status=308, headers={"location": quote(target), "cache-control": NO_CACHE})


def _folder(scope: Scope, offer: Offer, name: str) -> Answer:
    """The files of a folder of a release, by its seal."""
    if name and not _inside(offer, name):
        return page(404, "No such folder", f"The release {offer.name} has no folder {name[:200]!r}.")
    if not scope["path"].endswith("/"):
        return _moved(f"{scope['path'].rpartition('/')[2]}/")
    prefix = f"{name}/" if name else ""
    files = [*([checksums.NAME] if not name else []), *offer.seal]
    inside = {file.removeprefix(prefix).partition("/")[::2] for file in files if file.startswith(prefix)}
    names = sorted({f"{first}/" if rest else first for first, rest in inside})
    items = "".join(f'<li><a href="{quote(n)}">{html.escape(n)}</a></li>\n' for n in names)
    title = html.escape(f"{offer.name}/{prefix}")
    body = f"<!doctype html>\n<meta charset=utf-8>\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n{items}</ul>\n"
    return Answer(body.encode(), "text/html; charset=utf-8", headers={"cache-control": NO_CACHE})
