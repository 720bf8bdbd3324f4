"""How far the choice of peers hangs on one variable, and what they predict; on the warehouse of a national home.

    SDG_HOME=/path/to/home python benchmarks/peers.py

Stability is the mean share of peers that stay where a variable is left out.
"""

from __future__ import annotations

import duckdb
import numpy as np

from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.nearest import nearest
from sdg_pipeline.settings import Settings


def main() -> None:
    with duckdb.connect(str(Layout(Settings.from_environment().home).warehouse), read_only=True) as con:
        variables = [name for (name,) in con.execute("SELECT DISTINCT variable FROM peer_place ORDER BY 1").fetchall()]
        rows = con.execute(
            "SELECT list(position ORDER BY variable) FROM peer_place WHERE inherited_from IS NULL GROUP BY ref_area "
            "ORDER BY ref_area"
        ).fetchall()
        quality = con.execute(
            "SELECT indicator, gap_peers / gap_nation, gap_state / gap_nation, shown FROM peer_quality "
            "WHERE role = 'outcome' ORDER BY 2"
        ).fetchall()
    places = np.array([row[0] for row in rows])
    chosen = nearest(places, places, np.arange(len(places)), 15)
    print(f"{len(places):,} municipalities, {chosen.peers.shape[1]} peers each")
    for name, share in zip(variables, chosen.by_variable, strict=True):
        print(f"  without {name:<22} {share:6.1%} of the peers stay")
    for indicator, peers, state, shown in quality:
        print(f"  {indicator:<42} peers {peers:.3f}  state {state:.3f}  of the gap to the nation; {shown} shown")


if __name__ == "__main__":
    main()
