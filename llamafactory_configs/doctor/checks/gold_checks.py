"""Check gold beside the rows: one to one, spans exact, labels known, answers that read back to it."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.classification.label_gold import LabelledText
from nerforge.generators.datasets.dataset import (
    ALPACA_NAMES,
    MANIFEST,
)
from nerforge.generators.datasets.entity_gold import GoldRow
from nerforge.generators.datasets.sentence_places import SentencePlaces
from nerforge.generators.manifests.manifest import ManifestHead, PromptHead, read_manifest_head
from nerforge.generators.task_folders import find_named_task, kind_of_name
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory
from nerforge.llamafactory_configs.doctor.reading.row_files import NOT_UTF8, find_encoding
from nerforge.templates.answers import AnswerFormat, CannotEncodeError, load_format
from nerforge.templates.domain import Entity, LabelSchema, Outcome, ProblemKind, Sample
from nerforge.templates.tasks import Task, called, read_task
from nerforge.templates.tasks.files import CLASSIFICATION, TASK_FILE

NO_GOLD = fault(
    "D501", "error", "there is no gold file for these rows", "generate the folder again, or copy its gold/"
)
NO_GOLD_NOTE = fault("D502", "note", "there is no gold folder, so answers were not read back", "")
BAD_LINE = fault("D503", "error", "a line is no sample", "mend it, or generate the folder again")
OTHER_NUMBER = fault(
    "D504",
    "error",
    "gold and rows are not of the same number",
    "generate both again; rows match gold by position",
)
OTHER_TEXT = fault(
    "D505",
    "error",
    "the row at this place asks about another text",
    "generate both again; rows match gold by position",
)
ID_TWICE = fault("D506", "error", "an id stands there already", "give every sample an id of its own")
BAD_SPAN = fault(
    "D507", "error", "an entity is not what the text says at its span", "correct start, end or text"
)
UNKNOWN_LABEL = fault("D508", "error", "a label is not of the task", "correct it, or add it to the task.yaml")
LABEL_TYPO = fault("D509", "error", "a label is nearly one of the task", "correct it")
NOT_READ = fault(
    "D510", "error", "the answer cannot be read cleanly in the manifest's format", "write it in that format"
)
OTHER_ENTITIES = fault(
    "D511", "error", "the answer names other entities than gold", "correct the answer or gold"
)
OTHER_LABEL = fault("D512", "error", "the answer is another label than gold's", "correct the answer or gold")
NOT_OFFERED = fault(
    "D513", "error", "gold's label is not among the labels that the prompt offers", "add it to meta.options"
)
NO_TASK = fault(
    "D514",
    "warning",
    "the task cannot be told, so labels and answers were not checked",
    "keep manifest.json, or pass --task and --format",
)

OTHER_VALUE = fault(
    "D515",
    "warning",
    "an entity is another text than its span, and no task says that values are normalised",
    "correct it; if values are normalised, name the task with --task",
)
NO_SAMPLES = fault("D516", "error", "there are no samples", "generate the folder again, or name another file")

_LABEL_DECODER = msgspec.json.Decoder(LabelledText)
_GOLD_DECODER = msgspec.json.Decoder(GoldRow)


class _Line(NamedTuple):
    number: int
    row: GoldRow | LabelledText


def check_gold(folder: DatasetDirectory, report: FaultReport, given: ManifestHead | None = None) -> None:
    """Check the gold files of a dataset directory against its rows.

    Args:
        folder: The directory.
        report: Is added to.
        given: Task and answer format of a directory whose manifest does not say them.
    """
    if not (folder.path / "gold").is_dir() and not (folder.path / MANIFEST).is_file():
        if folder.sets:
            report.add(NO_GOLD_NOTE, folder.path)
        return
    head = _head(folder.path) or given
    task = _task(folder.path, head, report)
    if head is None and folder.sets:
        report.add(NO_TASK, folder.path, f"no {MANIFEST}, and neither --task nor --format is given")
    for split in ALPACA_NAMES:
        found = folder.of_split(split)
        path = folder.path / "gold" / f"{split}.jsonl"
        if path.is_file():
            check_gold_file(path, task, head, found, report)
        elif found is not None and found.name in ALPACA_NAMES.values():
            report.add(NO_GOLD, path)


def check_gold_alone(path: Path, report: FaultReport, task_name: str | None = None) -> int:
    """Check a gold file, with the task that is named, or else that the folder above it tells.

    Returns:
        How many samples it has.

    Raises:
        UserError: there is no such task.
    """
    folder = path.resolve().parent.parent
    head = _head(folder)
    task = _named_task(task_name) if task_name else _task(folder, head, report)
    n_samples = check_gold_file(path, task, head, None, report)
    # Lines that are no samples are faults of their own.
    if not n_samples and not path.read_bytes().strip():
        report.add(NO_SAMPLES, path)
    return n_samples


def check_gold_file(
    path: Path, task: Task | None, head: ManifestHead | None, found: DataSet | None, report: FaultReport
) -> int:
    """Check one gold file, and the rows that belong to it; give the number of its samples."""
    if (encoding := find_encoding(path)) != "utf-8":
        report.add(NOT_UTF8, path, encoding or "unknown encoding")
        return 0
    lines = list(_read(path, report))
    _check_ids(path, lines, report)
    for line in lines:
        _check_line(path, line, task, report)
    if found is None:
        return len(lines)
    if len(lines) == len(found.rows):
        _check_rows(path, lines, task, head, found, report)
    else:
        report.add(OTHER_NUMBER, path, f"{len(lines):,} of gold, {len(found.rows):,} in {found.path.name}")
    return len(lines)


def _head(folder: Path) -> ManifestHead | None:
    try:
        return read_manifest_head(folder / MANIFEST)
    except UserError:
        # That the manifest cannot be read is another check's to say.
        return None


def _task(folder: Path, head: ManifestHead | None, report: FaultReport) -> Task | None:
    if head is None:
        return None
    try:
        if (folder / TASK_FILE).is_file():
            return called(read_task(folder / TASK_FILE), head.labels)
        task = _named_task(head.task)
        return called(task.spoken(head.language) if head.language else task, head.labels)
    except UserError as err:
        report.add(NO_TASK, folder / MANIFEST, str(err))
        return None


def _named_task(name: str) -> Task:
    # A file may be of either kind, and of text classification a name alone tells it.
    return read_task(Path(name)) if Path(name).is_file() else find_named_task(name, kind=kind_of_name(name))


def _read(path: Path, report: FaultReport) -> Iterator[_Line]:
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            text = text.removeprefix(b"\xef\xbb\xbf")
            if not text.strip():
                continue
            # {"id", "text", "label"} is of classification, {"id", "text", "entities": [{"label", ...}]} of
            # NER.
            is_label = b'"label"' in text and b'"entities"' not in text
            try:
                yield _Line(number, (_LABEL_DECODER if is_label else _GOLD_DECODER).decode(text))
            except (msgspec.DecodeError, RecursionError) as err:
                kind = BAD_SPAN if str(err).startswith("entity ") else BAD_LINE
                report.add(kind, path, str(err), number)


def _check_ids(path: Path, lines: list[_Line], report: FaultReport) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if (first := seen.setdefault(line.row.id, line.number)) != line.number:
            report.add(ID_TWICE, path, f"{line.row.id!r}, as in line {first}", line.number)


def _check_line(path: Path, line: _Line, task: Task | None, report: FaultReport) -> None:
    row = line.row
    if isinstance(row, LabelledText):
        if task is not None:
            _check_label(path, line.number, row.label, task.schema, report)
        options: Any = row.meta.get("options")
        if isinstance(options, list) and options and row.label not in options:
            report.add(NOT_OFFERED, path, f"{row.label!r} is not in {options}", line.number)
        return
    for entity in row.entities:
        if task is None or _check_label(path, line.number, entity.label, task.schema, report):
            _check_span(path, line.number, entity, row.text, task, report)


def _check_label(path: Path, number: int, label: str, schema: LabelSchema, report: FaultReport) -> bool:
    if label in schema:
        return True
    meant = schema.from_variant(label)
    near = [meant.name] if meant else difflib.get_close_matches(label, schema.names, 1, 0.6)
    if near:
        report.add(LABEL_TYPO, path, f"{label!r}, did you mean {near[0]!r}?", number)
    else:
        report.add(UNKNOWN_LABEL, path, f"{label!r} is not one of {', '.join(schema.names)}", number)
    return False


def _check_span(
    path: Path, number: int, entity: Entity, text: str, task: Task | None, report: FaultReport
) -> None:
    # By far the most frequent case; what follows is dear.
    if entity.start is not None and text[entity.start : entity.end] == entity.text:
        return
    if task is not None:
        try:
            task.schema.kind(entity, text)
        except ValueError as err:
            report.add(BAD_SPAN, path, str(err), number)
    elif entity.start is not None and entity.end is not None:
        if entity.end > len(text):
            message = f"entity {entity.text!r} ends at {entity.end}, the text has {len(text)} characters"
            report.add(BAD_SPAN, path, message, number)
        else:
            said = text[entity.start : entity.end]
            message = f"{entity.text!r} ({entity.label}), where the text says {said!r}"
            report.add(OTHER_VALUE, path, message, number)


def _check_rows(
    path: Path,
    lines: list[_Line],
    task: Task | None,
    head: ManifestHead | None,
    found: DataSet,
    report: FaultReport,
) -> None:
    said = (head and head.prompt) or PromptHead()
    places = SentencePlaces(said.frame, said.varies)
    for line, row in zip(lines, found.rows, strict=True):
        user, column = found.prompt(row), found.text(row, "query")
        if not places.asks_about(user, line.row.text, column) and not column.endswith(line.row.text):
            text = places.guess(user, column)
            report.add(OTHER_TEXT, found.path, f"{text[:30]!r}, gold has {line.row.text[:30]!r}", row.line)
            continue
        answer = found.text(row, "response")
        if task is None or head is None or not answer:
            continue
        if isinstance(line.row, LabelledText):
            if line.row.label in task.schema and answer != task.schema[line.row.label].answer:
                report.add(OTHER_LABEL, found.path, f"{answer[:40]!r}, gold has {line.row.label!r}", row.line)
        elif task.kind != CLASSIFICATION:
            _check_answer(
                found.path,
                row.line,
                answer,
                line.row,
                _Reader(task.schema, head.answer_format, allows_names=head.prompt is None),
                report,
            )


class _Reader(NamedTuple):
    schema: LabelSchema
    answer_format: str
    allows_names: bool
    """Whether labels may have any of their names, as in rows that no manifest describes."""

    @property
    def format(self) -> AnswerFormat:
        return load_format(self.answer_format)


def _check_answer(
    path: Path, line: int, answer: str, gold: GoldRow, reader: _Reader, report: FaultReport
) -> None:
    read = reader.format.decode(answer, gold.text, reader.schema)
    kinds = {problem.kind for problem in read.problems}
    # A file of somebody else's may use another name of a label, such as person for 人名: clean enough.
    is_clean = read.outcome in (Outcome.CLEAN, Outcome.EMPTY)
    if not is_clean and not (reader.allows_names and kinds == {ProblemKind.LABEL_VARIANT}):
        said = ", ".join(f"{problem.kind}" for problem in read.problems)
        report.add(NOT_READ, path, f"{read.outcome} ({said}): {answer[:60]!r}", line)
    elif _values(read.entities) != _values(gold.entities) and not _is_own_loss(read.entities, gold, reader):
        missed = _values(gold.entities) - _values(read.entities)
        surplus = _values(read.entities) - _values(gold.entities)
        report.add(OTHER_ENTITIES, path, f"missing {_say(missed)}, too much {_say(surplus)}", line)


def _values(entities: tuple[Entity, ...] | list[Entity]) -> set[tuple[str, str]]:
    return {(entity.label, entity.text) for entity in entities}


def _is_own_loss(read: tuple[Entity, ...], gold: GoldRow, reader: _Reader) -> bool:
    """Tell whether the format itself cannot carry gold, and the answer names what it can."""
    try:
        sample = Sample(gold.id, gold.text, tuple(gold.entities))
        best = reader.format.decode(reader.format.encode(sample, reader.schema), gold.text, reader.schema)
    except (CannotEncodeError, ValueError):
        return False
    return _values(best.entities) == _values(read)


def _say(values: set[tuple[str, str]]) -> str:
    return ", ".join(f"{text} ({label})" for label, text in sorted(values)) or "nothing"
