"""Hostile specs, written SQL, manifests, homes and arguments."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import partial

import yaml

from hostile.case import Case, Prepare
from hostile.stage import Stage

SEED = 20211
INDICATOR, TABLE, SOURCE = "goal_04/literacy.yaml", "tables/people.yaml", "sources/people_municipalities.yaml"
CHECK = ("check",)


def written(path: str, content: bytes) -> Prepare:
    def prepare(stage: Stage) -> None:
        (stage.specs / path).parent.mkdir(parents=True, exist_ok=True)
        (stage.specs / path).write_bytes(content)

    return prepare


def added(path: str, text: str | Callable[[], str]) -> Prepare:
    def prepare(stage: Stage) -> None:
        with (stage.specs / path).open("a", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else text())

    return prepare


def replaced(path: str, old: str, new: str) -> Prepare:
    return lambda stage: stage.edit(path, old, new)


# ---- YAML -----------------------------------------------------------------------------------------------------------

DEEP = {
    "brackets": "[" * 50_000, "closed brackets": "[" * 5_000 + "]" * 5_000, "braces": "{a: " * 20_000, "dashes": "- " * 20_000,
    "indents": "\n".join(" " * n + "a:" for n in range(3_000)), "question marks": "? " * 20_000, "quotes in brackets": '["' * 10_000,
}  # fmt: skip
ODD = {
    "empty": b"", "a BOM alone": b"\xef\xbb\xbf", "NUL": b"\0" * 100, "UTF-16": "id: x".encode("utf-16"), "a tab": b"\tid: x", "an anchor": b"&a [*a, *a]",
    "a tag of Python": b"!!python/object/apply:os.system ['id']", "a merge": b"<<: {id: x}", "a document end": b"...\n...\n---\n", "a directive": b"%YAML 9.9\n---\nid: x",
    "only a comment": b"# id", "a number": b"5", "a list": b"[1]", "a key that is a list": b"? [a]\n: b", "an empty key": b": x", "a key of 1 MB": b"k" * 1_000_000 + b": x",
    "latin-1": "id: ñ".encode("latin-1"), "a surrogate": b'id: "\\ud800"', "an escape": b'id: "\\x1b[31m"', "not closed": b'id: "x', "binary": bytes(range(256)),
}  # fmt: skip
BILLION = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
TEXTS = {
    "ANSI": "\\e[31mred", "a bell": "\\a", "a NUL": "\\0", "right to left": "\\u202Eabc", "a line separator": "\\u2028x", "C1": "\\x9b31m", "backspace": "abc\\b\\b",
    "carriage return": "abc\\rdef", "delete": "\\x7f",
}  # fmt: skip
NUMBERS = {
    "decimals": [("decimals: 1", f"decimals: {n}") for n in ("1000000000000", "-1", "1e9", "0x5", "١", "9" * 5_000, "true", "[]", "nan")],
    "range": [("[0, 100]", f"[0, {n}]") for n in ("nan", "inf", "1e999", "-1", "[]", "9" * 400, "'100'x")],
    "target": [('target: "4.6"', f'target: "{n}"') for n in ("4.66666666666", "../4", "4.6\\n", "²", "99.9", "4." + "6" * 3_000)],
}  # fmt: skip
FORMATS = {
    "preamble": ("1000000000000", "-1", "1e3", "9" * 100), "footer": ("1000000000000", "-5", "x"), "delimiter": ('"ab"', '""', '"\\n"', '"\\""', '"\\0"'),
    "encoding": ("utf-7", "punycode", "../x", "idna"), "thousands": ('"x"', '"1"'), "missing": ("5", "{a: b}", "[[x]]"),
}  # fmt: skip


LARGE: dict[str, Callable[[int], str]] = {
    "keys": lambda n: "".join(f"k{i}: x\n" for i in range(n)),
    "items": lambda n: "assumptions: [" + "x, " * n + "x]\n",
    "a text": lambda n: f'notes: "{"x" * n}"\n',
    "comments": lambda n: "#\n" * n * 10,
}


def documents() -> Iterator[Case]:
    for what, text in DEEP.items():
        for path in (INDICATOR, TABLE, "codelists/deep.yaml"):
            yield Case("YAML nested deeply", f"{what} in {path}", written(path, text.encode()), CHECK)
    for what, content in ODD.items():
        yield Case("YAML that is no spec", what, written(INDICATOR, content), CHECK)
    yield Case("YAML of aliases", "a billion", written(INDICATOR, BILLION.encode()), CHECK)
    for n in (200_000, 2_000_000):
        for what, make in LARGE.items():
            yield Case("YAML that is very large", f"{what} {n:,}", added(INDICATOR, partial(make, n)), CHECK)
    for what, escape in TEXTS.items():
        for key in ("title: {en: ", "description: {en: "):
            old = f'{key}"{"Literacy" if key.startswith("title") else "Who reads."}"'
            yield Case(
                "YAML text of control characters",
                f"{what} in {key[:5]}",
                replaced(INDICATOR, old, f'{key}"{escape}"'),
                CHECK,
            )
        yield Case("YAML key of control characters", what, added(INDICATOR, f'"{escape}": x\n'), CHECK)
    for place, changes in NUMBERS.items():
        for old, new in changes:
            yield Case("YAML number out of bounds", f"{place} {new[:30]}", replaced(INDICATOR, old, new), CHECK)
    for key, values in FORMATS.items():
        for value in values:
            form = (
                f'format: {{missing: ["*", "N/D", ""], {key}: {value}}}'
                if key != "missing"
                else f"format: {{missing: {value}}}"
            )
            yield Case(
                "YAML format that is none",
                f"{key} {value[:20]}",
                replaced(TABLE, 'format: {missing: ["*", "N/D", ""]}', form),
            )
    for key, value in {
        "period": "99999",
        "max_megabytes": "0",
        "max_unpacked_megabytes": "1e30",
        "forecast_from": "'１９９９'",
        "until": "2020-13",
        "states": "['²']",
    }.items():
        line = 'period: "2020", url_status: from_memory}'
        changed = line.replace('"2020"', value) if key == "period" else line[:-1] + f", {key}: {value}}}"
        yield Case("YAML edition out of bounds", key, replaced(SOURCE, line, changed), CHECK)
    for url in (
        "http://[::1",
        "file:///etc/passwd",
        "ftp://x/y",
        "https://",
        "javascript:alert(1)",
        "https://a b",
        "https://x/\\n",
        "https://" + "x" * 5_000,
        "//x",
        "https://exa\\u202Emple.org",
    ):
        yield Case(
            "YAML address that is none",
            url[:30],
            replaced(SOURCE, "https://example.org/municipalities.csv", url),
            CHECK,
        )


# ---- expressions and SQL --------------------------------------------------------------------------------------------

EXPRESSIONS = (
    "read_text('/etc/passwd')", "(SELECT 1)", "literate; DROP TABLE x", "$spec_hash", "$1", "?", "literate /* x",
    "sex", "random()", "now()", "getenv('HOME')", "literate IN (SELECT 1)", "(" * 3_000 + "literate" + ")" * 3_000,
    " + ".join(["literate"] * 20_000), "literate + " * 500, "lit\u202eerate", "li\u200bterate", "literate\\0", "{literate}", "[literate]",
    "literate::BLOB", "CAST(literate AS JSON)", "x'00'", "literate OVER ()", "COLUMNS(*)", "*", "literate AS x", "literate, population", "population.literate",
    "\\x1b[31mliterate", "ｌiterate", "-" * 2_000 + "literate", "literate ** 99", "literate[1]", "lambda x: x", "exp(1000000)",
)  # fmt: skip
SQL = (
    "", "SELECT", "SELECT 1", "DROP TABLE staged", "SELECT * FROM read_csv('/etc/passwd')", "ATTACH 'x'", "COPY staged TO 'x'", "INSTALL httpfs", "PRAGMA version", "SET threads=1",
    "SELECT * FROM '/etc/passwd'", "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT * FROM a", "SELECT * FROM range(1000000000000)", "SELECT random()", "SELECT 1; SELECT 2",
    "SELECT * FROM people, people, people, people", "SELECT getenv('HOME')", "SELECT * FROM duckdb_settings()", "\x00", "SELECT 'a' || repeat('x', 1000000000)", "(" * 5_000, "SELECT " + "1+" * 20_000 + "1",
    "/*" * 5_000, "SELECT * FROM glob('/*')", "EXPORT DATABASE 'x'", "CALL pragma_version()", "SELECT * FROM people TABLESAMPLE 10%", "select '\x1b[31m'",
)  # fmt: skip


def expressions() -> Iterator[Case]:
    for number, text in enumerate(EXPRESSIONS):
        quoted = '"' + text.replace('"', '\\"') + '"'
        kind = "expression that is none"
        yield Case(
            kind, f"{number} {text[:30]!r}", replaced(INDICATOR, "numerator: literate", f"numerator: {quoted}"), CHECK
        )
    for number, text in enumerate(SQL):
        change = "method: {kind: sql, table: people, file: literacy.sql, rows_of: state}"
        old = "method: {kind: ratio, table: people, numerator: literate, denominator: population}"

        def prepare(stage: Stage, text: str = text, change: str = change, old: str = old) -> None:
            stage.edit(INDICATOR, old, change)
            (stage.specs / "goal_04" / "literacy.sql").write_text(text, encoding="utf-8")

        yield Case("written SQL that is refused", f"{number} {text[:30]!r}", prepare)


# ---- manifests, files of the system, homes, arguments -----------------------------------------------------------------


def manifest(content: bytes) -> Prepare:
    def prepare(stage: Stage) -> None:
        stage.manifest.write_bytes(content)

    return prepare


def entry(**facts: object) -> Prepare:
    def prepare(stage: Stage) -> None:
        document = yaml.safe_load(stage.manifest.read_text(encoding="utf-8"))
        document["entries"][1].update(facts)
        stage.manifest.write_text(yaml.safe_dump(document), encoding="utf-8")

    return prepare


def head(**facts: object) -> Prepare:
    def prepare(stage: Stage) -> None:
        document = yaml.safe_load(stage.manifest.read_text(encoding="utf-8"))
        document.update(facts)
        stage.manifest.write_text(yaml.safe_dump(document), encoding="utf-8")

    return prepare


def manifests() -> Iterator[Case]:
    for what, text in DEEP.items():
        yield Case("manifest nested deeply", what, manifest(text.encode()))
    for what, content in ODD.items():
        yield Case("manifest that is none", what, manifest(content))
    for path in (
        "../../../etc/passwd",
        "/etc/passwd",
        "/dev/zero",
        "a\0b",
        "x" * 5_000,
        "",
        ".",
        "..",
        "\x1b[31m",
        "~/x",
        "people_states.csv/x",
        "C:\\x",
    ):
        yield Case("manifest with a hostile path", repr(path[:20]), entry(path=path))
    for hash_ in ("0" * 64, "x" * 64, "", "1" * 63, "a" * 10_000, "²" * 64, None, 5, ["0"]):
        yield Case("manifest with a false hash", repr(hash_)[:20], entry(sha256=hash_))
    for name in ("../../x", "a/b", "\x1b[31m", "[/x]", "", "x" * 5_000, "people_municipalities\n", "ñ", None, 5):
        yield Case("manifest with a hostile source", repr(name)[:20], entry(source=name))
        if name != 5:  # an edition that no spec names, and no more
            yield Case("manifest with a hostile edition", repr(name)[:20], entry(edition=name))
    for root in (
        "/nowhere",
        "\0",
        "file:///etc",
        "ftp://x",
        "http://[::1",
        "http://",
        "${NOT_SET}/x",
        "x" * 5_000,
        5,
        None,
        ["a"],
    ):
        yield Case("manifest with a hostile root", repr(root)[:30], head(root=root))
    for container in ("tar", "zip", "bz2", "workbook", "", 5, "../x"):
        yield Case("manifest with another container", repr(container), entry(container=container))


def _fifo(path: str) -> Prepare:
    def prepare(stage: Stage) -> None:
        target = stage.folder / path
        target.unlink(missing_ok=True)
        os.mkfifo(target)

    return prepare


def _linked(path: str, to: str) -> Prepare:
    def prepare(stage: Stage) -> None:
        target = stage.folder / path
        target.unlink(missing_ok=True)
        target.symlink_to(to)

    return prepare


def _folder(path: str) -> Prepare:
    def prepare(stage: Stage) -> None:
        (stage.folder / path).unlink(missing_ok=True)
        (stage.folder / path).mkdir()

    return prepare


PLACES = {
    "an indicator": f"specs/{INDICATOR}", "a table": f"specs/{TABLE}", "a register": "specs/geography/states.csv", "another spec": "specs/goal_04/other.yaml",
    "a manifest": "mirror/mirror.yaml",
}  # fmt: skip


def of_the_system() -> Iterator[Case]:
    for what, path in PLACES.items():
        yield Case("FIFO in place of a file", what, _fifo(path))
        for device in ("/dev/zero", "/dev/random", "/nowhere"):
            yield Case("link in place of a file", f"{what} to {device}", _linked(path, device))
        yield Case(
            "link in place of a file",
            f"{what} to itself",
            lambda stage, path=path: _linked(path, str(stage.folder / path))(stage),
        )
        yield Case("folder in place of a file", what, _folder(path))


REGISTER = "geography/states.csv"


def registers() -> Iterator[Case]:
    chance = random.Random(SEED)
    for what, content in {"empty": b"", "a header alone": b"code,name\n", "binary": bytes(range(256)), "latin-1": "code,name\nñ,ñ\n".encode("latin-1"), "UTF-16": "code".encode("utf-16"),
                          "a long line": b"a," * 5_000_000, "NUL": b"\0" * 1_000, "HTML": b"<html>"}.items():  # fmt: skip
        yield Case("register that is none", what, written(REGISTER, content))
        yield Case("register of municipalities that is none", what, written("geography/municipalities.csv", content))
    for n in range(8):
        yield Case("register of random bytes", str(n), written(REGISTER, chance.randbytes(chance.choice([10, 500]))))


def state() -> Iterator[Case]:
    def damaged(pattern: str, content: bytes) -> Prepare:
        def prepare(stage: Stage) -> None:
            paths = sorted(p for p in (stage.home / "data").glob(pattern) if p.is_file())
            assert paths, f"the home has no {pattern}"
            paths[0].write_bytes(content)

        return prepare

    for pattern in ("raw/**/current.json",):
        for what, content in {
            "empty": b"",
            "cut": b'{"sha',
            "deep": b"[" * 200_000,
            "binary": bytes(range(256)),
            "a list": b"[]",
            "a number": b"5",
            "NaN": b'{"a": NaN}',
        }.items():
            yield Case(f"damaged {pattern.rpartition('/')[2]}", what, damaged(pattern, content))


def every() -> Iterator[Case]:
    yield from documents()
    yield from expressions()
    yield from manifests()
    yield from of_the_system()
    yield from registers()
    yield from state()
