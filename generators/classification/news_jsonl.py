"""Read labelled texts as the published files of news classification hold them.

``{"text", "category": [...], "output"}``: ``category`` lists the labels that the prompt offers, ``output`` is
one of them; other fields are not looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.unchanged import ReadFile
from nerforge.foundation.printing import encodable
from nerforge.generators.classification.label_gold import LabelledText
from nerforge.generators.corpora.reading.row_reports import RowFault, RowReport
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.rows.token_estimates import clip_to_tokens
from nerforge.templates.tasks import Task


class _Line(msgspec.Struct, omit_defaults=True):
    text: str
    output: str
    category: list[str] | None = None
    split: str | None = None


def write(samples: Iterable[LabelledText], part: str | None = None) -> Iterator[bytes]:
    """Write labelled texts as lines of such a file, of a split if one is named; reading gives them back."""
    for sample in samples:
        line = _Line(sample.text, sample.label, list(sample.options) or None, part)
        yield msgspec.json.encode(line) + b"\n"


class NewsRow(NamedTuple):
    """A row as the file states it."""

    place: int
    """The number of its line."""
    line: _Line

    @property
    def part(self) -> str | None:
        """The split that the file puts it in, where it says so."""
        return self.line.split


class NewsCorpus:
    """A file of labelled texts, streamed anew in each pass, so that it may be of any size."""

    def __init__(
        self,
        path: Path,
        task: Task,
        treatment: Treatment | None = None,
        *,
        name: str | None = None,
        tag: str = "",
        room: Callable[[tuple[str, ...]], int] | None = None,
    ) -> None:
        """Take a file, and what is to be done to its texts.

        Args:
            path: The file.
            task: Whose labels it has.
            treatment: What is done to its texts.
            name: What faults call the file; its last name, if None.
            tag: Keeps the ids of its samples apart from those of other files.
            room: Gives the tokens that a text may have beside a prompt with some labels; None for any.

        Raises:
            UserError: it is a folder.
        """
        if path.is_dir():
            raise UserError(f"{path}: is a folder; expected a JSONL file with text, category and output")
        self.path = path
        self._file = ReadFile(path)
        self.task = task
        self._name = name or encodable(path.name)
        self._tag = f"{tag}-" if tag else ""
        self._treatment = treatment or Treatment()
        self._room = room
        self._normaliser = self._treatment.normaliser()

    def report(self) -> RowReport:
        """Start counting."""
        return RowReport()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that its texts may have."""
        return self.task.schema.names

    def samples(self, report: RowReport) -> Iterator[tuple[LabelledText | None, NewsRow]]:
        """Yield a labelled text for each row, or None for one with a fault, and count what became of it.

        Labels are known by name, answer name or synonym; one that the row does not offer is a fault.

        Raises:
            UserError: the file cannot be read, or a line has other fields.
        """
        for place, line in self._file.watch(read_jsonl(self.path, _Line)):
            report.rows += 1
            yield self._sample(place, line, report), NewsRow(place, line)

    def _sample(self, place: int, line: _Line, report: RowReport) -> LabelledText | None:
        text = self._treat(line.text, report)
        # The label first, then the categories: None stands for a name that the task does not know.
        label, *options = (self._known_name(name, report) for name in (line.output, *(line.category or ())))
        faults = [] if text.strip() else [RowFault("empty_text", "the text is empty")]
        faults += self._label_faults(line, label, options)
        if faults or label is None:
            report.drop(f"{self._name}:{place}", faults)
            return None
        offered = self._once([name for name in options if name is not None], report)
        text = self._fit(text, offered, report)
        # Of the text as the file has it: ids stay what they are when texts are normalised or truncated.
        digest = sha256(line.text.encode()).hexdigest()[:8]
        meta = {"options": offered} if offered else {}
        return LabelledText(f"{self.task.name}-{self._tag}{place:06d}-{digest}", text, label, meta)

    def _label_faults(
        self, line: _Line, label: str | None, options: Sequence[str | None]
    ) -> Iterator[RowFault]:
        """Yield what is wrong with the label and the categories; of unknown ones only the first."""
        if label is None:
            yield RowFault("unknown_label", f"label {line.output!r} is not one of {self._known()}")
        stated = line.category or ()
        # An unknown category may be the row's own label misspelt, so whether it is offered is not asked then.
        if None in options:
            unknown = stated[options.index(None)]
            yield RowFault("unknown_option", f"category {unknown!r} is not one of {self._known()}")
        elif options and label is not None and label not in options:
            offered = ", ".join(stated)
            yield RowFault(
                "label_not_offered", f"label {line.output!r} is not one of its categories {offered}"
            )

    def _treat(self, text: str, report: RowReport) -> str:
        if self._normaliser:
            normal = self._normaliser.normalise_text(text)
            report.note("texts_normalised", normal != text)
            text = normal
        # Truncated, not split in pieces as texts with entities are: the label is that of the whole text.
        limit = self._treatment.max_chars or len(text)
        report.note("texts_clipped", len(text) > limit)
        return text[:limit]

    def _fit(self, text: str, options: Sequence[str], report: RowReport) -> str:
        if self._room is None:
            return text
        clipped = clip_to_tokens(text, self._room(tuple(options)))
        report.note("texts_clipped_to_tokens", clipped != text)
        return clipped

    def _known_name(self, stated: str, report: RowReport) -> str | None:
        label = self.task.schema.from_variant(stated)
        report.note("labels_by_another_name", label is not None and label.name != stated)
        return label.name if label else None

    def _once(self, options: Sequence[str], report: RowReport) -> list[str]:
        # ["体育", "sports"] is one label twice where sports is a synonym of 体育.
        distinct = list(dict.fromkeys(options))
        report.note("categories_offered_twice", len(options) - len(distinct))
        return distinct

    def _known(self) -> str:
        return ", ".join(self.labels)
