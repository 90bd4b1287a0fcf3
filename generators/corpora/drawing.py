"""Draw the samples of a data set from a corpus: what every kind of corpus goes through alike."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from heapq import nsmallest
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from generators.asking import Asker, ExamplePool, make_pool
from generators.corpora.near_duplicates import find_near_duplicates
from generators.corpora.parts import DEV, TEST, TRAIN, Choice, Parts, choose, count_leaks
from generators.corpora.reports import RowReport
from generators.corpora.survey import NO_PART, PARTS, Labelled, Readable, Survey, survey
from generators.corpora.treatment import Treatment
from generators.dataset import DatasetOptions, check_out
from generators.files import file_sha256
from templates.errors import UserError
from templates.prompts import Example

OnProgress = Callable[[int, int], None]
"""Called with samples read and samples in all."""
_N_UPDATES = 100
_POOL = 1_000
"""Training samples that examples are drawn from."""


class _HasId(Labelled, Protocol):
    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=_HasId)
L = TypeVar("L", bound=Labelled)
R = TypeVar("R", bound=RowReport)


class Drawn(NamedTuple):
    """What is known of a corpus, and which of its samples are taken for which split."""

    survey: Survey
    parts: Parts
    near_duplicates: dict[str, Any] | None
    """What ``find_near_duplicates`` reported; None where it was not asked."""

    def report(self) -> dict[str, Any]:
        """Give the counts with stable keys."""
        return {
            **self.survey.report.as_json(),
            **self.survey.duplicates(),
            "texts_also_in_train": count_leaks(self.survey, self.parts),
            "not_drawn": int((self.parts == NO_PART).sum())
            - (self.near_duplicates or {}).get("dropped_from_train", 0),
            **({"near_duplicates": self.near_duplicates} if self.near_duplicates else {}),
        }


def draw(
    corpus: Readable[S, R], choice: Choice, options: DatasetOptions, treatment: Treatment, *, strict: bool
) -> Drawn:
    """Look a corpus through, and choose samples.

    Raises:
        UserError: the corpus has no usable row, or with ``strict`` one that cannot be used.
        UsageError: the choice makes no sense for this corpus.
    """
    check_out(options.out, overwrite=options.overwrite)
    found = survey(corpus)
    if strict and found.report.n_faults:
        raise UserError(_refusal(found.report))
    found.report.check(corpus.path)
    parts = choose(found, choice, options.dev, options.test, options.seed)
    return Drawn(found, parts, _look_for_leaks(corpus, parts, treatment))


def _look_for_leaks(corpus: Readable[S, R], parts: Parts, treatment: Treatment) -> dict[str, Any] | None:
    """Compare the texts of the splits, and take those out of training that are asked to be."""
    if treatment.near_duplicates == "ignore" or not ((parts == DEV) | (parts == TEST)).any():
        return None
    found = find_near_duplicates(lambda: drawn_samples(corpus, parts), threshold=treatment.similarity)
    if treatment.near_duplicates != "drop":
        return found.report
    parts[np.flatnonzero(parts == TRAIN)[found.train]] = NO_PART
    return {**found.report, "dropped_from_train": len(found.train)}


def drawn_samples(
    corpus: Readable[L, R], parts: Parts, on_progress: OnProgress | None = None
) -> Iterator[tuple[str, L]]:
    """Read the samples that were chosen, with their splits."""
    samples = (sample for sample, _ in corpus.samples(corpus.report()) if sample is not None)
    step = max(1, len(parts) // _N_UPDATES)
    for number, (sample, part) in enumerate(zip(samples, parts.data, strict=True), start=1):
        if part != NO_PART:
            yield PARTS[part], sample
        if on_progress and (number % step == 0 or number == len(parts)):
            on_progress(number, len(parts))


def draw_pool(
    samples: Iterable[tuple[str, S]], asker: Asker, answer: Callable[[S], str | None]
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

    drawn = nsmallest(_POOL, (sample for split, sample in samples if split == "train"), key=place)
    written = ((sample, answer(sample)) for sample in drawn)
    shown = [(Example(s.text, said), bool(s.labels)) for s, said in written if said is not None]
    return make_pool(shown, asker.asking.shots)


def list_inputs(path: Path) -> list[dict[str, str]]:
    """List the files of a corpus with their hashes, for the manifest."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return [{"name": file.relative_to(path.parent).as_posix(), "sha256": file_sha256(file)} for file in files]


def list_settings(choice: Choice, asker: Asker, options: DatasetOptions, *, strict: bool) -> dict[str, Any]:
    """List what was chosen, for the manifest."""
    return {
        "limit": choice.limit,
        "head": choice.head,
        "split": choice.split,
        "empty": choice.empty,
        "dev": options.dev,
        "test": options.test,
        "strict": strict,
        "label_order": asker.asking.label_order,
        "shots": asker.asking.shots,
        "formats": list(options.formats),
    }


def _refusal(report: RowReport) -> str:
    more = report.n_faults - len(report.examples)
    lines = [*report.examples, *([f"and {more} more"] if more else [])]
    return "\n".join([*lines, "correct the file, or leave out --strict to drop and count these rows"])
