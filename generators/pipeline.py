"""From a corpus to a dataset directory in one call, for the command line and for scripts."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from generators.asking import Asker, Asking
from generators.corpora.corpus import Corpus
from generators.corpora.drawing import OnProgress, draw, draw_pool, drawn_samples, list_inputs, list_settings
from generators.corpora.layouts import recognise
from generators.corpora.long_texts import SplitCounts
from generators.corpora.parts import Choice
from generators.corpora.statistics import take_statistics
from generators.corpora.treatment import Treatment, divide_long
from generators.dataset import MANIFEST, DatasetOptions, Description, Source, read_manifest
from generators.dataset_writer import write_dataset
from generators.entity_rows import EntityRows
from generators.gold import stream_gold
from templates.answers import CannotEncodeError, load_format
from templates.domain import LabelSchema, Sample
from templates.prompts import render_prompt
from templates.tasks import Task, resolve_task
from templates.tasks.files import TASK_FILE


def generate_corpus(
    task_name: str | None,
    path: Path,
    options: DatasetOptions,
    choice: Choice | None = None,
    *,
    layout: str | None = None,
    strict: bool = False,
    asking: Asking | None = None,
    treatment: Treatment | None = None,
    stats: bool = False,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Write a data set from a corpus file, and return its manifest.

    The file is never held, but read several times: to see what its offsets mean, to choose, twice to compare
    the splits, for examples where prompts show them, and to write.

    Args:
        task_name: The task, which fixes the labels: one of the project's own, or a ``task.yaml``. None for a
            corpus of which only its labels are known, or for gold of a data set, which says it.
        path: The corpus.
        options: Where and how to write.
        choice: What to take of it.
        layout: The file's layout; recognised, if None.
        strict: Refuse a corpus with faulty rows, in place of leaving them out.
        asking: How prompts differ from row to row.
        treatment: What is done to the texts.
        stats: Take statistics of what was written, for the manifest.
        on_progress: Told how far it is.

    Raises:
        UserError: the options, the corpus or the output folder cannot be used.
    """
    choice, treatment = choice or Choice(), treatment or Treatment()
    layout = layout or recognise(path)
    corpus = Corpus(
        path, _find_task(task_name, path, layout, options), layout, options.language, treatment.normaliser()
    )
    task = corpus.task
    answer_format = options.answer_format or task.default_format
    prompt = render_prompt(task, answer_format, options.prompt, options.turn)
    asker = Asker(prompt, options.seed, asking or Asking())
    drawn = draw(corpus, choice, options, treatment, strict=strict)
    answer = partial(_answer, task.schema, (answer_format, *options.formats))
    report = {**_describe(corpus), **drawn.report()}

    def written(told: OnProgress | None = None) -> Iterator[tuple[str, Sample]]:
        samples = drawn_samples(corpus, drawn.parts, told)
        if treatment.max_chars is None:
            yield from samples
            return
        counts = SplitCounts()
        yield from divide_long(
            samples, treatment.max_chars, lambda sample: answer(sample) is not None, counts
        )
        report["long_texts"] = counts.as_json()

    if asker.asking.shots:
        asker.pool = draw_pool(written(), asker, answer)
    source = Source(
        inputs=list_inputs(path),
        settings=list_settings(choice, asker, options, strict=strict) | treatment.settings(),
        report=report,
    )
    return write_dataset(
        options.out,
        written(on_progress),
        EntityRows(task.schema, answer_format, asker, options.formats),
        Description(task, answer_format, options.seed, source),
        overwrite=options.overwrite,
        is_jsonl=options.is_jsonl,
        look_at=partial(_statistics, task.schema) if stats else None,
    )


def _find_task(name: str | None, path: Path, layout: str, options: DatasetOptions) -> Task | None:
    """Take the task that is named, or that of the data set whose gold is read anew."""
    if name is None and layout == "gold":
        folder = path.resolve().parent if path.is_dir() else path.resolve().parent.parent
        if (folder / MANIFEST).is_file():
            head = read_manifest(folder / MANIFEST)
            is_own = (folder / TASK_FILE).is_file()
            found = str(folder / TASK_FILE) if is_own else head.task
            return resolve_task(found, options.language or (None if is_own else head.language))
    return resolve_task(name, options.language) if name else None


def _answer(schema: LabelSchema, formats: Sequence[str], sample: Sample) -> str | None:
    """Write the first format's answer; None where one of the formats cannot carry the sample."""
    try:
        first, *_ = (load_format(name).encode(sample, schema) for name in formats)
    except CannotEncodeError:
        return None
    return first


def _statistics(schema: LabelSchema, folder: Path, splits: Sequence[str]) -> dict[str, Any]:
    def read() -> Iterator[tuple[str, Sample]]:
        for name in splits:
            for sample in stream_gold(folder / "gold" / f"{name}.jsonl", schema):
                yield name, sample

    return take_statistics(read)


def _describe(corpus: Corpus) -> dict[str, Any]:
    convention = corpus.convention
    return {
        "layout": corpus.layout_name,
        "offsets": {
            "unit": convention.unit.value,
            "first": convention.first,
            "end": convention.end.value,
            "ends_off_convention": corpus.evidence.n_off(),
        },
    }
