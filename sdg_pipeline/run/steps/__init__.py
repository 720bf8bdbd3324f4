"""The kinds of step, each registered once, in the order in which their steps are laid out."""

from sdg_pipeline.run.steps.coherence import CoherenceKind
from sdg_pipeline.run.steps.geometry import GeometryKind
from sdg_pipeline.run.steps.indicator import IndicatorKind
from sdg_pipeline.run.steps.kind import StepKind
from sdg_pipeline.run.steps.open_government import OpenGovernmentKind
from sdg_pipeline.run.steps.publication import PublicationKind
from sdg_pipeline.run.steps.raw import RawKind
from sdg_pipeline.run.steps.site import SiteKind
from sdg_pipeline.run.steps.staged import StagedKind
from sdg_pipeline.run.steps.warehouse import WarehouseKind

KINDS: dict[str, StepKind] = {
    kind.name: kind
    for kind in (
        RawKind(),
        StagedKind(),
        IndicatorKind(),
        CoherenceKind(),
        OpenGovernmentKind(),
        PublicationKind(),
        GeometryKind(),
        WarehouseKind(),
        SiteKind(),
    )
}
