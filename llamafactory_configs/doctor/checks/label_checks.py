"""Check that a prompt lists the labels that its answers use, and that its example shows one of them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.llamafactory_configs.doctor.checks.set_checks import says_nothing
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow
from nerforge.templates.domain import LabelSchema
from nerforge.templates.tasks import load_task, read_task, task_names
from nerforge.templates.tasks.files import KINDS, TASK_FILE

UNLISTED = fault(
    "D411",
    "warning",
    "an answer uses a label that the prompt does not list, though it lists others",
    "list all labels in the prompt, or correct the answer",
)
OTHER_NAMES = fault(
    "D412",
    "warning",
    "the prompt calls labels otherwise than the answers do",
    "use the same names in both; generate takes --labels",
)
OTHER_EXAMPLE = fault(
    "D413",
    "warning",
    "the example in the prompt shows a label that is not one of the labels",
    "show one of the labels",
)

_PATTERNS = {
    "json": re.compile(
        r'"(?:entity_label|entity_type|label|type|category|标签|类型)"\s*:\s*"([^"\\\n]{1,60})"'
    ),
    "xml": re.compile(r"</([^<>/\n]{1,60})>"),
    "bracket": re.compile(r"\|([^\[\]|\\\n]{1,60})\]"),
    "grouped": re.compile(r'"([^"\\\n]{1,60})"\s*:\s*\['),
}
"""How an answer, or a prompt's example of one, names labels."""
_OPENING = re.compile(r"<[^<>/\n]{1,60}>")
_PLACEHOLDER = re.compile(
    r"(?:实体|命名实体)?(?:类型|标签|类别|类|名称)?名?|entities|entity"
    r"|(?:entity[ _-]?)?(?:type|label|category|tag|name)|x+|[.…*_-]+|.*[<>{}].*",
    re.IGNORECASE,
)
"""What stands in an example in place of a label, to be filled in."""
_SEVERAL = re.compile(r"\s*(?:[|/、,，;；]|\bor\b|或)\s*")
_MIN_ROWS = 3
"""Rows of which the common parts are taken for the prompt."""
_MAX_CLASSES, _ROWS_PER_CLASS, _MAX_CLASS_NAME = 60, 5, 40


class _Group(NamedTuple):
    """Rows that are asked in the same words."""

    prompt: str
    """What is said beside the sentence."""
    rows: list[tuple[int, DataRow]]
    """With their places in the data set: rows of a file may all stand in one line."""


Labelling = dict[int, frozenset[str]]
"""The labels that answers use, by the place of the row."""


def check_labels(folder: DatasetDirectory, report: FaultReport) -> None:
    """Check the data sets of a folder; a prompt that lists no labels is as good as one that lists all."""
    schemas = [*_schemas(folder)]
    labellings = {name: _read_labels(found) for name, found in folder.sets.items()}
    known = frozenset[str]().union(*(labels for of_row in labellings.values() for labels in of_row.values()))
    for name, found in folder.sets.items():
        if labellings[name]:
            for group in _groups(found):
                _check_group(found, group, labellings[name], known, schemas, report)


def _check_group(
    found: DataSet,
    group: _Group,
    labelling: Labelling,
    known: frozenset[str],
    schemas: Sequence[LabelSchema],
    report: FaultReport,
) -> None:
    # "列出人名、地点。例如 {"label": "组织"}" lists 人名 and 地点. 组织 stands in the example alone, so
    # an answer with 组织 uses a label that is not listed.
    listing = _mask_examples(group.prompt)
    used = frozenset[str]().union(*(labelling.get(at, ()) for at, _ in group.rows))
    listed = {label for label in used if _is_listed(label, listing)}
    _check_examples(found, group.prompt, listing, known, report)
    renamed = {label: name for label in used - listed if (name := _other_name(label, listing, schemas))}
    # Most labels under another name: prompt and answers speak of the same labels in two ways. A few: typos.
    if 2 * len(renamed) > len(used):
        said = ", ".join(f"{name} for {label}" for label, name in sorted(renamed.items()))
        report.add(OTHER_NAMES, found.path, said)
    elif listed or _lists_others(known - used, used, listing, schemas):
        for at, row in group.rows:
            missing = labelling.get(at, frozenset()) - listed
            if missing := missing - _said_by_sentence(missing, found.prompt(row), group.prompt):
                report.add(UNLISTED, found.path, ", ".join(sorted(missing)), row.line)


def _said_by_sentence(labels: frozenset[str], user_turn: str, prompt: str) -> set[str]:
    """Give what looks like labels because the sentence has such marks, as H<sub>2</sub>O has."""
    marks = Counter(label for pattern in _PATTERNS.values() for label in pattern.findall(user_turn))
    shown = Counter(label for pattern in _PATTERNS.values() for label in pattern.findall(prompt))
    return {label for label in labels if marks[label] > shown[label]}


def _lists_others(
    others: Iterable[str], used: frozenset[str], listing: str, schemas: Iterable[LabelSchema]
) -> bool:
    """Tell whether a prompt lists labels of other rows, or two of a task that has all that are used."""
    if any(_is_listed(label, listing) for label in others):
        return True
    tasks = (schema for schema in schemas if all(map(schema.from_variant, used)))
    return any(sum(_is_listed(x.answer, listing) for x in schema.labels) > 1 for schema in tasks)


