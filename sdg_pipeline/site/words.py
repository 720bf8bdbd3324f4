"""The words of the site in both languages: ``words.yaml``, a key with Spanish and English.

What belongs here: finding a word. What does not: the words of specs, which bring their own.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from sdg_pipeline.site.model import Language, Text
from sdg_pipeline.specs import yaml


@cache
def _read() -> dict[str, Text]:
    file = resources.files("sdg_pipeline.site") / "words.yaml"
    document = yaml.parsed(file.read_bytes(), "words.yaml")
    if document.data is None or document.problems:
        raise ValueError(f"words.yaml is no sound file: {[str(problem) for problem in document.problems]}")
    return {key: Text(str(both["es"]), str(both["en"])) for key, both in document.data.items()}


def word(language: Language, key: str, **values: object) -> str:
    """A word or sentence in a language; KeyError where there is none, so that a page is never without its words."""
    text = _read()[key][language]
    return text.format(**values) if values else text


def has_word(key: str) -> bool:
    """Whether there is such a word."""
    return key in _read()


def keys() -> list[str]:
    """The keys of all words, sorted."""
    return sorted(_read())
