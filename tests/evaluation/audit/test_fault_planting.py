"""Planted faults: what they may be, and that each is undone by what was there before."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.audit.fault_planting import fits, plant_faults
from nerforge.evaluation.audit.findings import KINDS, MISSING, kind_of
from nerforge.templates.domain import Entity, Sample

TEXT = "去年张伟和李娜从上海市坐船到青岛港看望老朋友"
SPANS = {"PER": ((2, 4), (5, 7)), "GPE": ((8, 11), (14, 16))}
ENTITIES = tuple(Entity(label, TEXT[a:b], a, b) for label, spans in SPANS.items() for a, b in spans)
SAMPLES = [Sample(f"s{n}", TEXT, ENTITIES) for n in range(60)]


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
@given(seed=st.integers(0, 1_000))
def test_a_fault_is_of_its_kind_and_can_be_undone(nested: bool, seed: int) -> None:
    faults = plant_faults(SAMPLES, 5, seed, nested=nested)
    assert Counter(fault.kind for fault in faults) == dict.fromkeys(KINDS, 5)
    assert len({fault.position for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.kind == kind_of(fault.planted, fault.right)
        assert all(TEXT[x.start : x.end] == x.text for x in fault.sample.entities)
        others = [x for x in fault.sample.entities if x != fault.planted]
        mended = {*others, *([fault.right] if fault.right else [])}
        assert mended == set(ENTITIES)
        assert fault.planted is None or fits(fault.planted, others, nested=nested)
        assert (fault.planted is None) == (fault.kind == MISSING)


def test_the_same_seed_plants_the_same() -> None:
    assert plant_faults(SAMPLES, 3, 1, nested=False) == plant_faults(SAMPLES, 3, 1, nested=False)
    assert plant_faults(SAMPLES, 3, 1, nested=False) != plant_faults(SAMPLES, 3, 2, nested=False)


def test_with_one_label_no_label_is_wrong() -> None:
    samples = [Sample(x.id, x.text, tuple(e for e in x.entities if e.label == "PER")) for x in SAMPLES]
    assert "label" not in {fault.kind for fault in plant_faults(samples, 3, 0, nested=False)}