def _check_examples(
    found: DataSet, prompt: str, listing: str, known: frozenset[str], report: FaultReport
) -> None:
    shown = {label: None for pattern in _PATTERNS.values() for label in pattern.findall(prompt)}
    for label in shown:
        is_label = label in known or _is_listed(label, listing)
        if not is_label and not _PLACEHOLDER.fullmatch(label.strip()) and len(_SEVERAL.split(label)) == 1:
            report.add(OTHER_EXAMPLE, found.path, repr(label))


def _mask_examples(prompt: str) -> str:
    """Blank out the labels of examples, which list nothing, but not several in the place of one."""

    def blank(match: re.Match[str]) -> str:
        return match[0] if len(_SEVERAL.split(match[1])) > 1 else match[0].replace(match[1], " ")

    for pattern in _PATTERNS.values():
        if pattern is _PATTERNS["xml"] and pattern.search(prompt):
            prompt = _OPENING.sub(" ", prompt)
        prompt = pattern.sub(blank, prompt)
    return prompt


def _is_listed(label: str, listing: str) -> bool:
    """Tell whether a text holds a label: as a word, perhaps in the plural, where it is in Latin letters."""
    if not label.isascii():
        return label in listing
    words = r"[\s_-]+".join(re.escape(word) for word in re.split(r"[\s_-]+", label))
    return re.search(rf"(?<![A-Za-z0-9]){words}(?:e?s)?(?![A-Za-z0-9])", listing, re.IGNORECASE) is not None


def _other_name(label: str, listing: str, schemas: Iterable[LabelSchema]) -> str | None:
    """Find another name of a label in a text; a name of one character may be part of any word."""
    for schema in schemas:
        if meant := schema.from_variant(label):
            for name in (meant.answer, meant.name, *meant.synonyms):
                if len(name) > 1 and name != label and _is_listed(name, listing):
                    return name
    return None


def _schemas(folder: DatasetDirectory) -> Iterator[LabelSchema]:
    """Give the labels of the folder's own task, then those of the project's, in both languages."""
    if (folder.path / MANIFEST).is_file() and (folder.path / TASK_FILE).is_file():
        with suppress(UserError):
            # Another check says what is wrong with the file.
            yield read_task(folder.path / TASK_FILE).schema
    for kind in KINDS:
        for name in task_names(kind):
            task = load_task(name)
            yield task.schema
            yield task.spoken("en").schema


def _read_labels(found: DataSet) -> Labelling:
    """Read which labels answers use, in the way in which most of them name any."""
    told = {at: row for at, row in enumerate(found.rows) if not says_nothing(found, row)}
    answers = {at: found.text(row, "response") for at, row in told.items()}
    read: dict[str, Labelling] = {name: {} for name in _PATTERNS}
    for name, pattern in _PATTERNS.items():
        for at, text in answers.items():
            # What looks like a label in the sentence itself is only copied from there.
            if labels := frozenset(pattern.findall(text)) - {*pattern.findall(found.sentence(told[at]))}:
                read[name][at] = labels
    most = max(map(len, read.values()), default=0)
    if most:
        return next(of_row for of_row in read.values() if 2 * len(of_row) >= most)
    return _classes(answers)


def _classes(answers: dict[int, str]) -> Labelling:
    """Take the answers for labels themselves if there are few different ones, each again and again."""
    counts = Counter(answers.values())
    is_class = len(counts) > 1 and len(counts) <= min(_MAX_CLASSES, len(answers) / _ROWS_PER_CLASS)
    if not is_class or any(len(name) > _MAX_CLASS_NAME or "\n" in name for name in counts):
        return {}
    return {at: frozenset([text]) for at, text in answers.items()}


def _groups(found: DataSet) -> Iterator[_Group]:
    """Group rows by what is said beside the sentence, as far as that can be told."""
    groups: dict[tuple[str, str], list[tuple[int, DataRow]]] = {}
    for at, row in enumerate(found.rows):
        instruction = found.text(row, "prompt") if found.text(row, "query") else ""
        groups.setdefault((found.text(row, "system"), instruction), []).append((at, row))
    for (system, instruction), rows in groups.items():
        if len(rows) < _MIN_ROWS and len(groups) > 1:
            continue
        around = instruction or _common_parts([found.prompt(row) for _, row in rows])
        yield _Group("\n".join(filter(None, (system, around))), rows)


def _common_parts(turns: list[str]) -> str:
    """Give what many user turns begin with and end with: all but the sentence."""
    if len(turns) < _MIN_ROWS or len(set(turns)) < 2:
        return ""
    # What the first and the last in order share, all between them share.
    first, last = min(turns), max(turns)
    before = _common_start(first, last)
    ends = [turn[len(before) :][::-1] for turn in turns]
    behind = _common_start(min(ends), max(ends))[::-1]
    return f"{before}\n{behind}"


def _common_start(one: str, other: str) -> str:
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))]
