import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.grounding.findings import ChangeKind, MarkKind
from nerforge.evaluation.grounding.table_sources import read_tables
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.generators.slots.generate import sample_domain, select
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task

TASK = load_task("power")
LABELS = ("Province", "City", "Company", "Substation")


@cache
def tables():
    return read_tables("power", TASK)


@cache
def grounder(threshold=0.85):
    return read_tables("power", TASK, threshold=threshold).grounder()


@cache
def samples():
    domain = select(read_domain(POWER), noise=("drop_suffix", "space", "polite", "ending", "full_width"))
    return tuple(sample_domain(domain, 3_000, seed=5))


def entities(text, *given):
    """Make entities of pairs of label and value, each at the words that follow it, or without a mention."""
    made = []
    for label, value, *said in given:
        start = text.index(said[0]) if said else None
        made.append(Entity(label, value, start, None if start is None else start + len(said[0])))
    return tuple(made)


def ground(text, *given):
    return grounder().ground(text, entities(text, *given))


def values(grounded):
    return [(e.label, e.text) for e in grounded.entities]


def marked(grounded, kind):
    return [mark for mark in grounded.marks if mark.kind is kind]


# Names that tell their parents.


def test_parents_that_are_left_out_are_filled_in_before_the_name():
    grounded = ground("麒麟投诉个数", ("Substation", "麒麟供电所", "麒麟"), ("Indicator", "投诉", "投诉"))
    assert values(grounded) == [
        ("Province", "山东省"),
        ("City", "菏泽"),
        ("Company", "巨野县供电公司"),
        ("Substation", "麒麟供电所"),
        ("Indicator", "投诉"),
    ]
    assert {change.kind for change in grounded.changes} == {ChangeKind.FILLED}
    assert grounded.changes[2].reason == "'麒麟' is in 山东省/菏泽/巨野县供电公司"


def test_an_invented_company_is_replaced_by_that_of_the_substation():
    grounded = ground(
        "麒麟供电所意见个数",
        ("Province", "山东省"),
        ("City", "菏泽"),
        ("Company", "郓城县供电公司"),
        ("Substation", "麒麟供电所", "麒麟供电所"),
    )
    assert values(grounded)[2] == ("Company", "巨野县供电公司")
    assert [change.kind for change in grounded.changes] == [ChangeKind.CORRECTED]


def test_a_parent_that_the_sentence_says_is_filled_in_as_a_mention():
    text = "菏泽市麒麟供电所意见个数"
    grounded = ground(text, ("Substation", "麒麟供电所", "麒麟供电所"))
    assert Entity("City", "菏泽", 0, 3) in grounded.entities
    assert grounder().ground(text, grounded.entities).entities == grounded.entities


def test_a_short_form_gets_the_name_of_the_table():
    grounded = ground("巨野投诉个数", ("Company", "巨野", "巨野"))
    assert ("Company", "巨野县供电公司") in values(grounded)
    assert grounded.changes[0].kind is ChangeKind.RENAMED


def test_a_value_that_the_sentence_says_otherwise_is_corrected():
    grounded = ground("麒麟供电所意见个数", ("Substation", "凤凰供电所", "麒麟供电所"))
    assert ("Substation", "麒麟供电所") in values(grounded)
    assert grounded.changes[0].reason == "the sentence says '麒麟供电所'"


def test_a_label_that_the_name_cannot_have_is_mended():
    grounded = ground("麒麟供电所意见个数", ("Company", "麒麟供电所", "麒麟供电所"))
    assert ("Substation", "麒麟供电所") in values(grounded)
    assert grounded.changes[0].kind is ChangeKind.RELABELLED


def test_a_company_below_the_only_name_is_dropped():
    grounded = ground("菏泽投诉个数", ("City", "菏泽", "菏泽"), ("Company", "巨野县供电公司"))
    assert values(grounded) == [("Province", "山东省"), ("City", "菏泽")]
    assert grounded.changes[0].kind is ChangeKind.DROPPED


# Names that do not.


def test_a_stem_of_two_counties_of_a_city_leaves_the_company_open():
    grounded = ground(
        "菏泽凤凰供电所投诉个数", ("City", "菏泽", "菏泽"), ("Substation", "凤凰供电所", "凤凰供电所")
    )
    assert values(grounded) == [("Province", "山东省"), ("City", "菏泽"), ("Substation", "凤凰供电所")]
    (mark,) = marked(grounded, MarkKind.AMBIGUOUS)
    assert {path.split("/")[2] for path in mark.candidates} == {"巨野县供电公司", "鄄城县供电公司"}


def test_one_of_the_candidates_stays_as_answered_and_another_company_does_not():
    def with_company(company):
        return ground(
            "菏泽凤凰供电所投诉个数",
            ("Province", "山东省"),
            ("City", "菏泽", "菏泽"),
            ("Company", company),
            ("Substation", "凤凰供电所", "凤凰供电所"),
        )

    kept = with_company("鄄城县供电公司")
    assert not kept.changes and kept.is_ambiguous
    dropped = with_company("曹县供电公司")
    assert [change.kind for change in dropped.changes] == [ChangeKind.DROPPED] and dropped.is_ambiguous


