"""Puts datasets on a portal with ``ckanapi``: reads what is there, creates and updates what differs, deletes nothing.

The key is sent to the portal alone, over a connection that nobody reads, and stands in no message. What belongs here:
requests and their failures. What does not: what is to be written (ckan).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sdg_pipeline.errors import FetchError, UsageError
from sdg_pipeline.ingest.ckan import plain
from sdg_pipeline.packages.portal.ckan import Action, Package, action
from sdg_pipeline.settings import USER_AGENT

if TYPE_CHECKING:
    from ckanapi import RemoteCKAN

KEY = "SDG_CKAN_KEY"
TIMEOUT_SECONDS = (10, 60)
LOCAL = ("127.0.0.1", "localhost", "::1")
LONGEST_DETAIL = 200
LISTS = ("resources", "tags", "extras")


def key_of_environment(address: str) -> str:
    """The API key; UsageError where there is none, or it would travel in the clear."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise UsageError(f"{KEY} is not set; remedy: set it to an API token of the portal, or use --dry-run")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOCAL:
        raise UsageError(f"{address} is not https, and anybody could read the key; remedy: name an https address")
    return key


@dataclass(frozen=True)
class Remote:
    """A portal: without a key it is only read."""

    address: str
    key: str | None = None

    def plan(self, wanted: Sequence[Package]) -> Iterator[Action]:
        """What is to be done with each dataset, by what the portal has."""
        with self._opened() as ckan:
            for dataset in wanted:
                yield action(dataset, self._existing(ckan, str(dataset["name"])))

    def perform(self, planned: Action, organization: str | None) -> str | None:
        """Write one dataset; what the portal says against it, None where it took it."""
        if planned.kind not in ("create", "update"):
            return None
        owner = {"owner_org": organization} if organization and planned.kind == "create" else {}
        name = "package_create" if planned.kind == "create" else "package_patch"
        from ckanapi import NotAuthorized, NotFound, ValidationError

        with self._opened() as ckan:
            try:
                self._call(ckan, name, {**planned.writes, **owner})
            except ValidationError as error:
                return self._quoted(error.error_dict)
            except NotAuthorized:
                return "the key may not write it; name --organization, or ask the portal's editors"
            except NotFound:
                return "the portal does not know the dataset any more"
        return None

    def _existing(self, ckan: RemoteCKAN, name: str) -> Package | None:
        from ckanapi import NotAuthorized, NotFound

        try:
            there = self._call(ckan, "package_show", {"id": name})
        except NotFound:
            return None
        except NotAuthorized:
            return {"name": name}  # there is one that this key may not see: somebody else's
        if not isinstance(there, dict) or there.get("name") != name or not all(_are_records(there, k) for k in LISTS):
            raise FetchError(self.address, f"gave no dataset {name}", remedy="look at --to: it is no portal of CKAN")
        return there

    def _call(self, ckan: RemoteCKAN, name: str, data: Mapping[str, Any]) -> Any:
        """An action; FetchError for what is no answer of CKAN."""
        import requests
        from ckanapi import CKANAPIError, NotAuthorized, NotFound, ServerIncompatibleError, ValidationError

        try:
            return ckan.call_action(name, dict(data), requests_kwargs={"timeout": TIMEOUT_SECONDS})
        except (NotAuthorized, NotFound, ValidationError):
            raise
        except (CKANAPIError, ServerIncompatibleError) as error:
            message = f"gave no answer of CKAN to {name}: {self._quoted(error)}"
            raise FetchError(self.address, message, remedy="look at --to, or try again later") from None
        except (requests.RequestException, ValueError) as error:
            message = f"cannot be asked for {name} ({type(error).__name__})"
            raise FetchError(self.address, message, remedy="look at --to, or try again later") from None

    def _quoted(self, said: object) -> str:
        """Words of the portal, short, and without the key even where it sends it back."""
        text = plain(str(said), 20 * LONGEST_DETAIL)
        return (text.replace(self.key, "…") if self.key else text)[:LONGEST_DETAIL]

    @contextmanager
    def _opened(self) -> Iterator[RemoteCKAN]:
        try:
            from ckanapi import RemoteCKAN
        except ImportError:
            raise UsageError("ckanapi is not installed; remedy: pip install 'sdg-pipeline[portal]'") from None
        with RemoteCKAN(self.address, apikey=self.key, user_agent=USER_AGENT) as ckan:
            yield ckan


def _are_records(dataset: Package, key: str) -> bool:
    value = dataset.get(key) or []
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
