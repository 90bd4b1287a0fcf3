"""Read a file of spans, match it to gold, and give an answer for each gold sample."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.span_files.conventions import ConventionChoice, find_convention
from nerforge.evaluation.span_files.matching import MatchedRows, Matcher
from nerforge.evaluation.span_files.placing import PlacedSpans, PlacingRules, place_spans
from nerforge.evaluation.span_files.span_layout import SpanLayout, SpanRow
from nerforge.generators.corpora.aligning.offsets import EndConvention, OffsetConvention, OffsetEvidence
from nerforge.templates.answers.base import judge
from nerforge.templates.domain import Answer, LabelSchema, Outcome, Problem, ProblemKind, Sample

SPANS = "spans"
"""What score files name in place of an answer format."""
# B-LOC I-LOC on 上, 海 give (0, 2): we make these offsets, so there is nothing to find out.
_FROM_TAGS = ConventionChoice(
    OffsetConvention(end=EndConvention.EXCLUSIVE), "those of tagged tokens, aligned by characters"
)
_ENCODER = msgspec.json.Encoder()


@dataclass(slots=True)
class SpanPredictions:
    """The rows of a file of spans by gold id, and what is known of the file."""

    layout: SpanLayout
    matched: MatchedRows
    convention: OffsetConvention
    notes: list[str]
    """Of how the file was read and matched."""
    counts: dict[str, int]
    """``answers``, ``missing``, ``failed`` rows without a prediction, ``unmatched``, ``repeated`` and
    ``moved`` rows, ``cut_prompts``; the same keys as of answers."""
    respelt: Counter[str] = field(default_factory=Counter)

    def answer(self, samples: Iterable[Sample], schema: LabelSchema) -> Iterator[ScoredSample]:
        """Give each gold sample with the entities that the file states for it."""
        reading = PlacingRules(
            schema, self.convention, self.layout.says_surfaces, self.layout.keeps_placeless
        )
        for sample in samples:
            row = self.matched.rows.get(sample.id)
            if row is None or row.spans is None:
                yield ScoredSample(sample, None, None)
                continue
            placed = place_spans(
                row.spans, sample.text if row.text is None else row.text, sample.text, reading
            )
            self.respelt.update(respelt=placed.n_respelt, normalised=placed.n_normalised)
            yield ScoredSample(sample, _stated(row), _answer(placed, sample.id in self.matched.truncated))

    def reading_notes(self) -> Iterator[str]:
        """Say what was found when the spans were placed; complete once all samples were answered."""
        if n := self.respelt["respelt"]:
            yield f"{n} entities are spelt otherwise than the sentence, in spaces, width, case or punctuation"
        if n := self.respelt["normalised"]:
            yield f"{n} spans mean the task's normal form of what the sentence says, and have it as value"


def read_spans(
    path: Path,
    layout: SpanLayout,
    gold: Sequence[tuple[str, str]],
    *,
    model: str | None = None,
    declared: OffsetEvidence | None = None,
) -> SpanPredictions:
    """Read a file of spans and match its rows to ``gold``, the ids and texts of its samples in order.

    Args:
        path: The file.
        layout: Its layout.
        gold: The samples.
        model: Whose spans are meant, where the file holds those of several.
        declared: What the user says of the offsets; is added to.

    Raises:
        UserError: the file is malformed, or its rows do not belong to gold.
        UsageError: it holds predictions of several models, and none is named.
    """
    rows = list(layout.read(path, model))
    matched = Matcher(path, gold).match(rows)
    texts = dict(gold)
    convention, told = find_convention(matched.rows, texts, declared) if layout.has_offsets else _FROM_TAGS
    n_answers = sum(row.spans is not None for row in matched.rows.values())
    counts = {
        "answers": n_answers,
        "missing": len(gold) - n_answers,
        "failed": len(matched.rows) - n_answers,
        "cut_answers": 0,
        "cut_prompts": len(matched.truncated),
        "moved": matched.n_moved,
        "unmatched": matched.n_unmatched,
        "repeated": matched.n_repeated,
    }
    first_missing = next((i for i, _ in gold if i not in matched.rows or matched.rows[i].spans is None), "")
    notes = [
        f"spans of layout {layout.name}: {told}",
        *matched.notes,
        *_remarks(path, counts, len(gold), first_missing),
        *_layout_notes(rows),
    ]
    return SpanPredictions(layout, matched, convention, notes, counts)


def _remarks(path: Path, counts: dict[str, int], n_gold: int, first: str) -> Iterator[str]:
    if n := counts["failed"]:
        yield f"{n} rows without a prediction: missing"
    if n := counts["missing"]:
        yield f"{n} of {n_gold} samples have no prediction in {path}, the first is {first!r}"
    if n := counts["cut_prompts"]:
        yield f"{n} rows hold only the beginning of their sentence; predict with a greater length"


def _layout_notes(rows: Iterable[SpanRow]) -> Iterator[str]:
    kinds = Counter(note for row in rows for note in row.notes)
    if kinds:
        yield "of the file: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))


def _answer(placed: PlacedSpans, is_truncated: bool) -> Answer:
    problems = list(placed.problems)
    if is_truncated:
        problems.append(Problem(ProblemKind.CUT_OFF, "the row holds only the beginning of the sentence"))
    outcome = judge(len(placed.entities), problems, says_nothing=True)
    # judge() knows answers, where no entity and a lost piece mean that nothing was understood.
    if not placed.entities and outcome is Outcome.UNPARSABLE and not is_truncated:
        # The row was read; what it names has neither a place nor a value.
        outcome = Outcome.REPAIRED
    has_scores = any(score is not None for score in placed.scores)
    return Answer(
        tuple(placed.entities),
        outcome,
        tuple(problems),
        tuple(placed.groundings),
        tuple(placed.scores) if has_scores else (),
    )


def _stated(row: SpanRow) -> str:
    """Write down what a row states, as the scores keep the answers of models."""
    spans = [{k: v for k, v in span._asdict().items() if v is not None} for span in row.spans or ()]
    return _ENCODER.encode(spans).decode()
