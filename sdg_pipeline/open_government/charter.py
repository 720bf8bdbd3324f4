"""Charters of open data as tests: what rules compute, what somebody signed until a day, and priority data.

A release says nothing of the day on which it is read, so the table has the days of a signature and no verdict.
``verdict`` is a pure function of them and of a day; the macro ``charter`` of the warehouse is its twin. What belongs
here: rules, rows and that function. What does not: principles and signatures (indicator_specs/charter).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from sdg_pipeline.open_government import asked
from sdg_pipeline.open_government.facts import Dataset, Fact, of_dataset
from sdg_pipeline.open_government.openness import VOCABULARY
from sdg_pipeline.open_government.portal import Records, records, shown
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import CHARTER as TABLE
from sdg_pipeline.open_government.tables import PRIORITY_DATA
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.charter import Asked, RuleName, Signature
from sdg_pipeline.specs.frameworks import FactName
from sdg_pipeline.specs.source import Source

NAME = "charter"
RULES_HOLD = "charter_rules_hold"
Verdict = Literal["signed", "expired", "unsigned"]


def verdict(signature: Signature | None, today: date) -> Verdict:
    """What a statement is worth on a day: its last day counts, and a signature of a later day is none yet."""
    if signature is None or date.fromisoformat(signature.signed) > today:
        return "unsigned"
    return "signed" if today <= date.fromisoformat(signature.expires) else "expired"


def statements(catalog: Catalog) -> Iterator[tuple[str, Asked]]:
    """All statements of all charters, each with its name."""
    for name, spec in sorted(catalog.charters.items()):
        for principle in spec.principles.values():
            yield from ((f"{name}__{id_}", item) for id_, item in principle.items.items() if item.rule is None)


@dataclass(frozen=True)
class Observed:
    """What rules look at."""

    material: Material

    @property
    def catalog(self) -> Catalog:
        return self.material.catalog

    @cached_property
    def kept(self) -> Records:
        """What portals answered."""
        return records(self.material.files)

    @cached_property
    def facts(self) -> dict[str, list[Mapping[FactName, Fact]]]:
        """Facts of each edition, by source; none without a vocabulary."""
        vocabulary = self.catalog.vocabularies.get(VOCABULARY)
        raw = self.material.raw
        return (
            {}
            if vocabulary is None
            else {
                source.id: [of_dataset(Dataset(source, e, raw.get((source.id, e))), vocabulary) for e in source.probed]
                for source in _read(self.catalog)
            }
        )


def _read(catalog: Catalog) -> list[Source]:
    """The sources with an edition that a run may read."""
    return [source for source in catalog.sources.values() if source.probed]


def _publication_days(observed: Observed) -> Fact:
    followed = (c for spec in observed.catalog.commitments.values() for c in spec.commitments)
    evidence = ((c, shown(c, observed.kept)[0]) for c in followed if c.source and c.edition)
    dated = {c.source for c, published in evidence if published and published.on}
    return _share(len(dated), len(_read(observed.catalog)), "sources with evidence of a day of publication")


def _unmodified_copies(observed: Observed) -> Fact:
    sources = _read(observed.catalog)
    official = {
        s for s, edition in observed.material.raw if observed.catalog.sources[s].editions[edition].layout == "official"
    }
    return _share(len(official), len(sources), "sources whose bytes are laid out as by the institution")


def _of_sources(fact: FactName, what: str) -> Callable[[Observed], Fact]:
    """The share of sources all of whose editions have a fact; unknown where one is, and nothing is against it."""

    def rule(observed: Observed) -> Fact:
        shares = [f[fact].share if fact in f else None for of_source in observed.facts.values() for f in of_source]
        yes, no = shares.count(1.0), len([share for share in shares if share is not None and share < 1])
        said = f"{yes} editions {what}, {no} not, {len(shares) - yes - no} unknown"
        return Fact(None if not no and yes < len(shares) else yes / max(yes + no, 1), said, "spec")

    return rule


def _open_formats(observed: Observed) -> Fact:
    readable, free = (
        _of_sources(name, "have such a format")(observed) for name in ("machine_readable", "non_proprietary")
    )
    return readable if free.share is None or (readable.share or 1) < free.share else free


def _both_languages(observed: Observed) -> Fact:
    catalog = observed.catalog
    titles = [s.title for s in (*catalog.sources.values(), *catalog.tables.values(), *catalog.indicators.values())]
    return _share(sum(bool(t.en and t.es) for t in titles), len(titles), "titles are in both languages")


def _validated_codes(observed: Observed) -> Fact:
    catalog = observed.catalog
    lists = [d.codelist for table in catalog.tables.values() for d in table.dimensions.values()]
    return _share(sum(name in catalog.codelists for name in lists), len(lists), "dimensions of tables have a code list")


def _dcat_shapes(_: Observed) -> Fact:
    return Fact(
        None, "the catalogue is written after this table; tests of the project ask the shapes of DCAT-AP 3", "none"
    )


def _share(part: int, whole: int, what: str) -> Fact:
    return Fact(part / whole if whole else None, f"{part} of {whole} {what}", "spec")


RULES: Mapping[RuleName, Callable[[Observed], Fact]] = {
    "publication_days": _publication_days,
    "unmodified_copies": _unmodified_copies,
    "open_terms": _of_sources("open_licence", "have open terms"),
    "open_formats": _open_formats,
    "without_login": _of_sources("public", "are open to everybody"),
    "both_languages": _both_languages,
    "validated_codes": _validated_codes,
    "dcat_shapes": _dcat_shapes,
}


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the items of charters and the lists of priority data; rules that do not hold in full are reported."""
    rows = list(_items(material))
    material.write(TABLE, rows)
    material.write(PRIORITY_DATA, list(priority(material.catalog)))
    computed = [row for row in rows if row["rule"]]
    failing = [row for row in computed if row["verdict"] in ("no", "partly")]
    unknown = sum(row["verdict"] == "unknown" for row in computed)
    observed = f"{len(computed)} rules: {len(computed) - len(failing) - unknown} hold, {unknown} unknown"
    return {RULES_HOLD: (f"{observed}; {len(rows) - len(computed)} statements", failing)}


