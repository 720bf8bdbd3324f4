"""A page of another origin, and what it tries in the browser of somebody who uses the desk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

FOREIGN = "evil.example"
GUARD_OFF = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
"""The browser's own guard of the local network is off: the door must not need it."""
FETCH = """
async ([address, options]) => {
    try { const answer = await fetch(address, options); return [answer.type, answer.status, await answer.text()] }
    catch (error) { return ['refused', 0, ''] }
}
"""
PICTURE = """
address => new Promise(done => {
    const picture = new Image(); picture.onload = picture.onerror = () => done(true); picture.src = address })
"""
SOCKET = """
address => new Promise(done => {
    const socket = new WebSocket(address, 'graphql-ws')
    socket.onopen = () => done('open'); socket.onclose = () => done('closed') })
"""
FORM = """
([address, target, kind, fields]) => {
    const form = document.createElement('form')
    form.method = 'post'; form.action = address; form.target = target; form.enctype = kind
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement('input'); field.name = name; field.value = value; form.append(field) }
    document.body.append(form); form.submit() }
"""


class _EmptyPage(BaseHTTPRequestHandler):
    """A page with a frame."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title><body><iframe name='frame'></iframe>")

    def log_message(self, *_: object) -> None:
        """Without a word."""


@contextmanager
def empty_page() -> Iterator[int]:
    """The port of another server on this machine, which has the page."""
    with HTTPServer(("127.0.0.1", 0), _EmptyPage) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            yield other.server_port
        finally:
            other.shutdown()
            thread.join()
