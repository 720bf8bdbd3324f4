"""Addresses that may have a secret in them, as people, logs and metadata may see them.

A token stands in the name and password of an address, in its query, or in a folder of the path of a
shared link. So of such an address only scheme, host and the name of the file are shown. A file has a point in its name.
What belongs here: masking. What does not: which addresses are secret (mirror, addresses).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlsplit, urlunsplit

from sdg_pipeline.errors import FetchError

HIDDEN = "…"
SAFE = "%/:=&?~#+!$,;'@()*[]"
"""What a client leaves as it is when it quotes an address."""


def is_address(text: str) -> bool:
    """Whether a text is an address on the web, and no path."""
    return text.lower().startswith(("http://", "https://"))


def shown_address(text: str) -> str:
    """An address without what may be secret; a path as it is."""
    if not is_address(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return f"{text.partition(':')[0]}://{HIDDEN}"
    folder, _, name = parts.path.rpartition("/")
    is_file = "." in name
    hidden = f"/{HIDDEN}" if folder.strip("/") or (name and not is_file) else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{hidden}" + (f"/{name}" if is_file else "")


def recorded_address(address: str) -> str:
    """What provenance has of an address that a person gives: without name, password, query and fragment."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def mask(text: str, address: str, shown: Callable[[str], str] = shown_address) -> str:
    """A text without the secrets of an address that it repeats, whole or in parts.

    ``shown`` is what may be seen of an address; folders are no secret where that has them.
    """
    if not is_address(address):
        return text
    for written in dict.fromkeys((address, quote(address, safe=SAFE))):
        text = text.replace(written, shown(address))
        for part in _secrets(written, folders=shown is shown_address):
            text = text.replace(part, HIDDEN)
    return text


def _secrets(address: str, folders: bool) -> list[str]:
    """The parts of an address that may be secret, the longest first."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    folder, _, name = parts.path.rpartition("/")
    folder, user = (folder if "." in name else parts.path).strip("/"), parts.netloc.rpartition("@")[0]
    secrets = (parts.query, parts.fragment, user, *user.split(":"), folder if folders else "")
    return sorted(filter(None, secrets), key=len, reverse=True)


@contextmanager
def masking(address: str) -> Iterator[None]:
    """Errors of an address without its secrets."""
    try:
        yield
    except FetchError as error:
        if is_address(address):
            rewritten(error, partial(mask, address=address))
        raise


def rewritten(error: FetchError, shown: Callable[[str], str]) -> FetchError:
    """The error with its texts as they may be shown, and without its cause, whose trace would show the others."""
    problem = error.problem
    error.problem = replace(
        problem,
        file=shown(problem.file),
        message=shown(problem.message),
        value=None if problem.value is None else shown(problem.value),
    )
    error.args = (str(error.problem),)
    error.__cause__ = error.__context__ = None
    return error
