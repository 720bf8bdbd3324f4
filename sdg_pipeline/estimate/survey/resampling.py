"""How a sample is replicated: the factors by which the weights of its primary sampling units (PSU) change.

What belongs here: jackknife and bootstrap of stratified PSUs, and their cases of strata with one PSU. What does not:
estimates from the changed weights (replicates).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.survey.variance import NOTHING
from sdg_pipeline.specs.design import Replication

if TYPE_CHECKING:
    import numpy
    import pyarrow
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]
    Places = NDArray[numpy.int64]

CELLS = 500_000
"""Factors at once: replicates of a chunk times records of a domain. 4 MB, near to what a processor keeps at hand."""


def replicates(units: pyarrow.Table, single_psu: str, spec: Replication) -> Replicates:
    """Those of a sample, whose PSUs are given by stratum ``h`` with its ``n_psu`` and ``unsampled``, in this order."""
    return Jackknife(units, single_psu) if spec.kind == "jackknife" else Bootstrap(units, single_psu, spec)


class Replicates(ABC):
    """Replicates of a sample of U PSUs, which are numbered by their place."""

    random: bool
    """Whether replicates are drawn: each then tells as much as any other."""

    def __init__(self, units: pyarrow.Table, single_psu: str) -> None:
        self.stratum: Places = units["h"].to_numpy()
        self.size: Floats = units["n_psu"].to_numpy().astype(float)
        self.unsampled: Floats = units["unsampled"].to_numpy().astype(float)
        self.single_psu = single_psu
        varied = self.unsampled >= NOTHING
        self.alone = varied & (self.size == 1)
        self.varied = varied & ((self.size > 1) | (single_psu == "adjust"))

    @abstractmethod
    def factors(self, unit: Places) -> Iterator[tuple[Floats, Floats]]:
        """What replicates add to the variance of a domain whose records are of these PSUs. The first array says what a
        squared distance counts, shape (replicates of a chunk). The second has the factors of the weights, shape
        (replicates of a chunk, records).
        """

    def for_single(self, unit: Places) -> float:
        """What ``single_psu: average`` multiplies the variance of such a domain by: all strata over the others."""
        import numpy

        if self.single_psu != "average":
            return 1.0
        strata, first = numpy.unique(self.stratum[unit], return_index=True)
        others = len(strata) - int(self.alone[unit[first]].sum())
        return len(strata) / others if others else numpy.nan


class Jackknife(Replicates):
    """One PSU is left out, and its weight given to the others of its stratum (JKn).

    A PSU alone in its stratum is left out too where ``single_psu`` is ``adjust``. Its weight goes to none: of a total
    this is its square about zero. R's survey 4.1 gives its weight to all strata instead, by which domains without a
    record in the stratum vary too. Source: Rust and Rao (1996). Variance estimation for complex surveys using
    replication techniques. Statistical Methods in Medical Research 5, 283-310.
    """

    random = False

    def __init__(self, units: pyarrow.Table, single_psu: str) -> None:
        import numpy

        super().__init__(units, single_psu)
        others = numpy.maximum(self.size - 1, 1)
        self.raised = self.size / others
        self.scale = self.unsampled * others / numpy.maximum(self.size, 1)
        self.start = numpy.searchsorted(self.stratum, self.stratum, "left")
        self.end = numpy.searchsorted(self.stratum, self.stratum, "right")

    def factors(self, unit: Places) -> Iterator[tuple[Floats, Floats]]:
        import numpy

        order = numpy.argsort(unit, kind="stable")
        at = numpy.searchsorted(unit[order], numpy.arange(len(self.stratum) + 1))
        left_out, scale = self._left_out(unit, at)
        chunk = max(1, CELLS // len(unit))
        for i in range(0, len(left_out), chunk):
            part = left_out[i : i + chunk]
            factors = numpy.ones((len(part), len(unit)))
            for row, out in zip(factors, part, strict=True):
                row[order[at[self.start[out]] : at[self.end[out]]]] = self.raised[out]
                row[order[at[out] : at[out + 1]]] = 0.0
            yield scale[i : i + chunk], factors

    def _left_out(self, unit: Places, at: Places) -> tuple[Places, Floats]:
        """PSUs and what each counts: those of a stratum that have no record of the domain make the same replicate."""
        import numpy

        places = numpy.flatnonzero(self.varied & numpy.isin(self.stratum, self.stratum[unit]))
        has_records = at[places + 1] > at[places]
        without = places[~has_records]
        _, one, times = numpy.unique(self.stratum[without], return_index=True, return_counts=True)
        kept = numpy.concatenate([places[has_records], without[one]])
        return kept, self.scale[kept] * numpy.concatenate([numpy.ones(has_records.sum()), times])


class Bootstrap(Replicates):
    """Of the n PSUs of every stratum n - 1 are drawn with replacement, and weights raised by n / (n - 1).

    R's survey calls it subbootstrap. Where ``single_psu`` is ``adjust``, a PSU alone in its stratum is drawn as one of
    a pair, the other of which has nothing. Its weight is zero or twice itself. Source: Rao and Wu (1988). Resampling
    inference with complex survey data. JASA 83, 231-241.
    """

    random = True

    def __init__(self, units: pyarrow.Table, single_psu: str, spec: Replication) -> None:
        import numpy

        super().__init__(units, single_psu)
        pair = numpy.maximum(self.size, 2)
        self.raised = numpy.where(self.varied, pair / (pair - 1), 1.0)
        self.drawn = numpy.ones((spec.replicates, len(self.stratum)), dtype=numpy.int32)
        generator = numpy.random.default_rng(spec.seed)
        for first in numpy.flatnonzero(self.varied & (numpy.diff(self.stratum, prepend=-1) != 0)):
            n, size = int(self.size[first]), int(pair[first])
            counts = generator.multinomial(size - 1, numpy.full(size, 1 / size), size=spec.replicates)
            self.drawn[:, first : first + n] = counts[:, :n]

    def factors(self, unit: Places) -> Iterator[tuple[Floats, Floats]]:
        import numpy

        raised, chunk = self.raised[unit], max(1, CELLS // len(unit))
        for i in range(0, len(self.drawn), chunk):
            factors = self.drawn[i : i + chunk, unit].astype(float)
            factors *= raised
            yield numpy.full(len(factors), 1 / (len(self.drawn) - 1)), factors
