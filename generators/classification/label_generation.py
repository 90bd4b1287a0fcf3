"""From a file of labelled texts to a dataset directory in one call."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from nerforge.foundation.errors import UsageError
from nerforge.generators.classification.label_rows import LabelRowMaker
from nerforge.generators.classification.news_jsonl import NewsCorpus
from nerforge.generators.corpora.drawing import OnProgress, draw, draw_pool, drawn_samples, list_settings
from nerforge.generators.corpora.input_files import Inputs, as_inputs
from nerforge.generators.corpora.joined_files import CorpusFile, JoinedFiles
from nerforge.generators.corpora.published_folders import unfold
from nerforge.generators.corpora.row_room import frame_tokens
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.dataset_writer import write_dataset
from nerforge.generators.manifests.kinds import LabelManifest
from nerforge.generators.manifests.manifest import Description
from nerforge.generators.rows.row_prompts import PromptVariation, PromptWriter
from nerforge.generators.rows.token_estimates import estimate_tokens
from nerforge.templates.tasks import resolve_task
from nerforge.templates.tasks.files import CLASSIFICATION, PLAIN_LABEL


def generate_classification(
    task_name: str,
    source: Path | Inputs,
    options: DatasetOptions,
    choice: SampleChoice | None = None,
    *,
    strict: bool = False,
    asking: PromptVariation | None = None,
    treatment: Treatment | None = None,
    on_progress: OnProgress | None = None,
) -> LabelManifest:
    """Write a data set of labelled texts, and return its manifest.

    Files are never held, but read several times: to choose, twice to compare the splits, for examples where
    prompts show them, and to write.

    Args:
        task_name: The task, which fixes the labels: one of the project's own, or a ``task.yaml``.
        source: The file that is divided, or several, of which some may be published splits. The shares of
            the options are drawn for splits without files.
        options: Where and how to write.
        choice: What to take of it.
        strict: Refuse a file with faulty rows instead of dropping them.
        asking: How prompts differ from row to row.
        treatment: What is done to the texts.
        on_progress: Called with the progress.

    Raises:
        UserError: the options, the file or the output folder cannot be used.
    """
    treatment = treatment or Treatment()
    inputs, choice, options = unfold(as_inputs(source), choice or SampleChoice(), options)
    task = resolve_task(task_name, options.language, CLASSIFICATION, options.labels)
    asker = PromptWriter(
        options.render(task, PLAIN_LABEL), options.seed, asking or PromptVariation(), options.shape
    )
    room = _text_room(asker, treatment)
    corpus = JoinedFiles(
        inputs,
        [
            CorpusFile(file, NewsCorpus(file.path, task, treatment, name=file.name, tag=file.tag, room=room))
            for file in inputs.files()
        ],
    )
    drawn = draw(corpus, choice, options, treatment, strict=strict)
    if asker.asking.shots:
        samples = drawn_samples(corpus, drawn.parts)
        asker.pool = draw_pool(samples, asker, lambda sample: task.schema[sample.label].answer)
    settings = list_settings(inputs, choice, asker, options, treatment, strict=strict)
    counts = drawn.source(corpus.recognised())
    return write_dataset(
        options.out,
        drawn_samples(corpus, drawn.parts, on_progress),
        LabelRowMaker(task.schema, asker),
        Description(task, PLAIN_LABEL, options.seed, settings, counts, corpus.list_inputs()),
        overwrite=options.overwrite,
        is_jsonl=options.is_jsonl,
        needs_train=drawn.has_train,
    )


def _text_room(asker: PromptWriter, treatment: Treatment) -> Callable[[tuple[str, ...]], int] | None:
    """Tell how many tokens are left for a text beside the prompt and the longest answer.

    Raises:
        UsageError: none are, where a prompt offers all labels.
    """
    most = treatment.max_tokens
    if most is None:
        return None
    schema = asker.prompt.task.schema

    # By the labels offered: rows of the published file offer few different sets of them.
    @lru_cache(maxsize=10_000)
    def room(options: tuple[str, ...]) -> int:
        labels = [schema[name] for name in options or schema.names]
        prompt = asker.prompt.fill(labels).text
        needed = frame_tokens(treatment, [prompt], shots=asker.asking.shots)
        # The longest answer, not that of the row: a text must not be longer because its label is short.
        return most - needed - max(estimate_tokens(label.answer) for label in labels)

    if room(()) < 1:
        raise UsageError(
            f"--max-tokens {most}: leaves nothing for the text; give more, or a shorter --prompt"
        )
    return room
