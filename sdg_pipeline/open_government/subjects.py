"""The subjects of open government, each registered once, in the order in which their steps are laid out."""

from sdg_pipeline.open_government.budget import BUDGETS
from sdg_pipeline.open_government.charter import CHARTER
from sdg_pipeline.open_government.commitments import COMMITMENTS
from sdg_pipeline.open_government.gaps import GAPS
from sdg_pipeline.open_government.levels import LEVELS
from sdg_pipeline.open_government.local import CONTRIBUTIONS
from sdg_pipeline.open_government.openness import OPENNESS
from sdg_pipeline.open_government.peers import PEERS
from sdg_pipeline.open_government.portal import PORTALS
from sdg_pipeline.open_government.progress import PROGRESSES
from sdg_pipeline.open_government.requests import REQUESTS
from sdg_pipeline.open_government.subject import Subject

_ORDERED = (COMMITMENTS, GAPS, OPENNESS, CHARTER, PEERS, CONTRIBUTIONS, REQUESTS, PORTALS, LEVELS, BUDGETS, PROGRESSES)
SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in _ORDERED}
