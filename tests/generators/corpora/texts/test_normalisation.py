"""Normalisation: what changes and what stays, and where entities go."""

import subprocess
import unicodedata
from importlib.util import find_spec
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.texts import normalisation
from nerforge.generators.corpora.texts.normalisation import STEPS, NormalisationReport, TextNormaliser
from nerforge.templates.domain import Entity, Sample, reading_order

opencc = find_spec("opencc")
COMBINATIONS = [
    pytest.param(["width"], id="width"),
    pytest.param(["space"], id="space"),
    pytest.param(["width", "space"], id="width and space"),
    pytest.param(["traditional"], id="traditional"),
    pytest.param(list(STEPS), id="all"),
]
TELLING = "京大ＡＢ１％，（～ \t\n\u3000\u00a0\u200b\ufeff\u200d\x00\u0301é😀👩蕭乾說萧於打坏昇"
TEXTS = st.one_of(st.text(TELLING, max_size=24), st.text(max_size=24))


def normalise(text, *steps):
    return TextNormaliser(steps).normalise_text(text)


def entity(label, text, start):
    return Entity(label, text, start, start + len(text))


def apply(sample, *steps):
    report = NormalisationReport()
    return TextNormaliser(steps).apply(sample, report), report


@st.composite
def samples(draw):
    text = draw(TEXTS)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda b: b[0] < b[1])
    spans = draw(st.sets(st.tuples(st.sampled_from("XY"), bounds), max_size=6)) if text else set()
    entities = [Entity(label, text[start:end], start, end) for label, (start, end) in spans]
    return Sample("s", text, tuple(sorted(entities, key=reading_order)), {"source": "test"})


def is_blank(character):
    is_control = unicodedata.category(character) == "Cc"
    return character.isspace() or is_control or character in "\u00ad\u200b\u2060\ufeff"


def collapse_slowly(text):
    """Give pairs of a character and its place in the old text, None for the space of a run."""
    found, run = [], ""
    for at, character in enumerate(text):
        if is_blank(character):
            run += character
            continue
        if found and any(c.isspace() for c in run):
            found.append((" ", None))
        found.append((character, at))
        run = ""
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＩＢＭ　２０２４年", "IBM　2024年"),
        ("３．５％－４＋ａ＠ｂ＃＆＊／＜ｐ＞＝", "3.5%-4+a@b#&*/<p>="),
        ("（甲），乙：丙；！？［１］～", "（甲），乙：丙；！？［1］～"),
        ("￥｡ﾊ①㎎Ⅳ", "￥｡ﾊ①㎎Ⅳ"),
    ],
    ids=["letters and digits", "signs", "Chinese punctuation", "other compatibility characters"],
)
def test_width_changes_what_chinese_writing_has_in_half_width(text, expected):
    assert normalise(text, "width") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u3000北京 \t\r\n大学\u2028", "北京 大学"),
        ("a\u00a0b\u2003c\u3000d", "a b c d"),
        ("\ufeff北\u200b京\u2060大\u00ad学\x00\x7f\x9f", "北京大学"),
        ("北京 \u200b 大学\u200b", "北京 大学"),
        ("👩\u200d⚕\ufe0f می\u200cخواهم e\u0301", "👩\u200d⚕\ufe0f می\u200cخواهم e\u0301"),
        (" \u3000\n", ""),
        ("", ""),
    ],
    ids=["runs", "each kind", "invisible", "invisible among spaces", "joiners and marks", "blanks", "empty"],
)
def test_space_leaves_single_plain_spaces_inside(text, expected):
    assert normalise(text, "space") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("臺灣大學的頭髮發財", "台湾大学的头发发财"),
        ("蕭乾說皮膚乾燥", "萧乾说皮肤干燥"),
        ("乾隆說憑藉狼藉", "乾隆说凭借狼藉"),
        ("患儿因肺动脉橫部狭窄就诊", "患儿因肺动脉横部狭窄就诊"),
        ("萧乾打坏了锅，王彦昇敢打敢拚", "萧乾打坏了锅，王彦昇敢打敢拚"),
    ],
    ids=["characters", "a name beside a word", "words", "a stray character", "a simplified text"],
)
def test_traditional_texts_are_converted_by_words_and_simplified_ones_stay(text, expected):
    assert normalise(text, "traditional") == expected


