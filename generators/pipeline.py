"""From a corpus to a dataset directory in one call, for the command line and for scripts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from heapq import nsmallest
from pathlib import Path
from typing import Any

from generators.asking import Asker, Asking, ExamplePool, make_pool
from generators.corpora.corpus import Corpus, ReadReport
from generators.corpora.parts import Choice, Parts, choose, count_leaks
from generators.corpora.statistics import take_statistics
from generators.corpora.survey import NO_PART, PARTS, Survey, survey
from generators.dataset import DatasetOptions, Description, Source, write_dataset
from generators.entity_rows import EntityRows
from generators.files import file_sha256
from generators.gold import stream_gold
from templates.answers import CannotEncodeError, load_format
from templates.domain import LabelSchema, Sample
from templates.errors import UserError
from templates.prompts import Example, render_prompt
from templates.tasks import resolve_task

OnProgress = Callable[[int, int], None]
"""Called with samples read and samples in all."""
_N_UPDATES = 100
_POOL = 1_000
"""Training samples that examples are drawn from."""


def generate_corpus(
    task_name: str | None,
    path: Path,
    options: DatasetOptions,
    choice: Choice | None = None,
    *,
    layout: str | None = None,
    strict: bool = False,
    asking: Asking | None = None,
    stats: bool = False,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Write a data set from a corpus file, and return its manifest.

    The file is read three times, once more where prompts show examples, and never held.

    Args:
        task_name: The task, which fixes the labels: one of the project's own, or a ``task.yaml``. None for a
            corpus of which only its labels are known.
        path: The corpus.
        options: Where and how to write.
        choice: What to take of it.
        layout: The file's layout; recognised, if None.
        strict: Refuse a corpus with faulty rows, in place of leaving them out.
        asking: How prompts differ from row to row.
        stats: Take statistics of what was written, for the manifest.
        on_progress: Told how far it is.

    Raises:
        UserError: the options, the corpus or the output folder cannot be used.
    """
    choice, asking = choice or Choice(), asking or Asking()
    given = resolve_task(task_name, options.language) if task_name else None
    corpus = Corpus(path, given, layout, options.language)
    task = corpus.task
    answer_format = options.answer_format or task.default_format
    prompt = render_prompt(task, answer_format, options.prompt, options.turn)
    asker = Asker(prompt, options.seed, asking)
    found = survey(corpus)
    if strict and found.report.n_faults:
        raise UserError(_refusal(found.report))
    parts = choose(found, choice, options.dev, options.test, options.seed)
    if asking.shots:
        asker.pool = _draw_pool(_written(corpus, parts), asker, (answer_format, *options.formats))
    source = Source(
        inputs=_inputs(path),
        settings=_settings(choice, asking, options, strict=strict),
        report=_report(corpus, found, parts),
    )
    return write_dataset(
        options.out,
        _written(corpus, parts, on_progress),
        EntityRows(task.schema, answer_format, asker, options.formats),
        Description(task, answer_format, options.seed, source),
        overwrite=options.overwrite,
        look_at=partial(_statistics, task.schema) if stats else None,
    )


def _written(
    corpus: Corpus, parts: Parts, on_progress: OnProgress | None = None
) -> Iterator[tuple[str, Sample]]:
    samples = (sample for sample, _ in corpus.samples(ReadReport()) if sample)
    step = max(1, len(parts) // _N_UPDATES)
    for number, (sample, part) in enumerate(zip(samples, parts.data, strict=True), start=1):
        if part != NO_PART:
            yield PARTS[part], sample
        if on_progress and (number % step == 0 or number == len(parts)):
            on_progress(number, len(parts))


def _draw_pool(samples: Iterable[tuple[str, Sample]], asker: Asker, formats: Sequence[str]) -> ExamplePool:
    """Draw training samples that every format can carry, to show them in prompts."""

    def place(sample: Sample) -> bytes:
        return blake2b(f"{asker.seed}-{sample.id}".encode(), digest_size=8).digest()

    drawn = nsmallest(_POOL, (sample for split, sample in samples if split == "train"), key=place)
    schema = asker.prompt.task.schema
    shown = []
    for sample in drawn:
        try:
            answer, *_ = [load_format(name).encode(sample, schema) for name in formats]
        except CannotEncodeError:
            continue
        shown.append((Example(sample.text, answer), bool(sample.entities)))
    return make_pool(shown, asker.asking.shots)


def _statistics(schema: LabelSchema, folder: Path, splits: Sequence[str]) -> dict[str, Any]:
    def read() -> Iterator[tuple[str, Sample]]:
        for name in splits:
            for sample in stream_gold(folder / "gold" / f"{name}.jsonl", schema):
                yield name, sample

    return take_statistics(read)


def _inputs(path: Path) -> list[dict[str, str]]:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return [{"name": file.relative_to(path.parent).as_posix(), "sha256": file_sha256(file)} for file in files]


def _settings(choice: Choice, asking: Asking, options: DatasetOptions, *, strict: bool) -> dict[str, Any]:
    return {
        "limit": choice.limit,
        "head": choice.head,
        "split": choice.split,
        "empty": choice.empty,
        "dev": options.dev,
        "test": options.test,
        "strict": strict,
        "label_order": asking.label_order,
        "shots": asking.shots,
        "formats": list(options.formats),
    }


def _report(corpus: Corpus, found: Survey, parts: Parts) -> dict[str, Any]:
    convention = corpus.convention
    return {
        "layout": corpus.layout_name,
        "offsets": {
            "unit": convention.unit.value,
            "first": convention.first,
            "end": convention.end.value,
            "ends_off_convention": corpus.evidence.n_off(),
        },
        **found.report.as_json(),
        **found.duplicates(),
        "texts_also_in_train": count_leaks(found, parts),
        "not_drawn": int((parts == NO_PART).sum()),
    }


def _refusal(report: ReadReport) -> str:
    more = report.n_faults - len(report.examples)
    lines = [*report.examples, *([f"and {more} more"] if more else [])]
    return "\n".join([*lines, "correct the file, or leave out --strict to drop and count these rows"])
