"""Which rows a data set holds: none twice, all that there are, templates alike, every piece equally often."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.drawing.holdout import RANDOM, divide
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import sample_domain
from nerforge.generators.slots.language.grammar_cache import build_grammar

SPEC = """\
title: 商店
reference_day: 2024-06-15
tables:
  places:
    file: places.csv
    levels:
      city: {label: City, forms: {plain: {}, long: {add: 市}}, default: [plain, long]}
      shop: {label: Shop, forms: {full: {}, stem: {drop: 店$}}}
words:
  thing: {label: Thing, file: things.txt}
  count: {file: counts.txt}
  sentence: {file: sentences.txt}
"""
TASK = """\
title: 商店
labels:
  - {name: City, definition: 城市, inferable: true}
  - {name: Shop, definition: 商店}
  - {name: Thing, definition: 商品}
  - {name: Date, definition: 日期}
"""
CITIES = ["甲城", "乙城"]
SHOPS = [("甲城", "东风店"), ("甲城", "南山店"), ("甲城", "西河店"), ("乙城", "北海店"), ("乙城", "中原店")]
THINGS = ["苹果", "香梨", "甜瓜"]
COUNTS = ["几个", "多少"]
SENTENCES = ["早上好", "谢谢你", "再见了", "在不在"]
TEMPLATES = """\
full: {city}{shop}[的]20%{thing}{count}
short x2: {shop.stem}{thing}
thing: {thing}{count}
!talk: {sentence}
"""
FILES = {
    "domain.yaml": SPEC,
    "task.yaml": TASK,
    "places.csv": "city,shop\n" + "".join(f"{city},{shop}\n" for city, shop in SHOPS),
    "things.txt": "\n".join(THINGS),
    "counts.txt": "\n".join(COUNTS),
    "sentences.txt": "\n".join(SENTENCES),
    "templates.txt": TEMPLATES,
}
TALK = {"talk": set(SENTENCES)}
SAID = {
    "full": {
        place + of + thing + count
        for city, shop in SHOPS
        for place, of, thing, count in product([city + shop, city + "市" + shop], ["", "的"], THINGS, COUNTS)
    },
    "short": {shop[:-1] + thing for (_, shop), thing in product(SHOPS, THINGS)},
    "thing": {thing + count for thing, count in product(THINGS, COUNTS)},
}


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """Write a domain folder, with other content of some files, and read it."""

    def written(templates=TEMPLATES, spec="", **files):
        folder = tmp_path_factory.mktemp("domain")
        content = FILES | {"templates.txt": templates, "domain.yaml": SPEC + spec}
        content |= {name if "." in name else f"{name}.txt": text for name, text in files.items()}
        for name, text in content.items():
            (folder / name).write_text(text, encoding="utf-8")
        return read_domain(folder)

    return written


@pytest.fixture(scope="module")
def domain(write):
    return write()


@pytest.fixture(scope="module")
def grammar(domain):
    return build_grammar(domain)


def plan_of(domain, grammar, n_rows, *, dev=0.0, test=0.0, negatives=0.0, seed=0, min_count=1):
    shares = {"dev": dev, "test": test}
    division = divide(domain, grammar, RANDOM, shares, seed)
    return make_plan(
        grammar, division, n_rows, shares=shares, negatives=negatives, seed=seed, min_count=min_count
    )


def all_rows(split):
    return split.rows(np.arange(split.n_rows))


def said(grammar, split):
    """List template and text of every row."""
    return [
        (
            grammar.templates[split.strata[stratum].template].name,
            "".join(grammar.pool[number].text for number in pieces),
        )
        for stratum, pieces in zip(*(array.tolist() for array in all_rows(split)), strict=True)
    ]


def by_template(grammar, split):
    return Counter(name for name, _ in said(grammar, split))


def test_the_grammar_counts_the_sentences_that_there_are(grammar):
    assert grammar.n_sentences == sum(map(len, (SAID | TALK).values())) == 145


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_when_all_sentences_are_asked_for_each_is_given_once(domain, grammar, seed):
    plan = plan_of(domain, grammar, 145, dev=0.2, test=0.1, negatives=4 / 145, seed=seed)
    given = [row for split in plan.splits.values() for row in said(grammar, split)]
    assert sorted(given) == sorted((name, text) for name, texts in (SAID | TALK).items() for text in texts)


@pytest.mark.whole
@settings(max_examples=60)
@given(
    n=st.integers(1, 120),
    seed=st.integers(0, 99),
    dev=st.sampled_from([0, 0.1, 0.3]),
    test=st.sampled_from([0, 0.05, 0.4]),
    negatives=st.sampled_from([0, 0.03]),
)
def test_no_row_stands_twice_or_outside_its_stratum(domain, grammar, n, seed, dev, test, negatives):
    plan = plan_of(domain, grammar, n, dev=dev, test=test, negatives=negatives, seed=seed)
    rows = set()
    for split in plan.splits.values():
        for at, pieces in zip(*(array.tolist() for array in all_rows(split)), strict=True):
            columns = split.strata[at].columns
            inner, padding = pieces[: len(columns)], pieces[len(columns) :]
            assert all(n in c.numbers.tolist() for n, c in zip(inner, columns, strict=True))
            assert not any(padding)
            rows.add(tuple(pieces))
    assert len(rows) == n


def test_the_splits_have_their_shares_and_follow_each_other(domain, grammar):
    plan = plan_of(domain, grammar, 100, dev=0.1, test=0.25)
    assert [(name, s.n_rows, s.first) for name, s in plan.splits.items()] == [
        ("train", 65, 0),
        ("dev", 10, 65),
        ("test", 25, 75),
    ]


def test_a_split_without_rows_is_left_out(domain, grammar):
    assert list(plan_of(domain, grammar, 20, test=0.001).splits) == ["train"]


@pytest.mark.parametrize(
    ("n", "negatives", "message"),
    [
        pytest.param(
            142, 0, "142 sentences for train, but templates and tables make 141 different ones", id="all"
        ),
        pytest.param(
            100, 0.05, "5 sentences without entities for train, but .* make 4 .*--negatives", id="negatives"
        ),
    ],
)
def test_more_rows_than_sentences_are_refused(domain, grammar, n, negatives, message):
    with pytest.raises(UsageError, match=message):
        plan_of(domain, grammar, n, negatives=negatives)


@pytest.mark.parametrize(
    ("n", "counts"),
    [
        pytest.param(16, {"full": 4, "short": 8, "thing": 4}, id="by weight"),
        pytest.param(20, {"full": 5, "short": 10, "thing": 5}, id="still by weight"),
        pytest.param(40, {"full": 19, "short": 15, "thing": 6}, id="full takes what the others cannot"),
        pytest.param(141, {"full": 120, "short": 15, "thing": 6}, id="all"),
    ],
)
def test_templates_share_by_weight_and_not_by_what_they_can_say(domain, grammar, n, counts):
    plan = plan_of(domain, grammar, n, min_count=0)
    assert by_template(grammar, plan.splits["train"]) == counts


@pytest.mark.parametrize("n", [20, 45, 60])
def test_lengths_do_not_weigh(write, n):
    domain = write("short: {thing}{count}\nlong: {city}市的那家{shop}里{thing}现在还有{count}\n")
    grammar = build_grammar(domain)
    counts = by_template(grammar, plan_of(domain, grammar, n).splits["train"])
    assert counts == {"short": min(6, n // 2), "long": n - min(6, n // 2)}


@pytest.mark.parametrize(("n", "negatives", "n_negative"), [(40, 0.1, 4), (20, 0.05, 1), (9, 0.05, 0)])
def test_sentences_without_entities_have_their_share(domain, grammar, n, negatives, n_negative):
    train = plan_of(domain, grammar, n, negatives=negatives).splits["train"]
    assert by_template(grammar, train)["talk"] == n_negative


def test_without_other_templates_all_sentences_are_negative(write):
    domain = write("!talk: {sentence}\n!more: {sentence}吗\n")
    plan = plan_of(domain, build_grammar(domain), 6, negatives=0.05)
    assert by_template(plan.grammar, plan.splits["train"]) == {"talk": 3, "more": 3}


def test_optional_parts_have_their_share(domain, grammar):
    train = plan_of(domain, grammar, 40, min_count=0).splits["train"]
    counts = Counter("的" in text for name, text in said(grammar, train) if name == "full")
    assert counts == {False: 15, True: 4}


@pytest.mark.whole
def test_date_classes_share_a_template_equally(write):
    domain = write("a: {date}{thing}\n", spec="dates: {slot: date, label: Date}\n")
    grammar = build_grammar(domain)
    split = plan_of(domain, grammar, 300).splits["train"]
    classes = Counter(split.strata[at].date_class for at in all_rows(split).stratum.tolist())
    assert set(classes) == {name for name, members in domain.dates.items() if members}
    assert max(classes.values()) - min(classes.values()) <= 1


def occurrences(split, template):
    """Count, for each column of a template's plain rows that is covered, how often each piece occurs."""
    strata, pieces = all_rows(split)
    counts = {}
    for at, stratum in enumerate(split.strata):
        if stratum.template == template and stratum.noise is None:
            mine = pieces[strata == at]
            for place, column in enumerate(stratum.columns):
                if column.is_covered:
                    seen = counts.setdefault(column.kind, Counter(dict.fromkeys(column.numbers.tolist(), 0)))
                    seen.update(dict.fromkeys(column.numbers.tolist(), 0))
                    seen.update(mine[:, place].tolist())
    return counts


