"""Read the answers to gold samples, and keep what is to be said of the reading."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from nerforge.evaluation.confidence.folding import with_confidences
from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.reading.wrong_samples import FoundProblem, NamedEntity, WrongPiece, WrongSample
from nerforge.templates.answers import AnswerFormat
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)

MISSING = "missing"
"""The outcome of a gold sample without a prediction."""
_UNPARSABLE = Outcome.UNPARSABLE
_EXACT = Grounding.EXACT
_EXCERPT = 2_000
"""Characters of a wrong answer that the scores keep."""


class ScoredSample(msgspec.Struct, frozen=True, gc=False):
    """One sentence, or one text that was split, with its gold, its answer and what was read from it."""

    sample: Sample
    output: str | None
    answer: Answer | None
    pieces: tuple["ScoredSample", ...] = ()
    """The rows that this one was joined from, each with an answer of its own."""

    @property
    def predicted(self) -> tuple[Entity, ...]:
        """The entities read; none where the answer is missing or unparsable."""
        answer = self.answer
        return () if answer is None else answer.entities

    @property
    def outcome(self) -> str:
        """How the reading ended, or ``missing``, which a text is if one of its pieces is."""
        if self.answer is None or any(piece.answer is None for piece in self.pieces):
            return MISSING
        return self.answer.outcome.value

    @property
    def is_complete(self) -> bool:
        """Whether there is an answer, and no piece of it was lost in reading."""
        answer = self.answer
        if self.pieces or answer is None or answer.outcome is _UNPARSABLE:
            return bool(self.pieces) and all(piece.is_complete for piece in self.pieces)
        return not answer.problems or not any(problem.kind.loses for problem in answer.problems)

    @property
    def is_exact(self) -> bool:
        """Whether the answer could be read to its end and names exactly the gold entities, spans included."""
        # Order is no part of an answer, but naming an entity twice is.
        return self.is_complete and Counter(self.predicted) == Counter(self.sample.entities)


def read_answers(
    samples: Iterable[Sample],
    outputs: Mapping[str, str],
    answer_format: AnswerFormat,
    schema: LabelSchema,
    *,
    cut: Set[str] = frozenset(),
    logprobs: Mapping[str, TokenLogprobs] = {},
    use_up: bool = False,
) -> Iterator[ScoredSample]:
    """Read the answer of each gold sample.

    Args:
        samples: The gold samples.
        outputs: Answers by sample id.
        answer_format: The format in which the answers were asked for.
        schema: The labels of the task.
        cut: Ids whose answers the engine cut at its limit; whatever is read in them, they are not whole.
        logprobs: Of the tokens of answers, by sample id: such answers say how sure the model is.
        use_up: Whether to take each answer out of ``outputs``, to free its memory.
    """
    # An answer that is read is not needed again; of a million answers only the rest stays in memory.
    take = outputs.pop if use_up and isinstance(outputs, dict) else outputs.get
    read_right, decode = answer_format.read_right, answer_format.decode
    for sample in samples:
        output = take(sample.id, None)
        answer = None
        if output is not None:
            answer = read_right(output, sample, schema) or decode(output, sample.text, schema)
        if answer is not None and sample.id in cut:
            answer = _cut_off(answer)
        if answer is not None and output is not None and (kept := logprobs.get(sample.id)) is not None:
            answer = with_confidences(answer, output, schema, kept)
        yield ScoredSample(sample, output, answer)


def _cut_off(answer: Answer) -> Answer:
    """Say of an answer that it ends too early, though what there is of it may look whole."""
    problems = answer.problems
    if not any(problem.kind is ProblemKind.CUT_OFF for problem in problems):
        problems = (*problems, Problem(ProblemKind.CUT_OFF, "at the limit of new tokens"))
    # What was read before the cut counts; without anything, nobody knows what was to come.
    outcome = Outcome.SALVAGED if answer.entities else Outcome.UNPARSABLE
    return replace(answer, outcome=outcome, problems=problems)


class Examples:
    """The first samples that are right, and the first that are wrong."""

    def __init__(self, n: int) -> None:
        """Take how many of each are kept at most."""
        self.n = n
        self.kept: dict[bool, list[tuple[int, ScoredSample]]] = {True: [], False: []}

    def add(self, position: int, row: ScoredSample, is_exact: bool) -> None:
        """Keep a sample, unless there are enough of its kind."""
        if len(self.kept[is_exact]) < self.n:
            self.kept[is_exact].append((position, row))

    def in_order(self) -> list[ScoredSample]:
        """Give what was kept, in the order of gold."""
        return [row for _, row in sorted((*self.kept[True], *self.kept[False]), key=lambda kept: kept[0])]


class Readings:
    """How the answers were read: outcomes, problems, groundings, and which samples are wrong."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.outcomes: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self._other_groundings: Counter[str] = Counter()
        self._n_exact = 0
        self.ids: list[str] = []
        self.errors: list[WrongSample] = []

    def add(self, row: ScoredSample, is_exact: bool) -> None:
        """Note how one sample was answered; a text that was split has several answers."""
        self.ids.append(row.sample.id)
        # Three pieces with an answer each are three answers of one sample.
        if row.pieces:
            for piece in row.pieces:
                self._add_answer(piece.answer)
        else:
            self._add_answer(row.answer)
        if not is_exact:
            self.errors.append(wrong_sample(row))

    def _add_answer(self, answer: Answer | None) -> None:
        if answer is None:
            self.outcomes[MISSING] += 1
            return
        # An enum is slow to hash, and slow to ask for `value`.
        self.outcomes[answer.outcome._value_] += 1
        n_exact = answer.groundings.count(_EXACT)
        self._n_exact += n_exact
        if n_exact < len(answer.groundings):
            self._other_groundings.update(g.value for g in answer.groundings if g is not _EXACT)
        for problem in answer.problems:
            self.problems[problem.kind.value] += 1

    @property
    def groundings(self) -> Counter[str]:
        """How often entities were found in each way."""
        return self._other_groundings + Counter({_EXACT.value: self._n_exact})


def wrong_sample(row: ScoredSample) -> WrongSample:
    """Give what ``scores.json`` keeps of a sample whose answer is not exactly gold."""
    sample, answer = row.sample, row.answer
    return WrongSample(
        sample.id,
        sample.text,
        _plain(sample.entities),
        _plain(answer.entities) if answer else [],
        row.outcome,
        [FoundProblem(p.kind.value, p.detail) for p in answer.problems] if answer else [],
        _excerpt(row.output),
        [WrongPiece(piece.sample.id, piece.outcome, _excerpt(piece.output)) for piece in row.pieces] or UNSET,
    )


def _excerpt(output: str | None) -> str | None:
    return None if output is None else output[:_EXCERPT]


def _plain(entities: Sequence[Entity]) -> list[NamedEntity]:
    return [NamedEntity(e.label, e.text, e.start, e.end) for e in entities]
