import pytest

from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.grounding.findings import MarkKind
from nerforge.evaluation.grounding.table_sources import read_tables
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
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
    text = "two gala apples of Conference"
    gala, wrong = Entity("Sort", "gala", 4, 8), Entity("Kind", "Conference", 19, 29)
    grounded = grounder.ground(text, [gala, wrong])
    # The task's answers keep the words of the sentence, so another name is only told.
    assert grounded.entities == (gala, Entity("Sort", "Conference", 19, 29))
    assert [mark.kind for mark in grounded.marks] == [MarkKind.OTHER_NAME]


def test_names_are_not_found_inside_of_words(tmp_path):
    task = task_of_labels("staff", ["Dept", "Person"], nested=False)
    path = tmp_path / "staff.csv"
    path.write_text("dept,person\nmed,Kim\nops,Ann\n")
    (hierarchy,) = read_tables(str(path), task).hierarchies
    assert [name.start for name in hierarchy.find("It seemed Kim stops, med")] == [10, 21]


def test_a_row_may_end_above_the_lowest_level(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("省份,城市,备注\n山东省,,\n山东省,菏泽,x\n")
    tables = read_tables(str(path), TASK)
    assert tables.values("City") == {"菏泽"}
    assert tables.notes == (f"{path}: 省份 (Province) > 城市 (City); columns not read: 备注",)


@pytest.mark.parametrize("policy", ["omit", "first", "all"])
def test_gold_of_any_policy_for_ambiguous_names_fits(tmp_path, policy):
    place_slots(SlotOptions(700, ambiguous=policy, noise=()), DatasetOptions(tmp_path / "data"))
    grounder = read_tables(OF_DATA, TASK, tmp_path / "data").grounder()
    for sample in read_gold(tmp_path / "data/gold/train.jsonl", TASK.schema):
        assert not grounder.ground(sample.text, sample.entities).changes, sample


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
        pytest.param("省份,城市\n,菏泽\n", "省份 is empty above 城市 '菏泽'", id="no parent"),
        pytest.param("省份,省\n山东省,山东省\n", "two columns name the label Province", id="a label twice"),
        pytest.param(
            "城市,省份\n菏泽,山东省\n济南,山东省\n日照,山东省\n",
            "put the column of Province before that of City",
            id="upside down",
        ),
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
