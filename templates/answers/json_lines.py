"""The ``json`` answer format: one JSON object a line, ``{"entity_text": ..., "entity_label": ...}``."""

import json

import msgspec

from templates.answers.base import EMPTY_SENTENCE
from templates.answers.grounding import ground
from templates.domain import Answer, Label, LabelSchema, Outcome, Problem, ProblemKind, Sample


class _Line(msgspec.Struct):
    entity_text: str
    entity_label: str


_DECODER = msgspec.json.Decoder(_Line)


class JsonLines:
    """One JSON object a line for each entity, the empty sentence for none."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write one line per entity, in the sample's order."""
        if not sample.entities:
            return EMPTY_SENTENCE
        lines = []
        for entity in sample.entities:
            schema.kind(entity, sample.text)
            line = {"entity_text": entity.text, "entity_label": schema[entity.label].answer}
            lines.append(json.dumps(line, ensure_ascii=False))
        return "\n".join(lines)

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the lines and place their values in ``text``."""
        stripped = answer.strip()
        if stripped.rstrip("。.") == EMPTY_SENTENCE:
            return Answer((), Outcome.EMPTY)
        if not stripped:
            return Answer((), Outcome.UNPARSABLE, (Problem(ProblemKind.NO_ANSWER),))
        values: list[tuple[str, str]] = []
        problems: list[Problem] = []
        lines = [line for line in stripped.split("\n") if line.strip()]
        for position, line in enumerate(lines, start=1):
            read = _read_line(line, schema, is_last=position == len(lines))
            if isinstance(read, Problem):
                problems.append(read)
            else:
                values.append((read[0].name, read[1]))
        entities, ungrounded = ground(values, text, schema)
        problems += ungrounded
        return Answer(tuple(entities), _outcome(len(values), problems), tuple(problems))


def _read_line(line: str, schema: LabelSchema, *, is_last: bool) -> tuple[Label, str] | Problem:
    excerpt = line[:80]
    try:
        read = _DECODER.decode(line)
    except msgspec.ValidationError:
        return Problem(ProblemKind.BAD_OBJECT, excerpt)
    except (msgspec.DecodeError, UnicodeEncodeError):
        is_cut = is_last and line.lstrip().startswith("{") and not line.rstrip(" \t\r,").endswith("}")
        return Problem(ProblemKind.CUT_OFF if is_cut else ProblemKind.BAD_JSON, excerpt)
    except RecursionError:
        return Problem(ProblemKind.BAD_JSON, excerpt)
    label = schema.from_answer(read.entity_label)
    if label is None:
        return Problem(ProblemKind.UNKNOWN_LABEL, read.entity_label[:80])
    if not read.entity_text:
        return Problem(ProblemKind.EMPTY_VALUE, excerpt)
    return label, read.entity_text


def _outcome(n_values: int, problems: list[Problem]) -> Outcome:
    kinds = {problem.kind for problem in problems} - {ProblemKind.NOT_IN_TEXT}
    if not kinds:
        return Outcome.CLEAN
    if not n_values and ProblemKind.UNKNOWN_LABEL not in kinds:
        return Outcome.UNPARSABLE
    return Outcome.SALVAGED if ProblemKind.CUT_OFF in kinds else Outcome.REPAIRED
