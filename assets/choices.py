"""Defines the choices of the launchpad, and which steps a run then skips.

All assets need the resource ``desk``. Its values are checked when a run is launched: a wrong one starts nothing.
What belongs here: the choices, their help texts and defaults, and what they mean for a step. What does not: the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from dagster import (
    Array,
    DagsterInvariantViolationError,
    Enum,
    EnumValue,
    Failure,
    Field,
    InitResourceContext,
    ResourceDefinition,
    configured,
    resource,
)

from assets.keys import ACTS, PUBLISH_ALL
from assets.unreached import Unreached
from sdg_pipeline.errors import FetchError, SdgError, UsageError, nearest
from sdg_pipeline.ingest.lock import ChangedError
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.kind import Log
from sdg_pipeline.settings import STARTER_MIRROR

DESK = "desk"
AS_STARTED, OFFICIAL, STARTER = "as_started", "official", "starter"
HELP = {
    "indicators": "Compute these indicators only, with all that they need. Nothing is published then. "
    "Empty: all of the job. / Calcular sólo estos indicadores; no se publica.",
    "editions": "Fetch these editions only, written source/edition; the others are used as they are at hand. "
    "Empty: all of the job. / Descargar sólo estas ediciones.",
    "areas": "Codes of areas (MX, MX20, MX20067) whose values the results show in a table of their own. "
    "Empty: none. / Claves de áreas que se muestran aparte.",
    "mirror": f"Where files come from: {AS_STARTED} (what SDG_MIRROR said when the desk was started), {OFFICIAL}, "
    f"{STARTER}, or the path or address of a manifest. / De dónde se leen los archivos.",
    "strictness": "normal: a blocking check that fails holds the release and fails the run; warnings are shown. "
    "strict: any check that fails, a warning too, fails the step, and nothing after it runs. "
    "go_on: checks that fail are shown and fail no run; the release is refused, or stays a draft, all the same. "
    "/ Qué tan estrictas son las verificaciones.",
    "draft": "End with a draft, which people publish, in place of a published release. / Terminar en borrador.",
    "partial": "Publish also what covers less than the release in force; the record says who started the desk. "
    "Else such a run ends with a draft. / Publicar también lo que cubre menos.",
    "review": "From this run on a release needs the review of another person than its publisher: every run ends with a "
    "draft, and the home remembers it. / Exigir revisión de otra persona desde ahora.",
}
COMMANDS = {
    **{rf"`sdg release {act}\b[^`]*`": f"the job `{name}`" for act, name in ACTS.items()},
    r"`sdg run --partial`": f"the choice `partial` of `{PUBLISH_ALL}`",
    r"`sdg run`, or the job publish_all,": f"the job `{PUBLISH_ALL}`",
    r"`sdg run`": f"the job `{PUBLISH_ALL}`",
}
"""Commands that a message may name, as patterns, and what does the same at the desk."""


@dataclass(frozen=True)
class Choices:
    """The choices of a run; ``runner`` is that of its mirror. Empty sets mean: no choice made."""

    runner: Runner
    indicators: frozenset[str] = frozenset()
    editions: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    strict: bool = False
    goes_on: bool = False

    def perform(self, step: Step, log: Log, *, again: bool = False) -> Outcome | None:
        """The outcome of a step, as it stands where the step is left alone; None where nothing stands there.

        An edition that is chosen by name is asked for ``again``, even if it is at hand. Unreached where its address
        fails, there is no earlier copy, and nothing was asked for by name.
        """
        if self._left_alone(step):
            return self.runner.remembered(step) if self._stands(step) else None
        own = next((s for s in self.run.steps if s.key == step.key), None)
        if step.kind != "raw" and own != step:
            name = self.run.mirror.name if self.run.mirror else OFFICIAL
            raise UsageError(
                f"mirror {name} does not give {step.kind} {step.name} the inputs that this desk was started with; "
                "remedy: start the desk with SDG_MIRROR naming it, or choose another mirror"
            )
        if step.kind != "raw":
            return self.runner.perform(step, log, again=again)
        try:
            return self.runner.perform(step, log, again=again or bool(self.editions) or self.runner.kept(step))
        except ChangedError:
            raise
        except FetchError as error:
            if self.run.mirror is not None or again or self.editions or self.indicators:
                raise
            raise Unreached(error, step, self.run) from error

    def _stands(self, step: Step) -> bool:
        """Whether what the step made the last time is there."""
        store = self.runner.state
        state = store.load(step.key) if step.kind in ("raw", "indicator") else None
        return state is not None and store.present(state)

    def _left_alone(self, step: Step) -> bool:
        if step.kind == "raw" and self.editions:
            return "/".join(step.key[1:]) not in self.editions
        if not self.indicators:
            return False
        if step.kind == "indicator":
            return step.name not in self.needed
        return step.kind in ("coherence", "publication", "warehouse")

    @property
    def run(self) -> Run:
        """The run as data."""
        return self.runner.run

    @property
    def needed(self) -> frozenset[str]:
        """The chosen indicators and those that they are made of."""
        above = self.run.upstream(("indicator", name) for name in self.indicators)
        return frozenset(step.name for step in above if step.kind == "indicator")


def desk(runner: Runner) -> ResourceDefinition:
    """The resource that every asset needs, with what may be chosen in this run."""
    schema = _schema(runner)

    @resource(config_schema=schema, description="What a run does and shows; every choice has a default.")
    def chosen(context: InitResourceContext) -> Choices:
        return choose(runner, context.resource_config)

    @configured(chosen, config_schema=schema)
    def checked(config: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            _refuse(runner, config)
        except SdgError as error:
            # The launchpad shows this text first; the frames below it are Dagster's, which has no public way without.
            raise DagsterInvariantViolationError(for_the_desk(error)) from None
        return config

    return checked


def choose(runner: Runner, config: Mapping[str, Any]) -> Choices:
    """The choices of a run, from the values of the launchpad."""
    settings = replace(
        runner.run.settings,
        mirror=_mirror(runner, config["mirror"]),
        draft=runner.run.settings.draft or config["draft"],
        partial=config["partial"],
        review_required=runner.run.settings.review_required or config["review"],
    )
    return Choices(
        runner.under(settings),
        frozenset(config["indicators"]),
        frozenset(config["editions"]),
        tuple(config["areas"]),
        config["strictness"] == "strict",
        config["strictness"] == "go_on",
    )


@contextmanager
def mendable() -> Iterator[None]:
    """Errors that a user can mend as Dagster shows them best: the text first, before any trace."""
    try:
        yield
    except SdgError as error:
        raise Failure(for_the_desk(error), allow_retries=isinstance(error, FetchError)) from error


def for_the_desk(said: object) -> str:
    """What is said to people at the terminal, with the jobs and choices of the desk in place of its commands."""
    text = str(said)
    for command, instead in COMMANDS.items():
        text = re.sub(command, instead, text)
    return text


def _schema(runner: Runner) -> dict[str, Field]:
    indicators = [EnumValue(i.id, description=f"{i.title.en} / {i.title.es}") for i in runner.run.indicators]
    sources = runner.run.catalog.sources.values()
    editions = [EnumValue(f"{s.id}/{e}") for s in sources for e in s.editions if runner.run.reach.has(s.id, e)]
    strictness = Enum("Strictness", [EnumValue(name) for name in ("normal", "strict", "go_on")])
    return {
        "indicators": _choice(Array(Enum("Indicator", indicators)), [], "indicators"),
        "editions": _choice(Array(Enum("Edition", editions)), [], "editions"),
        "areas": _choice(Array(str), [], "areas"),
        "mirror": _choice(str, AS_STARTED, "mirror"),
        "strictness": _choice(strictness, "normal", "strictness"),
        "draft": _choice(bool, False, "draft"),
        "partial": _choice(bool, False, "partial"),
        "review": _choice(bool, False, "review"),
    }


def _choice(kind: Any, default: Any, name: str) -> Field:
    return Field(kind, default_value=default, description=HELP[name])


def _mirror(runner: Runner, chosen: str) -> str | None:
    named = {AS_STARTED: runner.run.settings.mirror, OFFICIAL: None, STARTER: str(STARTER_MIRROR)}
    return named.get(chosen, chosen)


def _refuse(runner: Runner, config: Mapping[str, Any]) -> None:
    """UsageError where a value means nothing; what the grammar of the launchpad finds is refused before."""
    from sdg_pipeline.run.inputs import areas

    if config["areas"]:
        codes = areas(runner.run).areas
        for code in config["areas"]:
            if code not in codes:
                close = nearest(code, codes)
                hint = f"; did you mean {close!r}?" if close else ""
                raise UsageError(
                    f"areas: no area {code!r}{hint}; remedy: MX, MX and a state key, or a municipality key"
                )
    if config["mirror"] not in (AS_STARTED, OFFICIAL, STARTER):
        load_mirror(config["mirror"])
