"""What a command is about: the goals and indicators of `sdg run`, the file of `sdg check`.

What belongs here: reading that choice, and refusing what it cannot mean. What does not: the graph (run.graph).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdg_pipeline.errors import SpecErrors, UsageError
from sdg_pipeline.release.naming import require_name
from sdg_pipeline.run.graph import PUBLICATION, SITE, Key, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.steps.kind import Log
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.indicator import Indicator

MAX_NAMED = 3
"""Files that a refusal names."""


def steps_of(run: Run, goals: Sequence[int], indicators: Sequence[str]) -> list[Step]:
    """The steps to perform; UsageError where a goal or an indicator has none, or where nothing would be published."""
    if not (goals or indicators):
        if run.release is not None:
            require_name(run.layout, run.release)
        return list(run.steps)
    asked = {"--release": run.release, "--draft": run.settings.draft, "--partial": run.settings.partial}
    vain = [option for option, value in asked.items() if value]
    if vain:
        raise UsageError(
            f"{', '.join(vain)} beside --goal or --indicator means nothing, since such a run makes no release; "
            "remedy: leave one of them out"
        )
    return run.upstream([key for goal in goals for key in _of_goal(run, goal)] + [_of_id(run, i) for i in indicators])


def attainable(runner: Runner, goals: Sequence[int], indicators: Sequence[str], log: Log) -> tuple[Runner, list[Step]]:
    """The steps to perform, and the runner of them: without what official addresses refuse today.

    Addresses are asked before anything is published, so that the run goes on without what it cannot have. UsageError as
    ``steps_of``, and where they leave no indicator.
    """
    steps = steps_of(runner.run, goals, indicators)
    if runner.run.mirror is not None:
        return runner, steps
    gathered, failed = runner.gather(steps, log)
    if not failed:
        return gathered, steps
    left = gathered.without(failed)
    if not left.run.indicators:
        (source, edition), why = next(iter(failed.items()))
        raise UsageError(
            f"no indicator can be computed: {len(failed)} official addresses failed, the first of {source}/{edition} "
            f"({why}); remedy: see that this machine reaches the network, or set SDG_MIRROR to a mirror"
        )
    return left, steps_of(left.run, goals, indicators)


def steps_of_site(run: Run) -> list[Step]:
    """The steps of the site that come after a release: the release itself stays as it is."""
    sealed = {step.key for step in run.upstream([PUBLICATION])}
    return [step for step in run.upstream([SITE]) if step.key not in sealed]


def mistakes_in(specs: Path, file: Path) -> str:
    """What to say of a spec file without a mistake; SpecErrors with its mistakes, UsageError where it is no spec.

    All files are read, since a mistake of one may only show beside the others.
    """
    from sdg_pipeline.estimate import unexplained
    from sdg_pipeline.estimate.check import check

    catalog = catalogs.load(specs)
    name = next((n for path in (file, specs / file) if (n := _below(specs, path)) in catalog.files), None)
    if name is None:
        raise UsageError(f"{file} is no spec below {specs}; remedy: name a file there, or leave it out to check all")
    problems = [*catalog.problems, *check(catalog), *unexplained.problems(catalog)]
    own = [problem for problem in problems if problem.file == name]
    if own:
        raise SpecErrors(own)
    warnings = [f"warning {warning}" for warning in catalog.warnings if warning.file == name]
    others = len({problem.file for problem in problems})
    return "\n".join([*warnings, f"{name} is sound" + (f"; mistakes are in {others} others" if others else "")])


def _below(specs: Path, path: Path) -> str:
    resolved = path.resolve()
    return resolved.relative_to(specs).as_posix() if resolved.is_relative_to(specs) else ""


def _of_goal(run: Run, goal: int) -> list[Key]:
    """The indicators of a goal."""
    keys: list[Key] = [("indicator", i.id) for i in run.indicators if i.goal == goal]
    if not keys:
        left_out = [i for i in run.catalog.in_order() if i.goal == goal]
        if left_out:
            which = f"none of the {len(left_out)} indicators of goal {goal} is in this run"
            raise UsageError(f"{which}: {_lack(run, left_out)}")
        raise UsageError(f"no indicator of goal {goal}; remedy: `sdg check --list` names the indicators")
    return keys


def _of_id(run: Run, name: str) -> Key:
    """The step of an indicator, which may be in the specs and not in the run."""
    indicator = run.catalog.indicator(name)
    if indicator.id not in {i.id for i in run.indicators}:
        raise UsageError(f"indicator {name} is not in this run: {_lack(run, [indicator])}")
    return ("indicator", indicator.id)


def _lack(run: Run, indicators: Sequence[Indicator]) -> str:
    """Which files of the tables of these indicators the run cannot read, where they are to be had, and what helps."""
    of_each = (dict.fromkeys([i.base or i.id, *i.auxiliary]) for i in indicators)
    ids = dict.fromkeys(i for each in of_each for i in each)
    tables = dict.fromkeys(table for i in ids for table in run.catalog.tables_of(run.catalog.indicators[i]))
    parts = ((run.catalog.tables[table], part) for table in tables for part in run.catalog.tables[table].parts)
    files = dict.fromkeys(f for table, part in parts for f in table.files_of(part) if not run.reach.has(*f))
    named = [f"{source}/{edition} ({_where(run, source, edition)})" for source, edition in files]
    shown = ", ".join(named[:MAX_NAMED]) + (f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else "")
    if run.mirror is None and run.failed:
        why = "; ".join(f"{source}/{edition}: {why}" for (source, edition), why in run.failed.items())
        return f"their addresses fail today ({why}); remedy: run again later, or set SDG_MIRROR to a mirror"
    if run.mirror is None:
        return f"no official address gives {shown}; remedy: set SDG_MIRROR to a mirror that holds it"
    return (
        f"the mirror {run.mirror.name!r} lacks {shown}; remedy: get the files there, "
        "and set SDG_MIRROR to a manifest that lists them (docs/contributor.md#mirrors)"
    )


def _where(run: Run, source: str, edition: str) -> str:
    """Where an edition is to be had: its address, the page of its institution or, where neither is known, who it is."""
    spec = run.catalog.sources[source]
    return spec.address(edition) or spec.publisher
