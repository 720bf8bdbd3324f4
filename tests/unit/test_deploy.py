"""The files of ``deploy/`` fit the rest; tests/browser/test_office.py runs them."""

from __future__ import annotations

import re

from sdg_pipeline.settings import PROJECT

PIN = re.compile(r"^([a-z0-9-]+==\S+) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def test_what_postgresql_needs_is_pinned_as_in_the_lock_of_the_tests() -> None:
    text = (PROJECT / "deploy" / "requirements-postgres.txt").read_text(encoding="utf-8")
    pins = dict(PIN.findall(text))
    assert [pin.split("==")[0] for pin in pins] == ["dagster-postgres", "psycopg2-binary"]
    assert len(re.findall("^[^ #]", text, re.MULTILINE)) == len(pins), "every package has its hashes; no option"
    tested = dict(PIN.findall((PROJECT / "requirements-dev.lock").read_text(encoding="utf-8")))
    assert {pin: hashes.replace(" \\", "") for pin, hashes in pins.items()} == {
        pin: tested[pin].replace(" \\", "") for pin in pins
    }
