"""The figures of answers in the asked format, on the published corpora: they stay what they are."""

import json

import pytest

from nerforge.templates.tasks import load_task
from tests.templates.answers.native_answers import FIGURES, FORMATS, REAL, TASKS, figures_by_group

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}"),
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("task", TASKS)
def test_the_figures_of_native_answers_stay_what_they_are(task: str, name: str) -> None:
    stored = json.loads(FIGURES.read_text(encoding="utf-8"))
    found = dict(figures_by_group(load_task(task), name))
    assert sum(figures["n_samples"] for figures in found.values()) > 1_000
    for group, figures in found.items():
        assert figures == stored[f"{task} {name} {group}"], group
