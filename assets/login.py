"""Who is logged in: the account that the proxy before the desk names, checked, and brought into the runs.

``SDG_UI_LOGIN_HEADER`` names the proxy's header, and ``SDG_UI_PROXY_KEY`` a secret that the proxy sends with each
request in ``X-SDG-Proxy-Key``, so that nobody passes by it. What belongs here: both. What does not: where a page comes
from (door), and what an account may do (release.review).
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster import DagsterRun, QueuedRunCoordinator

from sdg_pipeline.errors import UsageError
from sdg_pipeline.release.events import Account
from sdg_pipeline.settings import LOGIN_HEADER

if TYPE_CHECKING:
    # Dagster's documentation attributes runs to people by this name, and has no public module for it.
    from dagster._core.run_coordinator.base import SubmitRunContext

PROXY_KEY = "SDG_UI_PROXY_KEY"
KEY_HEADER = "x-sdg-proxy-key"
LEAST_KEY = 16
"""Characters."""
TAG = "sdg/account"
REMEDY = "start the job at the desk, whose dagster.yaml names the queue assets.login.NamedRuns (deploy/dagster.yaml)"
ACCOUNT = re.compile(r"[\w.@+-][\w.@+ -]{0,199}")
"""Accounts and addresses of mail."""


@dataclass(frozen=True)
class Login:
    """The header that names the account, in lower case, and the key that proves that the proxy wrote it."""

    header: str
    key: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Login | None:
        """The log-in of a desk; None where it has none, UsageError where it is set by half."""
        header, key = environment.get(LOGIN_HEADER, "").strip().lower(), environment.get(PROXY_KEY, "").strip()
        if not header:
            return None
        if not re.fullmatch(r"[a-z0-9-]+", header):
            raise UsageError(f"{LOGIN_HEADER}={header!r} is no header; remedy: name one, such as X-Remote-User")
        if len(key) < LEAST_KEY or not key.isascii():
            remedy = "set it to the secret that the proxy sends (openssl rand -hex 32)"
            raise UsageError(f"{PROXY_KEY} has less than {LEAST_KEY} ASCII characters; remedy: {remedy}")
        return cls(header, key)

    def account(self, every: Callable[[str], list[str]]) -> str | None:
        """The account that a request comes from; None where the proxy names none, or did not send the request.

        ``every`` gives the values of a header, which has lower case.
        """
        keys, accounts = every(KEY_HEADER), every(self.header)
        if len(keys) != 1 or not hmac.compare_digest(keys[0].encode(), self.key.encode()):
            return None
        return accounts[0] if len(accounts) == 1 and ACCOUNT.fullmatch(accounts[0]) else None


class NamedRuns(QueuedRunCoordinator):
    """Dagster's queue, which also tags each run with the account that asked for it.

    What a client wrote into the tag is overwritten. A run that no request asked for has no account.
    """

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        login = Login.from_environment()
        if login is not None:
            account = context.get_request_header(login.header) or ""
            self._instance.add_run_tags(context.dagster_run.run_id, {TAG: account})
        return super().submit_run(context)


def person(tags: Mapping[str, str], written: str) -> str:
    """Who does something: the account of a run where there is a log-in, else the name that was written.

    UsageError where a run has no account, or somebody wrote another name than that of the account.
    """
    if Login.from_environment() is None:
        return written
    account = tags.get(TAG, "")
    if not account:
        raise UsageError(f"by: nobody is logged in; remedy: {REMEDY}")
    if written.strip() not in ("", account):
        raise UsageError(f"by: {written!r} is not logged in, {account!r} is; remedy: leave it empty")
    return Account(account)
