"""Walks steps side by side, each after those of its inputs.

Much of a step is Python that one core runs, and much is DuckDB that lets other threads go on meanwhile. Two steps at
once fill two cores. What belongs here: the order of steps. What does not: whether a step must run at all (runner).
Importing this module imports no library for data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sdg_pipeline.run.graph import Step

Ended = TypeVar("Ended")


def walked(
    steps: Iterable[Step], perform: Callable[[Step], Ended], at_once: int, one_at_a_time: frozenset[str] = frozenset()
) -> Iterator[Ended]:
    """Perform the steps, each after those of its inputs that are among them, and yield what came of them as they end.

    Of the kinds ``one_at_a_time`` no two steps run side by side. Where a step fails, no other is begun; its error is
    raised once those that run have ended.
    """
    waiting = list(steps)
    running: dict[Future[Ended], Step] = {}
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="step") as threads:
        while waiting or running:
            while len(running) < at_once and (step := _next(waiting, list(running.values()), one_at_a_time)):
                waiting.remove(step)
                running[threads.submit(perform, step)] = step
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                del running[ended]
                yield ended.result()


def _next(waiting: list[Step], running: list[Step], one_at_a_time: frozenset[str]) -> Step | None:
    """The first step that waits for no other."""
    undone = {step.key for step in (*waiting, *running)}
    busy = one_at_a_time & {step.kind for step in running}
    return next((s for s in waiting if undone.isdisjoint(s.inputs) and s.kind not in busy), None)