def test_a_district_of_two_cities_is_ambiguous_until_the_sentence_says_the_city():
    alone = ground("市中投诉个数", ("Company", "市中区供电公司", "市中"))
    assert alone.is_ambiguous and ("City", "枣庄") not in values(alone)
    beside = ground("枣庄市中投诉个数", ("City", "枣庄", "枣庄"), ("Company", "市中区供电公司", "市中"))
    assert not beside.is_ambiguous and values(beside)[:2] == [("Province", "山东省"), ("City", "枣庄")]


def test_a_city_that_is_also_a_stem_is_the_city_before_a_county():
    grounded = ground("日照东港投诉个数", ("City", "日照", "日照"), ("Company", "东港区供电公司", "东港"))
    assert values(grounded) == [("Province", "山东省"), ("City", "日照"), ("Company", "东港区供电公司")]
    assert not grounded.is_ambiguous
    assert ground("日照投诉个数", ("City", "日照", "日照")).is_ambiguous


def test_a_county_that_is_also_a_town_is_ambiguous_alone():
    assert ground("金乡投诉个数", ("Company", "金乡县供电公司", "金乡")).is_ambiguous
    assert not ground("金乡县供电公司投诉个数", ("Company", "金乡县供电公司", "金乡县供电公司")).is_ambiguous


def test_what_all_meanings_of_an_unanswered_name_agree_on_is_kept_and_the_name_is_told():
    grounded = ground("凤凰供电所投诉个数", ("Province", "山东省"), ("Indicator", "投诉", "投诉"))
    assert not grounded.changes and grounded.is_ambiguous
    assert [mark.name for mark in marked(grounded, MarkKind.UNANSWERED)] == ["凤凰供电所"]


def test_a_name_that_the_table_does_not_have_is_told_and_proves_nothing():
    grounded = ground(
        "菏泽翡翠供电所投诉个数", ("City", "菏泽", "菏泽"), ("Substation", "翡翠供电所", "翡翠供电所")
    )
    assert ("Company", "巨野县供电公司") not in values(grounded)
    assert [mark.name for mark in marked(grounded, MarkKind.UNKNOWN)] == ["翡翠供电所"]


def test_a_value_that_neither_sentence_nor_table_has_is_dropped():
    grounded = ground("投诉个数", ("Company", "幸福县供电公司"), ("Indicator", "投诉", "投诉"))
    assert values(grounded) == [("Indicator", "投诉")]


def test_names_of_different_places_prove_each_their_own_parents():
    grounded = ground(
        "麒麟供电所和崮山供电所投诉个数",
        ("Substation", "麒麟供电所", "麒麟供电所"),
        ("Substation", "崮山供电所", "崮山供电所"),
    )
    assert [value for label, value in values(grounded) if label == "City"] == ["菏泽", "威海"]


def test_names_that_contradict_each_other_side_by_side_are_a_conflict():
    text = "济南麒麟供电所投诉个数"
    substation = ("Substation", "麒麟供电所", "麒麟供电所")
    grounded = ground(text, ("City", "济南", "济南"), substation)
    assert not grounded.changes and len(marked(grounded, MarkKind.CONFLICT)) == 2
    alone = ground(text, substation)
    assert not alone.changes and len(marked(alone, MarkKind.CONFLICT)) == 1


def test_a_company_that_the_table_lacks_beside_a_substation_is_a_conflict():
    text = "翡翠县供电公司麒麟供电所投诉"
    company = ("Company", "翡翠县供电公司", "翡翠县供电公司")
    grounded = ground(text, company, ("Substation", "麒麟供电所", "麒麟供电所"))
    assert not grounded.changes
    assert {mark.kind for mark in grounded.marks} == {MarkKind.UNKNOWN, MarkKind.CONFLICT}


@pytest.mark.parametrize(
    "text",
    ["麒麟供电所、田桥供电所投诉", "麒麟供电所 田桥供电所投诉", "巨野县供电公司的麒麟供电所，田桥供电所"],
)
def test_a_list_of_substations_of_one_company_names_it_once(text):
    names = [("Substation", name, name) for name in ("麒麟供电所", "田桥供电所")]
    company = [("Company", "巨野县供电公司", "巨野县供电公司")] if "公司" in text else []
    grounded = ground(text, *company, *names)
    assert [label for label, _ in values(grounded)].count("Company") == 1
    assert not marked(grounded, MarkKind.CONFLICT)
    assert not grounder().ground(text, grounded.entities).changes


def test_names_of_different_sentences_are_different_places():
    text = "济南的投诉？市中的意见？"
    city, company = ("City", "济南", "济南"), ("Company", "市中区供电公司", "市中")
    grounded = ground(text, ("Province", "山东省"), city, ("City", "枣庄"), company)
    assert not grounded.changes


