"""Somebody at a terminal who asks the institutions."""

from __future__ import annotations

from dataclasses import dataclass, field

from typer.testing import CliRunner

from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import SdgError
from sdg_pipeline.layout import Layout


@dataclass
class Person:
    """Somebody at a terminal, whose waits take no time."""

    address: str
    layout: Layout
    waits: list[float] = field(default_factory=list)

    def sdg(self, *words: str) -> tuple[int, str]:
        """Exit code and all that was said, as ``sdg`` does."""
        shown = CliRunner().invoke(app, list(words))
        error = shown.exception
        if isinstance(error, SdgError):
            return error.exit_code, f"{shown.output}{error}"
        assert error is None or isinstance(error, SystemExit), error
        return shown.exit_code, shown.output

    def stored(self) -> dict[str, bytes]:
        """Every file below the raw store and the locks."""
        folders = (self.layout.data / "raw", self.layout.data / "locks")
        return {str(path): path.read_bytes() for f in folders for path in sorted(f.rglob("*")) if path.is_file()}

    def change_spec(self) -> None:
        """Change what an edition of schools says of its file, so that a run fetches it again."""
        path = self.layout.home.parent / "relocated" / "sources" / "schools.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('period: "2020"', 'period: "2020", max_megabytes: 7'), encoding="utf-8")
