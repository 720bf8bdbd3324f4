"""Where each page lies: Spanish at the root, English below ``en/``, names in the language of the page.

What belongs here: paths. What does not: what stands at them.
"""

from __future__ import annotations

from sdg_pipeline.site.model import LANGUAGES, Language

FOLDERS: dict[str, tuple[str, str]] = {
    "goal": ("objetivo", "goal"),
    "target": ("meta", "target"),
    "indicator": ("indicador", "indicator"),
    "explain": ("explica", "explain"),
    "state": ("estado", "state"),
    "municipality": ("municipio", "municipality"),
    "unit": ("unidad", "unit"),
    "lacks": ("falta", "lacks"),
    "coherence": ("coherencia", "coherence"),
}
"""Kinds of page of which there are many, with their folders in Spanish and English."""
FILES: dict[str, tuple[str, str]] = {
    "home": ("index", "index"),
    "indicators": ("indicadores", "indicators"),
    "places": ("lugares", "places"),
    "compare": ("compara", "compare"),
    "data": ("datos", "data"),
    "query": ("consulta", "query"),
    "open": ("datos-abiertos", "open-data"),
    "missing": ("faltantes", "missing"),
    "ask": ("pide", "ask"),
    "budget": ("presupuesto", "budget"),
    "quality": ("calidad", "quality"),
    "releases": ("versiones", "releases"),
    "sources": ("fuentes", "sources"),
    "method": ("metodo", "method"),
    "accessibility": ("accesibilidad", "accessibility"),
    "about": ("acerca", "about"),
}
"""Kinds of page of which there is one."""


def path(kind: str, language: Language, name: str = "") -> str:
    """The path of a page below the folder of the site, such as ``en/state/MX20.html``."""
    which = LANGUAGES.index(language)
    below = "" if language == LANGUAGES[0] else f"{language}/"
    if kind in FILES:
        return f"{below}{FILES[kind][which]}.html"
    return f"{below}{FOLDERS[kind][which]}/{name}.html"


def explained(language: Language, indicator: str, place: str, period: str = "", group: int = 0) -> str:
    """The page that says where a value comes from; scripts read the choice behind ``#``."""
    chosen = f"a={place}" + (f"&p={period}" if period else "") + (f"&g={group}" if group else "")
    return f"{path('explain', language, indicator)}#{chosen}"


def from_folder(page: str) -> str:
    """The way to a page from one that lies in a folder of the same language."""
    return "../" + page.removeprefix("en/")


def locator(around: str) -> str:
    """The picture of a state, or of the nation, that shows where a place in it lies."""
    return f"data/{around}.svg"


def root_of(page: str) -> str:
    """The way from a page to the folder of the site: ``../`` for each folder that it lies in."""
    return "../" * page.count("/")