def test_a_value_that_the_sentence_says_elsewhere_stays():
    text = "济南和巨野投诉"
    grounded = ground(text, ("Province", "山东省"), ("City", "济南", "济南"), ("Company", "巨野县供电公司"))
    assert not grounded.changes


def test_a_claim_beside_the_name_of_a_hotel_gets_no_parents():
    text = "梯门大酒店投诉"
    assert not ground(text, ("Province", "山东省"), ("Indicator", "投诉", "投诉")).changes


def test_real_names_that_are_nearly_alike_are_not_taken_for_each_other():
    text = "泰安宁样县供电公司投诉"
    grounded = ground(text, ("City", "泰安", "泰安"), ("Company", "宁样县供电公司", "宁样县供电公司"))
    assert ("Company", "宁津县供电公司") not in values(grounded)


def test_a_misspelled_company_between_its_city_and_substation_is_mended():
    text = "菏泽巨叶县供电公司麒麟供电所投诉"
    grounded = ground(
        text,
        ("Province", "山东省"),
        ("City", "菏泽", "菏泽"),
        ("Company", "巨叶县供电公司", "巨叶县供电公司"),
        ("Substation", "麒麟供电所", "麒麟供电所"),
    )
    assert ("Company", "巨野县供电公司") in values(grounded)
    assert [change.kind for change in grounded.changes] == [ChangeKind.RENAMED]


def test_a_misspelling_is_linked_from_the_threshold_on():
    text = "巨野县供电公思投诉个数"
    answer = entities(text, ("Company", "巨野县供电公思", "巨野县供电公思"))
    near = grounder().ground(text, answer)
    assert ("Company", "巨野县供电公司") in values(near)
    assert [mark.kind for mark in grounder(1.0).ground(text, answer).marks] == [MarkKind.UNKNOWN]


def test_a_misspelling_as_near_to_two_names_is_linked_to_none():
    # 金山供电所 and 凤山供电所 are both one character away.
    text = "某山供电所投诉个数"
    grounded = grounder(0.8).ground(text, entities(text, ("Substation", "某山供电所", "某山供电所")))
    assert not grounded.changes and [mark.kind for mark in grounded.marks] == [MarkKind.UNKNOWN]


# Laws.


def test_gold_is_never_changed_and_marked_where_its_names_have_several_readings():
    for sample in samples():
        grounded = grounder().ground(sample.text, sample.entities)
        assert grounded.changes == () and grounded.entities == sample.entities, sample
        assert grounded.is_ambiguous == (sample.meta.get("readings", 1) > 1), sample


def test_inferred_values_that_are_missing_or_wrong_become_gold_where_names_tell():
    rng = random.Random(2)
    table = tables()
    for sample in samples():
        if sample.meta.get("readings", 1) > 1:
            continue
        answer = []
        for entity in sample.entities:
            chance = rng.random() if entity.span is None else 1
            if chance < 0.3:
                continue
            wrong = (
                Entity(entity.label, rng.choice(sorted(table.values(entity.label))))
                if chance < 0.6
                else entity
            )
            answer.append(wrong)
        assert grounder().ground(sample.text, answer).entities == sample.entities, sample


def broken(sample, rng):
    """Give a sample's entities with values, labels and places that a model might invent."""
    answer = list(sample.entities)
    names = sorted(tables().values("Company") | tables().values("Substation") | {"幸福县供电公司", "金乡"})
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(answer) + 1)
        kind = rng.random()
        if kind < 0.3 and answer:
            answer.pop(at % len(answer))
        elif kind < 0.7 and answer:
            entity = answer[at % len(answer)]
            answer[at % len(answer)] = Entity(entity.label, rng.choice(names), entity.start, entity.end)
        else:
            span = (None, None)
            if rng.random() < 0.5:
                start = rng.randrange(len(sample.text) - 1)
                span = start, rng.randint(start + 1, min(start + 7, len(sample.text)))
            answer.insert(at, Entity(rng.choice(LABELS), rng.choice(names), *span))
    return answer


@given(st.integers(0, 2_999), st.integers(0, 1_000_000))
def test_any_answer_is_grounded_once_for_all_and_gets_no_name_from_outside_the_table(number, seed):
    sample: Sample = samples()[number]
    answer = broken(sample, random.Random(seed))
    grounded = grounder().ground(sample.text, answer)
    assert grounder().ground(sample.text, grounded.entities).entities == grounded.entities
    given = {(e.label, e.text) for e in answer}
    for entity in grounded.entities:
        is_new = entity.label in LABELS and (entity.label, entity.text) not in given
        assert not is_new or entity.text in tables().values(entity.label)
    if not grounded.changes:
        assert grounded.entities == tuple(answer)
    else:
        n_new = len(grounded.entities) - len(answer)
        kinds = [change.kind for change in grounded.changes]
        assert n_new == kinds.count(ChangeKind.FILLED) - kinds.count(ChangeKind.DROPPED)


@pytest.mark.parametrize("text", ["", "投诉个数", "😀麒麟"])
def test_an_answer_without_names_stays_as_it_is(text):
    assert grounder().ground(text, ()).entities == ()
