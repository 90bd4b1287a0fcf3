"""From a corpus to a dataset directory in one call, for the command line and for scripts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from msgspec import UNSET

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.aligning.offsets import OffsetSign
from nerforge.generators.corpora.aligning.own_prompt import OWN, find_own_prompt
from nerforge.generators.corpora.corpus import NAME, Corpus
from nerforge.generators.corpora.drawing import OnProgress, draw, draw_pool, drawn_samples, list_settings
from nerforge.generators.corpora.input_files import InputFile, Inputs, as_inputs
from nerforge.generators.corpora.joined_files import CorpusFile, JoinedFiles
from nerforge.generators.corpora.layouts import settle
from nerforge.generators.corpora.layouts.gold import data_set_of
from nerforge.generators.corpora.published_folders import unfold
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.generators.corpora.row_room import RowRoom, frame_tokens
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.statistics.corpus_counter import take_statistics
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import MANIFEST, DatasetOptions
from nerforge.generators.datasets.dataset_writer import write_dataset
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.generators.datasets.entity_rows import EntityRowMaker
from nerforge.generators.manifests.corpus_counts import OffsetSummary, RecognisedFile
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics
from nerforge.generators.manifests.kinds import CorpusManifest
from nerforge.generators.manifests.manifest import Description
from nerforge.generators.rows.row_prompts import PromptVariation, PromptWriter
from nerforge.generators.task_folders import find_data_set_task, find_named_task
from nerforge.templates.answers import CannotEncodeError, load_format
from nerforge.templates.domain import LabelSchema, Sample
from nerforge.templates.prompts import Prompt
from nerforge.templates.tasks import Task, called, task_of_labels


def generate_corpus(
    task_name: str | None,
    source: Path | Inputs,
    options: DatasetOptions,
    choice: SampleChoice | None = None,
    *,
    reading: ReadingOptions | None = None,
    strict: bool = False,
    asking: PromptVariation | None = None,
    treatment: Treatment | None = None,
    stats: bool = False,
    on_progress: OnProgress | None = None,
) -> CorpusManifest:
    """Write a data set from the files of a corpus, and return its manifest.

    They are never held, but read several times: to see what their offsets mean, to choose, twice to compare
    the splits, for examples where prompts show them, and to write.

    Args:
        task_name: The task, which fixes the labels: one of the project's own, a ``task.yaml``, or a
            folder that has one (a domain, a data set). None for a
            corpus of which only its labels are known, or for gold of a data set, which says it.
        source: The corpus: a file or folder that is divided, or several, of which some may be published
            splits. The shares of the options are drawn for splits without files.
        options: Where and how to write.
        choice: What to take of it.
        reading: How all files are to be read; whatever is not said is found out for each.
        strict: Refuse a corpus with faulty rows instead of dropping them.
        asking: How prompts differ from row to row.
        treatment: What is done to the texts.
        stats: Take statistics of what was written, for the manifest.
        on_progress: Called with the progress.

    Raises:
        UserError: the options, the corpus or the output folder cannot be used.
    """
    treatment = treatment or Treatment()
    inputs, choice, options = unfold(as_inputs(source), choice or SampleChoice(), options)
    corpus, task = _open(inputs, task_name, reading or ReadingOptions(), options, treatment)
    prompt = _prompt(corpus, task, options)
    answer_format = prompt.answer_format
    asker = PromptWriter(prompt, options.seed, asking or PromptVariation(), options.shape)
    drawn = draw(corpus, choice, options, treatment, strict=strict)
    formats = (answer_format, *options.formats)
    answers = partial(_answers, task.schema, formats)
    prompts = [_prompt(corpus, task, replace(options, answer_format=name)).text for name in formats]
    room_beside = frame_tokens(treatment, prompts, shots=asker.asking.shots)
    counts = drawn.source(corpus.recognised())

    # Run once to write, and before that to draw examples where prompts show some; the counts of the last run
    # stand in the manifest.
    def written(told: OnProgress | None = None) -> Iterator[tuple[str, Sample]]:
        samples = drawn_samples(corpus, drawn.parts, told)
        if not treatment.limits_length:
            yield from samples
            return
        room = RowRoom(treatment, room_beside, answers)
        yield from room.divide(samples)
        counts.long_texts = room.summary()

    if asker.asking.shots:
        asker.pool = draw_pool(written(), asker, partial(_first_answer, answers))
    settings = list_settings(inputs, choice, asker, options, treatment, strict=strict)
    return write_dataset(
        options.out,
        written(on_progress),
        EntityRowMaker(task.schema, answer_format, asker, options.formats),
        Description(task, answer_format, options.seed, settings, counts, corpus.list_inputs()),
        overwrite=options.overwrite,
        is_jsonl=options.is_jsonl,
        look_at=partial(_statistics, task.schema) if stats else None,
        needs_train=drawn.has_train,
    )


def _prompt(corpora: JoinedFiles[Sample, ReadReport], task: Task, options: DatasetOptions) -> Prompt:
    """Render the prompt that is asked for, or take that of the input's own rows."""
    if options.prompt != OWN or OWN in task.prompts():
        return options.render(task, options.answer_format or task.default_format)
    files = (file.corpus for file in corpora.files)
    pairs = [(corpus.answers, corpus.reader) for corpus in files if isinstance(corpus, Corpus)]
    return find_own_prompt(pairs, task, options.answer_format)


