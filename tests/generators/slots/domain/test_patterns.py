"""Template files and the domain file beside them: what is read, and every fault at once with its place."""

from math import prod

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.domain.patterns import Optional, Slot, Template, Variant, Words, read_templates
from nerforge.generators.slots.domain.slot_domain import read_domain

SLOTS = {"city": ("plain", "long", "alias"), "shop": ("full", "stem", "alias"), "total": ()}
CITY, SHOP, TOTAL = Slot("city"), Slot("shop"), Slot("total")


def read(path, content):
    path.write_text(content, encoding="utf-8")
    return read_templates(path, SLOTS)


def faults(path, content):
    with pytest.raises(UserError) as caught:
        read(path, content)
    return str(caught.value).replace(f"{path}", path.name).splitlines()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "templates.txt"


@pytest.mark.parametrize(
    ("line", "template"),
    [
        pytest.param("a: {city}{total}", Template("a", (CITY, TOTAL)), id="slots"),
        pytest.param("a:{city}", Template("a", (CITY,)), id="no space behind the colon"),
        pytest.param(
            "a: {city}的{total}吗", Template("a", (CITY, Words("的"), TOTAL, Words("吗"))), id="words"
        ),
        pytest.param("a: how: {city}", Template("a", (Words("how: "), CITY)), id="colon in the pattern"),
        pytest.param("a x3: {city}", Template("a", (CITY,), 3.0), id="weight"),
        pytest.param("a x0.25: {city}", Template("a", (CITY,), 0.25), id="weight below one"),
        pytest.param("!a: 你好", Template("a", (Words("你好"),), is_negative=True), id="without entities"),
        pytest.param(
            "!a-1 x2: 你好", Template("a-1", (Words("你好"),), 2.0, True), id="without entities, weight"
        ),
        pytest.param("城市: {city}", Template("城市", (CITY,)), id="Chinese name"),
        pytest.param("a: {city.long}", Template("a", (Slot("city", ("long",)),)), id="form"),
        pytest.param("a: {shop.stem|alias}", Template("a", (Slot("shop", ("stem", "alias")),)), id="forms"),
        pytest.param("a: {~shop.stem}", Template("a", (Slot("shop", ("stem",), False),)), id="look-alike"),
        pytest.param("a: [{city}]{total}", Template("a", (Optional((CITY,), 0.5), TOTAL)), id="optional"),
        pytest.param(
            "a: {city}[的]20%{total}", Template("a", (CITY, Optional((Words("的"),), 0.2), TOTAL)), id="share"
        ),
        pytest.param(
            "a: {city}[{shop}的]100%", Template("a", (CITY, Optional((SHOP, Words("的")), 1.0))), id="always"
        ),
        pytest.param("a: 涨5%了", Template("a", (Words("涨5%了"),)), id="per cent sign"),
        pytest.param(
            r"a: [好]\%{city}",
            Template("a", (Optional((Words("好"),), 0.5), Words("%"), CITY)),
            id="share, not",
        ),
        pytest.param(r"a: \{x\}\[y\]\\", Template("a", (Words(r"{x}[y]" + "\\"),)), id="escapes"),
    ],
)
def test_a_line_is_read(path, line, template):
    assert read(path, line) == (template,)


