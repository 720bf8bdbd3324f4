"""Facts of a dataset that frameworks of open data ask for, each with its evidence; what nothing shows is unknown.

What belongs here: from specs, bytes and figures to facts. What does not: items and points (indicator_specs/frameworks),
and the coverage of a source (odin).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.open_government import odin
from sdg_pipeline.specs.frameworks import FactName, Vocabulary
from sdg_pipeline.specs.source import Edition, Source

EvidenceKind = Literal["spec", "lock", "bytes", "portal", "release", "none"]
MAGIC = {b"\xd0\xcf\x11\xe0": "XLS", b"%PDF": "PDF", b"PAR1": "PARQUET", b"PK\x03\x04": "XLSX"}
PACKED = ("ZIP", "BZ2", "GZ")
NOT_FETCHED = "the address has not been fetched"


@dataclass(frozen=True)
class Fact:
    """How far something holds, from 0 to 1; None where it is unknown, with what was looked at."""

    share: float | None
    evidence: str
    kind: EvidenceKind

    @property
    def verdict(self) -> str:
        return "unknown" if self.share is None else {1.0: "yes", 0.0: "no"}.get(self.share, "partly")


Facts = Mapping[FactName, Fact]
UNKNOWN = Fact(None, "nothing was looked at", "none")


def between(low: float, high: float, evidence: str, kind: EvidenceKind) -> Fact:
    """A fact of which only bounds are known: unknown unless they meet."""
    return Fact(low if low == high else None, evidence, kind)


@dataclass(frozen=True)
class Dataset:
    """An edition of a source, and its bytes where the run has them."""

    source: Source
    edition: str
    raw: RawFile | None = None

    @property
    def spec(self) -> Edition:
        return self.source.editions[self.edition]

    @property
    def official(self) -> bool:
        """Whether the bytes are laid out as those of the institution, so that they speak for its file."""
        return self.spec.layout == "official"


def format_of(dataset: Dataset) -> tuple[str | None, str, EvidenceKind]:
    """Format of the institution's file, with evidence: the name of the packed file, the address, or the bytes."""
    spec = dataset.spec
    if spec.container == "zip" and dataset.official and spec.member and "." in spec.member:
        return spec.member.rpartition(".")[2].strip().upper(), f"file in the ZIP: {spec.member}", "spec"
    if spec.url is not None:
        suffix = Path(urlsplit(spec.url).path).suffix.lstrip(".").upper()
        if suffix and suffix not in PACKED:
            return suffix, f"address: {spec.url}", "spec"
    if dataset.official and dataset.raw is not None and Path(dataset.raw.path).is_file():
        return _sniffed(dataset.raw, spec), f"first bytes of {dataset.raw.sha256[:12]}", "bytes"
    return None, "the copy is laid out otherwise, and no address names the format", "none"


def _sniffed(raw: RawFile, spec: Edition) -> str | None:
    with Path(raw.path).open("rb") as file:
        start = file.read(4)
    if spec.container == "workbook":
        return MAGIC.get(start)
    if raw.container != "plain" or start in MAGIC:
        return None
    return "JSON" if start[:1] in (b"{", b"[") else "CSV"


def of_dataset(dataset: Dataset, vocabulary: Vocabulary) -> dict[FactName, Fact]:
    """All facts of an edition but its coverage, and what portals say of its source."""
    return {**_format_facts(dataset, vocabulary), **_terms(dataset.source, vocabulary), **_offer(dataset)}


def _format_facts(dataset: Dataset, vocabulary: Vocabulary) -> dict[FactName, Fact]:
    name, evidence, kind = format_of(dataset)
    return of_formats(() if name is None else (name,), vocabulary, evidence, kind)


def of_formats(names: Iterable[str], vocabulary: Vocabulary, evidence: str, kind: EvidenceKind) -> dict[FactName, Fact]:
    """What follows from the formats of a dataset; the best of them counts. No format: all of it is unknown."""
    listed = list(names)
    formats = [vocabulary.formats[name] for name in listed if name in vocabulary.formats]
    said = f"{', '.join(listed)}; {evidence}" if listed else evidence
    if not formats:
        kind = kind if listed else "none"
        named = Fact(1.0 if listed else None, said, kind)
        return {"format": named, "digital": named}
    best = stars(listed, vocabulary)
    facts: dict[FactName, Fact] = {
        "format": Fact(1.0, said, kind),
        "digital": Fact(1.0, said, kind),
        "machine_readable": Fact(float(any(f.machine_readable for f in formats)), said, kind),
        "non_proprietary": Fact(float(any(not f.proprietary for f in formats)), said, kind),
    }
    star_names: tuple[FactName, ...] = ("star_1", "star_2", "star_3", "star_4", "star_5")
    return facts | {name: Fact(float(best >= n), said, kind) for n, name in enumerate(star_names, 1)}


