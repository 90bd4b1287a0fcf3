"""Write the dataset directory that LLaMA-Factory trains on, with gold and a manifest beside it."""

import json
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from generators.files import read_json, to_json, whole_folder, write_whole
from generators.gold import encode_gold
from generators.splits import Splits
from templates.answers import AnswerFormat, CannotEncodeError, is_lossless, load_format
from templates.domain import EntityKind, LabelSchema, Sample
from templates.errors import UserError
from templates.prompts import Prompt
from templates.tasks import SURFACES_FILE, TASK_FILE, Task

MANIFEST = "manifest.json"
DATASET_INFO = "dataset_info.json"
ALPACA_NAMES = {"train": "ner", "dev": "ner_dev", "test": "ner_test"}
"""Names of the data sets in ``dataset_info.json``, by split."""
CONTENTS = (
    *("gold", TASK_FILE, SURFACES_FILE, "stats.png", "stats.svg"),
    *(f"{name}{suffix}" for name in ALPACA_NAMES.values() for suffix in (".json", ".jsonl")),
)
"""What a dataset directory may hold besides the manifest and ``dataset_info.json``."""
COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
"""All columns that are used: LLaMA-Factory takes any that is not listed for absent."""


class ManifestHead(msgspec.Struct):
    """What later stages need to know of a manifest."""

    task: str
    answer_format: str


def read_manifest(path: Path) -> ManifestHead:
    """Read a manifest's head.

    Raises:
        UserError: it cannot be read or is no manifest.
    """
    return read_json(path, ManifestHead)


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What every source is written with."""

    out: Path
    dev: float = 0.1
    """Share of the samples for dev."""
    test: float = 0.1
    """Share of the samples for test."""
    seed: int = 42
    answer_format: str | None = None
    """None for the task's default."""
    prompt: str | None = None
    """A prompt's name or file; None for the task's default."""
    overwrite: bool = False


@dataclass(slots=True)
class Source:
    """Where the samples came from, for the manifest."""

    inputs: list[dict[str, str]] = field(default_factory=list)
    """Each input file's ``name`` and ``sha256``."""
    settings: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    """What the reader or sampler counted: rows in, repaired, dropped and why."""


@dataclass(slots=True)
class SplitReport:
    """What became of one split."""

    samples: int = 0
    without_entities: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    """Entities by label."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Entities by kind: extracted, normalised, inferred."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Samples that the answer format cannot carry, by reason."""
    offsets_not_recoverable: int = 0
    """Samples kept whose answer, read back, gives other spans than gold: the ceiling of strict scores."""

    def as_json(self) -> dict[str, Any]:
        """Give the counts with stable keys."""
        return {
            "samples": self.samples,
            "without_entities": self.without_entities,
            "entities": dict(sorted(self.entities.items())),
            "kinds": dict(sorted(self.kinds.items())),
            "dropped": dict(sorted(self.dropped.items())),
            "offsets_not_recoverable": self.offsets_not_recoverable,
        }


def write_dataset(
    out: Path,
    splits: Splits,
    *,
    task: Task,
    answer_format: str,
    prompt: Prompt,
    seed: int,
    source: Source,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write ``out`` whole or not at all, and return its manifest.

    A split without samples gets no files and no entry in ``dataset_info.json``: LLaMA-Factory refuses an
    empty data set.

    Raises:
        UserError: ``out`` is taken, or no training sample is left.
    """
    written = {
        name: _encode_split(samples, load_format(answer_format), task.schema)
        for name, samples in splits._asdict().items()
    }
    if not written["train"][1].samples:
        raise UserError(
            "no training sample is left, so nothing was written; check the input, --limit, --dev and --test"
        )
    splits_json = {name: report.as_json() for name, (_, report) in written.items()}
    manifest = build_manifest(task, answer_format, prompt, seed, source, splits_json)
    info: dict[str, str] = {}
    with dataset_folder(out, overwrite=overwrite) as folder:
        for name, (rows, report) in written.items():
            if not report.samples:
                continue
            file_name = f"{ALPACA_NAMES[name]}.json"
            info[name] = file_name
            write_whole(folder / file_name, _alpaca(rows, prompt))
            write_whole(folder / "gold" / f"{name}.jsonl", encode_gold(sample for sample, _ in rows))
        write_heads(folder, info, manifest)
    return manifest


def build_manifest(
    task: Task, answer_format: str, prompt: Prompt, seed: int, source: Source, splits: Mapping[str, Any]
) -> dict[str, Any]:
    """Put together what a manifest says."""
    return {
        "task": task.name,
        "answer_format": answer_format,
        "prompt": {"name": prompt.name, "sha256": prompt.sha256},
        "seed": seed,
        "versions": {"nerforge": version("nerforge"), "python": platform.python_version()},
        "inputs": source.inputs,
        "settings": source.settings,
        "source": source.report,
        "splits": dict(splits),
    }


def dataset_folder(out: Path, *, overwrite: bool) -> AbstractContextManager[Path]:
    """Give a temporary folder that becomes the dataset directory ``out`` when the block ends well.

    Raises:
        UserError: ``out`` is taken.
    """
    return whole_folder(out, markers=(MANIFEST, DATASET_INFO), contents=CONTENTS, overwrite=overwrite)


def write_heads(folder: Path, files: Mapping[str, str], manifest: Mapping[str, Any]) -> None:
    """Write ``dataset_info.json``, which names the alpaca file of each split, and the manifest."""
    info = {
        ALPACA_NAMES[name]: {"file_name": file_name, "columns": COLUMNS} for name, file_name in files.items()
    }
    # LLaMA-Factory opens this file in the locale's encoding.
    write_whole(folder / DATASET_INFO, json.dumps(info, indent=2).encode("ascii") + b"\n")
    write_whole(folder / MANIFEST, to_json(manifest))


def _encode_split(
    samples: Sequence[Sample], answer_format: AnswerFormat, schema: LabelSchema
) -> tuple[list[tuple[Sample, str]], SplitReport]:
    report = SplitReport()
    rows = []
    for sample in samples:
        try:
            answer = answer_format.encode(sample, schema)
        except CannotEncodeError as err:
            report.dropped[str(err)] += 1
            continue
        rows.append((sample, answer))
        report.samples += 1
        report.without_entities += not sample.entities
        report.entities.update(entity.label for entity in sample.entities)
        report.kinds.update(_kinds(sample, schema))
        report.offsets_not_recoverable += not is_lossless(answer_format, sample, answer, schema)
    return rows, report


def _kinds(sample: Sample, schema: LabelSchema) -> Iterator[EntityKind]:
    for entity in sample.entities:
        yield schema.kind(entity, sample.text)


def _alpaca(rows: Sequence[tuple[Sample, str]], prompt: Prompt) -> Iterator[bytes]:
    yield b"[\n"
    for position, (sample, answer) in enumerate(rows):
        row: Mapping[str, str] = {"instruction": prompt.text, "input": sample.text, "output": answer}
        comma = "," if position < len(rows) - 1 else ""
        yield f"{json.dumps(row, ensure_ascii=False)}{comma}\n".encode()
    yield b"]\n"