def test_templates_keep_their_order_and_comments_are_passed_over(path):
    content = "\ufeff# 模板\n\nb: {city}\n  # c: {none}\n  a: {shop}  \n"
    assert [template.name for template in read(path, content)] == ["b", "a"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            "{city}", "found '{city}'; expected NAME: PATTERN, or NAME x2: PATTERN for a weight", id="no name"
        ),
        pytest.param(
            "a:", "found 'a:'; expected NAME: PATTERN, or NAME x2: PATTERN for a weight", id="no pattern"
        ),
        pytest.param(
            "a y2: 好",
            "found 'a y2: 好'; expected NAME: PATTERN, or NAME x2: PATTERN for a weight",
            id="weight",
        ),
        pytest.param(
            "a x-1: 好",
            "found 'a x-1: 好'; expected NAME: PATTERN, or NAME x2: PATTERN for a weight",
            id="below 0",
        ),
        pytest.param("a x0: 好", "a weight of 0; leave the line out or comment it with #", id="weight of 0"),
        pytest.param("a: {town}", "unknown slot {town}; known: city, shop, total", id="unknown slot"),
        pytest.param(
            "a: [{~town}]",
            "unknown slot {town}; known: city, shop, total",
            id="unknown slot in an optional part",
        ),
        pytest.param(
            "a: {city.short}", "unknown form {city.short}; known forms: plain, long, alias", id="unknown form"
        ),
        pytest.param(
            "a: {total.full}", "unknown form {total.full}; known forms: none", id="form of a word list"
        ),
        pytest.param("a: {city", "cannot read '{city' in the pattern; write \\ before '{'", id="open brace"),
        pytest.param("a: 好}吗", "cannot read '}吗' in the pattern; write \\ before '}'", id="closing brace"),
        pytest.param("a: {}", "cannot read '{}' in the pattern; write \\ before '{'", id="empty braces"),
        pytest.param("a: {city.}", "cannot read '{city.}' in the pattern; write \\ before '{'", id="no form"),
        pytest.param(
            "a: 好\\吗", "cannot read '\\\\吗' in the pattern; write \\ before '\\\\'", id="backslash"
        ),
        pytest.param(
            "a: [好[吗]]",
            "an optional part [...] within another; write two templates",
            id="nested optional parts",
        ),
        pytest.param("a: 好]", "] closes nothing", id="surplus ]"),
        pytest.param("a: 好[]", "an empty optional part []", id="empty optional part"),
        pytest.param("a: [好", "an optional part [ is not closed", id="open optional part"),
        pytest.param("a: [好]0%", "an optional part in 0 % of the sentences; expected 1 to 100", id="0 %"),
        pytest.param(
            "a: [好]101%", "an optional part in 101 % of the sentences; expected 1 to 100", id="101 %"
        ),
        pytest.param(
            "a: " + "[好]吗" * 7,
            "more than 64 ways through the optional parts; write several templates",
            id="too many optional parts",
        ),
    ],
)
def test_a_fault_of_a_line_is_told(path, content, message):
    assert faults(path, content) == [f"templates.txt:1: {message}"]


def test_all_faults_are_told_at_once(path):
    assert faults(path, "a: {city}\n# b\nb: {town}\na: {shop}\nc: ]\n") == [
        "templates.txt:3: unknown slot {town}; known: city, shop, total",
        "templates.txt:4: template 'a' stands already above; rename one",
        "templates.txt:5: ] closes nothing",
    ]


def test_one_name_with_and_without_entities_is_a_fault(path):
    assert faults(path, "a: {city}\n!a: 好\n") == [
        "templates.txt:2: template 'a' stands already above; rename one"
    ]


def test_a_file_without_templates_is_a_fault(path):
    assert faults(path, "# nothing\n") == [
        "templates.txt: holds no templates; expected lines such as NAME: {slot}words"
    ]


def test_a_template_that_can_be_empty_is_a_fault(path):
    with pytest.raises(UserError, match=r"templates.txt:1: .*optional"):
        read(path, "a: [{city}]\n")


def test_the_variants_are_all_ways_through_the_optional_parts(path):
    (template,) = read(path, "a: [请]20%问{city}[{shop}的]25%{total}")
    ask, please, of = Words("问"), Words("请问"), Words("的")
    assert template.variants() == [
        Variant((ask, CITY, TOTAL), 0.8 * 0.75),
        Variant((ask, CITY, SHOP, of, TOTAL), 0.8 * 0.25),
        Variant((please, CITY, TOTAL), 0.2 * 0.75),
        Variant((please, CITY, SHOP, of, TOTAL), 0.2 * 0.25),
    ]


