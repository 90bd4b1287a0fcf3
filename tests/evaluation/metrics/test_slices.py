import pytest

from nerforge.evaluation.metrics.slices import EntityFeatures, Slicer, TrainingRow, nested, slice_order
from nerforge.templates.domain import Entity, Label, LabelSchema, Sample
from nerforge.templates.normalisers import CitySuffix

SCHEMA = LabelSchema(
    (
        Label("City", "City", "", CitySuffix()),
        Label("Province", "Province", "", inferable=True),
        Label("Date", "Date", ""),
    )
)
SLICER = Slicer(SCHEMA, {"菏泽市"})


@pytest.mark.parametrize(
    ("features", "slices"),
    [
        (EntityFeatures("City", True, 2, True), ("kind:extracted", "length:2-3", "training:seen")),
        (EntityFeatures("City", False, 3, False), ("kind:normalised", "length:2-3", "training:unseen")),
        (EntityFeatures("Date", False, 3, False), ("kind:not_in_text", "length:2-3", "training:unseen")),
        (EntityFeatures("Province", None, 1, False), ("kind:inferred", "length:1", "training:unseen")),
        (EntityFeatures("City", None, 11, False), ("kind:not_in_text", "length:11+", "training:unseen")),
    ],
    ids=["extracted", "normalised", "said otherwise", "inferred", "not in text"],
)
def test_an_entity_is_in_a_slice_of_each_kind(features: EntityFeatures, slices: tuple[str, ...]) -> None:
    assert SLICER.of_entity(features) == slices


def test_without_training_gold_nothing_is_seen_or_unseen() -> None:
    assert Slicer(SCHEMA).of_entity(EntityFeatures("City", True, 4, False)) == (
        "kind:extracted",
        "length:4-6",
    )


@pytest.mark.parametrize(
    ("n", "length", "slices"),
    [
        (0, 20, ("entities:0", "sentence:1-20")),
        (1, 21, ("entities:1", "sentence:21-50")),
        (3, 100, ("entities:2-3", "sentence:51-100")),
        (4, 101, ("entities:4+", "sentence:101+")),
    ],
)
def test_a_sentence_is_sliced_by_its_gold_entities_and_length(
    n: int, length: int, slices: tuple[str, ...]
) -> None:
    sample = Sample("1", "甲" * length, tuple(Entity("City", "甲", i, i + 1) for i in range(n)))
    assert SLICER.of_sample(sample) == slices


def test_a_template_is_a_slice() -> None:
    assert SLICER.of_sample(Sample("1", "甲", meta={"template": "city"}))[-1] == "template:city"


def test_nested_is_what_shares_a_character_with_another() -> None:
    outer, inner, apart = Entity("City", "甲乙", 0, 2), Entity("City", "乙", 1, 2), Entity("City", "丙", 2, 3)
    assert nested([outer, inner, apart, Entity("Province", "丁")]) == [True, True, False, False]


def test_training_surfaces_are_what_sentences_say() -> None:
    row = TrainingRow("菏泽市投诉", [Entity("City", "菏泽", 0, 3), Entity("Province", "山东省")])
    assert row.surfaces() == {"菏泽市", "山东省"}


def test_slices_are_listed_from_small_to_large() -> None:
    names = [
        "sentence:1-20",
        "length:11+",
        "length:1",
        "kind:inferred",
        "entities:4+",
        "template:b",
        "entities:0",
    ]
    assert sorted(names, key=slice_order) == [
        "kind:inferred", "length:1", "length:11+", "entities:0", "entities:4+", "template:b", "sentence:1-20",
    ]  # fmt: skip
