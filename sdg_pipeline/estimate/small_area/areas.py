"""Arrays with one number for each small area: their types, and the refusals that the models of areas share.

What belongs here: what has to be true of an array before a model reads it. What does not: the models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdg_pipeline.errors import ModelError

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]
    Flags = NDArray[numpy.bool_]

MAX_AREAS_SHOWN = 5


def refuse_unequal(model: str, *shapes: tuple[int, ...]) -> None:
    """Raise ModelError unless all shapes are one and the same (D,)."""
    if len(shapes[0]) != 1 or len(set(shapes)) > 1:
        raise ModelError(
            model,
            "every area needs one value in every array",
            value=f"shapes {', '.join(map(str, shapes))}",
            remedy="pass arrays of one length, in one order of areas",
        )


def refuse(model: str, place: str, wrong: Flags, message: str, remedy: str) -> None:
    """Raise ModelError that names the first areas, by position from 0, where ``wrong`` (D) is true."""
    positions = wrong.nonzero()[0].tolist()
    if positions:
        shown = ", ".join(map(str, positions[:MAX_AREAS_SHOWN]))
        more = f" and {len(positions) - MAX_AREAS_SHOWN} more" if len(positions) > MAX_AREAS_SHOWN else ""
        raise ModelError(model, message, place=place, value=f"areas {shown}{more}", remedy=remedy)
