"""Walks steps side by side, each after those of its inputs.

Much of a step is Python that one core runs, and much is DuckDB that lets other threads go on meanwhile. Two steps at
once fill two cores; a step that waits for a server takes none of their places. What belongs here: the order of steps.
What does not: whether a step must run at all (runner). Importing this module imports no library for data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sdg_pipeline.run.graph import Step

Ended = TypeVar("Ended")


def walked(
    steps: Iterable[Step], perform: Callable[[Step], Ended], at_once: int, waiting_kinds: frozenset[str] = frozenset()
) -> Iterator[Ended]:
    """Perform the steps, each after those of its inputs that are among them, and yield what came of them as they end.

    Of each of ``waiting_kinds`` one step at a time runs, beside the ``at_once`` others. Where a step fails, no other is
    begun; its error is raised once those that run have ended.
    """
    undone = list(steps)
    running: dict[Future[Ended], Step] = {}
    with ThreadPoolExecutor(max_workers=at_once + len(waiting_kinds), thread_name_prefix="step") as threads:
        while undone or running:
            while step := _next(undone, list(running.values()), at_once, waiting_kinds):
                undone.remove(step)
                running[threads.submit(perform, step)] = step
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                del running[ended]
                yield ended.result()


def _next(undone: list[Step], running: list[Step], at_once: int, waiting_kinds: frozenset[str]) -> Step | None:
    """The first step that needs none of the others and has a place."""
    needed = {step.key for step in (*undone, *running)}
    full = waiting_kinds & {step.kind for step in running}
    if sum(step.kind not in waiting_kinds for step in running) >= at_once:
        full |= {step.kind for step in undone} - waiting_kinds
    return next((step for step in undone if step.kind not in full and needed.isdisjoint(step.inputs)), None)