def _open(
    inputs: Inputs,
    task_name: str | None,
    reading: ReadingOptions,
    options: DatasetOptions,
    treatment: Treatment,
) -> tuple[JoinedFiles[Sample, ReadReport], Task]:
    """Open the files for one task: the one that is named, that of gold, or one of all labels they use.

    Raises:
        UserError: a file cannot be read.
        UsageError: the layout of a file is not known, or several files of gold are of different tasks.
    """
    files = inputs.files()
    fields = {} if task_name is None else find_named_task(task_name, options.language).fields
    readings = [settle(file.path, reading, fields) for file in files]
    layouts = [found.layout for found in readings]
    task = _common_task(task_name, files, layouts, options)
    normaliser = treatment.normaliser()
    corpora = [
        Corpus(file.path, task, how, options.language, normaliser, name=file.name, tag=file.tag)
        for file, how in zip(files, readings, strict=True)
    ]
    if task is None:
        labels = frozenset[str]().union(*(corpus.stated_labels for corpus in corpora))
        if not labels:
            names = ", ".join(file.name for file in files)
            raise UserError(f"{names}: no row has an entity with a label; name the labels with --task")
        is_nested = any(corpus.is_nested for corpus in corpora)
        task = task_of_labels(NAME, sorted(labels), nested=is_nested, language=options.language)
        for corpus in corpora:
            corpus.task = task
    opened = [
        CorpusFile(file, corpus, _recognised(corpus)) for file, corpus in zip(files, corpora, strict=True)
    ]
    return JoinedFiles(inputs, opened), task


def _common_task(
    name: str | None, files: Sequence[InputFile], layouts: Sequence[str | None], options: DatasetOptions
) -> Task | None:
    """Find the task of the first file that says one; of the others none may say another."""
    found: dict[str, tuple[InputFile, Task]] = {}
    for file, layout in zip(files, layouts, strict=True):
        if task := _find_task(name, file.path, layout, options):
            found.setdefault(task.name, (file, task))
    if len(found) > 1:
        said = ", ".join(f"{file.name} is of task {task.name}" for file, task in found.values())
        raise UsageError(f"{said}; generate a data set of each, or name the task of all with --task")
    return next((task for _, task in found.values()), None)


def _find_task(name: str | None, path: Path, layout: str | None, options: DatasetOptions) -> Task | None:
    """Take the task that is named, or that of the data set whose gold is read anew."""
    if name is None and layout == "gold":
        folder = data_set_of(path)
        if (folder / MANIFEST).is_file():
            return find_data_set_task(folder, options.language, labels=options.labels)
    return called(find_named_task(name, options.language), options.labels) if name else None


def _first_answer(answers: Callable[[Sample], list[str] | None], sample: Sample) -> str | None:
    return next(iter(answers(sample) or ()), None)


def _answers(schema: LabelSchema, formats: Sequence[str], sample: Sample) -> list[str] | None:
    """Write the answer in each format; None where one of the formats cannot carry the sample."""
    try:
        return [load_format(name).encode(sample, schema) for name in formats]
    except CannotEncodeError:
        return None


def _statistics(schema: LabelSchema, folder: Path, splits: Sequence[str]) -> CorpusStatistics:
    def read() -> Iterator[tuple[str, Sample]]:
        for name in splits:
            for sample in stream_gold(folder / "gold" / f"{name}.jsonl", schema):
                yield name, sample

    return take_statistics(read)


def _recognised(corpus: Corpus) -> RecognisedFile:
    if corpus.answers.n_pairs:
        return RecognisedFile(layout=corpus.layout_name, answers=corpus.answers.summary(corpus.reader))
    if not corpus.states_places:
        return RecognisedFile(layout=corpus.layout_name)
    convention = corpus.convention
    sign = corpus.evidence.sign()
    offsets = OffsetSummary(
        unit=convention.unit.value,
        first=convention.first,
        end=convention.end.value,
        ends_off_convention=corpus.evidence.n_off(),
        told_by=UNSET if sign in (None, OffsetSign.TEXTS) else sign.value,
    )
    return RecognisedFile(layout=corpus.layout_name, offsets=offsets)
