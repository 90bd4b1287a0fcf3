"""Splits that hold something out: what train may say, dev and test never do, and the other way round."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError
from nerforge.generators.manifests.slot_counts import HoldoutSummary
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.drawing.holdout import BY_DATE_FORM, BY_TEMPLATE, BY_VALUE, RANDOM, divide
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.language.grammar_cache import build_grammar

SPEC = """\
title: 商店
reference_day: 2024-06-15
hold_out: [company, shop]
tables:
  places:
    file: places.csv
    levels:
      city: {label: City}
      company: {label: Company, forms: {full: {}, stem: {drop: 公司$}}}
      shop: {label: Shop, forms: {full: {}, stem: {drop: 店$}}}
words:
  thing: {label: Thing, file: things.txt}
dates: {slot: date, label: Date, periods: periods.csv}
"""
TASK = """\
title: 商店
labels:
  - {name: City, definition: 城市, inferable: true}
  - {name: Company, definition: 公司, inferable: true}
  - {name: Shop, definition: 商店}
  - {name: Thing, definition: 商品}
  - {name: Date, definition: 日期}
"""
TEMPLATES = """\
a: [{date}]{city}{company}{shop}{thing}
b: [{date}]{shop.stem}的{thing}
c: [{date}]{city}的{thing}
d: [{date}]{company.stem}那里{thing}
e: [{date}]{~shop.stem}歌曲里{thing}
!f: 谁知道{~shop.stem}诗词
"""
SHARES = {"dev": 0.1, "test": 0.2}
FIRST, SECOND = "甲乙丙丁戊己庚辛壬癸", "东南西北"
ROWS = [
    *(f"{c}城,{c}{d}公司,{c}{d}{n}号店" for c in FIRST[:3] for d in SECOND for n in "一二三"),
    # Names under two companies, a company in two cities, and a shop called like a company.
    "甲城,甲东公司,凤凰店",
    "乙城,乙东公司,凤凰店",
    "甲城,红旗公司,红星店",
    "丙城,红旗公司,红日店",
    "丙城,丙西公司,甲东店",
]


@pytest.fixture(scope="module")
def domain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domain")
    (folder / "domain.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "task.yaml").write_text(TASK, encoding="utf-8")
    (folder / "templates.txt").write_text(TEMPLATES, encoding="utf-8")
    (folder / "places.csv").write_text("city,company,shop\n" + "\n".join(ROWS), encoding="utf-8")
    (folder / "things.txt").write_text("苹果\n香梨\n", encoding="utf-8")
    (folder / "periods.csv").write_text("name,first,last\n收获期,06-01,09-30\n", encoding="utf-8")
    return read_domain(folder)


@pytest.fixture(scope="module")
def grammar(domain):
    return build_grammar(domain)


def plan_of(domain, grammar, kind, n=400, seed=0, negatives=0.0):
    division = divide(domain, grammar, kind, SHARES, seed)
    return make_plan(grammar, division, n, shares=SHARES, negatives=negatives, seed=seed)


def pieces_by_split(plan):
    """List the pieces of all rows, by split and row."""
    pool = plan.grammar.pool
    for name, split in plan.splits.items():
        for stratum, numbers in zip(*(a.tolist() for a in split.rows(np.arange(split.n_rows))), strict=True):
            yield name, split.strata[stratum], [pool[number] for number in numbers]


def held(plan, split):
    return {tuple(name.split(": ")) for name in plan.division.held_out[split]}


@pytest.mark.whole
@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_no_piece_has_a_value_that_another_split_holds_out(domain, grammar, seed):
    division = divide(domain, grammar, BY_VALUE, SHARES, seed)
    values = {
        name: {tuple(value.split(": ")) for value in division.held_out.get(name, ())}
        for name in ("train", "dev", "test")
    }
    assert not values["test"] & values["dev"]
    for name, strata in division.strata.items():
        numbers = {number for s in strata for column in s.columns for number in column.numbers.tolist()}
        said = set().union(*(grammar.pool[number].values for number in numbers))
        assert all(not said & other for split, other in values.items() if split != name)
        assert said >= values[name]


@pytest.mark.whole
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_every_row_of_a_test_has_a_value_that_is_held_out_for_it(domain, grammar, seed):
    plan = plan_of(domain, grammar, BY_VALUE, seed=seed, n=150)
    for name, _, pieces in pieces_by_split(plan):
        said = frozenset().union(*(piece.values for piece in pieces))
        assert name == "train" or said & held(plan, name)


@pytest.mark.whole
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_no_row_answers_a_value_that_another_split_holds_out(domain, grammar, seed):
    plan = plan_of(domain, grammar, BY_VALUE, seed=seed, n=150)
    values = {name: {value for _, value in held(plan, name)} for name in ("test", "dev")}
    for name, _, pieces in pieces_by_split(plan):
        said = {entity.text for piece in pieces for entity in piece.entities}
        assert all(not said & other for split, other in values.items() if split != name)


@pytest.mark.whole
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_all_below_a_held_out_value_is_held_out_with_it(domain, grammar, seed):
    division = divide(domain, grammar, BY_VALUE, SHARES, seed)
    for name in ("test", "dev"):
        out = {tuple(value.split(": ")) for value in division.held_out[name]}
        below = {
            ("shop", row.values[2])
            for row in domain.tables["places"].rows
            if ("company", row.values[1]) in out
        }
        assert below <= out
        assert any(level == "company" for level, _ in out)


def test_about_the_share_of_the_values_is_held_out(domain, grammar):
    plan = plan_of(domain, grammar, BY_VALUE)
    shops = {row.values[2] for row in domain.tables["places"].rows}
    for name, share in SHARES.items():
        n_held = sum(level == "shop" for level, _ in held(plan, name))
        assert 0.5 * share <= n_held / len(shops) <= 1.5 * share


@pytest.mark.parametrize("kind", [BY_VALUE, BY_TEMPLATE, BY_DATE_FORM, RANDOM])
def test_no_text_stands_in_two_splits(domain, grammar, kind):
    texts = [
        "".join(piece.text for piece in pieces)
        for _, _, pieces in pieces_by_split(plan_of(domain, grammar, kind, negatives=0.02))
    ]
    assert len(set(texts)) == len(texts) == 400


def test_templates_are_held_out(domain, grammar):
    plan = plan_of(domain, grammar, BY_TEMPLATE)
    used = {name: set() for name in plan.splits}
    for name, stratum, _ in pieces_by_split(plan):
        used[name].add(grammar.templates[stratum.template].name)
    assert {name: used[name] for name in SHARES} == {n: set(plan.division.held_out[n]) for n in SHARES}
    assert used["train"] == {"a", "b", "c", "d", "e"} - used["dev"] - used["test"]
    assert len(used["train"]) == 3


def test_date_forms_are_held_out(domain, grammar):
    plan = plan_of(domain, grammar, BY_DATE_FORM)
    used = {name: set() for name in plan.splits}
    for name, stratum, pieces in pieces_by_split(plan):
        used[name].add(stratum.date_class)
        assert {piece.date.name for piece in pieces if piece.date} == {stratum.date_class} - {None}
    assert {name: used[name] for name in SHARES} == {n: set(plan.division.held_out[n]) for n in SHARES}
    assert None in used["train"]
    assert not used["train"] & (used["dev"] | used["test"])


def test_random_splits_share_what_there_is(domain, grammar):
    division = divide(domain, grammar, RANDOM, SHARES, 0)
    assert set(division.strata.values()) == {grammar.strata}
    assert division.summary() == HoldoutSummary("random", {})


@pytest.mark.parametrize("kind", [BY_VALUE, BY_TEMPLATE, BY_DATE_FORM])
def test_without_dev_and_test_nothing_is_held_out(domain, grammar, kind):
    division = divide(domain, grammar, kind, {"dev": 0.0, "test": 0.0}, 0)
    assert set(division.strata.values()) == {grammar.strata}


@pytest.mark.parametrize("kind", [BY_VALUE, BY_TEMPLATE, BY_DATE_FORM])
def test_the_seed_chooses_what_is_held_out(domain, grammar, kind):
    choices = [divide(domain, grammar, kind, SHARES, seed).summary() for seed in (0, 0, 1, 2)]
    assert choices[0] == choices[1]
    assert choices[0] != choices[2] or choices[0] != choices[3]
    assert set(choices[0].held_out) == {"dev", "test"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("kind", "templates", "message"),
    [
        pytest.param(BY_TEMPLATE, ["c"], "holds out 2 of 1; nothing is left", id="one template"),
        pytest.param(BY_TEMPLATE, ["c", "d"], "holds out 2 of 2; nothing is left", id="two templates"),
        pytest.param(BY_DATE_FORM, ["f"], "holds out 2 of 0; nothing is left", id="no dates"),
    ],
)
def test_too_little_to_hold_out_is_refused(domain, kind, templates, message):
    few = select(domain, templates=templates)
    with pytest.raises(UsageError, match=f"--split {kind}: {message}"):
        divide(few, build_grammar(few), kind, SHARES, 0)


@pytest.mark.whole
def test_a_domain_that_names_no_levels_cannot_be_split_by_value(domain, tmp_path):
    for file in domain.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "domain.yaml").write_text(SPEC.replace("hold_out: [company, shop]\n", ""), encoding="utf-8")
    plain = read_domain(tmp_path)
    with pytest.raises(UsageError, match="the domain names no levels under hold_out"):
        divide(plain, build_grammar(plain), BY_VALUE, SHARES, 0)


@pytest.mark.whole
def test_a_table_too_small_to_be_split_is_refused(domain):
    one = select(domain, values={"city": ["甲城"], "company": ["甲东公司"], "shop": ["甲东一号店"]})
    grammar = build_grammar(one)
    with pytest.raises(UsageError, match="--split: the templates say nothing that is held out for dev"):
        plan_of(one, grammar, BY_VALUE, n=20)