def test_what_opencc_would_change_in_a_simplified_text_is_counted():
    sample, report = apply(Sample("s", "萧乾说，王彦昇来了"), "traditional")
    assert (sample.text, report.traditional_left) == ("萧乾说，王彦昇来了", 2)
    assert report.characters["traditional"] == 0


def test_what_words_keep_in_a_traditional_text_is_not_counted_as_left():
    sample, report = apply(Sample("s", "蕭乾說"), "traditional")
    assert (sample.text, report.traditional_left, report.characters["traditional"]) == ("萧乾说", 0, 2)


def test_every_word_of_the_dictionary_is_normal_after_one_time(tmp_path):
    home = Path(opencc.origin).parent / "clib"
    program = next((home / "bin").glob("opencc_dict*"), None)
    if program is None:
        pytest.skip("this build of OpenCC brings no opencc_dict")
    normaliser, n_words = TextNormaliser(["traditional"]), 0
    for name in ("TSPhrases", "TSCharacters"):
        words = tmp_path / name
        source = home / "share" / "opencc" / f"{name}.ocd2"
        subprocess.run([program, "-i", source, "-o", words, "-f", "ocd2", "-t", "text"], check=True)
        for line in words.read_text(encoding="utf-8").splitlines():
            once = normaliser.normalise_text(line.split("\t")[0])
            assert normaliser.normalise_text(once) == once
            n_words += 1
    assert n_words > 4_000


def test_a_conversion_of_another_length_is_done_character_by_character(monkeypatch):
    table = {"說": "说", "體": "身体"}
    monkeypatch.setattr(
        normalisation, "open_opencc", lambda: lambda text: "".join(table.get(c, c) for c in text)
    )
    sample, report = apply(Sample("s", "他說體", (entity("X", "體", 2),)), "traditional")
    assert (sample.text, sample.entities) == ("他说體", (entity("X", "體", 2),))
    assert report.converted_singly == 2
    assert report.counts().characters["traditional"] == 1


def test_entities_move_along_and_lose_outer_blanks():
    text = "\u3000在 \u3000ＩＢＭ\n公司 \u200b工作"
    given_entities = (entity("ORG", " \u3000ＩＢＭ\n公司 ", 2), entity("X", "工作", 12))
    sample, report = apply(Sample("s", text, given_entities, {"a": 1}), "space", "width")
    moved = (entity("ORG", "IBM 公司", 2), entity("X", "工作", 9))
    assert sample == Sample("s", "在 IBM 公司 工作", moved, {"a": 1})
    assert msgspec.to_builtins(report.counts()) == {
        "samples_changed": 1,
        "samples_emptied": 0,
        "characters": {"width": 3, "space": 4, "traditional": 0},
        "traditional_left": 0,
        "converted_singly": 0,
        "entities_changed": 1,
        "entities_lost": 0,
        "entities_merged": 0,
        "examples": ["s: ' \\u3000ＩＢＭ\\n公司 ' (ORG) is now 'IBM 公司'"],
    }


def test_entities_that_differ_by_blanks_alone_become_one_of_each_label():
    entities = (entity("X", " 北京", 1), entity("Y", " 北京", 1), entity("X", "北京", 2))
    sample, report = apply(Sample("s", "在 北京", entities), "space")
    assert sample.entities == (entity("X", "北京", 2), entity("Y", "北京", 2))
    assert (report.entities_changed, report.entities_merged, report.entities_lost) == (2, 1, 0)


def test_entities_of_blanks_vanish_and_are_counted():
    entities = (entity("X", " ", 1), entity("X", "京", 2))
    sample, report = apply(Sample("s", "北 京\u200b", (*entities, entity("Y", "\u200b", 3))), "space")
    assert sample == Sample("s", "北 京", (entity("X", "京", 2),))
    assert (report.entities_lost, report.entities_merged) == (2, 0)


def test_a_sample_of_which_nothing_is_left_is_none_and_counted():
    sample, report = apply(Sample("s", "\u200b\ufeff", (entity("X", "\u200b", 0),)), "space")
    assert sample is None
    assert (report.samples_changed, report.samples_emptied, report.entities_lost) == (1, 1, 0)


