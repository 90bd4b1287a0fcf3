"""Every shipped task loads and holds together."""

from pathlib import Path

import pytest

from nerforge import templates
from nerforge.foundation.errors import UsageError
from nerforge.templates.answers import FORMATS
from nerforge.templates.tasks import load_task, resolve_task, task_names
from nerforge.templates.tasks.files import CLASSIFICATION, ENTITIES, KINDS, PLAIN_LABEL

FOLDERS = sorted(path.parent for path in Path(templates.__file__).parent.rglob("task.yaml"))


def test_the_three_ner_tasks_are_shipped():
    assert {"power", "ccfbdci", "cmeee"} <= set(task_names())


def test_every_folder_with_a_task_file_is_a_known_task():
    assert len(FOLDERS) > 0
    assert [folder.name for folder in FOLDERS] == sorted(name for kind in KINDS for name in task_names(kind))


def test_tasks_are_listed_by_kind():
    assert (task_names(), task_names(CLASSIFICATION)) == (("ccfbdci", "cmeee", "power"), ("fudan",))


def test_a_task_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="task fudan is for classification, not for entities"):
        resolve_task("fudan")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_task_loads_with_defaults_that_exist(folder):
    task = load_task(folder.name)
    assert task.title and task.schema.labels
    assert task.default_format in (FORMATS if task.kind == ENTITIES else [PLAIN_LABEL])
    assert task.default_prompt in task.prompts()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_label_of_a_shipped_task_is_defined(folder):
    assert all(label.definition for label in load_task(folder.name).schema.labels)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("power", ("Date", "Province", "City", "Company", "Substation", "Indicator")),
        ("ccfbdci", ("LOC", "PER", "GPE", "ORG")),
        ("cmeee", ("dis", "sym", "pro", "equ", "dru", "ite", "bod", "dep", "mic")),
    ],
)
def test_the_labels_of_a_task_are_those_of_its_corpus(name, labels):
    assert load_task(name).schema.names == labels


def test_the_published_answer_names_of_ccfbdci_are_used():
    answers = {label.name: label.answer for label in load_task("ccfbdci").schema.labels}
    assert answers == {"LOC": "地点", "PER": "人名", "GPE": "地理实体", "ORG": "组织"}


def test_only_cmeee_nests():
    assert [name for name in task_names() if load_task(name).schema.nested] == ["cmeee"]


def test_only_parents_in_power_may_be_inferred():
    inferable = {label.name for label in load_task("power").schema.labels if label.inferable}
    assert inferable == {"Province", "City", "Company"}


@pytest.mark.parametrize("name", ["conll", "", "../tasks/power", "power.yaml"])
def test_an_unknown_task_lists_the_known_ones(name):
    with pytest.raises(UsageError, match=r"unknown task '.*'; known: ccfbdci, cmeee, fudan, power"):
        load_task(name)
