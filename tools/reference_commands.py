"""The page of the command line, generated: every command of ``sdg`` with its options.

What belongs here: Markdown made of the commands. What does not: their help texts (``sdg_pipeline.cli``).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import typer

from sdg_pipeline.cli.commands import app
from sdg_pipeline.publish.dictionary import table_row

COMMANDS = """\
# Commands

This page lists every command of `sdg` with its options. `make run` and `make test` install `sdg` into `.venv/bin`;
`python -m sdg_pipeline` is the same. The exit code is 0 for success, 1 for failed checks, 2 for bad input or wrong
usage. Errors go to stderr, each with file, place, value and remedy. The environment variables are in
[contributor.md](contributor.md#environment-variables).
"""


def page() -> str:
    """Every command with its arguments and options, from the command line itself."""
    parts = [COMMANDS]
    for words, command in command_list():
        parts += [f"## `{' '.join(words)}`", command.help or "", f"```\n{_usage(words, command)}\n```"]
        if command.params:
            rows = [table_row("argument or option", "value", "default", "meaning"), "|---|---|---|---|"]
            parts.append("\n".join([*rows, *_parameters(command)]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def command_list() -> list[tuple[tuple[str, ...], Any]]:
    """Words and object of every command that does something, in the order of the help."""
    return list(_leaves(("sdg",), typer.main.get_command(app)))


def _leaves(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, child in inner.items():
        yield from _leaves((*words, name), child)


def _usage(words: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = ["[OPTIONS]"] if len(arguments) < len(command.params) else []
    named = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments]
    return " ".join([*words, *options, *named])


def _parameters(command: Any) -> Iterator[str]:
    hints = get_type_hints(command.callback)
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        spelt = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        name = spelt if option else f"`{parameter.name.upper()}`"
        default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
        default_shown = "needed" if parameter.required else "" if default in (None, False) else f"`{default}`"
        value = _of_type(hints[parameter.name]) + (", may be given again" if parameter.multiple else "")
        yield table_row(name, value, default_shown, parameter.help or "")


def _of_type(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{member.value}`" for member in hint)
    if isinstance(hint, UnionType) or get_origin(hint) is list:
        return _of_type(next(a for a in get_args(hint) if a is not NoneType))
    return {int: "whole number", bool: "yes or no"}.get(hint, "text")
