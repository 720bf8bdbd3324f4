"""A portal that speaks as CKAN 2.11 does, over HTTP: envelopes, errors by ``__type``, robots.txt, keys, and bad days.

Shapes after ckan/ckan (views/api.py, logic/action, lib/dictization) and the samples of shared/data/open_government.
What it is not: search by relevance, permissions of users, uploads.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support import replies
from support.replies import Replying, serving

KEY = "a-key-that-nobody-prints"
HTML = b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body>WAF</body></html>"
OPEN_ROBOTS = "User-agent: *\nDisallow: /dataset/rate/\nCrawl-Delay: 10\n"
CKAN_ROBOTS = "User-agent: *\nDisallow: /dataset/rate/\nDisallow: /api/\nCrawl-Delay: 10\n"
"""What CKAN serves where nobody changed it."""
WRITES = ("package_create", "package_patch")
TAG = re.compile(r"[\w \-.]{2,100}")
NAME = re.compile(r"[a-z0-9_-]{2,100}")


@dataclass
class Reply(replies.Reply):
    """One answer, in JSON where nothing else is said."""

    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Refusal(Exception):
    """What CKAN answers where an action raised."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(error["__type"])
        self.status, self.error = status, error


@dataclass
class Portal:
    """Its datasets by name, and what it was asked. ``bad_day`` answers in place of CKAN where it gives a reply."""

    address: str = ""
    robots: Reply | str | None = OPEN_ROBOTS
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    organizations: set[str] = field(default_factory=lambda: {"ods"})
    bad_day: Callable[[str, dict[str, Any]], Reply | None] = lambda action, data: None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    now: str = "2026-11-30T12:00:00.000000"

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.asked]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Actions that change something, each with the name or id of its dataset."""
        return [
            (a, str(d.get("name") or d.get("id")))
            for a, d in self.asked
            if a not in ("package_show", "package_search", "robots")
        ]

    def put(self, **dataset: Any) -> dict[str, Any]:
        """Add a dataset of somebody, as CKAN would have it."""
        return self._saved({"owner_org": "ods", **dataset}, None)

    def answer(self, action: str, data: dict[str, Any], key: str) -> Reply:
        """The envelope of an action."""
        envelope: dict[str, Any] = {"help": f"{self.address}/api/3/action/help_show?name={action}"}
        try:
            if action not in ("package_show", "package_search", *WRITES):
                return Reply(400, json.dumps(f"Bad request: Action name not known: {action}").encode())
            if action in WRITES and key != KEY:
                raise Refusal(403, {"__type": "Authorization Error", "message": f"Access denied: {key}"})
            envelope |= {"success": True, "result": getattr(self, f"_{action}")(data)}
            return Reply(200, json.dumps(envelope).encode())
        except Refusal as refusal:
            envelope |= {"success": False, "error": refusal.error}
            return Reply(refusal.status, json.dumps(envelope).encode())

    def _package_show(self, data: dict[str, Any]) -> dict[str, Any]:
        for dataset in self.datasets.values():
            if data["id"] in (dataset["name"], dataset["id"]):
                return dataset
        raise Refusal(404, {"__type": "Not Found Error", "message": "Not found"})

    def _package_search(self, data: dict[str, Any]) -> dict[str, Any]:
        fit = [
            d for d in self.datasets.values() if data.get("q", "").lower() in json.dumps(d, ensure_ascii=False).lower()
        ]
        return {"count": len(fit), "facets": {}, "results": fit[: int(data.get("rows", 10))], "sort": "score desc"}

    def _package_create(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["name"] in self.datasets:
            raise Refusal(409, {"__type": "Validation Error", "name": ["That URL is already in use."]})
        return self._saved(data, None)

    def _package_patch(self, data: dict[str, Any]) -> dict[str, Any]:
        old = self._package_show(data)
        return self._saved({**old, **data, "id": old["id"]}, old)

    def _saved(self, data: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
        self._validate(data)
        organization = data.get("owner_org") or (old or {}).get("owner_org")
        saved = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, data["name"])),
            "state": "active",
            "private": False,
            "type": "dataset",
            "isopen": False,
            "groups": [],
            "maintainer": None,
            "metadata_created": self.now,
            **data,
            "title": str(data.get("title") or data["name"]).strip(),
            "owner_org": organization,
            "organization": {
                "id": organization,
                "name": organization,
                "title": organization.upper(),
                "state": "active",
            },
            "tags": [
                {"display_name": t["name"], "state": "active", "vocabulary_id": None, **t} for t in data.get("tags", [])
            ],
            "extras": data.get("extras", []),
            "resources": [self._file(r, n, data["name"]) for n, r in enumerate(data.get("resources", []))],
            "metadata_modified": data.get("metadata_modified", self.now) if old is None else self.now,
        }
        saved |= {"num_resources": len(saved["resources"]), "num_tags": len(saved["tags"])}
        self.datasets[data["name"]] = saved
        return saved

    def _validate(self, data: dict[str, Any]) -> None:
        errors: dict[str, Any] = {}
        if not NAME.fullmatch(data["name"]):
            errors["name"] = ["Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_"]
        if data.get("owner_org") not in self.organizations:
            errors["owner_org"] = ["An organization must be provided"]
        if any(not TAG.fullmatch(tag["name"]) for tag in data.get("tags", [])):
            errors["tags"] = ["can only contain alphanumeric characters, spaces, hyphens, underscores or dots"]
        keys = [pair["key"] for pair in data.get("extras", [])]
        if len(keys) != len(set(keys)):
            errors["extras"] = ["There is a schema field with the same name"]
        if errors:
            raise Refusal(409, {"__type": "Validation Error", **errors})

    def _file(self, file: dict[str, Any], position: int, dataset: str) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{dataset} {position} {file.get('url')}")),
            "created": self.now,
            "last_modified": None,
            "mimetype_inner": None,
            "resource_type": None,
            "cache_url": None,
            **file,
            "position": position,
            "state": "active",
            "format": str(file.get("format") or ""),
        }


@contextmanager
def served(portal: Portal) -> Iterator[Portal]:
    """The portal on a port of this machine, until the block ends."""

    class Handler(Replying):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/robots.txt":
                portal.asked.append(("robots", {}))
                self.send(_robots(portal.robots))
            else:
                self._act(url.path, dict(parse_qsl(url.query)))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._act(urlsplit(self.path).path, json.loads(content or b"{}"))

        def _act(self, path: str, data: dict[str, Any]) -> None:
            action = path.rpartition("/")[2]
            portal.asked.append((action, data))
            portal.headers.append(dict(self.headers))
            bad = portal.bad_day(action, data)
            self.send(bad or portal.answer(action, data, self.headers.get("Authorization", "")))

    with serving(Handler) as portal.address:
        yield portal


def _robots(robots: Reply | str | None) -> Reply:
    if isinstance(robots, Reply):
        return robots
    text = {"Content-Type": "text/plain"}
    return Reply(404, b"", text) if robots is None else Reply(200, robots.encode(), text)