@pytest.mark.whole
@settings(max_examples=40)
@given(n=st.integers(20, 141), seed=st.integers(0, 20))
def test_pieces_of_a_column_occur_about_equally_often(domain, grammar, n, seed):
    split = plan_of(domain, grammar, n, seed=seed).splits["train"]
    for template in range(3):
        for counts in occurrences(split, template).values():
            assert max(counts.values()) - min(counts.values()) <= 2


@pytest.mark.whole
@settings(max_examples=100)
@given(
    more=st.integers(0, 5),
    seed=st.integers(0, 99),
    dev=st.integers(0, 20).map(lambda percent: percent / 100),
    test=st.integers(0, 20).map(lambda percent: percent / 100),
    min_count=st.integers(1, 2),
)
def test_with_enough_rows_every_piece_occurs_in_every_template(
    domain, grammar, more, seed, dev, test, min_count
):
    n = plan_of(domain, grammar, 1, dev=dev, test=test, min_count=min_count).n_to_cover + more
    split = plan_of(domain, grammar, n, dev=dev, test=test, seed=seed, min_count=min_count).splits["train"]
    for template in range(3):
        for counts in occurrences(split, template).values():
            assert min(counts.values()) >= min_count


@pytest.mark.parametrize(
    ("templates", "negatives"),
    [
        pytest.param("a: {city}{shop}[{thing}]10%{count}\n", 0, id="optional words"),
        pytest.param("a: [{city}]25%{shop}{thing}\n", 0, id="optional level"),
        pytest.param("!talk: {sentence}\n", 0.05, id="only sentences without entities"),
    ],
)
def test_optional_and_rare_pieces_occur_with_enough_rows_too(write, templates, negatives):
    domain = write(templates)
    grammar = build_grammar(domain)
    n = plan_of(domain, grammar, 1, negatives=negatives).n_to_cover
    assert n <= grammar.n_sentences
    split = plan_of(domain, grammar, n, negatives=negatives).splits["train"]
    for template in range(len(grammar.templates)):
        for counts in occurrences(split, template).values():
            assert min(counts.values()) >= 1


