"""Ask and read: each query stands alone, whatever was asked before."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import to_builtins

from nerforge.evaluation.chatting.chat_requests import ChatRequests
from nerforge.evaluation.engines import Engine, Failure, Prediction, Result
from nerforge.evaluation.grounding.findings import GroundedAnswer
from nerforge.evaluation.prediction_files import Outputs
from nerforge.evaluation.reading.scored_samples import read_answers
from nerforge.evaluation.scores.label_scores import names_of, read_label
from nerforge.generators.classification.label_gold import LabelledText
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Outcome, Problem, ProblemKind, Sample

if TYPE_CHECKING:
    from nerforge.evaluation.confidence.calibration import Calibration
    from nerforge.evaluation.grounding.grounder import TableGrounder


class ChatReply(NamedTuple):
    """What came of a query."""

    text: str
    """The sentence that was asked about."""
    output: str
    """The answer as it came; empty where there is none."""
    seconds: float
    """That answering took; of queries asked together, an equal share."""
    answer: Answer
    """What was read; of text classification only outcome and problems."""
    label: str | None = None
    """The class, of text classification."""
    error: str | None = None
    """Why there is no answer."""
    grounded: GroundedAnswer | None = None
    """What grounding made of it; its entities are those of ``answer``."""
    has_confidences: bool = False
    """Whether the answer says how sure the model is."""

    def as_json(self, *, is_label: bool) -> dict[str, object]:
        """Give what a line of JSON says; ``is_label`` for text classification."""
        entities: list[dict[str, object]] = [
            {"label": e.label, "text": e.text, "start": e.start, "end": e.end} for e in self.answer.entities
        ]
        # Empty where the model was not asked how sure it is.
        for entity, score in zip(entities, self.answer.scores, strict=False):
            entity["confidence"] = score
        found: dict[str, object] = {"label": self.label} if is_label else {"entities": entities}
        said: dict[str, object] = {
            "text": self.text,
            **found,
            "outcome": "missing" if self.error else self.answer.outcome.value,
            "problems": [{"kind": p.kind.value, "detail": p.detail} for p in self.answer.problems],
            "output": self.output,
            "seconds": round(self.seconds, 4),
        }
        if self.has_confidences:
            said["completeness"] = self.answer.completeness
        if self.grounded is not None:
            said["changes"] = to_builtins(self.grounded.changes)
            said["marks"] = to_builtins(self.grounded.marks)
        return {**said, "error": self.error} if self.error else said


class ChatSession:
    """A model that is asked about sentences; nothing of a query is kept for the next."""

    def __init__(
        self,
        asking: ChatRequests,
        engine: Engine,
        grounder: "TableGrounder | None" = None,
        calibration: "Calibration | None" = None,
    ) -> None:
        """Take how to ask, and whom.

        Args:
            asking: How a data set asks.
            engine: Answers.
            grounder: Grounds the answers, if they are to be grounded.
            calibration: Of their confidences, if they have any.
        """
        self.asking = asking
        self.engine = engine
        self.grounder = grounder
        self.calibration = calibration

    def ask(self, queries: Sequence[str]) -> list[ChatReply]:
        """Ask about sentences, each in a request of its own; the replies come in the order of the queries.

        Raises:
            UserError: the engine cannot answer.
        """
        texts = [self.asking.text(query) for query in queries]
        requests = [self.asking.request(str(number), text) for number, text in enumerate(texts)]
        begin = time.monotonic()
        # Engines answer in any order, the longest prompts first.
        results = {result.id: result for group in self.engine.predict(requests, 0) for result in group}
        seconds = (time.monotonic() - begin) / max(len(texts), 1)
        return [
            self._reply(text, results.get(r.id), seconds) for text, r in zip(texts, requests, strict=True)
        ]

    def _reply(self, text: str, result: Result | None, seconds: float) -> ChatReply:
        if not isinstance(result, Prediction):
            error = result.error if isinstance(result, Failure) else "the engine gave no answer"
            return ChatReply(text, "", seconds, Answer((), Outcome.UNPARSABLE), error=error)
        if self.asking.answer_format is None:
            label = self._read_label(text, result)
            answer = Answer((), Outcome.CLEAN if label else Outcome.UNPARSABLE, _cut(result))
            return ChatReply(text, result.output, seconds, answer, label)
        answer = self._read(text, result)
        reply = ChatReply(text, result.output, seconds, answer, has_confidences=result.logprobs is not None)
        if self.grounder is None:
            return reply
        grounded = self.grounder.ground(text, answer.entities)
        return reply._replace(answer=grounded.applied_to(answer), grounded=grounded)

    def _read(self, text: str, result: Prediction) -> Answer:
        assert self.asking.answer_format is not None
        cut = {result.id} if result.finish == "length" else frozenset()
        schema, answer_format = self.asking.task.schema, load_format(self.asking.answer_format)
        rows = read_answers(
            [Sample(result.id, text)],
            {result.id: result.output},
            answer_format,
            schema,
            cut=cut,
            logprobs={} if result.logprobs is None else {result.id: result.logprobs},
        )
        (answer,) = (row.answer for row in rows)
        assert answer is not None
        return answer if self.calibration is None else self.calibration.applied(answer)

    def _read_label(self, text: str, result: Prediction) -> str | None:
        task = self.asking.task
        names = names_of([], [], task, task.folder)
        cut = frozenset({result.id} if result.finish == "length" else ())
        outputs = Outputs({result.id: result.output}, cut, "", [], {})
        return read_label(outputs, LabelledText(result.id, text, ""), names)


def _cut(result: Prediction) -> tuple[Problem, ...]:
    is_cut = result.finish == "length"
    return (Problem(ProblemKind.CUT_OFF, "at the limit of new tokens"),) if is_cut else ()
