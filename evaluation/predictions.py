"""Predict a split of a data set into a file that survives a kill, and read such files back."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from evaluation.engines import ModelSpec, Prediction, Request, load_engine
from generators.dataset import ALPACA_NAMES, find_alpaca
from generators.files import file_sha256, read_json, read_jsonl, to_json, write_whole
from templates.errors import UsageError, UserError

OnProgress = Callable[[int, int], None]
"""Called with the number of rows done and of all rows."""


class _GoldHead(msgspec.Struct):
    id: str
    text: str


class _AlpacaRow(msgspec.Struct):
    """A row as ``generate`` writes it."""

    instruction: str
    input: str
    system: str | None = None

    @property
    def user_turn(self) -> str:
        """What LLaMA-Factory makes of the row: instruction, newline, input."""
        return "\n".join(part for part in (self.instruction, self.input) if part)


class _PredictionRow(msgspec.Struct):
    id: str
    output: str


class PredictionRun(NamedTuple):
    """What a prediction run did."""

    path: Path
    n_rows: int
    n_new: int
    """Rows answered now; the others stood in the file already."""
    n_cut: int
    """Of the rows answered now, those that were cut at the limit of new tokens."""


def read_requests(data: Path, split: str) -> list[Request]:
    """Read the prompts of a split, with the ids of its gold.

    Raises:
        UsageError: there is no such split.
        UserError: alpaca file and gold are missing or of different lengths.
    """
    if split not in ALPACA_NAMES:
        raise UsageError(f"unknown split {split!r}; known: {', '.join(ALPACA_NAMES)}")
    alpaca_path = find_alpaca(data, split)
    gold_path = data / "gold" / f"{split}.jsonl"
    rows = _read_alpaca(alpaca_path)
    gold = list(read_jsonl(gold_path, _GoldHead))
    if len(gold) != len(rows):
        raise UserError(
            f"{alpaca_path} has {len(rows)} rows, {gold_path} has {len(gold)}; generate the data set again"
        )
    for (line, head), row in zip(gold, rows, strict=True):
        if head.text != row.input:
            raise UserError(
                f"{gold_path}:{line}: {head.text[:40]!r} is not the row of {alpaca_path.name} at this place, "
                f"{row.input[:40]!r}; generate the data set again"
            )
    return [Request(head.id, row.user_turn, row.system) for (_, head), row in zip(gold, rows, strict=True)]


def predict(
    data: Path,
    split: str,
    spec: ModelSpec,
    out: Path,
    *,
    engine: str = "hf",
    batch_size: int = 64,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> PredictionRun:
    """Answer every row of a split that ``out`` does not answer yet.

    Answers are appended and fsynced batch by batch. The settings that shape them stand beside the file, in
    ``<name>.settings.json``; a file that was made with others is refused.

    Raises:
        UserError: the data set, the model or the file cannot be used.
    """
    requests = read_requests(data, split)
    settings = _settings(data, split, spec, engine)
    if out.is_dir():
        raise UserError(f"{out}: is a folder; name a file as --out")
    settings_path = out.with_name(f"{out.name}.settings.json")
    n_cut = 0
    with _locked(out) as file:
        done = set() if overwrite else _resume(file, out, settings_path, settings)
        missing = [request for request in requests if request.id not in done]
        if missing:
            model = load_engine(engine, spec)
            if overwrite:
                _refuse_foreign(file, out, settings_path)
                file.truncate(0)
            write_whole(settings_path, to_json(settings))
            for batch in model.predict(missing, batch_size):
                _append(file, batch)
                n_cut += sum(prediction.finish == "length" for prediction in batch)
                done.update(prediction.id for prediction in batch)
                if on_progress:
                    on_progress(len(done), len(requests))
    return PredictionRun(out, len(requests), len(missing), n_cut)


def read_predictions(path: Path) -> dict[str, str]:
    """Read a file of predictions: answers by id.

    Raises:
        UserError: a line is malformed, or an id occurs twice.
    """
    outputs: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, row in read_jsonl(path, _PredictionRow):
        if row.id in outputs:
            raise UserError(
                f"{path}:{number}: id {row.id!r} is predicted twice, first in line {lines[row.id]}; "
                "remove one of the two lines"
            )
        outputs[row.id], lines[row.id] = row.output, number
    return outputs


def _read_alpaca(path: Path) -> list[_AlpacaRow]:
    if path.suffix == ".jsonl":
        return [row for _, row in read_jsonl(path, _AlpacaRow)]
    return read_json(path, list[_AlpacaRow])


def _settings(data: Path, split: str, spec: ModelSpec, engine: str) -> dict[str, Any]:
    return {
        "engine": engine,
        "model": spec.model,
        "adapter_sha256": _adapter_sha256(spec.adapter),
        "template": spec.template,
        "max_new_tokens": spec.max_new_tokens,
        "decoding": "greedy",
        "rows_sha256": file_sha256(find_alpaca(data, split)),
    }


def _adapter_sha256(adapter: str | None) -> str | None:
    if adapter is None:
        return None
    weights = Path(adapter) / "adapter_model.safetensors"
    return file_sha256(weights) if weights.is_file() else sha256(adapter.encode()).hexdigest()


def _refuse_foreign(file: BinaryIO, out: Path, settings_path: Path) -> None:
    if os.fstat(file.fileno()).st_size and not settings_path.exists():
        raise UserError(f"{out}: is not a file of `nerforge predict`; choose another --out")


def _resume(file: BinaryIO, out: Path, settings_path: Path, settings: dict[str, Any]) -> set[str]:
    """Tell which rows are answered already; what a kill left behind the last whole line is cut off."""
    file.seek(0)
    content = file.read()
    if not content:
        return set()
    before = read_json(settings_path, dict[str, Any]) if settings_path.exists() else {}
    if before != settings:
        changed = [key for key, value in settings.items() if before.get(key) != value]
        raise UserError(
            f"{out}: holds answers made with other settings ({', '.join(changed)}); "
            "pass --overwrite, or another --out"
        )
    file.truncate(content.rfind(b"\n") + 1)
    return set(read_predictions(out))


@contextmanager
def _locked(out: Path) -> Iterator[BinaryIO]:
    """Open a file to read and append that no other run writes to; one that stays empty is removed."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        file = out.open("a+b")
    except OSError as err:
        raise UserError(f"{out}: cannot be written: {err.strerror}; choose another --out") from err
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise UserError(
                f"{out}: another run is writing to it; wait for it, or choose another --out"
            ) from err
        try:
            yield file
        finally:
            if not os.fstat(file.fileno()).st_size:
                out.unlink()


def _append(file: BinaryIO, batch: Sequence[Prediction]) -> None:
    file.write(b"".join(msgspec.json.encode(row._asdict()) + b"\n" for row in batch))
    file.flush()
    os.fsync(file.fileno())