def test_a_part_that_is_always_there_makes_one_variant(path):
    (template,) = read(path, "a: {city}[好]100%")
    assert template.variants() == [Variant((CITY, Words("好")), 1.0)]


def test_slots_of_optional_parts_are_slots(path):
    (template,) = read(path, "a: [{city}的]{~shop}吗")
    assert list(template.slots()) == [CITY, Slot("shop", (), False)]


@given(st.lists(st.one_of(st.none(), st.integers(1, 100)), min_size=1, max_size=6))
def test_shares_of_variants_add_up_to_one(percents):
    parts = [
        Optional((Words(f"{at}"),), percent / 100) if percent else Words(f"w{at}")
        for at, percent in enumerate(percents)
    ]
    variants = Template("a", tuple(parts)).variants()
    assert sum(variant.share for variant in variants) == pytest.approx(1)
    assert len(variants) == prod(2 for percent in percents if percent and percent < 100)
    assert len({variant.parts for variant in variants}) == len(variants)


TASK = """\
title: 商店
labels:
  - {name: City, definition: 城市}
  - {name: Shop, definition: 商店}
"""
SPEC = """\
title: 商店
reference_day: 2024-06-15
hold_out: [shop]
tables:
  places:
    file: places.csv
    levels:
      city: {label: City, strip: 市$, forms: {plain: {}, long: {add: 市}}, default: [plain, alias]}
      shop: {label: Shop, forms: {full: {}, stem: {drop: 店$}}}
words:
  total: {file: totals.txt}
  shop_kind: {label: Shop, file: totals.txt}
noise:
  drop_suffix: {rate: 0.1, forms: {shop: [stem]}}
  typo: {rate: 0.1, files: [totals.txt], slots: [shop, total]}
  ending: {rate: 0.1, words: totals.txt}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    (tmp_path / "places.csv").write_text("city,shop\n甲市,东风店\n", encoding="utf-8")
    (tmp_path / "totals.txt").write_text("个数\n", encoding="utf-8")
    (tmp_path / "templates.txt").write_text("a: {shop}{total}\n", encoding="utf-8")
    return tmp_path


def domain_of(folder, *changes):
    """Read the domain, its file changed at some paths: ``("tables.places.file", "x.csv")``."""
    spec = yaml.safe_load(SPEC)
    for where, value in changes:
        *parents, last = where.split(".")
        inner = spec
        for name in parents:
            inner = inner[name]
        inner[last] = value
    (folder / "domain.yaml").write_text(
        yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return read_domain(folder)


def domain_faults(folder, *changes):
    with pytest.raises(UserError) as caught:
        domain_of(folder, *changes)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_domain_is_read(folder):
    domain = domain_of(folder)
    assert [row.values for row in domain.tables["places"].rows] == [("甲", "东风店")]
    assert domain.added == {"ending": ("个数",)}
    assert domain.confusions == {"个": ("数",), "数": ("个",)}
    assert {file["name"] for file in domain.inputs} == {
        "domain.yaml",
        "places.csv",
        "totals.txt",
        "templates.txt",
    }


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        pytest.param(
            "tables.places.levels.city.label",
            "Town",
            "level 'city' names the unknown label 'Town'; known: City, Shop",
            id="label of a level",
        ),
        pytest.param(
            "words.total",
            {"label": "Sum", "file": "totals.txt"},
            "words 'total' names the unknown label 'Sum'; known: City, Shop",
            id="label of words",
        ),
        pytest.param(
            "dates",
            {"slot": "date", "label": "Day"},
            "dates names the unknown label 'Day'; known: City, Shop",
            id="label of dates",
        ),
        pytest.param(
            "tables.places.levels.city.default",
            ["short"],
            "level 'city': default names the unknown form 'short'; known: plain, long, alias",
            id="default form",
        ),
        pytest.param(
            "hold_out",
            ["total"],
            "hold_out names the unknown level 'total'; known: city, shop",
            id="hold_out",
        ),
        pytest.param(
            "noise.typo.slots",
            ["town"],
            "noise: typo names the unknown slot 'town'; known: city, shop, total, shop_kind",
            id="slot of typing errors",
        ),
        pytest.param(
            "noise.full_width",
            {"rate": 0.1, "slots": ["date"]},
            "noise: full_width names the unknown slot 'date'; known: city, shop, total, shop_kind",
            id="slot of full-width digits",
        ),
        pytest.param(
            "noise.drop_suffix.forms",
            {"shop": ["short"]},
            "noise: drop_suffix: shop names the unknown form 'short'; known: full, stem, alias",
            id="form of dropped suffixes",
        ),
        pytest.param(
            "words.shop",
            {"label": "Shop", "file": "totals.txt"},
            "slot 'shop' is defined twice",
            id="a slot twice",
        ),
        pytest.param(
            "tables.places.levels.shop.forms",
            {},
            "level 'shop': needs at least one form, and none that is called 'alias'",
            id="no forms",
        ),
        pytest.param(
            "tables.places.levels.city.strip",
            "(市",
            "level 'city': '(市' is no regular expression: missing ), unterminated subpattern at position 0",
            id="expression to strip",
        ),
    ],
)
def test_a_name_that_means_nothing_is_told(folder, where, value, message):
    assert f"domain.yaml: {message}" in domain_faults(folder, (where, value))


def test_all_faults_of_a_domain_file_are_told_at_once(folder):
    changes = [
        ("hold_out", ["town"]),
        ("tables.places.levels.shop.label", "Store"),
        ("tables.places.levels.shop.forms.stem", {"drop": "*"}),
    ]
    told = domain_faults(folder, *changes)
    assert len(told) == 3
    assert all(fault.startswith("domain.yaml: ") for fault in told)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        pytest.param("hold-out", [], "unknown field `hold-out`", id="unknown key"),
        pytest.param("reference_day", "June", "`$.reference_day`", id="no day"),
        pytest.param("noise.typo.rate", 1.5, "`$.noise.typo.rate`", id="share above 1"),
        pytest.param(
            "tables.places.levels.city.form", {}, "unknown field `form`", id="unknown key of a level"
        ),
    ],
)
def test_a_domain_file_of_another_shape_is_told_with_the_place(folder, where, value, message):
    (fault,) = domain_faults(folder, (where, value))
    assert fault.startswith("domain.yaml: ")
    assert message in fault


@pytest.mark.parametrize("name", ["places.csv", "totals.txt", "templates.txt", "task.yaml"])
def test_a_missing_file_of_a_domain_is_told(folder, name):
    (folder / name).unlink()
    assert domain_faults(folder)[0].startswith(f"{name}: ")


def test_a_table_without_levels_is_a_fault_of_the_domain_file(folder):
    other = {"file": "places.csv", "levels": {}}
    assert domain_faults(folder, ("tables.other", other))[0].startswith("domain.yaml: ")


def test_a_table_and_a_word_list_of_one_name_are_a_fault(folder):
    other = {"file": "totals.txt", "label": "Shop"}
    assert domain_faults(folder, ("words.places", other))[0].startswith("domain.yaml: ")


def test_a_slot_named_like_the_words_around_a_sentence_is_a_fault(folder):
    slot = {"file": "totals.txt", "label": "Shop"}
    assert domain_faults(folder, ("words.ending", slot))[0].startswith("domain.yaml: ")


def test_dates_are_no_slot_of_typing_errors(folder):
    dates = {"slot": "date", "label": "Shop"}
    told = domain_faults(folder, ("dates", dates), ("noise.typo.slots", ["date"]))
    assert told[0].startswith("domain.yaml: noise")
