"""The environment, read once into one frozen value.

What belongs here: environment variables and defaults. What does not: paths inside the data folder (see layout).
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sdg_pipeline import __version__
from sdg_pipeline.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent
REQUIRED = "required"
TAKEN_SIGNS = "=?\\"
"""What DuckDB takes for a partition, a query and a folder."""
LOGIN_HEADER = "SDG_UI_LOGIN_HEADER"
"""Names the header in which the proxy before the desk says who is logged in."""
PRODUCT = "sdg-pipeline"
USER_AGENT = f"{PRODUCT}/{__version__} (SDG indicators from open government data)"
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
STARTER_MIRROR = Path(__file__).resolve().parent / "starter" / "mirror.yaml"


@dataclass(frozen=True)
class Settings:
    """Where things are and how much of the machine may be used.

    ``mirror`` is a manifest (path or http URL) used in place of the official URLs, or None for the official ones.
    Its address may hold a token, as may ``addresses``.
    ``memory_limit_gb`` bounds DuckDB; ``threads`` 0 means all cores; ``steps_at_once`` run side by side in a terminal.
    ``sql_seconds`` is how long SQL that a person wrote (`kind: sql`) may run before it is stopped.
    ``staging_seconds`` is how long the files of a table may take to become one.
    ``actor`` is recorded with what a run does to releases. A run ends with a draft where it shall (``draft``) and
    where releases need a review, which ``review_required`` begins and the home remembers (``release.policy``).
    ``logins``: names of people come from the log-in of the desk, which the home remembers as well.
    ``site_url`` is the address at which the site is published, with a closing slash; empty where it is not known.
    ``addresses`` are those that a person gives of editions (``source/edition``); they may hold tokens.
    ``user_agent`` is the name under which servers are asked; it always names this program.
    ``partial`` publishes a release that covers less than the one in force, which else ends as a draft.
    ``json_log`` prints lines of JSON in place of words.
    """

    home: Path
    specs: Path
    warehouse_sql: Path
    mirror: str | None = field(default=None, repr=False)
    threads: int = 0
    steps_at_once: int = 2
    memory_limit_gb: float = 2.0
    csv_bom: bool = True
    actor: str = "unknown"
    review_required: bool = False
    logins: bool = False
    draft: bool = False
    partial: bool = False
    json_log: bool = False
    sql_seconds: float = 60.0
    staging_seconds: float = 3600.0
    site_url: str = ""
    user_agent: str = USER_AGENT
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from ``SDG_HOME``, ``_SPECS``, ``_MIRROR``, ``_THREADS``, ``_STEPS``, ``_MEMORY_GB``,
        ``_CSV_BOM``, ``_ACTOR``, ``_REVIEW``, ``_SQL_SECONDS``, ``_STAGING_SECONDS``, ``_SITE_URL``, ``_USER_AGENT``,
        ``_ADDRESSES``, ``_UI_LOGIN_HEADER``, ``_LOG``.

        ``SDG_MIRROR=starter`` names the data embedded in the package; empty or unset means the official URLs.
        """
        env = os.environ if environment is None else environment
        default_home = PROJECT if (PROJECT / "pyproject.toml").exists() else Path.cwd()
        mirror = env.get("SDG_MIRROR", "").strip() or None
        return cls(
            home=_home(Path(env.get("SDG_HOME") or default_home).resolve()),
            specs=Path(env.get("SDG_SPECS") or PROJECT / "indicator_specs").resolve(),
            warehouse_sql=PROJECT / "warehouse",
            mirror=str(STARTER_MIRROR) if mirror == "starter" else mirror,
            threads=int(_number(env, "SDG_THREADS", "0", 0, 1024)),
            steps_at_once=int(_number(env, "SDG_STEPS", "2", 1, 64)),
            memory_limit_gb=_number(env, "SDG_MEMORY_GB", "2", 0.1, 100_000),
            csv_bom=env.get("SDG_CSV_BOM", "1") != "0",
            actor=env.get("SDG_ACTOR", "").strip() or _login_name(),
            review_required=_review_required(env),
            logins=bool(env.get(LOGIN_HEADER, "").strip()),
            json_log=_json_log(env),
            sql_seconds=_number(env, "SDG_SQL_SECONDS", "60", 0.1, 86_400),
            staging_seconds=_number(env, "SDG_STAGING_SECONDS", "3600", 0.1, 604_800),
            site_url=_address(env, "SDG_SITE_URL"),
            user_agent=_agent(env),
            addresses=_addresses(env),
        )


