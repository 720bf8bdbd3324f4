"""``python -m sdg_pipeline``: the command line."""

from __future__ import annotations

from sdg_pipeline.cli.commands import main

if __name__ == "__main__":
    main()
