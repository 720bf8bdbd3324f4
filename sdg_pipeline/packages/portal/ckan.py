"""Datasets of the release as CKAN takes them, and what of a portal differs from them.

A dataset is ours by its mark, and only what this module writes of it is compared. Fields, extras, tags and files that
an editor added stay. What belongs here: those forms and that comparison, which ask nobody. What does not: writing
(push).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from sdg_pipeline.packages.portal.offers import Offer, OfferedFile
from sdg_pipeline.publish.citation import AUTHOR
from sdg_pipeline.specs.frameworks import Vocabulary

Package = Mapping[str, Any]
MARK = {"key": "generated_by", "value": "sdg-pipeline"}
"""What tells a dataset that this project wrote from those of others."""
NO_TAG = re.compile(r"[^\w \-.]")
LONGEST_TAG = 100
FIELDS = ("title", "notes", "author", "license_id", "version")
"""Fields of a dataset that are written and compared as they are."""
ActionKind = Literal["create", "update", "same", "foreign", "withdrawn"]


@dataclass(frozen=True)
class Action:
    """What is to be done with a dataset: ``writes`` is what CKAN gets, ``why`` names what differs or forbids it.

    ``foreign``: another one has the name. ``withdrawn``: its editors deleted it. Neither is touched.
    ``left_over`` counts files of ours on the portal that the release has no more; nothing is ever deleted.
    """

    kind: ActionKind
    name: str
    why: tuple[str, ...] = ()
    writes: Package = field(default_factory=dict)
    left_over: int = 0


def package(offer: Offer, base: str, vocabulary: Vocabulary | None) -> dict[str, Any]:
    """A dataset for ``package_create``; ``base`` is the address at which the release is served."""
    terms = sorted({f"{source.licence.id} <{source.licence.url}>" for source in offer.sources})
    extras = [MARK, {"key": "spatial_text", "value": "México"}]
    if terms:
        extras.append({"key": "terms_of_sources", "value": "; ".join(terms)})
    return {
        "name": offer.name,
        "title": offer.title.es,
        "notes": f"{offer.description.es}\n\n{offer.title.en}. {offer.description.en}",
        "author": AUTHOR,
        "license_id": _licence(offer, vocabulary),
        "version": offer.version,
        "tags": [{"name": _tag(keyword)} for keyword in offer.keywords],
        "extras": extras,
        "resources": [_resource(file, base) for file in offer.files],
    }


def _resource(file: OfferedFile, base: str) -> dict[str, Any]:
    return {
        "name": f"{file.title.es} ({file.format})",
        "description": f"{file.title.es} / {file.title.en}",
        "url": base + quote(file.path),
        "format": file.format,
        "mimetype": file.media,
        "size": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }


def _licence(offer: Offer, vocabulary: Vocabulary | None) -> str:
    """The licence by its id in CKAN: of the sources where they share it, else what may be said of all of them."""
    ids = {source.licence.id for source in offer.sources}
    if ids == {"CC-BY-4.0"}:
        return "cc-by"
    terms = [vocabulary.terms.get(name) for name in ids] if vocabulary else [None]
    all_open = bool(ids) and all(t is not None and t.open == "open" for t in terms)
    return "other-open" if all_open else "notspecified"


def _tag(keyword: str) -> str:
    return " ".join(NO_TAG.sub(" ", keyword).split())[:LONGEST_TAG].strip()


def is_ours(existing: Package) -> bool:
    return _extras(existing).get(MARK["key"]) == MARK["value"]


def action(wanted: Package, existing: Package | None) -> Action:
    """What makes a dataset of a portal the one that is wanted; None where the portal has none of that name."""
    name = str(wanted["name"])
    if existing is None:
        return Action("create", name, (f"{len(wanted['resources'])} files",), wanted)
    if not is_ours(existing):
        return Action("foreign", name, (f"lacks the extra {MARK['key']}: {MARK['value']}",))
    if existing.get("state", "active") != "active":
        return Action("withdrawn", name, (f"is {existing['state']} on the portal",))
    writes: dict[str, Any] = {key: wanted[key] for key in FIELDS if _plain(wanted[key]) != _plain(existing.get(key))}
    why = list(writes)
    if (extras := _merged_extras(wanted, existing)) is not None:
        writes["extras"], why = extras, [*why, "extras"]
    if (tags := _merged_tags(wanted, existing)) is not None:
        writes["tags"], why = tags, [*why, "tags"]
    files, changes, left_over = _merged_files(wanted["resources"], existing.get("resources") or [])
    if changes:
        writes["resources"], why = files, [*why, *changes]
    kind: ActionKind = "update" if writes else "same"
    return Action(kind, name, tuple(why), {"id": existing.get("id") or name, **writes} if writes else {}, left_over)


def _extras(dataset: Package) -> dict[str, Any]:
    return {str(pair.get("key")): pair.get("value") for pair in dataset.get("extras") or []}


def _merged_extras(wanted: Package, existing: Package) -> list[dict[str, Any]] | None:
    ours, theirs = _extras(wanted), _extras(existing)
    if all(_plain(theirs.get(key)) == _plain(value) for key, value in ours.items()):
        return None
    return [{"key": key, "value": value} for key, value in {**theirs, **ours}.items()]


def _merged_tags(wanted: Package, existing: Package) -> list[dict[str, Any]] | None:
    theirs = {tag.get("name") for tag in existing.get("tags") or []}
    new = [tag for tag in wanted["tags"] if tag["name"] not in theirs]
    return [*(existing.get("tags") or []), *new] if new else None


def _merged_files(
    wanted: Sequence[Package], existing: Sequence[Package]
) -> tuple[list[dict[str, Any]], list[str], int]:
    """The files of a dataset after an update, in the order in which they are there; and which of them are other.

    A file is the same by its address, else by its name. Strangers and files that the release has no more stay.
    """
    after, changes = [dict(file) for file in existing], []
    places = _matched(wanted, existing)
    for file, place in zip(wanted, places, strict=True):
        if place is None:
            after.append(dict(file))
            changes.append(f"new file {file['name']}")
        elif any(_plain(value) != _plain(after[place].get(key)) for key, value in file.items()):
            after[place] |= file
            changes.append(f"file {file['name']}")
    left = [file for place, file in enumerate(existing) if place not in places]
    return after, changes, sum(str(file.get("hash") or "").startswith("sha256:") for file in left)


def _matched(wanted: Sequence[Package], existing: Sequence[Package]) -> list[int | None]:
    """By file that is wanted, its place among those of the portal; no two have the same."""
    places: list[int | None] = [None] * len(wanted)
    for key in ("url", "name"):
        free: dict[str, list[int]] = {}
        for place, file in enumerate(existing):
            if place not in places:
                free.setdefault(_plain(file.get(key)), []).append(place)
        for number, file in enumerate(wanted):
            if places[number] is None and free.get(_plain(file[key])):
                places[number] = free[_plain(file[key])].pop(0)
    return places


def _plain(value: object) -> str:
    """A value as CKAN may give it back: numbers as text, nothing as nothing, lines without what surrounds them."""
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def lines(actions: Sequence[Action]) -> Iterator[str]:
    """A line for each dataset."""
    for done in actions:
        more = f"; {done.left_over} files that the release has no more stay" if done.left_over else ""
        yield f"{done.kind}: {done.name}{': ' if done.why else ''}{', '.join(done.why)}{more}"
