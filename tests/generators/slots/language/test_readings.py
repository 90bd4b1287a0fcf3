"""What ambiguous words are answered with, by policy, held against all their readings written out."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.domain.domain_spec import FormSpec, LevelSpec
from nerforge.generators.slots.domain.patterns import Slot, Words
from nerforge.generators.slots.domain.policies import POLICIES
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.readings import Chunk, read_chunks, surfaces
from nerforge.generators.slots.tables.tables import Row
from nerforge.templates.domain import Label, LabelSchema

LEVELS = {
    "province": LevelSpec("Province"),
    "city": LevelSpec(
        "City", forms={"plain": FormSpec(), "long": FormSpec(add="市")}, default=("plain", "long", "alias")
    ),
    "company": LevelSpec(
        "Company", forms={"full": FormSpec(), "stem": FormSpec(drop="(县|区|市)?供电(公司|中心)$")}
    ),
    "substation": LevelSpec("Substation", forms={"full": FormSpec(), "stem": FormSpec(drop="供电所$")}),
}
NAMES = tuple(LEVELS)
INFERABLE = ("Province", "City", "Company")
SCHEMA = LabelSchema(
    tuple(Label(spec.label, spec.label, "", inferable=spec.label in INFERABLE) for spec in LEVELS.values())
)


def table(*paths, aliases=()):
    """Build a table from paths such as ``山东 菏泽 巨野县 凤凰``, aliases given by value."""
    rows = []
    for line, path in enumerate(paths, start=2):
        province, city, company, substation = path.split()
        values = (province, city, f"{company}供电公司", f"{substation}供电所")
        rows.append(Row(line, values, tuple(tuple(dict(aliases).get(value, ())) for value in values)))
    return Table("places", LEVELS, tuple(rows))


def chunk(pattern):
    """Build a chunk from a pattern such as ``city+的+~substation.stem``."""
    parts = []
    for part in pattern.split("+"):
        name, _, form = part.removeprefix("~").partition(".")
        is_slot = name in LEVELS
        parts.append(Slot(name, (form,) if form else (), part[0] != "~") if is_slot else Words(part))
    return Chunk("places", tuple(parts))


def made(places, patterns, policy):
    """Make all pieces of some patterns, by text."""
    by_chunk = read_chunks(places, [chunk(p) for p in patterns.split()], SCHEMA, POLICIES[policy])
    return {text: found for pieces in by_chunk.values() for text, found in pieces.items()}


def piece(places, patterns, text, policy):
    return made(places, patterns, policy)[text]


def answer(*args):
    """Say what is answered, such as ``山东 菏泽=菏泽市``: inferred values alone, others with mention."""
    found = piece(*args)
    if found is None:
        return None
    return " ".join(e.text + (f"={found.text[e.start : e.end]}" if e.span else "") for e in found.entities)


TWO_COMPANIES = table("山东 菏泽 巨野县 凤凰", "山东 菏泽 鄄城县 凤凰")
TWO_CITIES = table("山东 菏泽 巨野县 凤凰", "山东 济南 历城区 凤凰")
TWO_PROVINCES = table("山东 菏泽 巨野县 凤凰", "河南 安阳 汤阴县 凤凰")
SHARED_COMPANY = table("山东 济南 市中区 泺源", "山东 枣庄 市中区 永安")
OWN_STEM = table("山东 泰安 东平县 东平", "山东 泰安 东平县 银山")
OTHER_STEM = table("山东 泰安 东平县 银山", "山东 济南 长清区 东平")
CITY_STEM = table("山东 日照 东港区 石臼", "山东 青岛 黄岛区 日照")
CITY_STEM_FIRST = table("山东 青岛 黄岛区 日照", "山东 日照 东港区 石臼")
DONGYING = table("山东 东营 东营区 胜利", "山东 东营 河口区 仙河")
TWO_CUTS = table("甲省 乙 市丙 丁", "甲省 乙 丙 戊")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("patterns", "text", "expected"),
    [
        ("province", "山东", "山东=山东"),
        ("city", "菏泽", "山东 菏泽=菏泽"),
        ("city", "菏泽市", "山东 菏泽=菏泽市"),
        ("company", "巨野县供电公司", "山东 菏泽 巨野县供电公司=巨野县供电公司"),
        ("substation", "麒麟供电所", "山东 菏泽 巨野县供电公司 麒麟供电所=麒麟供电所"),
        ("substation.stem", "麒麟", "山东 菏泽 巨野县供电公司 麒麟供电所=麒麟"),
        ("city+substation.stem", "菏泽麒麟", "山东 菏泽=菏泽 巨野县供电公司 麒麟供电所=麒麟"),
        ("city+的+substation.stem", "菏泽市的麒麟", "山东 菏泽=菏泽市 巨野县供电公司 麒麟供电所=麒麟"),
        (
            "province+city+company.stem+substation",
            "山东菏泽巨野麒麟供电所",
            "山东=山东 菏泽=菏泽 巨野县供电公司=巨野 麒麟供电所=麒麟供电所",
        ),
        ("substation.stem+在+city", "麒麟在菏泽", "山东 巨野县供电公司 麒麟供电所=麒麟 菏泽=菏泽"),
        ("city+~substation.stem", "菏泽麒麟", "山东 菏泽=菏泽"),
        ("~substation.stem", "麒麟", ""),
    ],
)
def test_clear_words_are_answered_alike_by_every_policy(patterns, text, expected, policy):
    assert answer(table("山东 菏泽 巨野县 麒麟"), patterns, text, policy) == expected


@pytest.mark.parametrize(
    ("places", "patterns", "text", "omit", "first", "every"),
    [
        pytest.param(
            TWO_COMPANIES,
            "substation.stem",
            "凤凰",
            "山东 菏泽 凤凰供电所=凤凰",
            "山东 菏泽 巨野县供电公司 凤凰供电所=凤凰",
            "山东 菏泽 巨野县供电公司 鄄城县供电公司 凤凰供电所=凤凰",
            id="a substation of two companies in one city",
        ),
        pytest.param(
            TWO_COMPANIES,
            "city+的+substation",
            "菏泽市的凤凰供电所",
            "山东 菏泽=菏泽市 凤凰供电所=凤凰供电所",
            "山东 菏泽=菏泽市 巨野县供电公司 凤凰供电所=凤凰供电所",
            "山东 菏泽=菏泽市 巨野县供电公司 鄄城县供电公司 凤凰供电所=凤凰供电所",
            id="the same behind its city, with a word between",
        ),
        pytest.param(
            TWO_CITIES,
            "substation",
            "凤凰供电所",
            "山东 凤凰供电所=凤凰供电所",
            "山东 菏泽 巨野县供电公司 凤凰供电所=凤凰供电所",
            "山东 菏泽 济南 巨野县供电公司 历城区供电公司 凤凰供电所=凤凰供电所",
            id="a substation in two cities",
        ),
        pytest.param(
            TWO_PROVINCES,
            "substation",
            "凤凰供电所",
            "凤凰供电所=凤凰供电所",
            "山东 菏泽 巨野县供电公司 凤凰供电所=凤凰供电所",
            "山东 河南 菏泽 安阳 巨野县供电公司 汤阴县供电公司 凤凰供电所=凤凰供电所",
            id="a substation in two provinces",
        ),
        pytest.param(
            SHARED_COMPANY,
            "company",
            "市中区供电公司",
            "山东 市中区供电公司=市中区供电公司",
            "山东 济南 市中区供电公司=市中区供电公司",
            "山东 济南 枣庄 市中区供电公司=市中区供电公司",
            id="a company in two cities",
        ),
        pytest.param(
            OWN_STEM,
            "company.stem substation.stem",
            "东平",
            "山东 泰安 东平县供电公司=东平",
            "山东 泰安 东平县供电公司=东平",
            "山东 泰安 东平县供电公司 东平供电所=东平",
            id="a substation called like its own company",
        ),
        pytest.param(
            OTHER_STEM,
            "company.stem substation.stem",
            "东平",
            "山东",
            "山东 泰安 东平县供电公司=东平",
            "山东 泰安 济南 长清区供电公司 东平县供电公司 东平供电所=东平",
            id="a substation called like another company",
        ),
        pytest.param(
            CITY_STEM,
            "city substation.stem",
            "日照",
            "山东",
            "山东 日照=日照",
            "山东 青岛 黄岛区供电公司 日照=日照",
            id="a substation called like a city",
        ),
        pytest.param(
            CITY_STEM_FIRST,
            "city substation.stem",
            "日照",
            "山东",
            "山东 日照=日照",
            "山东 青岛 黄岛区供电公司 日照=日照",
            id="the same where the substation stands first",
        ),
        pytest.param(
            DONGYING,
            "city+substation company.stem+substation",
            "东营胜利供电所",
            "山东 东营=东营 东营区供电公司 胜利供电所=胜利供电所",
            "山东 东营=东营 东营区供电公司 胜利供电所=胜利供电所",
            "山东 东营=东营 东营区供电公司 胜利供电所=胜利供电所",
            id="a city called like a company's stem",
        ),
        pytest.param(
            TWO_CUTS,
            "city+company",
            "乙市丙供电公司",
            "甲省",
            "甲省 乙=乙 市丙供电公司=市丙供电公司",
            None,
            id="two ways to cut the words",
        ),
    ],
)
def test_ambiguous_words_are_answered_by_policy(places, patterns, text, omit, first, every):
    assert answer(places, patterns, text, "omit") == omit
    assert answer(places, patterns, text, "first") == first
    assert every is None or answer(places, patterns, text, "all") == every
    assert answer(places, patterns, text, "drop") is None


@pytest.mark.parametrize(
    ("places", "patterns", "text", "left_open"),
    [
        pytest.param(TWO_COMPANIES, "substation", "凤凰供电所", ("company",), id="parent"),
        pytest.param(TWO_CITIES, "substation", "凤凰供电所", ("city", "company"), id="two parents"),
        pytest.param(
            OTHER_STEM, "company.stem substation.stem", "东平", ("city", "company", "substation"), id="stem"
        ),
        pytest.param(DONGYING, "city+substation company.stem+substation", "东营胜利供电所", (), id="nothing"),
        pytest.param(TWO_CITIES, "company", "巨野县供电公司", (), id="clear"),
    ],
)
def test_a_piece_tells_which_levels_stay_open(places, patterns, text, left_open):
    found = piece(places, patterns, text, "omit")
    assert found.left_open == left_open
    assert (found.n_readings > 1) is (text != "巨野县供电公司")


def test_an_alias_of_two_values_is_ambiguous():
    places = table(
        "山东 菏泽 巨野县 麒麟", "山东 济南 历城区 龙山", aliases=[("菏泽", ["泉城"]), ("济南", ["泉城"])]
    )
    assert answer(places, "city", "泉城", "omit") == "山东"
    assert answer(places, "city", "泉城", "first") == "山东 菏泽=泉城"
    assert answer(places, "city", "济南市", "omit") == "山东 济南=济南市"


def test_all_words_for_a_value_are_its_surfaces():
    places = table("山东 菏泽 巨野县 麒麟", aliases=[("菏泽", ["曹州"])])
    row = places.rows[0]
    assert surfaces(row, places, "city") == ("菏泽", "菏泽市", "曹州")
    assert surfaces(row, places, "company", ("stem", "full")) == ("巨野", "巨野县供电公司")
    assert surfaces(row, places, "company", ("alias",)) == ()


@pytest.mark.parametrize(
    ("value", "written"),
    [("巨野县供电公司", "巨野"), ("乙县供电公司", None), ("巨野县电力公司", None)],
    ids=["long enough", "one character", "nothing to drop"],
)
def test_a_form_that_would_say_nothing_is_not_written(value, written):
    assert LEVELS["company"].forms["stem"].write(value) == written


def test_a_text_has_one_piece_whatever_chunk_makes_it():
    chunks = [chunk("city+substation"), chunk("company.stem+substation")]
    one, other = read_chunks(DONGYING, chunks, SCHEMA, POLICIES["omit"]).values()
    assert one["东营胜利供电所"] is other["东营胜利供电所"]
    assert "东营市胜利供电所" not in other


def test_the_texts_of_a_chunk_stand_in_the_order_of_the_table():
    assert list(made(TWO_CITIES, "city+substation.stem", "omit")) == [
        "菏泽凤凰",
        "菏泽市凤凰",
        "济南凤凰",
        "济南市凤凰",
    ]


def test_the_values_of_a_piece_are_those_of_all_its_readings():
    named = {("province", "山东"), ("city", "泰安"), ("company", "东平县供电公司")}
    other = {("city", "济南"), ("company", "长清区供电公司"), ("substation", "东平供电所")}
    found = piece(OTHER_STEM, "company.stem substation.stem", "东平", "omit")
    assert found.values == named | other


def test_a_look_alike_has_the_values_of_all_rows_that_say_it():
    places = table("山东 菏泽 巨野县 凤凰", "山东 菏泽 鄄城县 凤凰")
    found = piece(places, "~substation.stem", "凤凰", "omit")
    assert {value for level, value in found.values if level == "company"} == {
        "巨野县供电公司",
        "鄄城县供电公司",
    }


PATTERNS = (
    "city",
    "company.stem",
    "substation.stem",
    "city+company.stem",
    "city+substation.stem",
    "company.stem+substation.stem",
    "city+的+substation.stem",
    "substation.stem+的+city",
    "city+~substation.stem",
)
names = st.sampled_from(["甲", "甲市", "甲乙", "乙甲", "市甲"])
paths = st.tuples(st.sampled_from(["山东", "河南"]), names, names, names).map(" ".join)
tables = st.lists(paths, min_size=1, max_size=4, unique=True).map(lambda rows: table(*rows))
chunks = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4, unique=True).map(" ".join)


def write(level, value, form):
    """Write a value as the tables here do it, in each of the named or default forms."""
    if level == "city":
        return [value, value + "市"]
    stem = value.removesuffix("供电公司").removesuffix("供电所")
    stem = stem[:-1] if level == "company" and stem[-1] in "县区市" else stem
    return ([stem] if len(stem) > 1 else []) if form else [value]


def readings_of(places, patterns):
    """Write out all readings of all texts: the named levels with their spans, and those that are inferred."""
    found = {}
    for pattern, row in product(patterns.split(), places.rows):
        parts = chunk(pattern).parts
        values = dict(zip(NAMES, row.values, strict=True))
        options = [write(p.name, values[p.name], p.forms) if isinstance(p, Slot) else [p.text] for p in parts]
        for words in product(*options):
            named, at = {}, 0
            for part, said in zip(parts, words, strict=True):
                if isinstance(part, Slot) and part.is_labelled:
                    named[part.name] = (at, at + len(said))
                at += len(said)
            depth = max(map(NAMES.index, named)) + 1
            given = {
                (name, values[name], named.get(name))
                for name in NAMES[:depth]
                if name in named or LEVELS[name].label in INFERABLE
            }
            path = row.values[:depth]
            key = (path, frozenset(named.items()))
            found.setdefault("".join(words), {})[key] = given
    return {text: list(readings.values()) for text, readings in found.items()}


def labelled_alike(patterns):
    return [" ".join(p for p in patterns.split() if ("~" in p) is plain) for plain in (False, True)]


def agreed(readings):
    """Give what all readings say, with the mention on which those that have one agree."""
    common = set.intersection(*({item[:2] for item in given} for given in readings))
    certain = []
    for level, value in sorted(common, key=lambda item: NAMES.index(item[0])):
        spans = {span for given in readings for *item, span in given if item == [level, value]} - {None}
        if len(spans) < 2:
            certain.append((level, value, *spans, None)[:3])
    kept = []
    for level, value, span in certain:
        free = span and all(not s or s[1] <= span[0] or span[1] <= s[0] for _, _, s in kept)
        if free or LEVELS[level].label in INFERABLE:
            kept.append((level, value, span if free else None))
    return set(kept)


def deepest(given):
    return max(NAMES.index(level) for level, _, _ in given)


def given_by(found):
    level_of = {spec.label: name for name, spec in LEVELS.items()}
    return {(level_of[entity.label], entity.text, entity.span) for entity in found.entities}


@given(places=tables, patterns=chunks)
def test_omit_answers_what_all_readings_agree_on(places, patterns):
    for alike in labelled_alike(patterns):
        expected = readings_of(places, alike)
        found = made(places, alike, "omit")
        assert {text: piece.n_readings for text, piece in found.items()} == {
            text: len(readings) for text, readings in expected.items()
        }
        assert {text: given_by(piece) for text, piece in found.items()} == {
            text: agreed(readings) for text, readings in expected.items()
        }


@given(places=tables, patterns=chunks)
def test_first_is_one_of_the_readings_of_the_highest_level(places, patterns):
    for alike in labelled_alike(patterns):
        found = made(places, alike, "first")
        for text, readings in readings_of(places, alike).items():
            given = given_by(found[text])
            assert given in readings
            assert deepest(given) == min(map(deepest, readings))


@given(places=tables, patterns=chunks)
def test_all_answers_every_value_that_can_be_answered(places, patterns):
    for alike in labelled_alike(patterns):
        found = made(places, alike, "all")
        for text, readings in readings_of(places, alike).items():
            given = {item[:2] for item in given_by(found[text])}
            possible = {item[:2] for reading in readings for item in reading}
            assert given <= possible
            assert {item for item in possible if LEVELS[item[0]].label in INFERABLE} <= given


@given(places=tables, patterns=chunks)
def test_drop_leaves_out_exactly_what_has_several_readings(places, patterns):
    for alike in labelled_alike(patterns):
        found = made(places, alike, "drop")
        assert {text for text, piece in found.items() if piece is None} == {
            text for text, readings in readings_of(places, alike).items() if len(readings) > 1
        }


@pytest.mark.whole
@pytest.mark.parametrize("policy", ["omit", "first", "all"])
@given(places=tables, patterns=chunks)
def test_mentions_do_not_overlap_and_stand_in_the_order_of_the_words(policy, places, patterns):
    for alike in labelled_alike(patterns):
        found = made(places, alike, policy)
        for text, piece in found.items():
            spans = [entity.span for entity in piece.entities if entity.span]
            assert all(one[1] <= other[0] for one, other in pairwise(spans))
            assert all(0 <= start < end <= len(text) for start, end in spans)
            assert len(set(piece.entities)) == len(piece.entities)
