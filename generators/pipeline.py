"""From a source to a dataset directory in one call, for the command line and for scripts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.corpora import read_span_jsonl
from generators.dataset import Source, write_dataset
from generators.files import file_sha256
from generators.power.gazetteer import EMBEDDED, read_gazetteer
from generators.power.sampler import (
    count_sentences,
    load_tables,
    read_templates,
    sample_power,
    unclear_surfaces,
)
from generators.splits import split_by_text
from templates.domain import Sample
from templates.errors import UsageError
from templates.prompts import render_prompt
from templates.tasks import Task, load_task


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


def generate_power(
    n_rows: int, options: DatasetOptions, *, gazetteer: Path = EMBEDDED, cities: Sequence[str] = ()
) -> dict[str, Any]:
    """Write a synthetic power-domain data set, and return its manifest.

    Args:
        n_rows: Number of samples in all splits together.
        options: Where and how to write.
        gazetteer: A CSV of provinces, cities, companies and substations.
        cities: Cities to keep; all, if empty.

    Raises:
        UserError: the options, the gazetteer or the output folder cannot be used.
    """
    rng = random.Random(options.seed)
    places = read_gazetteer(gazetteer)
    if cities:
        places = places.only_cities(cities)
    templates = read_templates()
    tables = load_tables(places)
    samples = sample_power(n_rows, templates, tables, rng)
    left_open = sum(bool(sample.meta["left_open"]) for sample in samples)
    source = Source(
        inputs=[_input(gazetteer)],
        settings={"rows": n_rows, "cities": list(cities)},
        report={
            "queries_possible": count_sentences(templates, tables),
            "places": len(places.places),
            "mentions_left_out_as_unclear": len(unclear_surfaces(templates, places)),
            "samples_with_parents_left_open": left_open,
        },
    )
    return _write(load_task("power"), samples, source, options, rng)


def generate_corpus(
    task_name: str,
    corpus: Path,
    options: DatasetOptions,
    *,
    limit: int | None = None,
    drop_faulty: bool = False,
) -> dict[str, Any]:
    """Write a data set from a corpus file, and return its manifest.

    Args:
        task_name: The task, which fixes labels and the file's layout.
        corpus: The corpus.
        options: Where and how to write.
        limit: Draw so many rows, in the file's order.
        drop_faulty: Leave out and count rows whose entities cannot be placed, in place of refusing the file.

    Raises:
        UserError: the options, the corpus or the output folder cannot be used.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit}: must be at least 1")
    rng = random.Random(options.seed)
    task = load_task(task_name)
    samples, report = read_span_jsonl(corpus, task, drop_faulty=drop_faulty)
    n_read = len(samples)
    if limit is not None and limit < n_read:
        samples = [samples[i] for i in sorted(rng.sample(range(n_read), limit))]
    source = Source(
        inputs=[_input(corpus)],
        settings={"limit": limit, "drop_faulty": drop_faulty},
        report={**report.as_json(), "not_drawn": n_read - len(samples)},
    )
    return _write(task, samples, source, options, rng)


def _write(
    task: Task, samples: list[Sample], source: Source, options: DatasetOptions, rng: random.Random
) -> dict[str, Any]:
    answer_format = options.answer_format or task.default_format
    source.settings |= {"dev": options.dev, "test": options.test}
    return write_dataset(
        options.out,
        split_by_text(samples, options.dev, options.test, rng),
        task=task,
        answer_format=answer_format,
        prompt=render_prompt(task, answer_format, options.prompt),
        seed=options.seed,
        source=source,
        overwrite=options.overwrite,
    )


def _input(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": file_sha256(path)}
