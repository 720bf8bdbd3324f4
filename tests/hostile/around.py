"""Hostile surroundings: arguments, variables, records of the home, contributions, and expressions of unlike types."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

import yaml

from hostile.case import Case, Prepare
from hostile.files import ROWS, cell_xml, table_xml, workbook, zipped
from hostile.specs import CHECK, DEEP, INDICATOR, TABLE, head, manifest, replaced
from hostile.stage import Stage

SEED = 20212
Facts = dict[str, object]


def nothing(_: Stage) -> None:
    """The stage as it is."""


def variables(**values: str) -> Prepare:
    return lambda stage: stage.variables.update(values)


def kept(path: str, content: bytes) -> Prepare:
    """A file of the home with other bytes."""

    def prepare(stage: Stage) -> None:
        target = stage.home / "data" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    return prepare


# ---- arguments and variables ----------------------------------------------------------------------------------------

STRANGE = {
    "empty": "", "ANSI": "\x1b[31mx", "markup": "[/x]", "a path": "../../etc/passwd", "right to left": "\u202ex", "very long": "x" * 50_000,
    "a template": "{0}%s", "SQL": "'; DROP TABLE x --", "a line end": "a\nb", "an option": "--", "a look-alike": "lіteracy", "a surrogate": "\udc80",
}  # fmt: skip
NAMED: dict[str, tuple[str, ...]] = {
    "run of an indicator": ("run", "--indicator"), "SQL of an indicator": ("sql",), "explain of an area": ("explain", "literacy", "--area"),
    "diff of releases": ("diff",), "verify of a release": ("release", "verify"), "review of a contribution": ("contribute", "review"),
    "check of a contribution": ("contribute", "check"),
}  # fmt: skip
USAGE: dict[str, tuple[str, ...]] = {
    "no such command": ("\x1b[31mnope",), "no such option": ("run", "--gaol"), "an option twice without value": ("run", "--goal", "--goal"),
    "a goal that is a word": ("run", "--goal", "x"), "a goal of 400 digits": ("run", "--goal", "9" * 400), "goal 0": ("run", "--goal", "0"),
    "goal 18": ("run", "--goal", "18"), "a goal below 0": ("run", "--goal", "-1"), "a port that is a word": ("serve", "--port", "x"),
    "a port below 0": ("serve", "--port", "-5"), "port 99999": ("serve", "--port", "99999"), "a host that is none": ("serve", "--host", "a b"),
    "an argument too many": ("sql", "a", "b"), "an argument too few": ("explain",), "a code that is none": ("explain", "literacy", "--area", "01", "--sex", "[/x]"),
    "a group that is none": ("explain", "literacy", "--area", "01", "--group", "x"), "a period of Arabic digits": ("explain", "literacy", "--area", "01", "--period", "٢٠٢٠"),
    "a release with a slash": ("run", "--release", "a/b"), "a release of dots": ("run", "--release", ".."), "a release of 5,000 signs": ("run", "--release", "r" * 5_000),
    "a release of ANSI": ("run", "--release", "\x1b[2J"), "nobody": ("release", "review", "latest", "--by", ""), "a thousand options": ("run", *["--bogus"] * 1_000),
    "a source that is none": ("fetch", "[/x]"), "a spec that is none": ("check", "/dev/zero"), "a template of nothing": ("contribute", "template", "\x1b[31m"),
}  # fmt: skip
VARIABLES: dict[str, dict[str, str]] = {
    name: {"words": "many", "below": "-1", "not a number": "nan", "infinity": "inf", "Arabic": "٢x", "400 digits": "9" * 400, "ANSI": "\x1b[31m"}
    for name in ("SDG_THREADS", "SDG_STEPS", "SDG_MEMORY_GB", "SDG_SQL_SECONDS", "SDG_STAGING_SECONDS")
} | {
    "SDG_REVIEW": {"yes": "yes", "markup": "[/x]", "ANSI": "\x1b[31m"},
    "SDG_SITE_URL": {"a script": "javascript:alert(1)", "two lines": "https://a\nb", "quotes": "https://a/\"x", "a word": "x"},
    "SDG_USER_AGENT": {"hidden": "Mozilla/5.0", "two lines": "sdg-pipeline\r\nX: y", "no ASCII": "sdg-pipeline ñ"},
    "SDG_ADDRESSES": {"no edition": "x=https://a", "no address": "a/b=c", "a word": "x"},
    "SDG_MIRROR": {"a folder": "/", "nowhere": "/nowhere.yaml", "a device": "/dev/zero", "ANSI": "\x1b[31m", "odd address": "http://[::1", "FTP": "ftp://x/y"},
    "SDG_SPECS": {"a file": "/etc/passwd", "nowhere": "/nowhere", "a device": "/dev/null"},
    "SDG_HOME": {"a file": "/etc/passwd", "a device": "/dev/null", "below a file": "/etc/passwd/x", "of the kernel": "/proc/x"},
}  # fmt: skip


def arguments() -> Iterator[Case]:
    for kind, begin in NAMED.items():
        for what, text in STRANGE.items():
            if text not in ("--", "") or begin[0] not in ("contribute", "release"):
                yield Case(f"argument, {kind}", what, nothing, (*begin, text))
    for what, words in USAGE.items():
        yield Case("argument that no command takes", what, nothing, words)
    for name, values in VARIABLES.items():
        for what, value in values.items():
            yield Case(f"variable {name}", what, variables(**{name: value}))


# ---- records of the home --------------------------------------------------------------------------------------------

EVENT = {
    "event": "drafted",
    "who": "x",
    "when": "2026-01-01T00:00:00Z",
    "automation": False,
    "note": "",
    "accepted": [],
    "seal": "",
    "number": 1,
}
LINES: dict[str, Callable[[], bytes]] = {
    "deep": lambda: b"[" * 200_000, "deep and closed": lambda: b"[" * 100_000 + b"]" * 100_000, "binary": lambda: bytes(range(256)), "a list": lambda: b"[]",
    "a number": lambda: b"5", "60 MB": lambda: b" " * 60_000_000, "HTML": lambda: b"<html>", "UTF-16": lambda: json.dumps(EVENT).encode("utf-16"),
    "400 digits": lambda: json.dumps(EVENT).replace("1}", "9" * 5_000 + "}").encode(), "not finite": lambda: json.dumps(EVENT).replace("1}", "NaN}").encode(),
    "no fields": lambda: b"{}", "empty lines": lambda: b"\n\n",
}  # fmt: skip
WRONG: dict[str, Facts] = {
    "event": {"event": "\x1b[31m"}, "who": {"who": 5}, "when": {"when": None}, "accepted": {"accepted": 5}, "accepted of numbers": {"accepted": [5]},
    "number": {"number": "x"}, "number that is a list": {"number": [1]}, "automation": {"automation": "maybe"}, "seal": {"seal": {}}, "note": {"note": ["x"]},
}  # fmt: skip


def _event_of(content: bytes, name: str | None = None) -> Prepare:
    """A line in the record of the release in force, or in one of that name."""

    def prepare(stage: Stage) -> None:
        [record] = (stage.home / "data" / "published").glob("*.events.jsonl")
        path = record.with_name(name) if name else record
        path.write_bytes(content + b"\n")

    return prepare


def records() -> Iterator[Case]:
    for what, make in LINES.items():
        yield Case(
            "event record that is none", what, lambda stage, make=make: _event_of(make())(stage), ("release", "list")
        )
        yield Case(
            "rule of reviews that is none", what, lambda stage, make=make: _event_of(make(), "reviews.jsonl")(stage)
        )
    for what, facts in WRONG.items():
        line = json.dumps(EVENT | facts).encode()
        yield Case("event of wrong types", what, _event_of(line), ("release", "list"))
        yield Case("event of a home of wrong types", what, _event_of(line, "reviews.jsonl"))
    receipt = "contributions/quarantine/abc"
    for what, make in LINES.items():
        if what not in ("60 MB", "empty lines"):
            yield Case("receipt that is none", what, kept(f"{receipt}/receipt.json", make()), ("contribute", "review"))
            accepted = kept("contributions/accepted/abc/manifest.json", make())
            yield Case("accepted contribution that is none", what, accepted)


def provenance() -> Iterator[Case]:
    def changed(facts: Facts) -> Prepare:
        def prepare(stage: Stage) -> None:
            path = min((stage.home / "data" / "raw").glob("**/current.json"))
            path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | facts), encoding="utf-8")

        return prepare

    for what, facts in {
        "states": {"states": 5}, "headers": {"headers": [[1]]}, "headers that are a text": {"headers": "ab"}, "a stranger": {"x": 1},
        "a path out": {"path": "../../../etc/passwd"}, "a path that is a number": {"path": 5}, "bytes": {"bytes": "x"}, "a hash": {"sha256": None},
    }.items():  # fmt: skip
        heals = what in ("a path out", "a path that is a number", "bytes", "a hash")
        kind = "provenance of wrong facts" if heals else "provenance of wrong types"
        yield Case(kind, what, changed(facts), heals=heals)  # one that can be read is written anew with its file


# ---- contributions --------------------------------------------------------------------------------------------------


def contributed(name: str, content: bytes) -> Prepare:
    return lambda stage: (stage.folder / name).write_bytes(content) and None


def contributions() -> Iterator[Case]:
    def case(kind: str, what: str, name: str, content: bytes) -> Case:
        return Case(kind, what, contributed(name, content), ("contribute", "check", name))

    for what, content in {
        "empty": b"", "NUL": b"\0" * 100, "UTF-16": "a,b\n".encode("utf-16"), "HTML": b"<html>", "JSON": b"[" * 100_000, "a PDF": b"%PDF-1.4", "11 MB": b"a," * 5_500_000,
        "no encoding": b"a,\x81\x8d\n", "other columns": b"a,b\n1,2\n", "a header alone": b"indicator,area\n", "a quote left open": b'"' + b"a\n" * 1_000,
        "60,000 rows": b"a\n" * 60_000, "60 columns": b"a," * 60 + b"\n1\n", "a column twice": b"a,a\n1,2\n", "gzip": b"\x1f\x8b\x08" + bytes(50),
    }.items():  # fmt: skip
        yield case("contributed CSV that is none", what, "given.csv", content)
    sound = workbook(table_xml(ROWS))
    for what, content in {
        "text": b"a,b\n", "no ZIP": b"PK\x03\x04" + bytes(100), "no workbook": zipped(("a", b"b")), "a bomb": zipped(("xl/workbook.xml", b" " * 60_000_000)),
        "members": zipped(*((str(n), b"x") for n in range(300))), "macros": zipped(("xl/vbaProject.bin", b"x")), "half": sound[: len(sound) // 2],
        "a far cell": workbook(table_xml(ROWS) + f'<row r="1048576">{cell_xml("XFD1048576", "x")}</row>'), "no rows": workbook(""), "other columns": sound,
        "entities": workbook("", main='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "deep": workbook("<a>" * 100_000),
    }.items():  # fmt: skip
        yield case("contributed workbook that is none", what, "given.xlsx", content)
    for name in ("\x1b[31m.csv", "a\u202e.csv", "given.exe", "given", "x" * 200 + ".csv", "given.xlsm"):
        yield case("contributed file of a hostile name", repr(name[:20]), name, b"indicator,area\nx,01\n")
    for path in ("/dev/zero", "/nowhere.csv", "/proc/self/mem"):
        yield Case("contributed file that is no file", path, nothing, ("contribute", "check", path))


# ---- manifests and expressions of wrong types -----------------------------------------------------------------------

VALUES: dict[str, object] = {
    "a number": 5,
    "a truth": True,
    "none": None,
    "a mapping": {"a": 1},
    "a list": [[1]],
    "a date": "2020-01-01x",
    "not finite": float("nan"),
}


TEXTS = {
    *((key, what) for key in ("name", "others") for what in ("a number", "a truth", "a date")),
    *(("others", "none"), ("others", "not finite"), ("source", "a truth"), ("container", "none")),
    *(("edition", what) for what in ("a number", "a truth", "a date")),
}
"""What is no mistake: a scalar of YAML is the text that it is written as, and a manifest may have editions of other specs."""


def manifests() -> Iterator[Case]:
    for key in ("name", "others", "entries"):
        for what, value in VALUES.items():
            if (key, what) not in TEXTS:
                yield Case(f"manifest whose {key} is of a wrong type", what, head(**{key: value}))
    for key in ("source", "edition", "path", "sha256", "container"):
        for what, value in VALUES.items():
            if (key, what) not in TEXTS:
                yield Case(f"entry of a manifest whose {key} is of a wrong type", what, _entry(key, value))
    chance = random.Random(SEED)
    for n in range(10):
        yield Case("manifest of random bytes", str(n), manifest(chance.randbytes(chance.choice([1, 40, 4_000]))))
    for what, text in DEEP.items():
        yield Case("manifest with a deep entry", what, manifest(b"name: x\nroot: /\nentries:\n - " + text.encode()))


def _entry(key: str, value: object) -> Prepare:
    def prepare(stage: Stage) -> None:
        document = yaml.safe_load(stage.manifest.read_text(encoding="utf-8"))
        document["entries"][1][key] = value
        stage.manifest.write_text(yaml.safe_dump(document), encoding="utf-8")

    return prepare


MIXED = (
    "MUN <> 0",
    "MUN = NAME + 1",
    "MUN IN (1, 2)",
    "MUN BETWEEN 1 AND 2",
    "NOT MUN",
    "abs(MUN) > 1",
    "CASE MUN WHEN 1 THEN TRUE END",
    "MUN",
    "1",
    "MUN > TRUE",
)
OF_MEASURES = (
    "literate = 'x'",
    "literate + 'x'",
    "literate > 1",
    "CASE WHEN literate THEN 1 END",
    "coalesce(literate, 'x')",
    "-(literate = 1)",
    "'x'",
    "nullif(literate, '')",
)


def unlike() -> Iterator[Case]:
    for text in MIXED:
        yield Case("row rule of unlike types", text, replaced(TABLE, "MUN <> '000'", text), CHECK)
        derived = f'level: municipality\n    derive: {{MORE: "({text}) + 1"}}\n'
        if text != "1":  # to add to a number is no mistake
            yield Case("derived column of unlike types", text, replaced(TABLE, "level: municipality\n", derived), CHECK)
    for text in OF_MEASURES:
        numerator = replaced(INDICATOR, "numerator: literate", f'numerator: "{text}"')
        yield Case("numerator of unlike types", text, numerator, CHECK)


def every() -> Iterator[Case]:
    yield from arguments()
    yield from records()
    yield from provenance()
    yield from contributions()
    yield from manifests()
    yield from unlike()
