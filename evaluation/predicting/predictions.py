"""Predict a split of a data set into a file that survives a kill."""

import os
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.evaluation.engines import (
    DEFAULT_ENGINE,
    ENGINES,
    Engine,
    Failure,
    ModelSpec,
    Request,
    load_engine,
)
from nerforge.evaluation.predicting.answer_log import open_log, read_predictions
from nerforge.evaluation.predicting.requests import read_requests, require_alpaca
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.phases import phase
from nerforge.foundation.run_folder.contents import ADAPTER_CONFIG, weight_files

__all__ = ["PredictionRun", "predict", "read_predictions", "read_requests"]

OnProgress = Callable[[int, int], None]
"""Called with the number of rows done and of all rows."""
WINDOW_ROWS = 8192
"""Rows that an engine is handed at a time: their prompts are held in memory."""
_BLOCK = 1 << 16
_N_BLOCKS = 32


class PredictionRun(NamedTuple):
    """What a prediction run did."""

    path: Path
    n_rows: int
    n_new: int
    """Rows answered now; the others stood in the file already."""
    n_cut: int
    """Of the rows answered now, those that were cut at the limit of new tokens."""
    n_failed: int = 0
    """Rows that could not be answered; the next run asks again."""
    seconds: float = 0.0
    """That answering took, without loading the model."""


def predict(
    data: Path,
    split: str,
    spec: ModelSpec,
    out: Path,
    *,
    gold: Path | None = None,
    engine: str = DEFAULT_ENGINE,
    loaded: Engine | None = None,
    batch_size: int = 0,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> PredictionRun:
    """Answer every row of a split that ``out`` does not answer yet.

    Answers are appended and synced in small groups. The settings that shape them stand beside the file, in
    ``<name>.settings.json``; a file that was made with others is refused. Rows that could not be answered
    stand in ``<name>.failures.jsonl``.

    Args:
        data: A dataset directory, or a data directory of LLaMA-Factory.
        split: ``train``, ``dev`` or ``test``, or the name of a data set.
        spec: Which model answers.
        out: The file.
        gold: Gives the ids of rows without our manifest; see ``read_requests``.
        engine: The engine's name.
        loaded: An engine that runs already, with the adapter of ``spec``.
        batch_size: Rows that are worked on at a time; 0 for the engine's own choice.
        overwrite: Start over.
        on_progress: Told of every step.

    Raises:
        UserError: the data set, the model or the file cannot be used.
    """
    with phase("hashing rows and weights"):
        settings = answer_settings(data, split, spec, engine)
    n_cut = n_failed = 0
    seconds = 0.0
    with open_log(out) as log:
        done = set() if overwrite else log.resume(settings, with_logprobs=spec.keeps_logprobs)
        with phase(f"reading the {split} rows of {data}"):
            n_rows = _count_rows(read_requests(data, split, gold), f"{split} of {data}", out, done)
        # A file that is complete starts no engine: loading a model only to find nothing to do takes minutes.
        if n_missing := n_rows - len(done):
            model = loaded or _load(engine, spec)
            log.begin(settings, overwrite=overwrite)
            start = time.monotonic()
            n_done = len(done)
            if on_progress:
                on_progress(n_done, n_rows)
            missing = (request for request in read_requests(data, split, gold) if request.id not in done)
            # An engine that starts a process for each window would load its model for every 8,192 rows.
            n_at_a_time = n_missing if _starts_anew(engine) else WINDOW_ROWS
            while window := list(islice(missing, n_at_a_time)):
                for results in model.predict(window, batch_size):
                    log.add(results)
                    n_cut += sum(not isinstance(x, Failure) and x.finish == "length" for x in results)
                    n_failed += sum(isinstance(x, Failure) for x in results)
                    n_done += len(results)
                    if on_progress:
                        on_progress(n_done, n_rows)
            seconds = time.monotonic() - start
    return PredictionRun(out, n_rows, n_missing - n_failed, n_cut, n_failed, seconds)


def _starts_anew(engine: str) -> bool:
    # One that is loaded already may have a name of the caller's own.
    return engine in ENGINES and ENGINES[engine].starts_anew


def _load(engine: str, spec: ModelSpec) -> Engine:
    with phase(f"starting the {engine} engine"):
        return load_engine(engine, spec)


def _count_rows(requests: Iterable[Request], where: str, out: Path, done: set[str]) -> int:
    """Count the rows of a split, and see that they can all be read before the first is asked.

    Raises:
        UserError: one cannot be read, there are none, or the file answers rows that the split does not hold.
    """
    n_rows = n_known = 0
    for request in requests:
        n_rows += 1
        n_known += request.id in done
    if n_known < len(done):
        raise UserError(
            f"{out}: {len(done) - n_known} of its {len(done)} ids are not in {where}, whose ids "
            "have changed; pass --overwrite, or another --out"
        )
    if not n_rows:
        raise UserError(f"{where}: has no rows, so there is nothing to answer")
    return n_rows


def answer_settings(data: Path, split: str, spec: ModelSpec, engine: str) -> dict[str, Any]:
    """Give what shapes answers; two runs with the same settings may share a file."""
    constraint = {} if spec.constraint is None else {"constraint": spec.constraint.settings()}
    return {
        "engine": engine,
        "model": spec.model,
        "model_sha256": _model_sha256(spec.model),
        "adapter_sha256": _adapter_sha256(spec.adapter),
        "template": spec.template,
        "enable_thinking": spec.enable_thinking,
        "max_new_tokens": spec.max_new_tokens,
        "decoding": "greedy",
        **constraint,
        "rows_sha256": file_sha256(require_alpaca(data, split)),
    }


def _model_sha256(model: str) -> str | None:
    """Hash what tells one model in a folder from another; None for a name on a hub."""
    folder = Path(model)
    if not (folder / "config.json").is_file():
        return None
    state = sha256((folder / "config.json").read_bytes())
    for path in weight_files(folder):
        state.update(path.name.encode() + _sample(path))
    return state.hexdigest()


def _sample(path: Path) -> bytes:
    """Give a large file's size and blocks of it: training changes nearly all, and reading all takes long."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        blocks = [str(size).encode()]
        for number in range(_N_BLOCKS + 1):
            # 33 blocks of 64 KiB, evenly from the first byte to the last: 2 MiB of a file of any size.
            file.seek(max(size - _BLOCK, 0) * number // _N_BLOCKS)
            blocks.append(file.read(_BLOCK))
    return b"".join(blocks)


def _adapter_sha256(adapter: str | None) -> str | None:
    if adapter is None:
        return None
    state = sha256()
    for path in (Path(adapter) / ADAPTER_CONFIG, *weight_files(Path(adapter))):
        # The name is hashed too: the same bytes under another name are another adapter.
        if path.is_file():
            state.update(f"{path.name} {file_sha256(path)}".encode())
    return state.hexdigest()
