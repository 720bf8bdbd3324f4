"""Walks the graph in the terminal: steps whose inputs are done run side by side.

Much of a step is Python that one core runs, and much is DuckDB that lets other threads go on meanwhile; two steps at
once fill two cores. What belongs here: the order of steps. What does not: whether a step must run at all (pipeline).
Importing this module imports no library for data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from sdg_pipeline.run.graph import Step

if TYPE_CHECKING:
    from sdg_pipeline.run.pipeline import Outcome

Perform = Callable[[Step], "Outcome"]
ONE_BY_ONE = "raw"
"""The kind of which no two run at once: servers are asked politely, and editions of a source share a lock file."""


def walked(steps: Iterable[Step], perform: Perform, at_once: int) -> Iterator[Outcome]:
    """Perform the steps, each after those of its inputs that are among them, and yield outcomes as steps end.

    Where a step fails, no other is begun; its error is raised once those that run have ended.
    """
    waiting = list(steps)
    running: dict[Future[Outcome], Step] = {}
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="step") as threads:
        while waiting or running:
            while len(running) < at_once and (step := _next(waiting, list(running.values()))):
                waiting.remove(step)
                running[threads.submit(perform, step)] = step
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                del running[ended]
                yield ended.result()


def _next(waiting: list[Step], running: list[Step]) -> Step | None:
    """The first step that waits for no other."""
    undone = {step.key for step in (*waiting, *running)}
    fetching = any(step.kind == ONE_BY_ONE for step in running)
    free = (s for s in waiting if undone.isdisjoint(s.inputs) and not (fetching and s.kind == ONE_BY_ONE))
    return next(free, None)
