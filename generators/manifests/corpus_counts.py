"""What a manifest says of data from a corpus: settings, and what became of the rows that were read."""

import msgspec
from msgspec import UNSET, UnsetType


class CorpusSettings(msgspec.Struct):
    """What was asked for."""

    limit: int | None
    head: bool
    split: str
    empty: float | None
    dev: float
    """0 where the split has files of its own; the same of ``test``."""
    test: float
    strict: bool
    label_order: str
    shots: int
    formats: list[str]
    normalise: list[str]
    max_chars: int | None
    max_tokens: int | None
    near_duplicates: str
    similarity: float


class OffsetSummary(msgspec.Struct):
    """What the offsets of a file were found to mean."""

    unit: str
    first: int | None
    end: str
    ends_off_convention: int
    told_by: str | UnsetType = UNSET
    """What tells this where the texts of entities do not: ``declared``, ``ends`` or ``assumed``."""


class AnswerSummary(msgspec.Struct):
    """How pairs of prompt and answer were found to be written."""

    format: str
    instructions: int
    """Different ones."""
    before: str | UnsetType = UNSET
    """What stands before the sentence in each prompt; the same of ``behind``."""
    behind: str | UnsetType = UNSET
    sentence: str | UnsetType = UNSET
    """Where the sentence stands, if nothing tells what is around it."""


class NormalisationCounts(msgspec.Struct):
    """What normalisation changed."""

    samples_changed: int
    samples_emptied: int
    characters: dict[str, int]
    """Characters changed or removed, by step."""
    traditional_left: int
    converted_singly: int
    entities_changed: int
    entities_lost: int
    entities_merged: int
    examples: list[str]


class LongTextCounts(msgspec.Struct):
    """What was split of texts beyond the limit."""

    texts: int
    pieces: int
    cuts: dict[str, int]
    longer_than_limit: int
    beyond_max_tokens: int | UnsetType = UNSET
    """Where tokens were limited: rows that have more however their text is split."""


class SimilarTexts(msgspec.Struct):
    """An example of near duplicates."""

    similarity: float
    ids: list[str]
    texts: list[str]


class SplitLikeness(msgspec.Struct):
    """Samples of one split whose texts another split holds, too."""

    exact: int
    near: int
    undecided: int
    """They resemble so many others that they were not compared with all."""


class PairLikeness(msgspec.Struct):
    """Samples of the second of two splits whose texts the first one holds, too."""

    looked_at: int
    exact: int
    near: int
    near_share: float | None
    undecided: int
    examples: list[SimilarTexts]


class NearDuplicateCounts(msgspec.Struct):
    """Texts that splits share exactly or but for a few characters."""

    threshold: float
    n_gram: int
    recall_at_threshold: float
    samples: dict[str, int]
    """By split."""
    train: SplitLikeness
    pairs: dict[str, PairLikeness]
    """By two splits, as in ``train-dev``."""
    dropped_from_train: int | UnsetType = UNSET
    """Where training does without near duplicates."""


# The order of fields is the order of keys in manifest.json; a struct's own fields stand behind those of its
# base.
class RecognisedFile(msgspec.Struct, kw_only=True):
    """What was recognised of a file; nothing of one whose layout is given by its task."""

    layout: str | UnsetType = UNSET
    offsets: OffsetSummary | UnsetType = UNSET
    """Where the file states offsets."""
    answers: AnswerSummary | UnsetType = UNSET
    """Where the file holds pairs of prompt and answer."""


class RowCounts(RecognisedFile, kw_only=True):
    """What became of the rows of a file, or of several.

    What is said of entities is absent where rows have labels as a whole.
    """

    rows: int
    entities: int | UnsetType = UNSET
    kept: dict[str, int] | UnsetType = UNSET
    """Entities of samples, by how they got their span."""
    duplicate_entities: int | UnsetType = UNSET
    dropped_rows: dict[str, int]
    """By the reason of their first fault."""
    entities_in_dropped_rows: int | UnsetType = UNSET
    faulty_entities: dict[str, int] | UnsetType = UNSET
    """Of these, the ones with a fault, by reason."""
    notes: dict[str, int]
    """What was read in another way than it stands, or could not be passed on, by kind."""
    fault_examples: list[str]
    normalisation: NormalisationCounts | UnsetType = UNSET
    """Where texts were normalised."""


class FileCounts(msgspec.Struct, kw_only=True):
    """What one of several files gave."""

    name: str
    split: str
    """The split that it is, or ``divided``."""
    layout: str | UnsetType = UNSET
    offsets: OffsetSummary | UnsetType = UNSET
    answers: AnswerSummary | UnsetType = UNSET
    rows: int
    samples: int
    drawn: dict[str, int]
    """Samples by split."""
    texts_also_in_another_file: int


class CorpusSource(RowCounts, kw_only=True):
    """What was recognised of a corpus, and what became of its rows.

    Of several files, what was recognised stands with each.
    """

    duplicate_texts: int
    """Samples that repeat a text."""
    contradictory_texts: int
    """Labellings of a text beyond its first one."""
    texts_also_in_train: dict[str, int]
    """Samples of other splits, by split: none but where files decide."""
    texts_also_in_dev: dict[str, int] | UnsetType = UNSET
    not_drawn: int
    near_duplicates: NearDuplicateCounts | UnsetType = UNSET
    files: list[FileCounts] | UnsetType = UNSET
    long_texts: LongTextCounts | UnsetType = UNSET