def json_log_asked(env: Mapping[str, str]) -> bool:
    """Whether lines shall be JSON; also where the environment has mistakes that are yet to be said."""
    return env.get("SDG_LOG", "").strip() == "json"


def _json_log(env: Mapping[str, str]) -> bool:
    asked = env.get("SDG_LOG", "").strip()
    if asked not in ("", "text", "json"):
        raise UsageError(f"SDG_LOG={asked!r} means nothing; remedy: set it to json or text, or unset it")
    return json_log_asked(env)


def _login_name() -> str:
    """The name of the account; ``unknown`` where the system has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _agent(env: Mapping[str, str]) -> str:
    """The name under which servers are asked; UsageError where it hides this program or is no header."""
    text = env.get("SDG_USER_AGENT", "").strip() or USER_AGENT
    if PRODUCT not in text or not text.isascii() or not text.isprintable():
        remedy = f"write {PRODUCT} and how you can be reached, in ASCII: {PRODUCT}/1 (city of X; data@example.org)"
        raise UsageError(f"SDG_USER_AGENT={text!r} does not say which program asks; remedy: {remedy}")
    return text


def _addresses(env: Mapping[str, str]) -> dict[str, str]:
    """Addresses by source/edition; UsageError, which repeats no address, where one is none."""
    result = {}
    for number, written in enumerate(env.get("SDG_ADDRESSES", "").split(), start=1):
        name, _, url = written.partition("=")
        sound = _ADDRESS.fullmatch(url) and has_host(url)
        if not sound or not re.fullmatch(r"[a-z][a-z0-9_]*/[A-Za-z0-9][A-Za-z0-9._-]*", name):
            remedy = "write source/edition=https://…, with a space between two of them"
            raise UsageError(f"SDG_ADDRESSES: entry {number} names no edition with its address; remedy: {remedy}")
        result[name] = url
    return result


def has_host(address: str) -> bool:
    """Whether an address names a host that could be asked."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _home(path: Path) -> Path:
    """The home; UsageError where DuckDB would take a sign of its path for its own."""
    taken = next((part for part in path.parts[1:] if {*part} & {*TAKEN_SIGNS}), None)
    if taken is not None:
        message = f"SDG_HOME={path} has a folder with one of {TAKEN_SIGNS} in its name: {taken!r}"
        raise UsageError(f"{message}; remedy: choose another folder")
    return path


def _review_required(env: Mapping[str, str]) -> bool:
    asked = env.get("SDG_REVIEW", "").strip()
    if asked not in ("", REQUIRED):
        raise UsageError(f"SDG_REVIEW={asked!r} means nothing; remedy: set it to {REQUIRED!r} or unset it")
    return asked == REQUIRED


def _address(env: Mapping[str, str], name: str) -> str:
    """A web address with a closing slash; empty where none is set."""
    text = env.get(name, "").strip()
    return text and address(name, text)


def address(name: str, text: str) -> str:
    """A web address with a closing slash; ``name`` is the variable or option that has it."""
    if not _ADDRESS.fullmatch(text):
        raise UsageError(f"{name}={text!r} is no web address; remedy: write https://… or leave it out")
    return text.rstrip("/") + "/"


def _number(env: Mapping[str, str], name: str, default: str, lowest: float, highest: float) -> float:
    text = env.get(name) or default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not lowest <= number <= highest:  # nan compares with nothing
        raise UsageError(
            f"{name}={text!r} is not a number from {lowest:g} to {highest:g}; remedy: set it to one or unset it"
        )
    return number
