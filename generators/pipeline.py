"""From a corpus to a dataset directory in one call, for the command line and for scripts."""

import random
from pathlib import Path
from typing import Any

from generators.corpora import read_span_jsonl
from generators.dataset import DatasetOptions, Source, write_dataset
from generators.files import file_sha256
from generators.splits import split_by_text
from templates.domain import Sample
from templates.errors import UsageError
from templates.prompts import render_prompt
from templates.tasks import Task, load_task


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
