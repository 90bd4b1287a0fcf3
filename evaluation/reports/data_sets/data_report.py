"""Everything that a data set's page holds."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.reports.data_sets.data_columns import (
    ENTITY_FIELDS,
    ROW_FLAGS,
    DataChunk,
    DataColumnWriter,
    DataWords,
)
from nerforge.evaluation.reports.hidden_texts import TextMask
from nerforge.evaluation.reports.row_columns import Vocabulary
from nerforge.generators.corpora.splitting.near_duplicates import THRESHOLD
from nerforge.generators.data_facts.data_facts import DataFacts
from nerforge.generators.data_facts.mention_marks import MARKS
from nerforge.generators.data_facts.odd_characters import ODD_KINDS
from nerforge.generators.data_facts.opened_data import OpenedData
from nerforge.generators.rows.chat_frames import CHAT_FRAMES, ChatFrame

SCHEMA_VERSION = 1
CHUNK = 5_000
"""Sentences that the page unpacks at once."""
CUTOFFS = (512, 1_024, 2_048)
"""Values of ``cutoff_len`` at which truncated rows are counted, besides those of recipes."""


class TokenCounting(msgspec.Struct, frozen=True):
    """How tokens were counted."""

    of_rows: bool
    """Whether of rows with their prompts, or of sentences alone."""
    tokenizer: str | None = None
    """Whose; None where they are estimated."""
    template: str | None = None


class Cutoff(msgspec.Struct, frozen=True):
    """A length at which rows are truncated."""

    tokens: int
    used_by: Sequence[str] = ()
    """Recipes that have it."""


class DataProblem(msgspec.Struct, frozen=True):
    """What ``nerforge doctor`` says."""

    code: str
    severity: str
    place: str
    message: str
    remedy: str


class DataHead(msgspec.Struct, kw_only=True):
    """What the page shows first, and what the numbers in its columns mean."""

    schema_version: int = SCHEMA_VERSION
    kind: str = "data"
    title: str
    splits: list[str]
    labels: list[str]
    categories: list[str]
    entity_fields: tuple[str, ...] = ENTITY_FIELDS
    row_flags: tuple[str, ...] = ROW_FLAGS
    marks: tuple[str, ...] = MARKS
    odd_kinds: tuple[str, ...] = ODD_KINDS
    frames: list[ChatFrame]
    """Chat templates that the page can write rows in; the first is the one of the training."""
    tokens: TokenCounting
    cutoffs: list[Cutoff]
    near_threshold: float = THRESHOLD
    problems: list[DataProblem]
    notes: list[str]
    settings: list[tuple[str, str]]
    """How the data set was made, by name."""
    findings: dict[str, list[dict[str, Any]]] = {}
    """Findings of an audit, by sample."""
    is_without_text: bool = False


class DataReport(NamedTuple):
    """A page's data: the head, and the sentences in chunks."""

    head: DataHead
    chunks: list[DataChunk]


class DataReportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is to show besides the sentences."""

    title: str
    tokens: TokenCounting
    frame: ChatFrame
    """The chat template in which rows are shown first."""
    cutoffs: Sequence[Cutoff] = ()
    problems: Sequence[DataProblem] = ()
    findings: Mapping[str, list[dict[str, Any]]] = {}
    no_text: bool = False
    """Whether hashes stand for sentences, ids and values, and rows are left out."""


def build_data_report(data: OpenedData, facts: DataFacts, options: DataReportOptions) -> DataReport:
    """Make the data of a page."""
    words = DataWords(Vocabulary(data.splits), Vocabulary(), Vocabulary())
    rows = data.samples
    mask = TextMask(row.sample for row in rows) if options.no_text else None
    writer = DataColumnWriter(facts, words, mask)
    chunks = [writer.chunk(rows[at : at + CHUNK], at) for at in range(0, len(rows), CHUNK)]
    others = [frame for frame in CHAT_FRAMES.values() if frame.name != options.frame.name]
    head = DataHead(
        title=options.title,
        splits=data.splits,
        labels=words.labels.values(),
        categories=words.categories.values(),
        frames=[options.frame, *others],
        tokens=options.tokens,
        cutoffs=sorted(options.cutoffs, key=lambda cutoff: cutoff.tokens),
        problems=list(options.problems),
        notes=[] if options.no_text else data.notes,
        settings=_settings(data),
        findings={} if options.no_text else dict(options.findings),
        is_without_text=options.no_text,
    )
    return DataReport(head, chunks)


def _settings(data: OpenedData) -> list[tuple[str, str]]:
    if data.head is None:
        return []
    head, prompt = data.head, data.head.prompt
    said = {
        "task": head.task,
        "answer_format": head.answer_format,
        "language": head.language,
        "rows_as": head.rows_as,
        "prompt": None if prompt is None else f"{prompt.name} ({prompt.turn})",
    }
    return [(name, value) for name, value in said.items() if value]
