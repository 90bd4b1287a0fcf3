"""Noise around and within sentences: as often as its rate, only where it may be, and no text twice for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.drawing.holdout import RANDOM, divide
from nerforge.generators.slots.drawing.noise import CHANNELS, Noise, names_of
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.language.pieces import fold

SPEC = """\
title: 商店
reference_day: 2024-06-15
tables:
  places:
    file: places.csv
    levels:
      city: {label: City}
      shop: {label: Shop, forms: {full: {}, stem: {drop: 店$}}}
words:
  thing: {label: Thing, file: things.txt}
  number: {file: numbers.txt}
noise:
"""
TASK = """\
title: 商店
labels:
  - {name: City, definition: 城市}
  - {name: Shop, definition: 商店}
  - {name: Thing, definition: 商品}
"""
RATES = {
    "drop_suffix": "  drop_suffix: {rate: RATE, forms: {shop: [stem]}}\n",
    "typo": "  typo: {rate: RATE, files: [slips.txt], slots: [shop]}\n",
    "full_width": "  full_width: {rate: RATE, slots: [thing]}\n",
    "space": "  space: {rate: RATE}\n",
    "polite": "  polite: {rate: RATE, words: polite.txt}\n",
    "ending": "  ending: {rate: RATE, words: endings.txt}\n",
    "aside": "  aside: {rate: RATE, words: asides.txt}\n",
}
N_SHOPS = 40
FILES = {
    "task.yaml": TASK,
    "places.csv": "city,shop\n"
    + "".join(f"城{chr(0x4E00 + n // 8)},铺{chr(0x5000 + n)}里店\n" for n in range(N_SHOPS)),
    "things.txt": "货1号\n货2号\n苹果\n",
    "numbers.txt": "".join(f"有{number}个\n" for number in range(10, 20)),
    "slips.txt": "里理\n",
    "polite.txt": "请问\n麻烦您\n",
    "endings.txt": "呢\n吗？\n",
    "asides.txt": "你好，\n",
    "templates.txt": "a: {city}{shop}{thing}{number}\nb: {shop}的{thing}\n!c: 第{number}名\n",
}
N_ROWS = 400


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """Write a domain with some channels at some rate, and read it."""

    def written(*channels, rate=0.3, **files):
        folder = tmp_path_factory.mktemp("domain")
        noise = "".join(RATES[name].replace("RATE", f"{rate}") for name in channels)
        spec = SPEC + noise if noise else SPEC.replace("noise:\n", "")
        content = FILES | {"domain.yaml": spec} | {f"{name}.txt": text for name, text in files.items()}
        for name, text in content.items():
            (folder / name).write_text(text, encoding="utf-8")
        return read_domain(folder)

    return written


class Drawn:
    """The rows of a domain, without and with noise, as texts."""

    def __init__(self, domain, n=N_ROWS, negatives=0.02, seed=0):
        self.grammar = build_grammar(domain)
        shares = {"dev": 0.0, "test": 0.0}
        division = divide(domain, self.grammar, RANDOM, shares, seed)
        plan = make_plan(self.grammar, division, n, shares=shares, negatives=negatives, seed=seed)
        self.split = plan.splits["train"]
        self.noise = Noise(domain, self.grammar, self.split)
        self.noisy = self.at(np.arange(n))
        self.plain_pieces = self.split.rows(np.arange(n)).pieces
        self.plain = self.texts(self.plain_pieces)
        self.written = self.texts(self.noisy.pieces)
        self.channels = [names_of(bits) for bits in self.noisy.channels.tolist()]
        names = [self.grammar.templates[stratum.template].name for stratum in self.split.strata]
        self.templates = [names[at] for at in self.noisy.stratum.tolist()]

    def at(self, positions):
        return self.noise.add(self.split.rows(positions), positions)

    def texts(self, pieces):
        return ["".join(self.grammar.pool[number].text for number in row) for row in pieces.tolist()]


@pytest.fixture(scope="module")
def everything(write):
    return Drawn(write(*CHANNELS))


def test_without_noise_rows_are_written_as_they_are(write):
    drawn = Drawn(write())
    assert drawn.written == drawn.plain
    assert not any(drawn.channels)


@pytest.mark.parametrize(
    ("channel", "rate"),
    [
        (channel, rate)
        for channel in ("polite", "ending", "aside", "drop_suffix", "typo")
        for rate in (0.1, 0.5)
    ],
)
def test_about_the_rate_of_the_rows_has_a_channels_noise(write, channel, rate):
    n_rows = 200
    drawn = Drawn(write(channel, rate=rate), n_rows, negatives=0)
    share = sum(channel in names for names in drawn.channels) / n_rows
    assert abs(share - rate) < 4 * (rate * (1 - rate) / n_rows) ** 0.5


@pytest.mark.parametrize(
    ("channel", "before", "after"),
    [
        ("polite", {"请问", "麻烦您"}, {""}),
        ("aside", {"你好，"}, {""}),
        ("ending", {""}, {"呢", "吗？"}),
    ],
)
def test_words_stand_around_the_sentence(write, channel, before, after):
    drawn = Drawn(write(channel, rate=1), negatives=0)
    around = {tuple(text.split(plain)) for text, plain in zip(drawn.written, drawn.plain, strict=True)}
    assert around == {(b, a) for b in before for a in after}


def test_an_aside_stands_before_polite_words(write):
    drawn = Drawn(write("polite", "aside", rate=1))
    assert all(text.startswith(("你好，请问", "你好，麻烦您")) for text in drawn.written)


def test_sentences_without_entities_get_no_ending(write):
    drawn = Drawn(write("ending", rate=1))
    endings = {name: set() for name in "abc"}
    for template, text in zip(drawn.templates, drawn.written, strict=True):
        endings[template].add(text.endswith(("呢", "吗？")))
    assert endings == {"a": {True}, "b": {True}, "c": {False}}


def test_a_space_stands_between_two_pieces(write):
    drawn = Drawn(write("space", rate=1))
    pool = drawn.grammar.pool
    for row, text, plain in zip(drawn.plain_pieces.tolist(), drawn.written, drawn.plain, strict=True):
        lengths = np.cumsum([len(pool[number].text) for number in row if number])
        assert text.replace(" ", "", 1) == plain
        assert text.index(" ") in lengths[:-1]


def test_only_digits_of_the_named_slots_are_full_width(write):
    drawn = Drawn(write("full_width", rate=1))
    for text, plain, names in zip(drawn.written, drawn.plain, drawn.channels, strict=True):
        assert text == plain.replace("货1号", "货１号").replace("货2号", "货２号")
        assert names == (["full_width"] if text != plain else [])


def test_a_row_tells_its_noise(everything):
    for text, plain, names in zip(everything.written, everything.plain, everything.channels, strict=True):
        assert (" " in text) is ("space" in names)
        assert any(mark in text for mark in "１２") is ("full_width" in names)
        assert ("请问" in text or "麻烦您" in text) is ("polite" in names)
        assert text.endswith(("呢", "吗？")) is ("ending" in names)
        assert text.startswith("你好") is ("aside" in names)
        assert ("理" in text) is ("typo" in names)
        assert ("店" not in text and "名" not in text) is ("drop_suffix" in names)
        assert fold(plain) in fold(text)


def test_noise_makes_no_text_twice(everything):
    assert len(set(everything.written)) == N_ROWS


def test_words_that_differ_in_width_only_are_refused_where_noise_makes_them_the_same(write):
    domain = write("full_width", rate=0.5, things="货1号 = 货１号\n")
    with pytest.raises(UserError, match=r"\{thing\} says '货1号' and '货１号', which noise \(full_width\)"):
        build_grammar(domain)


@given(data=st.data())
def test_the_noise_of_a_row_follows_from_its_position(everything, data):
    positions = np.array(data.draw(st.lists(st.integers(0, N_ROWS - 1), max_size=20)), np.int64)
    asked = everything.at(positions)
    assert everything.texts(asked.pieces) == [everything.written[at] for at in positions]
    assert asked.channels.tolist() == everything.noisy.channels[positions].tolist()


def test_channels_are_drawn_apart(write):
    drawn = Drawn(write("polite", "ending", "aside", "space", rate=0.5), negatives=0)
    for one in ("polite", "ending", "aside", "space"):
        for other in ("polite", "ending", "aside", "space"):
            if one != other:
                share = sum({one, other} <= set(names) for names in drawn.channels) / N_ROWS
                assert 0.15 < share < 0.35


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_can_be_kept_alone(write, channel):
    drawn = Drawn(select(write(*CHANNELS), noise=[channel]))
    assert {name for names in drawn.channels for name in names} == {channel}


def test_all_channels_can_be_left_out(write):
    drawn = Drawn(select(write(*CHANNELS), noise=[]))
    assert drawn.written == drawn.plain
    assert not any(drawn.channels)


def test_an_unknown_channel_is_refused(write):
    with pytest.raises(UsageError, match="unknown noise 'typos'; known: aside, drop_suffix, ending"):
        select(write(), noise=["typos"])


def test_noise_has_names_by_bit():
    assert names_of(0) == []
    assert names_of((1 << len(CHANNELS)) - 1) == list(CHANNELS)
    assert names_of(1 << CHANNELS.index("space")) == ["space"]
