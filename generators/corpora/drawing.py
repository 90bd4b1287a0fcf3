"""Draw the samples of a data set from a corpus: what every kind of corpus goes through alike."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from heapq import nsmallest
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from msgspec import UNSET, structs

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.unchanged import changed
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.joined_files import JoinedFiles
from nerforge.generators.corpora.reading.row_reports import RowReport
from nerforge.generators.corpora.splitting.near_duplicates import find_near_duplicates
from nerforge.generators.corpora.splitting.split_choice import (
    DEV,
    TEST,
    TRAIN,
    Parts,
    SampleChoice,
    choose,
    count_leaks,
)
from nerforge.generators.corpora.splitting.survey import (
    NO_PART,
    PARTS,
    CorpusReader,
    LabelledSample,
    Survey,
    survey,
)
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions, check_out
from nerforge.generators.datasets.splits import is_all_held_out
from nerforge.generators.manifests.corpus_counts import (
    CorpusSettings,
    CorpusSource,
    FileCounts,
    NearDuplicateCounts,
    RecognisedFile,
)
from nerforge.generators.rows.row_prompts import ExamplePool, PromptWriter, make_pool
from nerforge.templates.prompts import Example

OnProgress = Callable[[int, int], None]
"""Called with samples read and samples in all."""
_N_UPDATES = 100
_POOL = 1_000
"""Training samples that examples are drawn from."""


class _HasId(LabelledSample, Protocol):
    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=_HasId)
L = TypeVar("L", bound=LabelledSample)
R = TypeVar("R", bound=RowReport)


class CorpusSelection(NamedTuple):
    """What is known of a corpus, and which of its samples are taken for which split."""

    survey: Survey
    parts: Parts
    near_duplicates: NearDuplicateCounts | None
    """What ``find_near_duplicates`` counted; None where it was not asked."""
    files: list[FileCounts] | None
    """What each of several files gave; None for a single one."""
    has_train: bool
    """Whether a training set was asked for."""

    def source(self, recognised: RecognisedFile) -> CorpusSource:
        """Give the counts for the manifest."""
        rows = structs.asdict(self.survey.report.counts()) | structs.asdict(recognised)
        # Near duplicates that were dropped have no part either, and are counted apart.
        n_dropped = self.near_duplicates.dropped_from_train or 0 if self.near_duplicates else 0
        return CorpusSource(
            **rows,
            duplicate_texts=self.survey.n_duplicates,
            contradictory_texts=self.survey.n_contradictory,
            texts_also_in_train=count_leaks(self.survey, self.parts),
            texts_also_in_dev=count_leaks(self.survey, self.parts, DEV, (TEST,)) if self.files else UNSET,
            not_drawn=int((self.parts == NO_PART).sum()) - n_dropped,
            near_duplicates=self.near_duplicates or UNSET,
            files=self.files or UNSET,
        )


def draw(
    corpora: JoinedFiles[S, R],
    choice: SampleChoice,
    options: DatasetOptions,
    treatment: Treatment,
    *,
    strict: bool,
) -> CorpusSelection:
    """Look a corpus through, and choose samples.

    Raises:
        UserError: the corpus has no usable row, or with ``strict`` one that cannot be used.
        UsageError: the choice makes no sense for this corpus.
    """
    check_out(options.out, overwrite=options.overwrite)
    dev, test = _shares(corpora.inputs, choice, options)
    with phase("looking the corpus through"):
        found = survey(corpora)
    report = found.report
    if strict and report.n_faults:
        raise UserError(_refusal(report))
    corpora.check(report)
    fixed = None if corpora.inputs.is_single else corpora.fixed(report)
    parts = choose(found, choice, dev, test, options.seed, fixed)
    near_duplicates = _look_for_leaks(corpora, parts, treatment)
    files = corpora.count_files(found, parts)
    has_train = corpora.inputs.has_rows_to_draw and not is_all_held_out(dev, test)
    return CorpusSelection(found, parts, near_duplicates, files, has_train)


def _shares(inputs: Inputs, choice: SampleChoice, options: DatasetOptions) -> tuple[float, float]:
    """Give the shares that are drawn for dev and test: nothing for a split that has files.

    Raises:
        UsageError: the choice is of rows to draw from, and there are none, or contradicts the files.
    """
    if choice.split == "given" and inputs.is_published:
        raise UsageError("--split given: the files of --train, --dev and --test are the splits already")
    dev, test = (0.0 if inputs.dev else options.dev), (0.0 if inputs.test else options.test)
    if inputs.has_rows_to_draw:
        return dev, test
    for option, value in (("--dev", dev), ("--test", test), ("--limit", choice.limit)):
        if value:
            raise UsageError(
                f"{option} {value:g}: there are no rows of --input or --train to draw from; the files of "
                "--dev and --test are taken whole"
            )
    return dev, test


def _look_for_leaks(
    corpus: CorpusReader[S, R], parts: Parts, treatment: Treatment
) -> NearDuplicateCounts | None:
    """Compare the texts of the splits, and take those out of training that are asked to be."""
    if treatment.near_duplicates == "ignore" or not ((parts == DEV) | (parts == TEST)).any():
        return None
    with phase("looking for near duplicates between splits"):
        found = find_near_duplicates(lambda: drawn_samples(corpus, parts), threshold=treatment.similarity)
    if treatment.near_duplicates != "drop":
        return found.counts
    # found.train numbers training samples: of the parts 0 1 0 0 (0 is train) number 2 is the last sample.
    parts[np.flatnonzero(parts == TRAIN)[found.train]] = NO_PART
    found.counts.dropped_from_train = len(found.train)
    return found.counts


def drawn_samples(
    corpus: CorpusReader[L, R], parts: Parts, on_progress: OnProgress | None = None
) -> Iterator[tuple[str, L]]:
    """Read the samples that were chosen, with their splits."""
    # The corpus gives the same samples in the same order in each pass; parts has a number for each of them.
    samples = (sample for sample, _ in corpus.samples(corpus.report()) if sample is not None)
    step = max(1, len(parts) // _N_UPDATES)
    numbers = parts.data
    for number, sample in enumerate(samples, start=1):
        if number > len(parts):
            raise changed(corpus.path)
        if (part := numbers[number - 1]) != NO_PART:
            yield PARTS[part], sample
        if on_progress and (number % step == 0 or number == len(parts)):
            on_progress(number, len(parts))


def draw_pool(
    samples: Iterable[tuple[str, S]], asker: PromptWriter, answer: Callable[[S], str | None]
) -> ExamplePool:
    """Draw training samples to show in prompts.

    Args:
        samples: Samples with their splits.
        asker: Has the seed, and how many a prompt shows.
        answer: Writes the answer of a sample; None for one that cannot be shown.

    Raises:
        UsageError: there are too few.
    """

    def place(sample: S) -> bytes:
        return blake2b(f"{asker.seed}-{sample.id}".encode(), digest_size=8).digest()

    # A random choice that needs one pass and no list of all: the samples with the smallest hashes of their
    # ids.
    drawn = nsmallest(_POOL, (sample for split, sample in samples if split == "train"), key=place)
    written = ((sample, answer(sample)) for sample in drawn)
    shown = [(Example(s.text, said), bool(s.labels)) for s, said in written if said is not None]
    return make_pool(shown, asker.asking.shots)


def list_settings(
    inputs: Inputs,
    choice: SampleChoice,
    asker: PromptWriter,
    options: DatasetOptions,
    treatment: Treatment,
    *,
    strict: bool,
) -> CorpusSettings:
    """List what was chosen, for the manifest; splits that have files have no share."""
    return CorpusSettings(
        limit=choice.limit,
        head=choice.head,
        split="given" if inputs.is_unfolded else choice.split,
        empty=choice.empty,
        dev=0.0 if inputs.dev else options.dev,
        test=0.0 if inputs.test else options.test,
        strict=strict,
        label_order=asker.asking.label_order,
        shots=asker.asking.shots,
        formats=list(options.formats),
        normalise=list(treatment.normalise),
        max_chars=treatment.max_chars,
        max_tokens=treatment.max_tokens,
        near_duplicates=treatment.near_duplicates,
        similarity=treatment.similarity,
    )


def _refusal(report: RowReport) -> str:
    more = report.n_faults - len(report.examples)
    lines = [*report.examples, *([f"and {more} more"] if more else [])]
    return "\n".join([*lines, "correct the file, or omit --strict to drop and count these rows"])
