"""Find out how the answers of a file are written, what stands around its sentences, and its labels."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

from msgspec import UNSET

from nerforge.generators.corpora.aligning.answer_reader import AnswerReader, Surround, is_certain
from nerforge.generators.corpora.reading.raw_rows import PromptedAnswer
from nerforge.generators.manifests.corpus_counts import AnswerSummary
from nerforge.templates.answers import FORMATS
from nerforge.templates.domain import LabelSchema
from nerforge.templates.tasks import task_of_labels

_N_TRIED = 200
_N_AROUND = 40
"""Rows that every possible frame is tried on."""
_N_INSTRUCTIONS = 1_000
_OPENS = re.compile('[\n:：“"「『]')
_CLOSES = re.compile('[\n”"」』]')
_WHOLE_PROMPT = "the whole prompt, as one text alone does not tell what stands around it"


class _Fit(NamedTuple):
    """How well a reading does; the better one is greater."""

    n_certain: int
    n_entities: int
    n_around: int
    """Characters around the sentence, so that a whole prompt is not taken for one."""


class AnswerEvidence:
    """Gathers what pairs of prompt and answer look like, a few of them and what all share."""

    def __init__(self) -> None:
        """Start without evidence."""
        self.n_pairs = 0
        self.instructions: Counter[tuple[str, bool]] = Counter()
        """What stood apart from the text, if in the system turn, and how often; up to a thousand."""
        self._tried: list[tuple[str, str]] = []
        self._before: str | None = None
        self._behind = ""
        self._is_one_text = True
        self._labels: dict[str, Counter[str]] = {name: Counter() for name in FORMATS}

    def add(self, prompt: str, asked: PromptedAnswer) -> None:
        """Look at a pair."""
        self.n_pairs += 1
        instruction = asked.instruction, asked.is_system
        if len(self.instructions) < _N_INSTRUCTIONS or instruction in self.instructions:
            self.instructions[instruction] += 1
        # Narrowed with each prompt: at the end what all of them begin and end with.
        if self._before is None:
            self._before = self._behind = prompt
        elif prompt != self._tried[0][0]:
            self._is_one_text = False
        self._before = _shared(self._before, prompt)
        self._behind = _shared(self._behind[::-1], prompt[::-1])[::-1]
        if len(self._tried) < _N_TRIED:
            self._tried.append((prompt, asked.answer))
        for name, labels in self._labels.items():
            labels.update(set(FORMATS[name].label_names(asked.answer)))

    def reader(self, schema: LabelSchema | None, default: str | None) -> tuple[AnswerReader, frozenset[str]]:
        """Conclude how the pairs are read, and which labels their answers use.

        Args:
            schema: The labels; None for those that the answers use.
            default: The format that is taken where several read as well.
        """
        best: tuple[_Fit, bool, AnswerReader] | None = None
        # Every format with every frame around the sentence; the one under which most answers are read without
        # a doubt wins, then the one with most entities, then the one with the longest frame.
        for name in FORMATS:
            labels = schema or self._schema(name)
            if labels is None:
                continue
            for around in self._surrounds():
                fit = self._fit(AnswerReader(name, around), labels, _N_AROUND)
                if best is None or (fit, name == default) > best[:2]:
                    best = fit, name == default, AnswerReader(name, around)
        reader = best[2] if best else AnswerReader(default or "xml", Surround())
        return reader, frozenset(self._labels[reader.format_name])

    def is_nested(self, reader: AnswerReader) -> bool:
        """Return whether entities of the pairs that were tried lie in one another."""
        schema = self._schema(reader.format_name)
        return schema is not None and any(
            after.start is not None and before.end is not None and after.start < before.end
            for prompt, said in self._tried
            if (text := reader.around.sentence(prompt))
            for before, after in pairwise(FORMATS[reader.format_name].decode(said, text, schema).entities)
        )

    def summary(self, reader: AnswerReader) -> AnswerSummary:
        """Say how the pairs are read, for the manifest."""
        is_whole = self._is_one_text and self.n_pairs
        return AnswerSummary(
            format=reader.format_name,
            instructions=len([said for said, _ in self.instructions if said]),
            before=reader.around.before or UNSET,
            behind=reader.around.behind or UNSET,
            sentence=_WHOLE_PROMPT if is_whole else UNSET,
        )

    def _schema(self, name: str) -> LabelSchema | None:
        labels = sorted(self._labels[name])
        return task_of_labels("pairs", labels, nested=True).schema if labels else None

    def _surrounds(self) -> list[Surround]:
        """List what may stand around the sentences; one text alone tells nothing."""
        if self._is_one_text:
            return [Surround()]
        # Of the prompts 类型：人名\n句子：小王来了 and 类型：人名\n句子：小李走了 all share
        # 类型：人名\n句子：小; what stands before the sentence ends with the line break or with the last
        # mark, so not with 小.
        before = {"", *_up_to_last(self._before or "")}
        behind = {"", *_from_first(self._behind)}
        return [Surround(head, foot) for head, foot in product(sorted(before), sorted(behind))]

    def _fit(self, reader: AnswerReader, schema: LabelSchema, n: int) -> _Fit:
        coder = FORMATS[reader.format_name]
        n_certain = n_entities = 0
        for prompt, said in self._tried[:: max(1, len(self._tried) // n)]:
            text = reader.around.sentence(prompt)
            if not text:
                continue
            answer = coder.decode(said, text, schema)
            if is_certain(answer):
                n_certain += 1
                n_entities += len(answer.entities)
        return _Fit(n_certain, n_entities, len(reader.around.before) + len(reader.around.behind))


def _shared(one: str, other: str) -> str:
    """Give the longest beginning that two texts share."""
    # 类型：人名 and 类型：地名 share 类型：, three characters.
    n = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return one[: min(n, len(other))]


def _up_to_last(shared: str) -> Iterator[str]:
    """Yield the beginnings that end with the last line break, and with the last mark of any kind."""
    yield shared[: shared.rfind("\n") + 1]
    ends = [match.end() for match in _OPENS.finditer(shared)]
    if ends:
        yield shared[: ends[-1]]


def _from_first(shared: str) -> Iterator[str]:
    """Yield the ends that begin with the first line break, and with the first mark of any kind."""
    if (at := shared.find("\n")) >= 0:
        yield shared[at:]
    if first := _CLOSES.search(shared):
        yield shared[first.start() :]
