"""Prediction speed of a real LLM: one by one, in batches, by the hf engine, and by do_predict.

``python -m tests.benchmarks.real_model RUN DATA``, where RUN is an adapter that ``nerforge train`` made,
and DATA a data set with the same prompt whose test split has some dozens of rows. All answers are compared:
in 32 bits they must be the same, in 16 bits sums of another order may decide a tie otherwise.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nerforge.evaluation.engines import ModelSpec
from nerforge.evaluation.engines.local.decoding import Decoder
from nerforge.evaluation.engines.local.hf import HfEngine
from nerforge.evaluation.predicting.predictions import read_requests
from nerforge.evaluation.predicting.runs import read_run
from tests.benchmarks.prediction import Case, generated, whole_commands

BATCH_SIZE = 32
MAX_NEW_TOKENS = 160


def main(run: str, data: str) -> None:
    """Print rows a second, and their ratios."""
    case = Case(Path(data), Path(run))
    in_process(case)
    with tempfile.TemporaryDirectory() as folder:
        whole_commands(case, Path(folder), n_rounds=1)


def in_process(case: Case) -> None:
    """Compare ways of answering in one process, weights loaded once."""
    run = read_run(case.run)
    engine = HfEngine(ModelSpec(run.model, run.adapter, run.template, MAX_NEW_TOKENS))
    prompts = [engine.encode(request) for request in read_requests(case.data, "test")]
    generated(engine, prompts[:1])  # What the first answer alone costs is not measured.
    seconds: dict[str, float] = {}
    answers: dict[str, list[list[int]]] = {}
    for name, answer in (
        ("one by one", lambda: batches(engine, prompts, 1)),
        (f"batches of {BATCH_SIZE}, transformers", lambda: batches(engine, prompts, BATCH_SIZE)),
        ("nerforge's hf engine", lambda: decoded(engine, prompts)),
    ):
        start = time.perf_counter()
        answers[name] = list(answer())
        seconds[name] = (time.perf_counter() - start) / len(prompts)
    expected = answers["one by one"]
    n_tokens = sum(map(len, answers["nerforge's hf engine"])) / len(prompts)
    n_prompt = sum(map(len, prompts)) / len(prompts)
    dtype = str(engine.model.dtype).removeprefix("torch.")
    print(f"{len(prompts)} rows of {n_prompt:.0f} tokens, {n_tokens:.0f} answered, in {dtype}:")
    for name, found in answers.items():
        same = sum(map(list.__eq__, found, expected))
        print(
            f"  {name:<27} {1 / seconds[name]:6.2f} rows/s  x {seconds['one by one'] / seconds[name]:4.1f}  "
            f"{same} of {len(expected)} answers the same",
            flush=True,
        )
        if same < len(expected) and dtype == "float32":
            sys.exit("answers differ")


def batches(engine: Any, prompts: Sequence[list[int]], size: int) -> Iterator[list[int]]:
    """Answer by transformers' own generation, in the order of the rows."""
    for start in range(0, len(prompts), size):
        yield from generated(engine, prompts[start : start + size])


def decoded(engine: Any, prompts: Sequence[list[int]]) -> list[list[int]]:
    """Answer by the engine's own decoding."""
    decoder = Decoder(engine.model, engine.stop_ids, MAX_NEW_TOKENS, BATCH_SIZE)
    found = {row.number: row.tokens for group in decoder.decode(prompts) for row in group}
    return [found[number] for number in range(len(prompts))]


if __name__ == "__main__":
    main(*sys.argv[1:])