def _items(material: Material) -> Iterator[Row]:
    observed = Observed(material)
    for name, spec in sorted(material.catalog.charters.items()):
        for principle, of_it in spec.principles.items():
            for id_, item in of_it.items.items():
                signature, fact = item.signature, RULES[item.rule](observed) if item.rule else None
                yield {
                    "charter": name,
                    "principle": principle,
                    "item": id_,
                    "title_en": item.title.en,
                    "title_es": item.title.es,
                    "rule": item.rule,
                    "verdict": fact.verdict if fact else None,
                    "share": fact.share if fact else None,
                    "evidence": fact.evidence if fact else signature.cite if signature else None,
                    "signer": signature.signer if signature else None,
                    "signed_on": signature.signed if signature else None,
                    "expires_on": signature.expires if signature else None,
                }


def priority(catalog: Catalog) -> Iterator[Row]:
    for name, spec in sorted(catalog.charters.items()):
        for id_, data in spec.priority_data.items():
            for source, part in data.covered_by.items() or ((None, None),):
                yield {
                    "list": name,
                    "item": id_,
                    "title_en": data.title.en,
                    "title_es": data.title.es,
                    "source": source,
                    "covers_en": part.en if part else None,
                    "covers_es": part.es if part else None,
                }


CHARTER = Subject(
    NAME,
    (TABLE, PRIORITY_DATA),
    lambda _: frozenset(),
    all_indicators=True,
    all_editions=True,
    owner="team:data",
    described={
        RULES_HOLD: (
            "warning",
            "Each item of a charter that a rule computes holds in full.",
            "A charter that nobody tests is a promise that nobody keeps.",
        )
    },
    work=work,
    files=asked.files,
)
