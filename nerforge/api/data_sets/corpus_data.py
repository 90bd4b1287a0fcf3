"""Write a data set of labelled texts: entities, or a label for each text."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nerforge.api.data_sets.corpus_files import find_files
from nerforge.api.data_sets.data_sources import CORPUS, READING, DataReport, Words
from nerforge.generators.classification.label_charts import draw_label_stats
from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.reading.reading_options import told_reading
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.statistics.corpus_charts import draw_corpus_stats
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_prompts import PromptVariation


class _CorpusJob(NamedTuple):
    inputs: Inputs
    dataset: DatasetOptions
    choice: SampleChoice
    rest: Words
    """Arguments that both pipelines take."""


def write_corpus(source: str | Path, dataset: DatasetOptions, words: Words) -> DataReport:
    """Write a corpus with entities.

    Raises:
        UserError: the words, the corpus or the output folder cannot be used.
    """
    job = _prepare(dataset, words)
    # "ccfbdci" and "cmeee" name source and task in one; `task` goes with "corpus" only.
    task = words["task"] if source == CORPUS else source
    manifest = generate_corpus(
        None if task is None else str(task),
        job.inputs,
        job.dataset,
        replace(job.choice, empty=words["empty"]),
        reading=told_reading(**{name: words[name] for name in READING}),
        stats=words["stats"],
        **job.rest,
    )
    return DataReport(manifest, draw_corpus_stats(manifest, dataset.out) if words["stats"] else [])


def write_labelled_texts(source: str | Path, dataset: DatasetOptions, words: Words) -> DataReport:
    """Write a corpus of text classification.

    Raises:
        UserError: as ``write_corpus``.
    """
    job = _prepare(dataset, words)
    manifest = generate_classification(str(source), job.inputs, job.dataset, job.choice, **job.rest)
    return DataReport(manifest, draw_label_stats(manifest, dataset.out) if words["stats"] else [])


def _prepare(dataset: DatasetOptions, words: Words) -> _CorpusJob:
    files = find_files(words["input"], words["train"], words["dev"], words["test"])
    treatment = Treatment(
        normalise=tuple(words["normalise"]),
        max_chars=words["max_chars"],
        near_duplicates=words["near_duplicates"],
        similarity=words["similarity"],
        max_tokens=words["max_tokens"],
    )
    return _CorpusJob(
        files.inputs,
        replace(dataset, dev=files.dev, test=files.test),
        SampleChoice(limit=words["limit"], head=words["head"], split=words["split"]),
        {
            "strict": words["strict"],
            "asking": PromptVariation(words["label_order"], words["shots"]),
            "treatment": treatment,
            "on_progress": words["on_progress"],
        },
    )
