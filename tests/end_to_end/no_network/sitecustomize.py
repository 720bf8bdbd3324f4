"""Refuses connections to other machines in every Python process that has this folder on PYTHONPATH.

What was tried is written to the file that SDG_TEST_NETWORK_LOG names: code that swallows the refusal is seen as well.
"""

from __future__ import annotations

import os
import socket
from typing import Any

HERE = ("127.0.0.1", "::1", "localhost", "0.0.0.0")


def _require_this_machine(host: object) -> None:
    if host in HERE or host is None:
        return
    with open(os.environ["SDG_TEST_NETWORK_LOG"], "a", encoding="utf-8") as log:  # noqa: PTH123 - every start pays for pathlib
        log.write(f"{host}\n")
    raise OSError(f"the tests allow no connection to {host}")


class GuardedSocket(socket.socket):
    """A socket that reaches this machine only; addresses that are paths (AF_UNIX) are of this machine."""

    def connect(self, address: Any) -> None:
        _require_this_machine(address[0] if isinstance(address, tuple) else None)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        _require_this_machine(address[0] if isinstance(address, tuple) else None)
        return super().connect_ex(address)

    def sendto(self, *arguments: Any) -> int:
        _require_this_machine(arguments[-1][0] if isinstance(arguments[-1], tuple) else None)
        return super().sendto(*arguments)


_getaddrinfo = socket.getaddrinfo


def _guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
    _require_this_machine(host)
    return _getaddrinfo(host, *arguments, **options)


socket.socket = GuardedSocket  # type: ignore[misc]
socket.getaddrinfo = _guarded_getaddrinfo
