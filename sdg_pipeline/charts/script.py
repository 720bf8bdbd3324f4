"""The script that draws in a browser on the scales of this package: the same constants, the same rules.

What belongs here: handing them over. What does not: the scales (axis, trend), and the pages that draw with them.
"""

from __future__ import annotations

import json
from importlib import resources

from sdg_pipeline.charts import axis, choropleth


def scale() -> bytes:
    """The script with its constants before it."""
    constants = {
        "steps": axis.STEPS,
        "margin": axis.MARGIN,
        "resolution": axis.RESOLUTION,
        "digits": axis.DIGITS,
        "classes": choropleth.CLASSES,
    }
    file = resources.files("sdg_pipeline.charts") / "templates" / "scale.js"
    return f"SDG.SCALE={json.dumps(constants)};\n".encode() + file.read_bytes()
