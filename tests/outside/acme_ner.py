"""A package of somebody else's: an engine, a corpus layout, a layout of predictions and an answer format."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from nerforge.evaluation.engines import ModelSpec, Prediction, Request
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.evaluation.prediction_files.prediction_rows import PredictionLayout, PredictionRow
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.templates.answers import AnswerFormat
from nerforge.templates.domain import Answer, Entity, LabelSchema, Outcome, Sample

NOTHING = "-"
WORDS = {"王芳": "人名", "李雷": "人名", "青岛": "地点", "济南": "地点"}


class Semicolons(AnswerFormat):
    """``人名=王芳;地点=青岛``: the entities in the order of the sentence, each value at its next mention."""

    separator = None
    instructions: ClassVar[Mapping[str, str]] = {"zh": "写成 类型=实体，用分号隔开；没有实体写 -。"}

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        return ";".join(f"{schema[x.label].answer}={x.text}" for x in sample.entities) or NOTHING

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        found: list[Entity] = []
        for piece in answer.split(";") if answer != NOTHING else ():
            name, _, value = piece.partition("=")
            label, start = schema.from_answer(name), text.find(value, found[-1].end if found else 0)
            if label is None or not value or start < 0:
                return Answer((), Outcome.UNPARSABLE)
            found.append(Entity(label.name, value, start, start + len(value)))
        return Answer(tuple(found), Outcome.CLEAN if found else Outcome.EMPTY)


class WordEngine:
    """Names the words that it knows, in the order of the prompt."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def use_adapter(self, adapter: str | None) -> None:
        raise NotImplementedError

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        for request in requests:
            sentence = request.prompt.rpartition("\n")[2]
            known = sorted((word for word in WORDS if word in sentence), key=sentence.index)
            said = ";".join(f"{WORDS[word]}={word}" for word in known) or NOTHING
            yield [Prediction(request.id, said, "stop")]


def recognises(head: FileHead) -> bool:
    return head.start.startswith(b"#acme")


def read(path: Path) -> Iterator[RawRow]:
    """Read lines of words, those that are entities with a slash and their label."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            continue
        text, entities = "", []
        for word, _, label in (piece.partition("/") for piece in line.split(" ")):
            if label:
                entities.append(RawEntity(label, word, len(text), len(text) + len(word)))
            text += word
        yield RawRow(number, text, tuple(entities))


SLASHES = CorpusLayout("lines of words, with a slash before an entity's label", recognises, read)
WORD_ENGINE = EngineSpec("acme-words", "acme_ner:WordEngine", "a list of words", needs_template=False)
LOG = PredictionLayout(
    "acme_log",
    '{"acme_id", "said"}',
    lambda fields: "acme_id" in fields,
    lambda fields: [PredictionRow(fields["said"], id=fields["acme_id"])],
    has_gold_ids=True,
)
