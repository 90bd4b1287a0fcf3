"""Write the dataset directory that LLaMA-Factory trains on, with gold and a manifest beside it."""

import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import msgspec

from generators.collector import collector_off
from generators.files import read_json, to_json, whole_folder, write_whole
from generators.gold import encode_gold, stream_gold
from generators.task_files import write_task
from templates.answers import AnswerFormat, CannotEncodeError, is_lossless, load_format
from templates.domain import LabelSchema, Sample
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
    formats: tuple[str, ...] = ()
    """Formats that must all be able to carry a sample, so that data sets in each of them hold the same."""


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

    def count(self, sample: Sample, schema: LabelSchema, *, is_lossless: bool) -> None:
        """Count a sample that is written."""
        self.samples += 1
        self.without_entities += not sample.entities
        self.offsets_not_recoverable += not is_lossless
        for entity in sample.entities:
            self.entities[entity.label] += 1
            self.kinds[schema.kind(entity, sample.text)] += 1

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
    samples: Iterable[tuple[str, Sample]],
    *,
    task: Task,
    answer_format: str,
    prompt: Prompt,
    seed: int,
    source: Source,
    overwrite: bool = False,
    formats: Sequence[str] = (),
    statistics: bool = False,
) -> dict[str, Any]:
    """Write ``out`` whole or not at all, and return its manifest.

    A split without samples gets no files and no entry in ``dataset_info.json``: LLaMA-Factory refuses an
    empty data set.

    Args:
        out: The folder.
        samples: Samples with their splits, in any order; they are written as they come, and not held.
        task: Whose labels they have.
        answer_format: How answers are written.
        prompt: The instruction of every row.
        seed: For the manifest.
        source: For the manifest.
        overwrite: Whether to replace a data set.
        formats: Other formats that must be able to carry a sample, too.
        statistics: Whether the manifest says more of what was written: see ``take_statistics``.

    Raises:
        UserError: ``out`` is taken, or no training sample is left.
    """
    coders = {name: load_format(name) for name in (answer_format, *formats)}
    with dataset_folder(out, overwrite=overwrite) as folder, collector_off():
        (folder / "gold").mkdir()
        with ExitStack() as stack:
            writers = {name: stack.enter_context(_SplitWriter(folder, name, prompt)) for name in ALPACA_NAMES}
            for name, sample in samples:
                writers[name].add(sample, coders, task.schema)
        if not writers["train"].report.samples:
            raise UserError(
                "no training sample is left, so nothing was written; check the input, --limit, --dev, --test"
            )
        reports = {name: writer.report.as_json() for name, writer in writers.items()}
        manifest = build_manifest(task, answer_format, prompt, seed, source, reports)
        info = {name: writer.alpaca.name for name, writer in writers.items() if writer.report.samples}
        if statistics:
            manifest["statistics"] = _statistics(folder, list(info), task.schema)
        if not task.is_built_in:
            write_task(folder, task)
        write_heads(folder, info, manifest)
    return manifest


def _statistics(folder: Path, names: Sequence[str], schema: LabelSchema) -> dict[str, Any]:
    # numpy is imported with it.
    from generators.corpora.statistics import take_statistics

    def read() -> Iterator[tuple[str, Sample]]:
        for name in names:
            for sample in stream_gold(folder / "gold" / f"{name}.jsonl", schema):
                yield name, sample

    return take_statistics(read)


class _SplitWriter:
    """Writes the two files of a split, row by row; nothing of a split without rows is left."""

    def __init__(self, folder: Path, name: str, prompt: Prompt) -> None:
        self.report = SplitReport()
        self.alpaca = folder / f"{ALPACA_NAMES[name]}.json"
        self._gold = folder / "gold" / f"{name}.jsonl"
        self._prompt = prompt
        self._stack = ExitStack()
        self._files = [self._stack.enter_context(path.open("wb")) for path in (self.alpaca, self._gold)]

    def __enter__(self) -> Self:
        return self

    def add(self, sample: Sample, coders: Mapping[str, AnswerFormat], schema: LabelSchema) -> None:
        """Write a sample with the first format's answer, unless one of the formats cannot carry it."""
        answers = []
        for name, coder in coders.items():
            try:
                answers.append(coder.encode(sample, schema))
            except CannotEncodeError as err:
                self.report.dropped[f"{name}: {err}" if answers else str(err)] += 1
                return
        coder, answer = next(iter(coders.values())), answers[0]
        alpaca, gold = self._files
        row = {"instruction": self._prompt.text, "input": sample.text, "output": answer}
        alpaca.write(b",\n" if self.report.samples else b"[\n")
        alpaca.write(json.dumps(row, ensure_ascii=False).encode())
        gold.writelines(encode_gold([sample]))
        self.report.count(sample, schema, is_lossless=is_lossless(coder, sample, answer, schema))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack:
            if kind is None and self.report.samples:
                self._files[0].write(b"\n]\n")
                for file in self._files:
                    file.flush()
                    os.fsync(file.fileno())
        if not self.report.samples:
            self.alpaca.unlink()
            self._gold.unlink()


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