def test_a_sample_that_is_normal_comes_back_itself():
    given_sample = Sample("s", "在 IBM，北京", (entity("ORG", "IBM", 2),))
    sample, report = apply(given_sample, "width", "space")
    assert sample is given_sample
    assert report == NormalisationReport()


def test_values_that_the_text_says_otherwise_or_not_at_all_stay_and_their_spans_move():
    given_sample = Sample("s", "Ａ  菏泽市投诉", (Entity("P", "山东省"), Entity("C", "菏泽", 3, 6)))
    sample, report = apply(given_sample, "width", "space")
    assert sample == Sample("s", "A 菏泽市投诉", (Entity("P", "山东省"), Entity("C", "菏泽", 2, 5)))
    assert (report.entities_changed, report.entities_lost) == (0, 0)


def test_examples_are_few():
    report = NormalisationReport()
    for number in range(9):
        TextNormaliser(["width"]).apply(Sample(str(number), "Ａ", (entity("X", "Ａ", 0),)), report)
    assert report.entities_changed == 9
    assert report.examples == [f"{number}: 'Ａ' (X) is now 'A'" for number in range(5)]


def test_an_unknown_step_is_refused():
    with pytest.raises(
        UsageError, match="unknown normalisation 'with'; known: space, traditional, width"
    ) as err:
        TextNormaliser(["width", "with"])
    assert err.type is UsageError


@pytest.mark.whole
@given(TEXTS)
def test_the_order_of_steps_is_fixed(text):
    normalisers = [TextNormaliser(steps) for steps in permutations(STEPS)]
    assert {normaliser.steps for normaliser in normalisers} == {tuple(STEPS)}
    assert len({normaliser.normalise_text(text) for normaliser in normalisers}) == 1


@pytest.mark.whole
@pytest.mark.parametrize("steps", COMBINATIONS)
@given(samples())
def test_what_is_normal_stays(steps, sample):
    once, _ = apply(sample, *steps)
    if once is not None:
        again, report = apply(once, *steps)
        assert again is once
        report.traditional_left = 0
        assert report == NormalisationReport()


@pytest.mark.whole
@pytest.mark.parametrize("steps", COMBINATIONS)
@given(samples())
def test_entities_stay_what_the_text_says_and_are_all_accounted_for(steps, sample):
    normal, report = apply(sample, *steps)
    entities = normal.entities if normal else ()
    for found in entities:
        assert normal.text[slice(*found.span)] == found.text
    assert list(entities) == sorted(set(entities), key=reading_order)
    if normal:
        assert len(sample.entities) == len(entities) + report.entities_lost + report.entities_merged
    assert (normal is None) == (report.samples_emptied == 1)
    if normal:
        assert (normal.id, normal.meta) == (sample.id, sample.meta)
        assert normal.text == normalise(sample.text, *steps)


@pytest.mark.whole
@pytest.mark.parametrize("steps", COMBINATIONS)
@given(samples())
def test_entities_keep_their_characters(steps, sample):
    kept = (
        collapse_slowly(sample.text)
        if "space" in steps
        else [(character, at) for at, character in enumerate(sample.text)]
    )
    place = {at: number for number, (_, at) in enumerate(kept) if at is not None}
    spans = set()
    for stated in sample.entities:
        places = [place[at] for at in range(*stated.span) if at in place]
        spans |= {(stated.label, places[0], places[-1] + 1)} if places else set()
    normal, _ = apply(sample, *steps)
    assert {(found.label, *found.span) for found in (normal.entities if normal else ())} == spans


@given(TEXTS)
def test_space_does_what_a_slow_reading_does(text):
    assert normalise(text, "space") == "".join(character for character, _ in collapse_slowly(text))


@pytest.mark.whole
@pytest.mark.parametrize("steps", [*COMBINATIONS[:1], COMBINATIONS[3]])
@given(TEXTS)
def test_steps_that_change_characters_keep_their_number(steps, text):
    sample, report = apply(Sample("s", text), *steps)
    after = sample.text if sample else ""
    assert len(after) == len(text)
    assert report.characters[steps[0]] == sum(a != b for a, b in zip(text, after, strict=True))


@given(st.text(max_size=24))
def test_width_gives_the_compatibility_form_or_the_character_itself(text):
    for before, after in zip(text, normalise(text, "width"), strict=True):
        assert after in (before, unicodedata.normalize("NFKC", before))
