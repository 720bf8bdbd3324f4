"""Why indicators have no value of the nation, or values of groups and no total, in words for every output.

What belongs here: those words. What does not: which indicators must say why (estimate.unexplained).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from sdg_pipeline.publish.describe import Language
from sdg_pipeline.specs.indicator import Indicator

What = Literal["nation", "total"]
TITLES: dict[What, dict[Language, str]] = {
    "nation": {"en": "Without a value of the nation", "es": "Sin valor de la nación"},
    "total": {"en": "Values of groups, without a total", "es": "Valores de grupos, sin total"},
}


def why_no(indicator: Indicator, what: What, language: Language) -> str:
    """Why there is no value of the nation, or no total of the groups; empty where there is one."""
    return " ".join(text.en if language == "en" else text.es for text in indicator.why_no(what))


def reasons(indicators: Iterable[Indicator], language: Language) -> Iterator[str]:
    """Parts in Markdown: each reason once, with the indicators that it holds for."""
    every = list(indicators)
    for what, title in TITLES.items():
        named: dict[str, list[str]] = {}
        for indicator in every:
            if reason := why_no(indicator, what, language):
                named.setdefault(reason, []).append(f"`{indicator.id}`")
        if named:
            yield f"### {title[language]}"
            yield "\n".join(f"- {reason} {', '.join(names)}" for reason, names in named.items())
