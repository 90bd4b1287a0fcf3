"""Count the tokens of rows as a training sees them: exactly by a tokenizer and a chat template, or about."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.optional import require_extra
from nerforge.generators.chat_turns import ASSISTANT, ChatTurn
from nerforge.generators.rows.chat_frames import ChatFrame, frame_turns
from nerforge.generators.rows.token_estimates import TEMPLATE_TOKENS, estimate_tokens

TOKENIZER_FILE = "tokenizer.json"
_BATCH = 1_000

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Gives the tokens of each of some texts."""


class RowTokens(NamedTuple):
    """Tokens of a row."""

    prompt: int
    """All that is not learnt."""
    answer: int
    """All that is learnt."""


def load_counter(folder: Path) -> CountTokens:
    """Load a tokenizer by the tokenizers library alone, which takes no seconds as transformers does.

    Args:
        folder: Of a model, with a ``tokenizer.json``.

    Raises:
        UserError: the library is not installed, or the file is not there or cannot be loaded.
    """
    require_extra("tokenizers", "train")
    from tokenizers import Tokenizer

    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise UserError(
            f"{folder}: holds no {TOKENIZER_FILE}; save it there once by "
            "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER), or leave --model out"
        )
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as err:  # The library raises Exception itself.
        raise UserError(f"{path}: cannot be loaded: {err}") from err
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        # Half of a surrogate pair is no text for the library.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return [len(found) for found in tokenizer.encode_batch_fast(clean, add_special_tokens=False)]

    return count


def count_rows(
    rows: Iterable[Sequence[ChatTurn]], frame: ChatFrame, count_tokens: CountTokens
) -> Iterator[RowTokens]:
    """Count the tokens of rows before truncation; LLaMA-Factory encodes each turn by itself, and so do we."""
    known: dict[str, int] = {}
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        framed = [list(frame_turns(turns, frame)) for turns in batch]
        uses = Counter(turn.text for turns in framed for turn in turns)
        new = [text for text in uses if text not in known]
        known.update(zip(new, count_tokens(new), strict=True))
        for turns in framed:
            learnt = sum(known[turn.text] for turn in turns if turn.is_learnt)
            yield RowTokens(sum(known[turn.text] for turn in turns) - learnt, learnt)
        # Only what rows repeat is worth keeping: a system turn, the answer that there is nothing.
        known = {text: known[text] for text, n in uses.items() if n > 1}


def estimate_rows(rows: Iterable[Sequence[ChatTurn]]) -> Iterator[RowTokens]:
    """Estimate the same without a tokenizer, rather too many than too few."""
    for turns in rows:
        tokens = [(turn.role == ASSISTANT, estimate_tokens(turn.text)) for turn in turns]
        learnt = sum(n for is_learnt, n in tokens if is_learnt)
        yield RowTokens(sum(n for _, n in tokens) - learnt + TEMPLATE_TOKENS, learnt)
