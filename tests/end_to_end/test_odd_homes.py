"""Homes and specs whose paths hold the signs of patterns, of markup and of a shell are as good as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.product import Product
from support.chosen_specs import chosen_specs

ODD = ("ho[", "x]me [bold] * ' :smile: ñ")
"""Two folders; the way through both has the closing tag of a markup that nobody opened."""


@pytest.mark.slow
def test_every_command_works_in_a_home_with_an_odd_name(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*ODD)
    product = Product(folder / "home").with_(SDG_SPECS=chosen_specs(folder / "specs [/]"))
    first = product.call("run")
    assert (first.code, first.err) == (0, ""), first.err
    assert f"Published:  {product.layout.latest}  (release " in first.out
    assert f"Site:       {product.layout.site / 'index.html'}  (" in first.out
    again = product.call("run")
    assert (again.code, "(0 indicators computed now, 3 unchanged, " in again.out) == (0, True), again
    explained = product.call("explain", "literacy_15_plus", "--area", "01")
    assert (explained.code, explained.err) == (0, "")
    for command in (("check",), ("doctor",), ("release", "list"), ("release", "verify"), ("release", "rebuild")):
        said = product.call(*command)
        assert (said.code, said.err) == (0, ""), command
    edited = product.specs / "goal_04" / "literacy_15_plus.yaml"
    edited.write_text(edited.read_text(encoding="utf-8").replace("decimals: 1", "decimals: 2"), encoding="utf-8")
    changed = product.call("run")
    assert (changed.code, changed.err) == (0, ""), "the warehouse keeps the release before as well"
    assert product.call("diff", first.out.rpartition("(release ")[2].partition(")")[0]).code == 0
