"""Count the tokens of rows with a model's tokenizer and LLaMA-Factory's template, as its training does."""

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import fields
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.llamafactory.environment import remove_overrides
from nerforge.llamafactory_configs.doctor.lengths.truncation import TruncationRule, TurnTokens
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

_BATCH = 1000
_TOKENIZER_KEYS = ("use_fast_tokenizer", "split_special_tokens", "add_tokens", "add_special_tokens")
_DATA_KEYS = (
    *("template", "cutoff_len", "train_on_prompt", "mask_history", "packing", "neat_packing", "tool_format"),
    *("default_system", "enable_thinking", "preserve_thinking", "preprocessing_batch_size"),
)


class Encoder(NamedTuple):
    """What turns rows into tokens."""

    tokenizer: Any
    template: Any
    data_args: Any
    chat_template: str | None
    """The tokenizer's own, which LLaMA-Factory may replace."""
    n_added: int
    """Tokens of the template's that the tokenizer did not have."""

    @property
    def rule(self) -> TruncationRule:
        """What decides how rows are truncated."""
        args = self.data_args
        return TruncationRule(args.cutoff_len, bool(args.mask_history), bool(self.template.efficient_eos))


class RowTokens(NamedTuple):
    """A row's tokens by turns, and how many of them stand for characters that the tokenizer does not know."""

    row: DataRow
    turns: tuple[TurnTokens, ...]
    n_unknown: int


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what LLaMA-Factory and transformers say out of our output; what they raise is raised."""
    before = os.environ.get("LLAMAFACTORY_VERBOSITY")
    os.environ["LLAMAFACTORY_VERBOSITY"] = before or "ERROR"
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        if before is None:
            del os.environ["LLAMAFACTORY_VERBOSITY"]


def load_encoder(folder: Path, config: Mapping[str, Any]) -> Encoder:
    """Load a tokenizer and the template, by LLaMA-Factory's own functions.

    Code of the model's folder is never run, whatever the YAML says.

    Args:
        folder: Where the tokenizer is.
        config: The keys of a training YAML.

    Raises:
        ValueError: LLaMA-Factory refuses the template or the settings.
        OSError: the tokenizer cannot be loaded.
    """
    remove_overrides()
    with quiet():
        from llamafactory.data import get_template_and_fix_tokenizer
        from llamafactory.hparams import DataArguments, ModelArguments
        from llamafactory.model import load_tokenizer

        own = {field.name for field in fields(ModelArguments)}
        model_keys = {key: config[key] for key in _TOKENIZER_KEYS if key in config and key in own}
        model_args = ModelArguments(model_name_or_path=str(folder), trust_remote_code=False, **model_keys)
        data_args = DataArguments(**{key: config[key] for key in _DATA_KEYS if config.get(key) is not None})
        tokenizer = load_tokenizer(model_args)["tokenizer"]
        chat_template, n_before = tokenizer.chat_template, len(tokenizer)
        template = get_template_and_fix_tokenizer(tokenizer, data_args)
        return Encoder(tokenizer, template, data_args, chat_template, len(tokenizer) - n_before)


class _Count(NamedTuple):
    tokens: int
    unknown: int


class _Recorder:
    """Stands in for a tokenizer, and gives for each text that a template has encoded the text itself.

    A template encodes each of its elements apart and joins the tokens, so each text can be encoded once, in
    a batch with others, and stands for as many tokens wherever it occurs.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str, add_special_tokens: bool = False) -> list[str]:
        return [text]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def encode_rows(found: DataSet, rows: Sequence[DataRow], encoder: Encoder) -> list[RowTokens]:
    """Count the tokens of rows; rows whose answer is no text are dropped, as LLaMA-Factory drops them."""
    usable = [row for row in rows if isinstance(row.values.get(found.columns.get("response", "")), str)]
    encoded: list[RowTokens] = []
    known: dict[str, _Count] = {}
    with quiet():
        for start in range(0, len(usable), _BATCH):
            batch = usable[start : start + _BATCH]
            pieces = [_pieces(found, row, encoder) for row in batch]
            # A set of 10,000 rows has one instruction and one system turn: each is tokenised once, not 10,000
            # times.
            uses = Counter(
                x for turns in pieces for side in chain(*turns) for x in side if isinstance(x, str)
            )
            known.update(_count([text for text in uses if text not in known], encoder.tokenizer))
            encoded += (_encoded(row, turns, known) for row, turns in zip(batch, pieces, strict=True))
            # Only what rows repeat is worth keeping.
            known = {text: known[text] for text, n in uses.items() if n > 1}
    return encoded


def _pieces(found: DataSet, row: DataRow, encoder: Encoder) -> list[tuple[list[Any], list[Any]]]:
    args = encoder.data_args
    turns: list[tuple[list[Any], list[Any]]] = encoder.template.encode_multiturn(
        _Recorder(encoder.tokenizer),
        _messages(found, row),
        found.text(row, "system"),
        found.text(row, "tools"),
        args.mask_history and not encoder.template.preserve_thinking,
    )
    return turns


def _messages(found: DataSet, row: DataRow) -> list[dict[str, str]]:
    history = row.values.get(found.columns.get("history", "")) or []
    turns = [*history, (found.prompt(row), found.text(row, "response"))]
    return [
        {"role": role, "content": text}
        for turn in turns
        for role, text in zip(("user", "assistant"), turn, strict=True)
    ]


def _count(texts: list[str], tokenizer: Any) -> Iterator[tuple[str, _Count]]:
    if not texts:
        return
    encoded = tokenizer(
        texts,
        add_special_tokens=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )["input_ids"]
    # Some tokenizers have no token for unknown characters and name an end-of-text token in its place.
    unknown = tokenizer.unk_token_id
    if unknown in (tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.bos_token_id):
        unknown = None
    for text, ids in zip(texts, encoded, strict=True):
        yield text, _Count(len(ids), 0 if unknown is None else ids.count(unknown))


def _encoded(
    row: DataRow, turns: list[tuple[list[Any], list[Any]]], known: Mapping[str, _Count]
) -> RowTokens:
    def length(side: list[Any]) -> int:
        return sum(known[piece].tokens if isinstance(piece, str) else 1 for piece in side)

    pieces = (piece for side in chain(*turns) for piece in side if isinstance(piece, str))
    return RowTokens(
        row,
        tuple(TurnTokens(length(prompt), length(answer)) for prompt, answer in turns),
        sum(known[piece].unknown for piece in pieces),
    )
