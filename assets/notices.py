"""Notifies people: a line in the log, and a message to the address that ``SDG_WEBHOOK`` names.

What belongs here: the message and its way. What does not: when something is told (automation).
"""

from __future__ import annotations

import logging
import os
from typing import Any

WEBHOOK = "SDG_WEBHOOK"
TIMEOUT_SECONDS = 10.0
MAX_TEXT = 3000
log = logging.getLogger("sdg.desk")


def tell(text: str, **facts: Any) -> bool:
    """Log the text, and post it as JSON with ``facts``; whether somebody was reached. A failure is only logged."""
    import requests

    log.warning(text)
    address = os.environ.get(WEBHOOK, "").strip()
    if not address:
        return False
    try:
        response = requests.post(address, json={"text": text[:MAX_TEXT], **facts}, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
    except requests.RequestException as error:
        log.error("%s: the message was not delivered (%s)", WEBHOOK, error)
        return False
    return True
