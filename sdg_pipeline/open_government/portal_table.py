"""The table of datasets on open data portals: its columns and key.

What belongs here: what stands in it. What does not: how it is filled (portal); the other tables (tables).
"""

from __future__ import annotations

from sdg_pipeline.open_government.table import Table, text, whole

PORTAL = Table(
    "portal",
    "portal.parquet",
    (
        text("portal", "Portal", "Portal"),
        text("dataset", "Name or id of the dataset there", "Nombre o clave del conjunto de datos en él"),
        text("about", "Source, or register and commitment, that names it", "Fuente o compromiso que lo nombra"),
        text("source", "Source that it would be an edition of", "Fuente de la que sería edición", required=False),
        text("organization", "Organization, by the last good answer", "Organización, según el portal", required=False),
        text("title", "Title, by the last good answer", "Título, según el portal", required=False),
        text("formats", "Formats of the files", "Formatos de los archivos", required=False),
        whole("files", "How many files there are", "Número de archivos", required=False),
        text("published_on", "Day from which it is on the portal", "Día desde el que está en el portal", False),
        text("modified_on", "Day of the last change, of the files or their description", "Último cambio", False),
        text("newest_file_on", "Newest day of a file", "Día más reciente de un archivo", required=False),
        text("asked_on", "Day on which somebody asked last", "Día en que se preguntó", required=False),
        text("answered_on", "Day of the last good answer, whose words these are", "Día de la última respuesta", False),
        text("verdict", "listed or unknown", "listed (está en el portal) o unknown"),
        text(
            "reason",
            "Why it is unknown: never_asked, robots, refused, absent, failing and so on; empty: listed",
            "Por qué es unknown; vacío: listed",
            required=False,
        ),
        text("evidence", "What came in place of an answer", "Lo que llegó en vez de una respuesta", required=False),
        text("link", "Page of the dataset", "Página del conjunto de datos", required=False),
        text("record", "Record of the asking in the home", "Registro de la consulta", required=False),
        text("cite", "Where it was read that this is the dataset", "Dónde se leyó que es ese conjunto"),
    ),
    ("portal", "dataset", "about"),
    "datasets of sources and commitments as open data portals have them, each as of the day on which one was asked",
    "conjuntos de datos de fuentes y compromisos como están en los portales, según el día en que se preguntó",
)
