"""axe-core finds nothing wrong on a page of each kind, in both languages, light and dark (WCAG 2.2 AA and good practice)."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

KINDS = (
    "index.html", "objetivo/4.html", "meta/4.6.html", "indicadores.html", "lugares.html", "compara.html", "datos.html",
    "consulta.html", "calidad.html", "versiones.html", "fuentes.html", "metodo.html", "accesibilidad.html",
    "acerca.html", "estado/MX01.html", "municipio/MX01001.html", "indicador/literacy_15_plus.html",
    "explica/literacy_15_plus.html", "explica/literacy_15_plus.html#a=MX01001", "unidad/MX02001H.html", "meta/5.a.html",
    "datos-abiertos.html", "faltantes.html", "pide.html", "falta/MX01.html", "apertura.html", "apertura/own_release.html",
    "apertura/inegi_iter.html", "carta.html", "solicitudes.html", "aportaciones.html", "parecidos.html",
    "coherencia/MX01.html", "presupuesto.html",
    "compara.html#i=literacy_15_plus&j=illiteracy_15_plus&l=s&a=MX01,MX06",
)  # fmt: skip


RULES = {"light": DEFAULT_OPTIONS, "dark": {**DEFAULT_OPTIONS, "runOnly": ["color-contrast"]}}
"""Options of axe by colour scheme: in the dark a page has other colours, and is the same besides."""


TABS = 8
"""Pages opened together: each must have asked for nothing during half a second."""


def test_axe_finds_nothing_wrong(site: Path, browser: Browser) -> None:
    context, axe = browser.new_context(viewport={"width": 1280, "height": 900}), Axe()
    english = sorted(path for path in site.glob("en/**/*.html") if path.stem in ("MX01", "MX01001", "literacy_15_plus"))
    violations, waiting = [], [*(site / kind for kind in KINDS), *english, site / "en" / "index.html"]
    tabs = [context.new_page() for _ in range(TABS)]
    while waiting:
        open_now = list(zip(waiting[:TABS], tabs, strict=False))
        del waiting[:TABS]
        for path, page in open_now:
            address, _, chosen = str(path).partition("#")
            page.goto(f"{Path(address).as_uri()}#{chosen}")
        for path, page in open_now:
            page.wait_for_load_state("networkidle")
            for scheme, options in RULES.items():
                page.emulate_media(color_scheme=scheme)
                for violation in axe.run(page, options=options).response["violations"]:
                    nodes = [node["target"] for node in violation["nodes"]]
                    violations.append((str(path.relative_to(site)), scheme, violation["id"], nodes))
    context.close()
    assert len(english) == 6
    assert violations == []
