"""What addresses gave a short while ago, so that editions that lie in one file ask for it once.

What belongs here: for how long an answer counts, and for whom. What does not: taking it into the store (fetch).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sdg_pipeline.ingest.raw import RawFile

COUNTS_SECONDS = 600


@dataclass
class Answer:
    """The raw file that a question gave, when it was asked in seconds of a clock, and the editions that have it."""

    raw: RawFile
    asked: float
    taken_by: set[tuple[str, str]]


@dataclass
class Answers:
    """The last answers, by the name of their question."""

    by_question: dict[str, Answer] = field(default_factory=dict)

    def take(self, question: str, edition: tuple[str, str], now: float) -> RawFile | None:
        """The raw file that the question gave in the last ten minutes; each edition takes it once."""
        answer = self.by_question.get(question)
        if answer is None or now - answer.asked > COUNTS_SECONDS or edition in answer.taken_by:
            return None
        answer.taken_by.add(edition)
        return answer.raw

    def keep(self, question: str, raw: RawFile, now: float) -> None:
        """Keep what a question gave just now."""
        self.by_question[question] = Answer(raw, now, {(raw.source, raw.edition)})
