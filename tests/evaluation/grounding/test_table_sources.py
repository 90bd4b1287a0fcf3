import pytest

from nerforge.evaluation.grounding.table_sources import OF_DATA, read_tables
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.domain import Entity
from nerforge.templates.tasks import load_task, task_of_labels
from tests.slot_sets import place_slots

TASK = load_task("power")
WATER = DATA_DIR / "examples/water"
CSV = "省份,城市,供电公司,供电公司别名\n山东省,菏泽市,巨野县供电公司,巨野局\n山东省,菏泽市,曹县供电公司,\n"


def test_a_table_of_ones_own_has_the_labels_that_its_columns_name(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text(CSV)
    tables = read_tables(str(path), TASK)
    assert tables.hierarchies[0].labels == ("Province", "City", "Company")
    assert tables.values("City") == {"菏泽"}
    (link,) = tables.hierarchies[0].links("巨野局")
    assert link.node == ("山东省", "菏泽", "巨野县供电公司") and link.form == "alias"
    text = "巨野局投诉"
    grounded = tables.grounder().ground(text, [Entity("Company", "巨野局", 0, 3)])
    assert [e.text for e in grounded.entities] == ["山东省", "菏泽", "巨野县供电公司"]


def test_any_task_may_have_a_table(tmp_path):
    task = task_of_labels("fruit", ["Kind", "Sort"], nested=False)
    path = tmp_path / "fruit.csv"
    path.write_text("kind,sort\nApple,Gala\nApple,Fuji\nPear,Conference\n")
    grounder = read_tables(str(path), task).grounder()
    text = "two gala apples"
    assert grounder.ground(text, [Entity("Sort", "gala", 4, 8)]).entities == (Entity("Sort", "Gala", 4, 8),)


def test_another_domain_is_read_from_its_folder():
    from nerforge.generators.slots.domain.slot_domain import read_domain

    tables = read_tables(str(WATER), read_domain(WATER).task)
    assert tables.hierarchies[0].labels == ("District", "Plant", "Station")
    assert {file.name for file in tables.files} == {"domain.yaml", "stations.csv"}


def test_a_data_set_has_the_tables_that_it_was_generated_from(tmp_path):
    options = SlotOptions(60, only={"city": ("菏泽",)}, noise=(), negatives=0.0)
    place_slots(options, DatasetOptions(tmp_path / "data", test=0.2))
    tables = read_tables(OF_DATA, TASK, tmp_path / "data")
    assert tables.values("City") == {"菏泽"} and tables.only == {"city": ("菏泽",)}
    assert read_tables(str(tmp_path / "data"), TASK).files == tables.files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("名称,备注\n菏泽,x\n", "name no label; expected columns of the labels", id="no label"),
        pytest.param("省份,城市\n山东省,\n", "City is empty|城市 is empty", id="an empty cell"),
    ],
)
def test_faults_of_a_table_are_told(tmp_path, content, message):
    path = tmp_path / "places.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        read_tables(str(path), TASK)


def test_what_has_no_tables_is_refused(tmp_path):
    with pytest.raises(UsageError, match="has no tables; expected a domain"):
        read_tables(str(tmp_path), TASK)
    with pytest.raises(UsageError, match="no data set tells the tables"):
        read_tables(OF_DATA, TASK)
    with pytest.raises(UsageError, match="are no labels of the task ccfbdci"):
        read_tables("power", load_task("ccfbdci"))
    with pytest.raises(UsageError, match="must be above 0 and at most 1"):
        read_tables("power", TASK, threshold=0)
