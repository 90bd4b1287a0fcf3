"""The leak report, held against a comparison of every test row with every training row."""

import json
import re
from collections import Counter

import msgspec
import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions, generate_slots

pytestmark = pytest.mark.whole

TEMPLATES = ("city", "substation", "city-company-substation")
TAIL = re.compile(r"(的?)(投诉百万户量|意见百万户量|投诉|意见)(个数|总数|数量)")


def generate(out, n_rows, **slots):
    options = SlotOptions(n_rows, only={"city": ["菏泽"]}, n_workers=1, **slots)
    return msgspec.to_builtins(generate_slots(options, DatasetOptions(out)))["source"]["leaks"]


def pieces(row):
    """Take a sentence of the templates apart: what kind each piece is of, and what it says."""
    text, day = row["text"], next((e["text"] for e in row["entities"] if e["label"] == "Date"), "")
    place, of, indicator, total = re.fullmatch(rf"(.+?){TAIL.pattern}", text[len(day) :]).groups()
    parts = [("date", day), ("places", place), ("of", of), ("indicator", indicator), ("total", total)]
    return [(kind, said) for kind, said in parts if said]


def brute_force(out):
    rows = {
        name: [
            pieces(json.loads(line))
            for line in (out / "gold" / f"{name}.jsonl").read_text("utf-8").splitlines()
        ]
        for name in ("train", "test")
    }
    near, by_kind = 0, Counter()
    for row in rows["test"]:
        kinds = set()
        for other in rows["train"]:
            if [kind for kind, _ in row] == [kind for kind, _ in other]:
                different = [kind for (kind, said), (_, says) in zip(row, other, strict=True) if said != says]
                kinds |= set(different) if len(different) == 1 else set()
        near += bool(kinds)
        by_kind.update(kinds)
    return near, dict(by_kind), sum(row in rows["train"] for row in rows["test"])


@pytest.mark.parametrize("split", ["random", "by-value", "by-date-form"])
def test_near_duplicates_are_those_that_brute_force_finds(tmp_path, split):
    leaks = generate(tmp_path / "out", 1_500, split=split, only_templates=TEMPLATES, negatives=0.0, noise=())
    near, by_kind, exact = brute_force(tmp_path / "out")
    assert leaks["test_rows_checked"] == 150
    assert leaks["near_duplicates"] == near > 0
    assert leaks["near_duplicates_by_differing_piece"] == by_kind
    assert leaks["exact_duplicates"] == exact == 0


def test_holding_values_out_leaves_fewer_near_duplicates(tmp_path):
    shares = {"only_templates": TEMPLATES, "negatives": 0.0, "noise": ()}
    near = {
        split: generate(tmp_path / split, 1_500, split=split, **shares)["near_duplicates_by_differing_piece"]
        for split in ("random", "by-value")
    }
    # A held-out place is in no training row, so that only the place itself can be what differs.
    assert set(near["by-value"]) == {"places"}
    assert set(near["random"]) > {"places"}


def test_noise_hides_no_near_duplicate(tmp_path):
    plain = generate(tmp_path / "plain", 1_500, only_templates=TEMPLATES, negatives=0.0, noise=())
    noisy = generate(
        tmp_path / "noisy", 1_500, only_templates=TEMPLATES, negatives=0.0, noise=["space", "polite"]
    )
    assert plain["near_duplicates"] == noisy["near_duplicates"] > 0


def test_without_a_test_split_there_is_no_report(tmp_path):
    options = SlotOptions(200, n_workers=1, only={"city": ["菏泽"]})
    assert (
        msgspec.to_builtins(generate_slots(options, DatasetOptions(tmp_path, test=0.0)))["source"]["leaks"]
        is None
    )
