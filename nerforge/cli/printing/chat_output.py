"""How replies are shown: the sentence with coloured tags, its entities as a table, what was wrong."""

import json
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.grounding_output import finding_lines
from nerforge.cli.printing.output import json_text, tagged
from nerforge.cli.printing.plain_table import folded
from nerforge.evaluation.chatting.session import ChatReply
from nerforge.foundation.printing import printable
from nerforge.templates.answers import CannotEncodeError, load_format
from nerforge.templates.domain import Entity, Outcome, Sample, reading_order
from nerforge.templates.tasks import Task

_SHOWN = 12
"""Lines of an answer that could not be read as it should be, and problems of it, that are shown."""


def json_line(reply: ChatReply, *, is_label: bool) -> str:
    """Write a reply as one line of JSON, without a character that a terminal might obey."""
    # json.dumps leaves U+202E (right-to-left override) and U+009B (CSI) as they are.
    return json_text(json.dumps(reply.as_json(is_label=is_label), ensure_ascii=False))


def brief_text(reply: ChatReply, task: Task, *, is_label: bool) -> Text:
    """Sum a reply up in one line."""
    if reply.error:
        return Text(f"[no answer] {printable(reply.text)}")
    return label_text(reply) if is_label else tagged_text(reply, task)


def tagged_text(reply: ChatReply, task: Task) -> Text:
    """Tag the sentence, in colour; the answer as it came where tags cannot show its entities."""
    sample = Sample("", reply.text, tuple(_in_reading_order(_showable(reply, task))))
    try:
        written = load_format("xml").encode(sample, task.schema)
    except CannotEncodeError:
        written = reply.output
    return tagged(printable(written), task)


def label_text(reply: ChatReply) -> Text:
    """Name the class, then the text."""
    return Text(f"{printable(reply.label or '?')}\t{printable(reply.text)}")


def print_reply(console: Console, reply: ChatReply, task: Task, *, is_label: bool) -> None:
    """Print all there is to say of a reply."""
    if reply.error:
        console.print(Text(f"no answer: {printable(reply.error)}", style="red"))
        return
    if is_label:
        console.print(Text(printable(reply.label or "no label of the task"), style="bold"))
    else:
        console.print(tagged_text(reply, task))
        if reply.answer.entities:
            console.print(_entity_table(reply))
    for line in finding_lines(reply.grounded) if reply.grounded else ():
        console.print(Text(line))
    if reply.has_confidences:
        complete = reply.answer.completeness
        said = "not known" if complete is None else f"{100 * complete:.1f} %"
        console.print(Text(f"nothing was missed: {said}"))
    for line in _remarks(reply):
        console.print(Text(line, style="yellow"))
    console.print(Text(f"{reply.seconds:.2f} s", style="dim"))


def _entity_table(reply: ChatReply) -> Table:
    table = Table(folded("label"), folded("text"), "span", "found", box=None, header_style="bold")
    scores: list[str] = []
    if reply.has_confidences:
        table.add_column("confidence", justify="right")
        scores = ["?" if score is None else f"{100 * score:.1f} %" for score in reply.answer.scores]
    scores += [""] * (len(reply.answer.entities) - len(scores))
    groundings = [grounding.value for grounding in reply.answer.groundings]
    # Answers that were read without groundings still have a row for each entity.
    groundings += [""] * (len(reply.answer.entities) - len(groundings))
    for entity, found, score in zip(reply.answer.entities, groundings, scores, strict=True):
        span = "" if entity.start is None else f"{entity.start}–{entity.end}"
        cells = (printable(entity.label), printable(entity.text), span, found, score)
        table.add_row(*map(Text, cells[: len(table.columns)]))
    return table


def _remarks(reply: ChatReply) -> Iterator[str]:
    answer = reply.answer
    if answer.outcome not in (Outcome.CLEAN, Outcome.EMPTY):
        yield f"the answer is {answer.outcome.value}; as it came:"
        yield from _first([f"  {printable(line)}" for line in reply.output.splitlines()])
    elif answer.outcome is Outcome.EMPTY:
        yield "the answer says that there is no entity"
    yield from _first(
        [
            f"{problem.kind.value.replace('_', ' ')}: {printable(problem.detail)}".rstrip(": ")
            for problem in answer.problems
        ]
    )


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN} lines more"


def _showable(reply: ChatReply, task: Task) -> Iterator[Entity]:
    """Drop entities that are not in the sentence and not inferred by the task; the table has them."""
    return (entity for entity in reply.answer.entities if task.schema.allows(entity, reply.text))


def _in_reading_order(entities: Iterator[Entity]) -> list[Entity]:
    """Order mentions as the sentence has them; what is inferred stays before the mention it came before."""
    before: list[Entity] = []
    groups: list[Sequence[Entity]] = []
    for entity in entities:
        before.append(entity)
        if entity.span:
            groups.append(before)
            before = []
    # The last of a group is its mention; what stands before it in the group is inferred.
    groups.sort(key=lambda group: reading_order(group[-1]))
    return [*(entity for group in groups for entity in group), *before]
