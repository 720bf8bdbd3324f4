"""The pictures of the desk: the card of each indicator, which the page of its asset shows without a click.

A run writes it (reports), the webserver of the desk serves it, the description of the asset names its address. So the
page shows the newest one, though Dagster reads descriptions only when it loads the definitions.
What belongs here: the way from file to page. What does not: drawing (charts), other webservers.
"""

from __future__ import annotations

import re
from pathlib import Path

from assets.door import App, Receive, Scope, Send

CARD = "card"
ADDRESS = re.compile(rf"/desk/([a-z0-9_]+)/{CARD}\.svg")
HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
}
"""A browser asks each time whether it has changed, and runs nothing in a picture that is opened alone."""


def shown(indicator: str) -> str:
    """The card of an indicator in Markdown; the words stand in its place until a run has drawn it."""
    return f"![The newest value stands here when a run has computed it](/desk/{indicator}/{CARD}.svg)"


def with_cards(app: App, folder: Path) -> App:
    """``app``, and with it the cards that lie in ``folder``, one folder per indicator."""
    from starlette.responses import FileResponse, Response

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        asked = ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await app(scope, receive, send)
            return
        card = folder / asked[1] / f"{CARD}.svg"
        answer = FileResponse(card, headers=HEADERS) if card.is_file() else Response(status_code=404)
        await answer(scope, receive, send)

    return both
