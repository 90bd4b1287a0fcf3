"""Prediction speed: the hf engine beside one-by-one generation, and the command beside do_predict.

The tiny base is trained for each of two prompts, the demo's one line and the instruction of about 400
tokens, so that answers end where answers end. All answers are compared token for token.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.evaluation.predicting.predictions import read_predictions, read_requests
from nerforge.evaluation.predicting.runs import read_run
from nerforge.foundation.files.reading import read_json, read_jsonl

N_QUERIES = 1_000
N_ONE_BY_ONE = 200
"""Rows that are answered one by one: the rate is the same for all."""
N_ROUNDS = 3
_MAX_NEW_TOKENS = 160
_N_TRAIN = {"short": 9_000, "full": 1_200}
_QUERIES = ("--city", "枣庄", "--noise", "none", "--negatives", "0")


class Case(NamedTuple):
    """A data set of 1,000 test queries, and a run that was trained for its prompt."""

    data: Path
    run: Path


def main() -> None:
    """Print rows a second, and their ratios."""
    # The benchmarks that run on one core say so in the environment.
    for name in [name for name in os.environ if name.endswith("_NUM_THREADS")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        for prompt in ("short", "full"):
            case = prepare(Path(folder) / prompt, prompt)
            in_process(case)
            if prompt == "short":
                whole_commands(case, Path(folder))


def prepare(work: Path, prompt: str) -> Case:
    """Generate and train."""
    case = Case(work / "data", work / "run")
    n_train = _N_TRAIN[prompt]
    rows = n_train + N_QUERIES
    nerforge(
        *("generate", "power", "--rows", rows, "--prompt", prompt, "--dev", 0, "--test", N_QUERIES / rows),
        *(*_QUERIES, "--out", case.data),
    )
    config = work / "train.yaml"
    nerforge("config", "tiny_cpu", "--data", case.data, "--run", case.run, "-o", config)
    nerforge("train", config)
    return case


def in_process(case: Case) -> None:
    """Compare ways of answering in one process, in turns, so that a slow minute hits all of them."""
    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.local.decoding import Decoder, common_beginning
    from nerforge.evaluation.engines.local.hf import HfEngine

    run = read_run(case.run)
    engine = HfEngine(ModelSpec(run.model, run.adapter, run.template, _MAX_NEW_TOKENS))
    prompts = [engine.encode(request) for request in read_requests(case.data, "test")][:N_QUERIES]
    expected: list[list[int]] = []
    seconds: dict[str, list[float]] = {"one by one": [], "rows together": [], "and one beginning": []}
    for _ in range(N_ROUNDS):
        start = time.perf_counter()
        expected = [generated(engine, [ids])[0] for ids in prompts[:N_ONE_BY_ONE]]
        seconds["one by one"].append((time.perf_counter() - start) / N_ONE_BY_ONE)
        for name, shares in (("rows together", False), ("and one beginning", True)):
            decoder = Decoder(engine.model, engine.stop_ids, _MAX_NEW_TOKENS, 128, shares_beginning=shares)
            start = time.perf_counter()
            found = {row.number: row.tokens for group in decoder.decode(prompts) for row in group}
            seconds[name].append((time.perf_counter() - start) / len(prompts))
            same = sum(found[i] == tokens for i, tokens in enumerate(expected))
            if same != len(expected) or len(found) != len(prompts):
                sys.exit(f"{name}: {same} of {len(expected)} answers are the same")
    n_shared = common_beginning(prompts)
    print(f"{len(prompts)} queries whose prompts begin with the same {n_shared} tokens, best of {N_ROUNDS}:")
    rates = {name: 1 / min(of_rounds) for name, of_rounds in seconds.items()}
    for name, rate in rates.items():
        print(f"  {name:<18} {rate:7.1f} rows/s  x {rate / rates['one by one']:.1f}")
    print(f"  reuse alone        x {rates['and one beginning'] / rates['rows together']:.2f}", flush=True)


def generated(engine: Any, batch: Sequence[list[int]]) -> list[list[int]]:
    """Answer a batch with transformers' own generation, padded on the left, without its last tokens."""
    import torch

    width = max(map(len, batch))
    pad = engine.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in batch])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in batch])
    with torch.inference_mode():
        new = engine.model.generate(input_ids=ids, attention_mask=mask)[:, width:].tolist()
    return [list(takewhile(lambda token: token not in engine.stop_ids, row)) for row in new]


def whole_commands(case: Case, work: Path, n_rounds: int = N_ROUNDS) -> None:
    """Compare whole commands, start and writing included."""
    ours, theirs = [], []
    for number in range(n_rounds):
        out = work / f"ours_{number}.jsonl"
        ours.append(
            seconds_of(
                *(sys.executable, "-m", "nerforge", "predict", "--run", case.run, "--data", case.data),
                *("--out", out, "--max-new-tokens", _MAX_NEW_TOKENS),
            )
        )
        folder = work / f"theirs_{number}"
        theirs.append(
            seconds_of(*(Path(sys.executable).parent / "llamafactory-cli", "train"), *arguments(case, folder))
        )
        same = count_same_answers(case.data, out, folder / "generated_predictions.jsonl")
        if same < len(read_predictions(out)) and not _is_in_bf16(read_run(case.run).model):
            sys.exit(f"{same} answers are the same only")
    n_rows = len(list(read_requests(case.data, "test")))
    print(f"whole command, {n_rows} queries, {same} answers the same, best of {n_rounds}:")
    print(f"  llamafactory-cli do_predict  {min(theirs):6.1f} s")
    print(f"  nerforge predict             {min(ours):6.1f} s  x {min(theirs) / min(ours):.2f}", flush=True)


def arguments(case: Case, out: Path) -> list[str]:
    """Say what LLaMA-Factory's do_predict is to do, as its documentation shows it, in batches of 32."""
    run = read_run(case.run)
    settings = {
        "stage": "sft",
        "model_name_or_path": run.model,
        "adapter_name_or_path": run.adapter,
        "template": run.template,
        "finetuning_type": "lora",
        "do_predict": "true",
        "predict_with_generate": "true",
        "do_sample": "false",
        "dataset_dir": case.data,
        "eval_dataset": "ner_test",
        "cutoff_len": 1024,
        "max_new_tokens": _MAX_NEW_TOKENS,
        "per_device_eval_batch_size": 32,
        "output_dir": out,
        "report_to": "none",
    }
    # A model in bf16 is otherwise loaded in 32 bits where there is no GPU.
    if _is_in_bf16(run.model):
        settings["infer_dtype"] = "bfloat16"
    return [str(word) for key, value in settings.items() for word in (f"--{key}", value)]


def count_same_answers(data: Path, ours: Path, theirs: Path) -> int:
    """Count rows with the same answer; do_predict writes them in the order of the rows."""
    found = read_predictions(ours)
    expected = [row["predict"] for _, row in read_jsonl(theirs, dict[str, Any])]
    ids = [request.id for request in read_requests(data, "test")]
    return sum(found[row_id] == answer for row_id, answer in zip(ids, expected, strict=True))


def _is_in_bf16(model: str) -> bool:
    config = Path(model) / "config.json"
    return config.is_file() and read_json(config, dict[str, Any]).get("dtype") == "bfloat16"


def seconds_of(*command: object) -> float:
    """Time a command; a failure shows what it said."""
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stderr.decode()[-3000:]}")
    return time.perf_counter() - start


def nerforge(*arguments: object) -> None:
    """Run the command line."""
    seconds_of(sys.executable, "-m", "nerforge", *arguments)


if __name__ == "__main__":
    main()
