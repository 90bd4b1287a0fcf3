from functools import cache

from nerforge.evaluation.baselines.gazetteer import GazetteerTagger
from nerforge.evaluation.grounding.table_sources import read_tables
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.generators.slots.generate import sample_domain, select
from nerforge.templates.tasks import load_task


@cache
def tagger():
    return GazetteerTagger(read_tables("power", load_task("power")))


def tagged(text):
    return [(e.label, e.text, e.start) for e in tagger().tag(text)]


def test_names_words_and_dates_are_tagged_and_parents_completed():
    assert tagged("上月麒麟投诉百万户量个数") == [
        ("Date", "上月", 0),
        ("Province", "山东省", None),
        ("City", "菏泽", None),
        ("Company", "巨野县供电公司", None),
        ("Substation", "麒麟供电所", 2),
        ("Indicator", "投诉百万户量", 4),
    ]


def test_a_name_of_several_places_gets_what_they_agree_on():
    assert tagged("凤凰供电所意见") == [
        ("Province", "山东省", None),
        ("Substation", "凤凰供电所", 0),
        ("Indicator", "意见", 5),
    ]


def test_places_of_an_enumeration_are_completed_each():
    cities = [value for label, value, _ in tagged("麒麟供电所和武城投诉") if label == "City"]
    assert cities == ["菏泽", "德州"]


def test_queries_of_the_domain_without_look_alikes_are_answered_as_gold():
    # Elsewhere names of places stand in names of firms, which no table tells apart.
    names = [t.name for t in read_domain(POWER).templates if not t.is_negative and t.name != "look-alike"]
    domain = select(read_domain(POWER), templates=names, noise=())
    samples = list(sample_domain(domain, 1_000, seed=3))
    right = sum(tuple(tagger().tag(s.text)) == s.entities for s in samples)
    assert right >= 990
