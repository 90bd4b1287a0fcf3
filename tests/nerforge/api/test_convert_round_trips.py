"""Gold that goes to a layout and comes back is the same gold, byte for byte."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nerforge as nf
from nerforge.generators.corpora.aligning.spellings import trim
from nerforge.generators.corpora.conversion.carried_parts import find_carried, writer_of
from nerforge.generators.corpora.conversion.losses import LossKind
from nerforge.generators.corpora.conversion.target_layouts import find_target, list_targets
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample, in_reading_order
from nerforge.templates.tasks import load_task

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "real"
SAMPLES = ROOT / "data" / "samples"
NEEDS = {"spacy_docbin": "spacy", "datasets_folder": "datasets"}
"""Packages that some layouts need, which take long to import."""
LAYOUTS = [pytest.param(name, marks=pytest.mark.whole if name in NEEDS else ()) for name in list_targets()]

ID, META, SPLIT, SCORE = LossKind.ID, LossKind.META, LossKind.SPLIT, LossKind.SCORE
OVERLAPS = {LossKind.NESTED, LossKind.CROSSING, LossKind.SAME_SPAN}
VALUES = {LossKind.COMPLETED_VALUE, LossKind.NORMALISED_VALUE}


class Limits(NamedTuple):
    """What a layout does not carry."""

    lost: set[LossKind]
    texts: str = r"(?!)"
    """A pattern of what no text may hold; the usual one is found nowhere."""


LIMITS: dict[str, Limits] = {
    # Its splits are files, and nobody scores it.
    "gold": Limits({SPLIT, SCORE}),
    # A line holds nothing but the text with its braces.
    "bosonner": Limits({ID, META, SPLIT, SCORE, *OVERLAPS, *VALUES}, r"^\ufeff|\{\{|\}\}"),
    # Spans have no place for a score.
    "cluener": Limits({SCORE, *VALUES}),
    "doccano": Limits({SCORE, *VALUES}),
    "gliner": Limits({SCORE, *VALUES}),
    "spacy_json": Limits({SCORE, *VALUES}),
    "webanno_tsv": Limits({SCORE, *VALUES}),
}
"""A layout that is not named carries all of it but values that no text says."""
UNKNOWN = Limits(VALUES)


@pytest.fixture(autouse=True)
def packages(request: pytest.FixtureRequest) -> None:
    """Skip a layout whose package is not installed."""
    if needs := NEEDS.get(request.getfixturevalue("layout") if "layout" in request.fixturenames else ""):
        pytest.importorskip(needs, reason="needs an extra")


def limits(layout: str) -> Limits:
    return LIMITS.get(layout, UNKNOWN)


PIECES = [
    "😀",
    "👩‍👩‍👧",
    "𠮷",
    "é",
    "e\u0301",
    '"',
    "\\",
    "'",
    " ",
    "\u3000",
    ",",
    "<b>",
    "\r\n",
    "\n",
    "\t",
    "\u2028",
]
LABELS = ["PER", "地点", "A_b", "x-y"]


def mixed(sample: Sample, rng: random.Random, pieces: Sequence[str], *, overlaps: bool) -> Sample:
    """Put some of the pieces into a text, and entities that nest, cross and share spans onto it."""
    text, entities = sample.text, list(sample.entities)
    for _ in range(rng.choice([0, 0, 1, 2])):
        at, piece = rng.randint(0, len(text)), rng.choice(pieces)
        text = text[:at] + piece + text[at:]
        entities = [moved(entity, at, len(piece), text) for entity in entities]
    for _ in range(rng.choice([0, 0, 1, 3]) if overlaps else 0):
        start = rng.randrange(len(text))
        end = min(start + rng.randint(1, 12), len(text))
        # Entities that begin or end with a blank are corrected when they are read, so gold has none.
        if trim(text, (start, end)) == (start, end):
            entities.append(Entity(rng.choice(LABELS), text[start:end], start, end))
    return Sample(sample.id, text, in_reading_order(dict.fromkeys(entities)), sample.meta)


def moved(entity: Entity, at: int, n: int, text: str) -> Entity:
    """Move an entity out of the way of ``n`` characters that were put into a text, or put them into it."""
    assert entity.start is not None
    assert entity.end is not None
    start, end = entity.start + n * (at <= entity.start), entity.end + n * (at < entity.end)
    return Entity(entity.label, text[start:end], start, end)


@cache
def samples_of(folder: Path, name: str, n: int) -> tuple[Sample, ...]:
    """Read the first rows of a corpus, and give them ids and ``meta``."""
    return tuple(_samples_of(folder, name, n))


def _samples_of(folder: Path, name: str, n: int) -> Iterator[Sample]:
    corpus = Corpus(folder / f"{name}.jsonl", load_task(name))
    read = (sample for sample, _ in corpus.samples(corpus.report()) if sample is not None)
    for number, sample in enumerate(islice(read, n), start=1):
        meta = {"来源": name, "pages": [number, None]} if number % 3 else {}
        yield Sample(f"{name}/{number:05d} a", sample.text, sample.entities, meta)


def fitting(layout: str, samples: Iterator[Sample], seed: int) -> Iterator[Sample]:
    """Mix into samples what a layout carries, and leave out those whose texts it refuses."""
    limit, rng = limits(layout), random.Random(seed)
    refused = re.compile(limit.texts)
    pieces = [piece for piece in PIECES if not refused.search(piece)]
    for sample in samples:
        if refused.search(sample.text):
            continue
        flat = bool(OVERLAPS & limit.lost)
        if flat and any(a.end > b.start for a, b in pairwise(sample.entities)):
            continue
        yield mixed(sample, rng, pieces, overlaps=not flat)


def without(line: bytes, lost: set[LossKind]) -> bytes:
    """Take out of a line of gold what a layout does not carry."""
    row = json.loads(line)
    for kind in (ID, META):
        if kind in lost:
            del row[kind.value]
    return json.dumps(row, ensure_ascii=False).encode()


def check_round_trip(
    folder: Path, layout: str, samples: Sequence[Sample], *, is_recognised: bool = True
) -> None:
    gold, there, back = folder / "gold.jsonl", folder / "there", folder / "back.jsonl"
    gold.write_bytes(b"".join(encode_gold(samples)))
    lost = limits(layout).lost
    to = nf.convert(gold, there, to=layout)
    assert (to.n_written, to.read["rows"]) == (len(samples), len(samples))
    assert set(to.lost) <= {kind.value for kind in lost & {ID, META}}
    again = nf.convert(there, back, to="gold", layout=None if is_recognised else layout)
    assert (again.layout, again.n_written) == (layout, len(samples))
    assert set(again.read["kept"]) <= {"as_given"}
    if not lost & {ID, META}:
        assert back.read_bytes() == gold.read_bytes()
    for found, expected in zip(back.read_bytes().splitlines(), gold.read_bytes().splitlines(), strict=True):
        assert without(found, lost) == without(expected, lost)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_layout_is_said_to_lose_is_what_it_loses(layout: str) -> None:
    carried = find_carried(writer_of(find_target(layout).layout, None)).kinds
    asked = {ID, META, SPLIT, SCORE, *OVERLAPS, *VALUES}
    assert asked - carried == limits(layout).lost


@pytest.mark.parametrize("page", ["convert.md", "convert.zh-CN.md"])
def test_the_table_of_the_page_says_what_each_layout_carries(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|((?: (?:✓ )?\|){5})", text, re.MULTILINE)
    said = {name: [cell.strip() == "✓" for cell in cells.split("|")[:-1]] for name, cells in rows}
    kinds = (ID, META, SPLIT, SCORE, LossKind.NESTED)
    assert said == {name: [kind not in limits(name).lost for kind in kinds] for name in list_targets()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_our_own_come_back_as_they_went(tmp_path: Path, layout: str) -> None:
    samples = [x for name in ("ccfbdci", "cmeee") for x in samples_of(SAMPLES, name, 40)]
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        check_round_trip(folder, layout, list(fitting(layout, iter(samples), seed)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_predictions_in_any_layout_are_matched_to_gold_and_written_as_they_are(
    tmp_path: Path, layout: str
) -> None:
    samples = list(fitting(layout, iter(samples_of(SAMPLES, "ccfbdci", 40)), seed=3))
    gold, predictions = tmp_path / "gold.jsonl", tmp_path / f"there{find_target(layout).suffix}"
    gold.write_bytes(b"".join(encode_gold(samples)))
    nf.convert(gold, predictions, to=layout)
    done = nf.convert(predictions, tmp_path / "back.jsonl", to="gold", gold=gold)
    assert (done.kind, done.n_written, done.lost) == ("predictions", len(samples), {})
    assert (tmp_path / "back.jsonl").read_bytes() == gold.read_bytes()


@pytest.mark.slow(minutes=4)
@pytest.mark.whole
@pytest.mark.parametrize("layout", LAYOUTS)
def test_ten_thousand_real_rows_come_back_byte_for_byte(tmp_path: Path, layout: str) -> None:
    if not REAL.is_dir():
        pytest.skip(f"the published corpora are not at {REAL}")
    samples = chain(samples_of(REAL, "cmeee", 4_287), samples_of(REAL, "ccfbdci", 5_713))
    check_round_trip(tmp_path, layout, list(fitting(layout, samples, seed=7)))


CHARACTERS = st.sampled_from('雨冷王 　"\\{}[]<>&#-O:,;/|😀👩‍AZ9é\u2028\ufeff') | st.characters(
    exclude_categories=["Cs"]
)


@st.composite
def samples_of_any_kind(draw: st.DrawFn) -> Sample:
    """Draw a text, and entities that may nest, cross and share a span, none with blanks at its ends."""
    text = draw(st.text(CHARACTERS, min_size=1, max_size=16).filter(str.strip))
    spans = draw(st.lists(st.tuples(*[st.integers(0, len(text))] * 2), max_size=4))
    entities = [
        Entity(draw(st.sampled_from(LABELS)), text[start:end], start, end)
        for start, end in spans
        if start < end and trim(text, (start, end)) == (start, end)
    ]
    meta = draw(
        st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text(max_size=3), max_size=2)
    )
    return Sample("", text, in_reading_order(dict.fromkeys(entities)), meta)


@pytest.mark.whole
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(drawn=st.lists(samples_of_any_kind(), min_size=1, max_size=4))
@example(drawn=[Sample("", "\ufeff雨", (Entity("PER", "雨", 1, 2),))])
@example(drawn=[Sample("", "😀雨雨", (Entity("PER", "雨", 1, 2),)), Sample("", "雨")])
def test_any_samples_come_back_as_they_went(
    tmp_path_factory: pytest.TempPathFactory, layout: str, drawn: list[Sample]
) -> None:
    numbered = (Sample(f"s-{n}", x.text, x.entities, x.meta) for n, x in enumerate(drawn))
    limit = limits(layout)
    kept = [x for x in numbered if not re.search(limit.texts, x.text) and is_carried(x, limit)]
    if any(sample.entities for sample in kept):
        # A text or two may look like anything.
        check_round_trip(tmp_path_factory.mktemp("round"), layout, kept, is_recognised=False)


def is_carried(sample: Sample, limit: Limits) -> bool:
    """Tell whether a layout carries the way in which the entities of a sample lie."""
    if not OVERLAPS & limit.lost:
        return True
    spans = [entity.span or (0, 0) for entity in sample.entities]
    return all(before[1] <= after[0] for before, after in pairwise(spans))
