"""The table of surfaces beside a data set, and the task that is read back with it."""

import csv
import json

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.task_files import stated_surfaces, surfaces_csv, task_spec
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.generate import SlotOptions, generate_slots, select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.surfaces import collect_surfaces, domain_task
from nerforge.templates.domain import EntityKind
from nerforge.templates.tasks import load_task, read_task
from nerforge.templates.tasks.files import SURFACES_FILE, TASK_FILE


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    out = tmp_path_factory.mktemp("surfaces") / "out"
    generate_slots(SlotOptions(3_000, n_workers=1, only={"city": ["菏泽"]}), DatasetOptions(out))
    return out


def rows(out):
    with (out / SURFACES_FILE).open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


@pytest.mark.whole
@pytest.mark.parametrize(
    "row",
    [
        ("City", "菏泽", "菏泽市"),
        ("Company", "巨野县供电公司", "巨野"),
        ("Company", "巨野县供电公司", "巨野县"),
        ("Company", "巨野县供电公司", "巨野供电公司"),
        ("Substation", "麒麟供电所", "麒麟"),
    ],
    ids=lambda row: row[2],
)
def test_ways_to_say_a_value_are_listed(out, row):
    assert row in rows(out)


@pytest.mark.whole
def test_each_way_is_listed_once_and_none_is_the_value_itself(out):
    listed = rows(out)
    assert len(set(listed)) == len(listed) > 100
    assert all(value != surface for _, value, surface in listed)


def test_only_labels_that_are_said_otherwise_are_listed(out):
    assert {label for label, *_ in rows(out)} == {"City", "Company", "Substation", "Indicator"}


def test_every_mention_in_gold_is_known_to_the_task_beside_it(out):
    schema = read_task(out / TASK_FILE).schema
    listed = set(rows(out))
    kinds = set()
    for split in ("train", "dev", "test"):
        for line in (out / "gold" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for entity in row["entities"]:
                if entity["start"] is None:
                    continue
                surface = row["text"][entity["start"] : entity["end"]]
                is_plain = surface == entity["text"]
                assert is_plain or (entity["label"], entity["text"], surface) in listed
                kinds.add(EntityKind.EXTRACTED if is_plain else EntityKind.NORMALISED)
                said = schema[entity["label"]].normaliser
                assert is_plain or surface in said.surfaces(entity["text"])
    assert kinds == {EntityKind.EXTRACTED, EntityKind.NORMALISED}


def test_the_task_beside_the_data_set_is_the_one_it_was_made_from(out):
    written, own = read_task(out / TASK_FILE), load_task("power")
    assert (written.name, written.title, written.default_format) == (own.name, own.title, own.default_format)
    for label, original in zip(written.schema.labels, own.schema.labels, strict=True):
        assert label.name == original.name
        assert (label.answer, label.definition) == (original.answer, original.definition)
        assert (label.inferable, label.synonyms) == (original.inferable, original.synonyms)


def test_a_full_width_date_is_written_as_the_sentence_writes_it_and_needs_no_surface(out):
    assert not [row for row in rows(out) if row[0] == "Date"]
    text = (out / "gold" / "train.jsonl").read_text(encoding="utf-8")
    assert any("full_width" in line and "０" in json.loads(line)["text"] for line in text.splitlines())


def test_commas_and_quotes_survive_the_table():
    said = {"City": [('a"b,c', "x\ny")]}
    assert list(csv.reader(surfaces_csv(said).decode().splitlines(keepends=True)))[1] == [
        "City",
        'a"b,c',
        "x\ny",
    ]


@pytest.mark.whole
def test_a_task_without_other_surfaces_names_no_table():
    assert task_spec(load_task("power"), None).surfaces is None
    domain = select(read_domain(), templates=["province"], noise=())
    assert collect_surfaces(build_grammar(domain)) == {}


def test_the_power_task_knows_every_form_of_its_own_table_without_any_table_beside_it():
    domain = read_domain()
    schema = load_task("power").schema
    said = stated_surfaces(domain_task(domain))
    assert {label: bool(pairs) for label, pairs in said.items()} == dict.fromkeys(
        ("City", "Company", "Substation"), True
    )
    for label, pairs in said.items():
        normaliser = schema[label].normaliser
        assert normaliser is not None
        assert all(surface in normaliser.surfaces(value) for value, surface in pairs)
