"""``make hostile``: tries every hostile input and prints those that were not refused as they should be.

Words on the command line choose among the cases. Exit code 1 where one was not refused.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hostile.stage import SECONDS
from hostile.try_all import cases, tried


def main() -> int:
    words = sys.argv[1:]
    chosen = [case for case in cases() if all(word in case.id for word in words)]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        for one in tried(chosen, Path(folder)):
            late = [f"{one.ended.seconds:.1f} s of processor time"] if one.ended.seconds > SECONDS else []
            if one.faults or late:
                wrong += 1
                print(f"{one.case.id[:100]}: {'; '.join(one.faults + late)}\n    {one.ended.out[-400:]!r}", flush=True)
    print(f"{len(chosen)} hostile inputs of {len({c.kind for c in chosen})} kinds, {wrong} of them not refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
