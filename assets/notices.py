"""Notifies people: a line in the log, and a message to the address that ``SDG_WEBHOOK`` names.

What belongs here: the message and its way. What does not: when something is told (automation).
"""

from __future__ import annotations

import logging
import os
from typing import Any
from urllib.parse import urlsplit

WEBHOOK = "SDG_WEBHOOK"
TIMEOUT_SECONDS = 10.0
MAX_TEXT = 3000
log = logging.getLogger("sdg.desk")


def tell(text: str, **facts: Any) -> bool:
    """Log the text, and post it as JSON with ``facts``; whether somebody was reached. A failure is only logged."""
    import requests

    log.warning(text)
    host, address = None, os.environ.get(WEBHOOK, "").strip()
    if not address:
        return False
    try:
        host = urlsplit(address).hostname
        response = requests.post(address, json={"text": text[:MAX_TEXT], **facts}, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
    except (requests.RequestException, ValueError) as error:  # their texts repeat the address, which is a secret
        answer = getattr(error, "response", None)
        why = type(error).__name__ if answer is None else f"status {answer.status_code}"
        log.error("%s: the message was not delivered to %s (%s)", WEBHOOK, host or "it", why)
        return False
    return True
