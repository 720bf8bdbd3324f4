"""Other names of areas: the file of the project is sound, its mistakes are named, and its names lead to their areas."""

from __future__ import annotations

import pytest

from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest.geography import Register, register, register_of
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.area_names import AREAS, FILE, area_names, problems

SPECS = PROJECT / "indicator_specs"
REGISTER = {
    AREAS[0]: b"key,name,abbreviation\n09,Ciudad de M\xc3\xa9xico,CDMX\n14,Jalisco,Jal.\n",
    AREAS[1]: b"key,name,first_vintage,last_vintage,parents\n14009,El Arenal,2010,,\n14018,La Barca,2010,,\n",
}
HEAD = "key,name,kind,source,first,last\n"
GOOD = "09,Distrito Federal,former,census,1990,2010\n"


@pytest.fixture(scope="module")
def mexico() -> Register:
    return register(SPECS)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("09,Distrito Federal,former,census,1990\n", f"{FILE}:2: lacks a column or has one too many; valid: key, name,"),
        (f"{GOOD[:-1]},x\n", f"{FILE}:2: lacks a column or has one too many"),
        ("33,Cuba,former,census,1990,2010\n", f"{FILE}:2: key: is not an area of the register; found '33'"),
        ("09,DF,formr,census,1990,2010\n", "kind: is no kind of name; found 'formr'; valid: former, newer, variant, alias; did you mean 'former'?"),
        ("09,DF,former,census,2010,1990\n", "first: is no span of years; found '2010 to 1990'"),
        ("09,DF,former,census,1990,now\n", "first: is no span of years; found '1990 to now'"),
        ("14009,la barca,former,census,1990,2010\n", "name: is the present name of 14018; found 'la barca'; remedy: remove the row"),
        (GOOD * 2, f"{FILE}:3: name: stands in line 2 too, of the same state; found 'Distrito Federal'"),
        ("14009,Arenal,variant,census,1990,1990\n14018,ARENAL,former,census,1990,1990\n", "3: name: stands in line 2 too"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(rows: str, message: str) -> None:
    [problem] = problems({**REGISTER, FILE: (HEAD + rows).encode()})
    assert message in str(problem)


def test_a_folder_without_other_names_is_sound_and_its_areas_have_one_name_each() -> None:
    assert list(problems(REGISTER)) == []
    with pytest.raises(UsageError, match="no area 'Distrito Federal'"):
        register_of(REGISTER).find("Distrito Federal")
    named = register_of({**REGISTER, FILE: (HEAD + GOOD).encode()})
    assert named.find("distrito federal").former == ("Distrito Federal",)


def test_the_file_of_the_project_is_sound_and_names_sources_of_the_project() -> None:
    catalog = catalogs.load(SPECS).sound()
    names = area_names(catalog.files[FILE])
    assert len(names) == 116
    assert {name.source for name in names} <= set(catalog.sources)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Distrito Federal", "MX09"), ("ciudad guzman", "MX14023"), ("Coahuila", "MX05"), ("Estado de México", "MX15"),
        ("Cintalapa de Figueroa", "MX07017"), ("San Juan Mixtepec -Dto. 08", "MX20208"),
        ("José Azueta", "MX30169"),  # also a former name of Zihuatanejo de Azueta, and now the name of this one alone
        ("Veracruz", "MX30193"),
    ],
)  # fmt: skip
def test_other_names_lead_to_their_areas(mexico: Register, text: str, code: str) -> None:
    assert mexico.find(text).code == code