def stars(names: Iterable[str], vocabulary: Vocabulary) -> int:
    """Stars of a dataset by the best of its formats; 0 where none is known."""
    return max((vocabulary.formats[name].stars for name in names if name in vocabulary.formats), default=0)


def _terms(source: Source, vocabulary: Vocabulary) -> dict[FactName, Fact]:
    licence = source.licence
    terms, said = vocabulary.terms.get(licence.id), f"{licence.id} ({licence.url_status}): {licence.url}"
    if terms is None:
        return {"licence": Fact(1.0, said, "spec")}
    share, present = odin.TERMS[terms.open], float(terms.open != "none")
    return {
        "terms": Fact(share, said, "spec"),
        "open_licence": Fact(float(share == 1.0), said, "spec"),
        "free": Fact(1.0 if share == 1.0 else None, said, "spec"),
        "licence": Fact(present, said, "spec"),
        "licence_vocabulary": Fact(float(terms.vocabulary), said, "spec"),
    }


def _offer(dataset: Dataset) -> dict[FactName, Fact]:
    """What the spec and the bytes say of how the institution offers the file."""
    source, spec, raw = dataset.source.in_edition(dataset.edition), dataset.spec, dataset.raw
    address = f"{spec.url or 'no address'} ({spec.url_status})"
    described = source.dictionary.url is not None
    answered = 1.0 if spec.url_status == "verified" else None
    least = odin.downloads({"bulk"} if spec.url else ())
    exists = Fact(1.0, f"{raw.bytes} bytes, sha256 {raw.sha256[:12]}", "lock") if raw else UNKNOWN
    address_of_dictionary = f"{source.dictionary.url or 'unknown'}; day of publication unknown"
    return {
        "exists": exists,
        "public": Fact(answered, address if answered else NOT_FETCHED, "spec"),
        "online": Fact(answered, address if answered else NOT_FETCHED, "spec"),
        "bulk": Fact(1.0 if spec.url else None, address, "spec"),
        "downloads": between(least, 1.0, f"{address}; no API or selection was looked at", "spec"),
        "metadata": between(
            odin.metadata(1 + described), 1.0, f"publisher; dictionary {address_of_dictionary}", "spec"
        ),
        "download_url": Fact(1.0 if spec.url else None, address, "spec"),
        "download_answers": Fact(answered, NOT_FETCHED, "spec"),
        "access_answers": Fact(1.0 if source.landing_page.url_status == "verified" else None, NOT_FETCHED, "spec"),
        "contact": Fact(1.0, source.contact, "spec"),
        "publisher": Fact(1.0, source.publisher, "spec"),
    }


@dataclass(frozen=True)
class ReleaseFiles:
    """What the own release has: names of files of each kind, and what its descriptor says, by fact."""

    files: tuple[str, ...] = ()
    described: Mapping[FactName, str] = field(default_factory=dict)


def of_release(release: ReleaseFiles, sources: Iterable[Source], vocabulary: Vocabulary) -> dict[FactName, Fact]:
    """Facts of the own release. Its terms are the poorest of its sources; where it is offered is not known here."""
    formats = sorted({Path(name).suffix.lstrip(".").upper() for name in release.files})
    if not formats:
        return {}
    files = ", ".join(release.files)
    facts = of_formats(formats, vocabulary, files, "release")
    facts |= {name: Fact(1.0, text, "release") for name, text in release.described.items()}
    facts |= {name: Fact(1.0, files, "release") for name in ("exists", "bulk")}
    facts["downloads"] = Fact(odin.downloads({"bulk"}), f"whole files: {files}", "release")
    by_source = [_terms(source, vocabulary) for source in sources]
    terms_names: tuple[FactName, ...] = ("terms", "open_licence", "free", "licence", "licence_vocabulary")
    return facts | {name: _poorest([terms.get(name, UNKNOWN) for terms in by_source]) for name in terms_names}


def _poorest(facts: Iterable[Fact]) -> Fact:
    """The fact that holds least; unknown where one is, unless another does not hold at all."""
    listed = list(facts)
    shares = [fact.share for fact in listed if fact.share is not None]
    if not listed or (len(shares) < len(listed) and min(shares, default=1.0) > 0):
        return next((fact for fact in listed if fact.share is None), UNKNOWN)
    return min((fact for fact in listed if fact.share is not None), key=lambda fact: fact.share or 0.0)
