"""Answers and speed of the hf engine beside vLLM, on an adapter of the embedded base."""

import time
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.reading import read_all_jsonl
from nerforge.foundation.files.shipped import DATA_DIR
from tests.gpu.devices import VLLM_PYTHON, first_reason, no_cuda, vllm_python
from tests.gpu.result_table import Figure, TableLine
from tests.gpu.tiny_trainings import ON_CPU, nerforge, place_data, train

_EQUAL = 0.98
"""The share of answers that have to be the same: two engines may round one token apart."""


class Answers(NamedTuple):
    """What an engine answered, and how fast."""

    outputs: dict[str, str]
    tokens_per_second: float
    """Generated ones, the engine's start included."""


def lines() -> list[TableLine]:
    """List what is compared."""
    return [TableLine("hf beside vLLM: equal answers, tokens/s", _missing, compare_engines)]


def _missing() -> str | None:
    how = f"pip install 'nerforge[vllm]' in an environment of its own, and {VLLM_PYTHON}=its python"
    return first_reason(no_cuda(), None if vllm_python() else f"vllm is not installed: {how}")


def compare_engines(work: Path) -> Figure:
    """Predict the same rows by both engines in 32 bits."""
    other = vllm_python()
    assert other is not None
    data = place_data(work)
    train(work / "run", data, {**ON_CPU, "num_train_epochs": 3.0})
    ours = predict(work, data, "hf")
    theirs = predict(work, data, "vllm", other)
    share = share_equal(ours.outputs, theirs.outputs)
    fault = "" if share >= _EQUAL else f"only {share:.1%} of the answers are equal"
    measured = f"{ours.tokens_per_second:.0f} tokens/s, {share:.1%} of {len(ours.outputs)} answers equal"
    ratio = ours.tokens_per_second / theirs.tokens_per_second
    return Figure(measured, f"vllm {theirs.tokens_per_second:.0f} tokens/s", ratio, fault)


def predict(work: Path, data: Path, engine: str, python: Path | None = None) -> Answers:
    """Predict the training rows by an engine, timed from outside."""
    out = work / f"{engine}.jsonl"
    options = ("--run", str(work / "run"), "--data", str(data), "--split", "train", "--engine", engine)
    start = time.monotonic()
    nerforge("predict", *options, "--out", str(out), **({"python": python} if python else {}))
    seconds = time.monotonic() - start
    outputs = {str(row["id"]): str(row["output"]) for _, row in read_all_jsonl(out, dict[str, object])}
    return Answers(outputs, n_tokens(outputs.values()) / seconds)


def n_tokens(texts: object) -> int:
    """Count tokens by the tokenizer of the embedded base."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(DATA_DIR / "tiny_base" / "tokenizer.json"))
    return sum(len(tokenizer.encode(text).ids) for text in texts)  # type: ignore[attr-defined]


def share_equal(ours: dict[str, str], theirs: dict[str, str]) -> float:
    """Give the share of our answers that are theirs too; a missing one is none."""
    return sum(theirs.get(id_) == output for id_, output in ours.items()) / max(len(ours), 1)
