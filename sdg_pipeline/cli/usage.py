"""Arguments that a command does not take: one line with a remedy, as of every other error.

What belongs here: what typer refuses before a command begins. What does not: the commands.
"""

from __future__ import annotations

import errno
from typing import Any

from typer.core import TyperGroup
from typer.exceptions import TyperException

from sdg_pipeline.errors import UsageError, shown

MAX_SHOWN = 400
"""Characters of what typer says, which repeats what somebody wrote."""


class Commands(TyperGroup):
    """Commands of ``sdg``."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """The context of a call; UsageError where its arguments are refused."""
        try:
            return super().make_context(*args, **extra)
        except TyperException as error:
            raise _said(error) from error

    def invoke(self, ctx: Any) -> Any:
        """What a command does; UsageError where its arguments are refused."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            raise _said(error) from error
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            message = f"too long for the name of a file: {error.filename!r}"
            raise UsageError(message, remedy="write a shorter one") from error


def _said(error: Any) -> BaseException:
    """The error in our words; help in place of arguments that are none stays what it is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return error  # type: ignore[no-any-return]
    call = error.ctx.command_path if error.ctx else "sdg"
    return UsageError(
        shown(error.format_message().rstrip("."), MAX_SHOWN), remedy=f"`{call} --help` says what it takes"
    )
