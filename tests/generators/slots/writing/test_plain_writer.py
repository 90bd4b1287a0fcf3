"""The fast writer writes what the plain one does, byte for byte."""

from datetime import date

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_shapes import ROW_SHAPES
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.generators.slots.drawing.holdout import divide
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import SlotOptions, generate_slots, select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.templates.tasks import with_surfaces
from tests.generators.slots.writing.plain_writer import plain_files

WATER = POWER.parent / "examples" / "water"
SHARES = {"dev": 0.2, "test": 0.1}
N_ROWS = 300


@pytest.mark.whole
@pytest.mark.parametrize(
    ("folder", "answer_format", "shape", "split", "policy", "is_jsonl"),
    [
        pytest.param(POWER, "xml", "alpaca", "random", "omit", False, id="power, inline tags"),
        pytest.param(POWER, "json", "messages", "random", "all", True, id="power, objects in lines"),
        pytest.param(POWER, "grouped", "sharegpt", "by-template", "first", False, id="power, one object"),
        pytest.param(WATER, "bracket", "alpaca", "by-value", "drop", True, id="water, brackets"),
        pytest.param(WATER, "occurrence", "messages", "by-date-form", "omit", False, id="water, occurrences"),
    ],
)
def test_the_fast_writer_writes_what_the_plain_one_does(
    tmp_path, folder, answer_format, shape, split, policy, is_jsonl
):
    only = {"city": ["日照"]} if folder == POWER else {}
    options = DatasetOptions(
        tmp_path / "out",
        answer_format=answer_format,
        rows_as=shape,
        is_jsonl=is_jsonl,
        seed=11,
        **SHARES,
    )
    day = date(2023, 2, 1)
    slots = SlotOptions(
        N_ROWS, domain=folder, only=only, ambiguous=policy, split=split, reference_day=day, n_workers=1
    )
    generate_slots(slots, options)

    domain = select(read_domain(folder, shared_names=True, reference_day=day), values=only)
    grammar = build_grammar(domain, policy)
    division = divide(domain, grammar, split, SHARES, 11)
    plan = make_plan(grammar, division, N_ROWS, shares=SHARES, negatives=slots.negatives, seed=11)
    task = with_surfaces(domain.task, collect_surfaces(grammar))
    frame = options.render(task, answer_format).frame
    wanted = plain_files(domain, plan, task, answer_format, frame, ROW_SHAPES[shape], is_jsonl=is_jsonl)
    suffix = ".jsonl" if is_jsonl else ".json"
    names = {"train": "ner", "dev": "ner_dev", "test": "ner_test"}
    assert set(wanted) == set(names)
    for name, (alpaca, gold) in wanted.items():
        assert (tmp_path / "out" / f"{names[name]}{suffix}").read_bytes() == alpaca
        assert (tmp_path / "out" / "gold" / f"{name}.jsonl").read_bytes() == gold