@pytest.mark.whole
@given(data=st.data(), seed=st.integers(0, 9))
def test_a_row_follows_from_its_position_alone(domain, grammar, data, seed):
    split = plan_of(domain, grammar, 90, test=0.2, seed=seed).splits["train"]
    whole = all_rows(split)
    positions = np.array(data.draw(st.lists(st.integers(0, split.n_rows - 1), max_size=20)), np.int64)
    asked = split.rows(positions)
    assert asked.stratum.tolist() == whole.stratum[positions].tolist()
    assert asked.pieces.tolist() == whole.pieces[positions].tolist()


def test_another_seed_gives_other_rows(domain, grammar):
    drawn = {tuple(said(grammar, plan_of(domain, grammar, 20, seed=s).splits["train"])) for s in range(5)}
    assert len(drawn) == 5


def test_rows_of_a_template_do_not_stand_together(domain, grammar):
    rows = said(grammar, plan_of(domain, grammar, 100).splits["train"])
    n_changes = sum(one[0] != other[0] for one, other in pairwise(rows))
    assert n_changes > 20


def test_no_text_stands_twice_in_samples(domain):
    texts = [sample.text for sample in sample_domain(domain, 145, 3, negatives=4 / 145)]
    assert sorted(texts) == sorted(set().union(*(SAID | TALK).values()))


