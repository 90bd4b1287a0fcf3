"""``board``: fixed splits of corpora."""

from collections.abc import Mapping
from pathlib import Path

from nerforge.evaluation.board.splits.fixed_splits import SplitOrder, make_split
from nerforge.evaluation.board.splits.known_splits import known_splits
from nerforge.evaluation.board.splits.split_file import FixedSplit
from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.generators.corpora.reading.reading_options import told_reading
from nerforge.generators.corpora.sources import resolve_source

OWN_CORPUS = "corpus"
_SHARE = 0.1


def split_corpus(
    name: str,
    source: str | Path,
    out: str | Path,
    *,
    task: str | Path | None = None,
    limit: int | None = None,
    dev: float | None = None,
    test: float | None = None,
    layout: str | None = None,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | int | None = None,
    fields: str | Mapping[str, str] | None = None,
    ends: str | None = None,
    unit: str | None = None,
    overwrite: bool = False,
) -> FixedSplit:
    """Make a fixed split of a corpus, as ``nerforge board split`` does.

    Args:
        name: A known split, whose hashes are checked, or ``corpus`` for one of your own.
        source: A file, folder or data set of a hub that ``generate`` reads as a corpus.
        out: The folder to write: a dataset directory with nested parts in ``gold/`` and ``split.json``.
        task: Of ``corpus``: whose labels it has; None for the labels that it uses.
        limit: Of ``corpus``: read only so many rows, the first ones.
        dev: Of ``corpus``: the share of the texts for dev; None for 0.1.
        test: The same for test.
        layout: The layout of the file; None to recognise it.
        token_column: Of files of columns the column of the token, from 1.
        tag_column: The column of the tags, from 1.
        layer: Of several layers of annotation the one that is read.
        fields: Where the parts of a row stand.
        ends: What the end of an entity means.
        unit: What offsets count.
        overwrite: Replace the split that ``out`` holds.

    Raises:
        UsageError: there is no such known split, or arguments contradict it.
        UserError: the corpus cannot be read, is another one than that of the known split, or ``out`` is
            taken.
    """
    known = None if name == OWN_CORPUS else known_splits().get(name)
    if known is None and name != OWN_CORPUS:
        raise unknown_name("split", name, (*known_splits(), OWN_CORPUS))
    if known is not None:
        _refuse_given(name, {"task": task, "limit": limit, "dev": dev, "test": test})
    order = SplitOrder(
        resolve_source(str(source)),
        Path(out),
        _named(task) if known is None else known.task,
        limit if known is None else known.limit,
        _SHARE if dev is None else dev,
        _SHARE if test is None else test,
        told_reading(
            layout=layout,
            token_column=token_column,
            tag_column=tag_column,
            layer=layer,
            fields=fields,
            ends=ends,
            unit=unit,
        ),
        overwrite,
    )
    return make_split(order, known)


def _named(task: str | Path | None) -> str | None:
    return None if task is None else str(task)


def _refuse_given(name: str, given: Mapping[str, object]) -> None:
    options = ", ".join(f"--{option}" for option, value in given.items() if value is not None)
    if options:
        raise UsageError(
            f"{options}: the split {name} is fixed; for one of your own: "
            f"nerforge board split {OWN_CORPUS} --task {name}"
        )
