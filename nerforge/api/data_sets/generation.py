"""``generate``: training data and gold from slot tables or a corpus."""

from collections.abc import Mapping, Sequence
from datetime import date
from inspect import signature
from pathlib import Path

from nerforge.api.data_sets.data_folder import DataFolder
from nerforge.api.data_sets.data_place import DataPlace, find_place
from nerforge.api.data_sets.data_sources import Files, OnProgress, SplitSource, Words, find_kind
from nerforge.foundation.optional import require_extra
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_shapes import ALPACA
from nerforge.templates.frames import TURNS


def generate(
    source: str | Path,
    out: str | Path | None = None,
    *,
    rows: int | None = None,
    cities: Sequence[str] = (),
    gazetteer: str | Path | None = None,
    tables: Mapping[str, str | Path] | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    ambiguous: str | None = None,
    negatives: float = 0.05,
    noise: str | Sequence[str] = "all",
    only_templates: Sequence[str] = (),
    only_dates: Sequence[str] = (),
    templates: str | Path | None = None,
    min_count: int | None = None,
    reference_day: date | None = None,
    workers: int | None = None,
    input: Files = (),
    train: Files = (),
    task: str | Path | None = None,
    layout: str | None = None,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | int | None = None,
    fields: str | Mapping[str, str] | None = None,
    ends: str | None = None,
    unit: str | None = None,
    empty: float | None = None,
    strict: bool = False,
    limit: int | None = None,
    head: bool = False,
    normalise: Sequence[str] = (),
    max_chars: int | None = None,
    max_tokens: int | None = None,
    near_duplicates: str = "report",
    similarity: float = 0.8,
    label_order: str = "fixed",
    shots: int = 0,
    split: str = "random",
    dev: SplitSource = None,
    test: SplitSource = None,
    seed: int = 42,
    format: str | None = None,
    formats: Sequence[str] = (),
    prompt: str | Path | None = None,
    language: str | None = None,
    turn: str = TURNS[0],
    prefix: str | None = None,
    labels: str | None = None,
    rows_as: str = ALPACA,
    jsonl: bool = False,
    into: str | Path | None = None,
    name: str | None = None,
    overwrite: bool = False,
    stats: bool = False,
    on_progress: OnProgress | None = None,
) -> DataFolder:
    """Write a dataset directory of LLaMA-Factory with gold, as the command ``nerforge generate`` does.

    Args:
        source: ``power`` or the folder of a domain, for synthetic sentences; ``ccfbdci``, ``cmeee``,
            ``fudan`` or ``corpus``, for labelled texts.
        out: The folder to write; or give ``into`` and ``name``.
        rows: Synthetic: the number of rows, in all splits together.
        cities: Power: keep these cities of the gazetteer only.
        gazetteer: Power: a CSV or XLSX in place of the embedded one.
        tables: Domain: tables in place of the domain's, by name.
        only: Domain: values to keep, by level.
        ambiguous: Synthetic: ``omit``, ``first``, ``all`` or ``drop``, the answer for names with several
            meanings.
        negatives: Synthetic: the share of rows without any entity.
        noise: Synthetic: ``all``, ``none``, or the channels to keep.
        only_templates: Synthetic: names of templates to keep.
        only_dates: Synthetic: classes of dates to keep.
        templates: Synthetic: a file of templates in place of the domain's.
        min_count: Synthetic: refuse if a name, template or label occurs less often in training.
        reference_day: Synthetic: the day that relative dates are counted from.
        workers: Synthetic: processes; the bytes are the same with any number. None for one a core.
        input: Corpus: files, folders or data sets of a hub that are divided into splits.
        train: Corpus: published training sets, in place of ``input``.
        task: ``corpus`` only: the task whose labels it has; None for the labels that it uses.
        layout: Corpus: the layout of all files; None to recognise each.
        token_column: Corpus of columns: the one with the token, from 1; None to find it out.
        tag_column: Corpus of columns: the one with the tags, from 1.
        layer: Corpus of several layers of annotation: the name or number of the one to read.
        fields: Corpus with names of its own: dotted paths by ``rows``, ``text``, ``entities``, ``label``,
            ``start``, ``end``, ``value``, ``score``, ``id``, ``split``; or as
            ``"text=sentence,entities=labels"``.
        ends: Corpus: ``exclusive``, ``inclusive`` or ``off_by_one``, what ends mean where nothing tells.
        unit: Corpus: ``code_points``, ``utf16`` or ``utf8``, what offsets count.
        empty: Corpus: the share of training rows without entities, at most.
        strict: Corpus: refuse faulty rows, in place of dropping and counting them.
        limit: Corpus: draw so many rows of ``input`` or ``train``.
        head: Corpus: let ``limit`` take the first rows.
        normalise: Corpus: steps of normalising the texts: ``width``, ``space``, ``traditional``.
        max_chars: Corpus: split longer texts; those of fudan are truncated.
        max_tokens: Corpus: the same by an estimate of the row's tokens.
        near_duplicates: Corpus: ``report``, ``drop`` or ``ignore`` texts of dev and test nearly in training.
        similarity: Corpus: share of three-character pieces in common that makes two texts near duplicates.
        label_order: Corpus: ``fixed``, or ``shuffled`` for each row.
        shots: Corpus: training rows that every prompt shows with their answers.
        split: How dev and test are chosen. Synthetic: ``random``, ``by-value``, ``by-template`` or
            ``by-date-form``; corpus: ``random``, ``stratified``, ``head`` or ``given``.
        dev: A share of the rows, or published files; None for 0.1, or for none where ``train`` is given.
        test: The same.
        seed: The same seed gives the same bytes.
        format: The answer format; None for the task's default.
        formats: Formats that must all be able to carry a sample, so that sets in each hold the same ones.
        prompt: A prompt of the task, a ``.jinja`` file, or ``own``; None for the task's default.
        language: Of prompt, labels and answers; None for the task's.
        turn: ``user`` or ``system``, where the instruction is.
        prefix: Text right before the sentence; None for what the prompt has.
        labels: ``name`` or ``code``, what prompts and answers call labels.
        rows_as: The shape of rows: ``alpaca``, ``messages`` or ``sharegpt``.
        jsonl: Write alpaca rows as JSON Lines.
        into: In place of ``out``: a data directory of LLaMA-Factory to which the set is added.
        name: The name of the set there.
        overwrite: Replace the data set that is there.
        stats: Take and draw the counts (``stats.png``, ``stats.svg``).
        on_progress: Called with rows done and rows in all.

    Raises:
        UsageError: an argument is unknown to the source, or is out of bounds.
        UserError: a file cannot be read or written, the output folder is taken, or the data has faults.
    """
    # As the first statement, so that these are the arguments and nothing else.
    words = Words(locals())
    kind = find_kind(source)
    kind.refuse_unknown(source, [word for word, value in words.items() if value != _DEFAULTS[word]])
    if stats:
        require_extra("matplotlib", "plots")
    place = find_place(out, into, name)
    # Before a corpus is read for minutes, not after.
    place.check_free(overwrite=overwrite)
    manifest, pictures = kind.write(source, _dataset_options(place, words), words)
    return DataFolder(place.folder, manifest, place.enter(overwrite=overwrite), tuple(pictures))


def _dataset_options(place: DataPlace, words: Words) -> DatasetOptions:
    prompt = words["prompt"]
    return DatasetOptions(
        out=place.folder,
        entry=place.entry,
        seed=words["seed"],
        answer_format=words["format"],
        formats=tuple(words["formats"]),
        prompt=None if prompt is None else str(prompt),
        language=words["language"],
        turn=words["turn"],
        prefix=words["prefix"],
        labels=words["labels"],
        rows_as=words["rows_as"],
        is_jsonl=words["jsonl"],
        overwrite=words["overwrite"],
    )


# What equals its default counts as not given: for `power`, similarity=0.9 is refused and 0.8 is not.
_DEFAULTS = {name: parameter.default for name, parameter in signature(generate).parameters.items()}