TYPO = "noise:\n  typo: {rate: 0.5, files: [slips.txt], slots: [thing]}\n"


def test_listed_words_are_mistyped_behind_a_name_of_a_table(write):
    domain = write("a: {shop}{thing}\n", spec=TYPO, slips="苹平\n香相\n")
    texts = {sample.text for sample in sample_domain(domain, 10, 0)}
    assert any("平果" in text or "相梨" in text for text in texts)


def test_words_between_slots_may_be_spaces(write):
    domain = write("a: {city} {thing} {count}\n")
    assert {sample.text for sample in sample_domain(domain, 24, 0)} == {
        " ".join(row) for row in product([*CITIES, *(f"{c}市" for c in CITIES)], THINGS, COUNTS)
    }


def test_a_template_that_can_be_empty_is_refused_without_a_crash(write):
    with pytest.raises(UserError):
        build_grammar(write("a: [{thing}]\n"))


def test_slots_of_two_tables_are_combined_freely(write):
    spec = (
        "  other:\n    file: others.csv\n    levels:\n"
        "      kind: {label: Shop, forms: {full: {}, stem: {drop: 馆$}}}\n"
    )
    domain = write(
        "a: {city.plain}{kind}\nb: {city.plain}{kind.stem}\n",
        **{"domain.yaml": SPEC.replace("words:", spec + "words:"), "others.csv": "kind\n小饭馆\n大茶馆\n"},
    )
    texts = {sample.text for sample in sample_domain(domain, 8, 0)}
    assert texts == {city + kind for city, kind in product(CITIES, ["小饭馆", "大茶馆", "小饭", "大茶"])}


def test_a_template_without_entities_may_not_name_one_in_any_row(write):
    places = "city,shop\n甲城,甲城店\n甲城,东风店\n"
    task = TASK.replace(", inferable: true", "")
    domain = write("a: {city}{thing}\n!b: {shop.stem}在哪\n", **{"places.csv": places, "task.yaml": task})
    with pytest.raises(UserError, match="template !b names an entity"):
        build_grammar(domain)


def test_rounding_of_the_splits_does_not_take_the_row_that_covers_all(write):
    templates = "a x9: {thing}几个{count}\nb x0.1: {thing}多少{count}\n"
    domain = write(templates, things="苹果\n香梨\n甜瓜\n葡萄\n石榴\n", counts="吗\n呢\n啊\n")
    grammar = build_grammar(domain)
    n = plan_of(domain, grammar, 1, dev=0.1, test=0.1).n_to_cover
    train = plan_of(domain, grammar, n, dev=0.1, test=0.1).splits["train"]
    assert by_template(grammar, train)["b"] >= 5
