"""Turns a page into HTML: templates in two languages, addresses relative to the page, texts escaped.

What belongs here: how templates are filled. What does not: what fills them (the pages).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sdg_pipeline.site import addresses, format
from sdg_pipeline.site.model import LANGUAGES, Contents, Language
from sdg_pipeline.site.words import word

if TYPE_CHECKING:
    from jinja2 import Environment, FileSystemBytecodeCache

RELEASES = "../published/latest"
"""The release in force as it lies beside the folder of the site; the server has it under the same name."""


@dataclass(frozen=True)
class Site:
    """What all pages share. ``address`` is where the site is published, with a closing slash; empty if not known."""

    contents: Contents
    address: str = ""
    mapped: bool = False
    """Whether there is a geometry; without it maps are tiles."""
    environments: dict[Language, Environment] = field(default_factory=dict)

    def render(self, kind: str, language: Language, name: str = "", **shown: Any) -> tuple[str, bytes]:
        """The path and the bytes of a page. ``shown`` has a ``title`` and a ``summary`` and what its template wants."""
        path = addresses.path(kind, language, name)
        others = {other: addresses.path(kind, other, name) for other in LANGUAGES}
        root = addresses.root_of(path)
        base = self.address or root
        page = self._environment(language).get_template(f"{kind}.html")
        html = page.render(
            kind=kind,
            name=name,
            root=root,
            here=base + path,
            place_of_site=base,
            others={other: base + there for other, there in others.items()},
            switch=root + others["en" if language == "es" else "es"],
            url=partial(_url, root, language),
            files=root + RELEASES,
            **shown,
        )
        return path, html.encode()

    def document(self, template: str, language: Language, **shown: Any) -> str:
        """A document that is no page of the site, from a template."""
        return self._environment(language).get_template(template).render(**shown)

    def _environment(self, language: Language) -> Environment:
        if language not in self.environments:
            self.environments[language] = self._new_environment(language)
        return self.environments[language]

    def _new_environment(self, language: Language) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("sdg_pipeline.site"),
            bytecode_cache=_compiled_templates(),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        environment.filters["css"] = _css_text
        environment.globals |= {
            "lang": language,
            "other": "en" if language == "es" else "es",
            "t": partial(word, language),
            "partial": self.contents.release.partial,
            "mapped": self.mapped,
            "number": format.number,
            "signed": format.signed,
            "interval": format.interval,
            "unit": partial(_unit, language),
            "goal_names": GOALS[language],
        }
        return environment


def _compiled_templates() -> FileSystemBytecodeCache | None:
    """What Jinja compiled before, in a folder of the system's for this user alone; None where there can be none."""
    from jinja2 import FileSystemBytecodeCache

    try:
        return FileSystemBytecodeCache()
    except (OSError, RuntimeError):
        return None


def _url(root: str, language: Language, kind: str, name: object = "") -> str:
    return root + addresses.path(kind, language, str(name))


def _css_text(text: str) -> str:
    """A text as CSS writes it; what would end it is left out."""
    return '"' + "".join(letter for letter in text if letter not in '"\\\n') + '"'


def _unit(language: Language, indicator: Any) -> str:
    return format.unit(indicator, language)


GOALS: dict[Language, tuple[str, ...]] = {
    "es": (
        "", "Fin de la pobreza", "Hambre cero", "Salud y bienestar", "Educación de calidad", "Igualdad de género",
        "Agua limpia y saneamiento", "Energía asequible y no contaminante", "Trabajo decente y crecimiento económico",
        "Industria, innovación e infraestructura", "Reducción de las desigualdades",
        "Ciudades y comunidades sostenibles", "Producción y consumo responsables", "Acción por el clima",
        "Vida submarina", "Vida de ecosistemas terrestres", "Paz, justicia e instituciones sólidas",
        "Alianzas para lograr los objetivos",
    ),
    "en": (
        "", "No poverty", "Zero hunger", "Good health and well-being", "Quality education", "Gender equality",
        "Clean water and sanitation", "Affordable and clean energy", "Decent work and economic growth",
        "Industry, innovation and infrastructure", "Reduced inequalities", "Sustainable cities and communities",
        "Responsible consumption and production", "Climate action", "Life below water", "Life on land",
        "Peace, justice and strong institutions", "Partnerships for the goals",
    ),
}  # fmt: skip
"""Short names of the goals, from 1."""
