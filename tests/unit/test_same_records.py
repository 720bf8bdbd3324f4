"""Tables that take the same records of a survey: what one withholds, the values of the other must not give away."""

from __future__ import annotations

from sdg_pipeline.run.graph import Reach
from sdg_pipeline.specs import shared_sums
from sdg_pipeline.specs.catalog import Catalog

PAIRS = {
    "enigh_households": ("enigh_incomes",), "enigh_incomes": ("enigh_households",),
    "enigh_persons": ("enigh_members",), "enigh_members": ("enigh_persons",),
}  # fmt: skip


def test_tables_of_the_same_records_are_known(catalog: Catalog) -> None:
    pairs = {name: shared_sums.of_same_records(table, catalog) for name, table in catalog.tables.items()}
    assert {name: others for name, others in pairs.items() if others} == PAIRS


def test_values_of_the_other_table_are_linked_where_a_run_has_it(catalog: Catalog) -> None:
    inequality = catalog.indicators["gini_household_income"]
    alone = {i.id for i in shared_sums.linked_tables(inequality, catalog).denominator}
    linked = {i.id for i in shared_sums.linked_tables(inequality, catalog, ("enigh_households",)).denominator}
    assert (alone, linked) == (set(), {"households_enigh"}), "its denominator is the number of households"


def test_a_run_links_what_it_has(catalog: Catalog) -> None:
    reach = Reach(catalog, None)
    assert reach.of_same_records(catalog.indicators["households_with_internet"]) == (), "incomes have no address"
    every = Reach(catalog, None, {})
    object.__setattr__(every, "has", lambda source, edition: True)
    assert every.of_same_records(catalog.indicators["households_with_internet"]) == ("enigh_incomes",)
    assert every.of_same_records(catalog.indicators["population"]) == ()
