"""Texts of every kind that tools have trouble with, with entities in and across one another."""

import random
from collections.abc import Sequence

import msgspec

from nerforge.templates.domain import Entity, Sample, in_reading_order

WORDS = (
    "王海", "昨天", "在", "上海市", "第一人民医院", "看见", "李梅", "，", "。", "供电公司", "说", "2024年",
    "A股", "New York", "café", "и", "ด้วย", "한국", "<b>", "&amp;", "\\n", '"', "'", "{", "[1]", "|", "#",
)  # fmt: skip
PIECES = (
    "😀",  # two UTF-16 units
    "👩‍👩‍👧",  # joined by U+200D
    "👍🏽", "🇨🇳", "❤️", "𠮷", "𝒳",
    "e\u0301", "\u0e01\u0e33", "\u200d", "\u200b", "\ufeff", "\u2028", "\u00a0", "\u3000",
    "\r\n", "\n", "\t", " ", "  ",
)  # fmt: skip
LABELS = ("PER", "地点", "A_b", "<x>&\"'")


def odd_samples(n: int, seed: int = 3) -> list[Sample]:
    """Make samples, each with a text of its own."""
    rng = random.Random(seed)
    samples = []
    for number in range(n):
        pieces = [*rng.choices(WORDS, k=rng.randint(2, 9)), *rng.choices(PIECES, k=rng.randint(0, 4))]
        rng.shuffle(pieces)
        # Tools may trim what is white at the ends; within a text nothing may change.
        text = f"第{number}句{''.join(pieces)}完"
        entities = [_entity(text, rng) for _ in range(rng.choice([0, 1, 2, 4, 7]))]
        meta = {"来源": number, "page": {"n": [1, None]}} if number % 3 else {}
        samples.append(Sample(f"t/{number} 句", text, in_reading_order(dict.fromkeys(entities)), meta))
    return samples


def _entity(text: str, rng: random.Random) -> Entity:
    start = rng.randrange(len(text))
    end = min(start + rng.randint(1, 12), len(text))
    return Entity(rng.choice(LABELS), text[start:end], start, end)


def without_annotators(gold: bytes) -> list[Sample]:
    """Read gold that was imported, without the names that import adds."""
    samples = [msgspec.json.decode(line, type=Sample) for line in gold.splitlines()]
    return [
        Sample(x.id, x.text, x.entities, {k: v for k, v in x.meta.items() if k != "annotators"})
        for x in samples
    ]


def without_meta(samples: Sequence[Sample]) -> list[Sample]:
    return [Sample(x.id, x.text, x.entities) for x in samples]
