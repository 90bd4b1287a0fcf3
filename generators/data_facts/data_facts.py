"""All that is found out of the sentences of a data set, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass

from nerforge.foundation.phases import phase
from nerforge.generators.data_facts.mention_marks import mark_mentions
from nerforge.generators.data_facts.odd_characters import find_oddities
from nerforge.generators.data_facts.opened_data import OpenedData
from nerforge.generators.data_facts.text_twins import TextTwins, find_twins
from nerforge.generators.rows.chat_frames import ChatFrame
from nerforge.generators.rows.row_tokens import CountTokens, RowTokens, count_rows, estimate_rows
from nerforge.generators.rows.token_estimates import estimate_tokens


@dataclass(frozen=True, slots=True)
class DataFacts:
    """Of each sentence, in order."""

    odd: list[int]
    """``ODD_KINDS``, a bit for each."""
    twins: TextTwins
    marks: list[list[int]]
    """``MARKS`` of each of its entities, a bit for each."""
    tokens: list[RowTokens]
    """Of rows as they are trained on; of sentences without rows their own alone, as prompts."""


def find_facts(
    data: OpenedData, *, frame: ChatFrame | None = None, count_tokens: CountTokens | None = None
) -> DataFacts:
    """Look at all sentences of a data set.

    Args:
        data: The sentences.
        frame: The chat template of the training; needed where tokens are counted.
        count_tokens: A tokenizer; None to estimate.
    """
    rows = data.samples
    with phase("looking for duplicates"):
        twins = find_twins(rows, data.splits)
    with phase("counting tokens"):
        tokens = list(_count(data, frame, count_tokens))
    return DataFacts([find_oddities(row.sample.text) for row in rows], twins, mark_mentions(rows), tokens)


def _count(
    data: OpenedData, frame: ChatFrame | None, count_tokens: CountTokens | None
) -> Sequence[RowTokens]:
    if not data.has_rows:
        texts = [row.sample.text for row in data.samples]
        counts = map(estimate_tokens, texts) if count_tokens is None else count_tokens(texts)
        return [RowTokens(n, 0) for n in counts]
    turns = [row.turns or () for row in data.samples]
    if frame is None or count_tokens is None:
        return list(estimate_rows(turns))
    return list(count_rows(turns, frame, count_tokens))
