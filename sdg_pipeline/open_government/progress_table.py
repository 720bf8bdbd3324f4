"""The table of progress towards numeric targets: its columns and key.

What belongs here: what stands in it. What does not: how it is filled (progress); the other tables (tables).
"""

from __future__ import annotations

from sdg_pipeline.open_government.table import Table, number, text
from sdg_pipeline.specs import fields

_OBSERVED = {field.name: field for field in fields.OBSERVATION}

PROGRESS = Table(
    "progress",
    "progress.parquet",
    (
        *(_OBSERVED[name] for name in ("indicator", "ref_area", "geo_level")),
        text("target_year", "Year by which the target is to be met", "Año de la meta"),
        number("target_value", "Value to be met by the area; of a change, from its base value", "Valor de la meta"),
        text(
            "target_measure",
            "same: the document sets the target for this measure; proxy: for another of its subject",
            "same (meta de esta medida) o proxy (de otra medida del tema)",
        ),
        text("base_period", "First year from the base year on with a value", "Primer año desde el año base", False),
        number("base_value", "Value of that year", "Valor de ese año"),
        _OBSERVED["time_period"],
        number("obs_value", "Newest value", "Valor más reciente"),
        number("actual_growth", "Growth a year from base to newest value, per cent", "Crecimiento anual real, %"),
        number("required_growth", "Growth a year from the base that meets the target, per cent", "El necesario, %"),
        number("ratio", "Actual in per cent of required growth; negative: away", "Real entre necesario, por 100"),
        text(
            "class",
            "reached; significant (ratio 95 or more), moderate (60), insufficient (0), away (below 0); or missed",
            "reached, significant, moderate, insufficient, away o missed",
            required=False,
        ),
        text(
            "reason",
            "Why no ratio: one_period, no_value, no_base, break, opposite_signs, base_at_target, base_after_target",
            "Por qué no hay razón de crecimientos",
            required=False,
        ),
    ),
    ("indicator", "ref_area"),
    "progress towards numeric targets by the method of Eurostat: actual over required compound annual growth",
    "avance hacia metas numéricas con el método de Eurostat: crecimiento anual compuesto real entre el necesario",
)
