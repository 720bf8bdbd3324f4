"""Chooses the executor of runs: in-process, unless ``SDG_EXECUTOR`` names another of Dagster's executors.

In its own process is fastest on one machine: DuckDB uses every core within a step, and steps take turns on the data
folder. docs/deployment.md says what the others are for. What belongs here: the choice. What does not: what steps do.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from dagster import ExecutorDefinition, in_process_executor, multiprocess_executor

from sdg_pipeline.errors import UsageError

EXECUTOR = "SDG_EXECUTOR"
OWN = {"in_process": in_process_executor, "multiprocess": multiprocess_executor}


@cache
def executor() -> ExecutorDefinition:
    """The executor of all jobs; of another package by ``package:name``, such as ``dagster_k8s:k8s_job_executor``."""
    named = os.environ.get(EXECUTOR, "").strip() or "in_process"
    if named in OWN:
        return OWN[named]
    module, _, name = named.partition(":")
    remedy = f"remedy: {', '.join(OWN)}, or package:name of an installed one"
    try:
        chosen = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{EXECUTOR}={named!r} cannot be used ({error}); {remedy}") from error
    if not isinstance(chosen, ExecutorDefinition):
        raise UsageError(f"{EXECUTOR}={named!r} is no executor; {remedy}")
    return chosen
