"""Convert annotated rows to another layout; whatever that cannot carry is counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.annotated_files import RowSource
from nerforge.generators.corpora.conversion.carried_parts import (
    CarriedParts,
    RowWriter,
    find_carried,
    writer_of,
)
from nerforge.generators.corpora.conversion.conversion_summary import (
    GOLD,
    PREDICTIONS,
    ConversionSummary,
    ConvertedFile,
)
from nerforge.generators.corpora.conversion.fitting import ConvertedRow, RowFitter
from nerforge.generators.corpora.conversion.losses import LossCounter, LossKind
from nerforge.generators.corpora.conversion.output_places import (
    new_folder,
    place_of_split,
    write_file,
    write_folder,
)
from nerforge.generators.corpora.conversion.target_layouts import TargetLayout
from nerforge.generators.corpora.reading.raw_rows import RawRow

OnProgress = Callable[[int, int], None]
"""Called with rows read and rows in all."""
_GOLD_LAYOUT = "gold"
_MAX_SPLITS = 20
_N_UPDATES = 100


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """How rows are written."""

    target: TargetLayout
    out: Path
    model: str | None = None
    """Whose predictions the rows are; None for gold."""
    split: str | None = None
    """The one split that is written; None for all."""
    strict: bool = False
    on_progress: OnProgress | None = None


def convert_rows(source: RowSource, name: str, options: ConversionOptions) -> ConversionSummary:
    """Write the rows of a source in a layout; a file for each split where the layout has no place for these.

    Args:
        source: The rows.
        name: What they are from, for the summary.
        options: Where and how they are written.

    Raises:
        UserError: the source cannot be read or the layout not written, there is no such row, or something
            would be lost although ``strict``.
    """
    # A writer that has refused a row cannot go on: then all begins anew, and each row is tried alone first.
    # Layouts of which no row is refused, which are most, are spared that.
    writer = writer_of(options.target.layout, options.model)
    with phase(f"finding out what layout {options.target.name} carries"):
        carried = find_carried(writer)
    for tries_rows in (False, True):
        run = _Run(source, options, writer, carried, tries_rows=tries_rows)
        try:
            with phase(f"writing {options.out}"):
                files = run.write()
        except _SourceError as err:
            raise err.fault from err.fault.__cause__
        except _RefusalError as err:
            if tries_rows:
                raise err.fault from err.fault.__cause__
            continue
        break
    return ConversionSummary(
        source=name,
        layout=source.layout,
        to=options.target.name,
        kind=GOLD if options.model is None else PREDICTIONS,
        model=options.model,
        out=files,
        rows=source.n_rows,
        rows_of_other_splits=run.n_others,
        read=source.read_counts(),
        lost=run.losses.in_order(),
        notes=list(source.notes()),
    )


class _CarriedError(Exception):
    """Carries a user's error through generators, of which each could have raised it."""

    def __init__(self, fault: UserError) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _SourceError(_CarriedError):
    """Something is wrong with the rows."""


class _RefusalError(_CarriedError):
    """A layout cannot carry a row."""


class _Run:
    """One attempt to write all rows."""

    def __init__(
        self,
        source: RowSource,
        options: ConversionOptions,
        writer: RowWriter,
        carried: CarriedParts,
        *,
        tries_rows: bool,
    ) -> None:
        self._source = source
        self._options = options
        self._writer = writer
        self._carried = carried
        self.losses = LossCounter(is_strict=options.strict)
        self.n_others = 0
        self._fitter = RowFitter(
            self._writer,
            self._carried,
            self.losses,
            needs_ids=options.target.name == _GOLD_LAYOUT,
            tries_rows=tries_rows,
            says_split=options.split is None and not self._writes_splits,
        )

    @property
    def _writes_splits(self) -> bool:
        """Whether there is a file for each split."""
        is_carried = LossKind.SPLIT in self._carried
        return not is_carried and self._options.split is None and len(self._source.parts) > 1

    def write(self) -> list[ConvertedFile]:
        out, target = self._options.out, self._options.target
        if not self._writes_splits:
            return [self._write_rows(out, self._options.split)]
        if len(self._source.parts) > _MAX_SPLITS:
            n = len(self._source.parts)
            raise UserError(f"{n} splits, and layout {target.name} has no place for them; name one: --split")
        files = []
        with new_folder(out) as folder:
            # A pass for each split: nothing is held.
            for part in sorted(self._source.parts, key=str):
                written = self._write_rows(folder / place_of_split(target, part), part, takes_all=False)
                files.append(written)
        for file in files:
            file.path = str(out / Path(file.path).name)
        return files

    def _write_rows(self, out: Path, part: str | None, *, takes_all: bool = True) -> ConvertedFile:
        """Write the rows of a split, or all where none is named and all are taken."""
        written = ConvertedFile(str(out))
        only = None if takes_all and part is None else (part,)
        rows = self._counted(self._fitted(only), written)
        if not self._options.target.is_folder:
            write_file(out, _blocks_of(self._writer, rows))
        elif out == self._options.out:
            with new_folder(out) as folder:
                write_folder(folder, _blocks_of(self._writer, rows))
        else:
            out.mkdir()
            write_folder(out, _blocks_of(self._writer, rows))
        if not written.rows:
            of_split = f" of split {part}" if only else ""
            raise UserError(f"{self._source.layout}: no row{of_split} is left to be written")
        return written

    def _fitted(self, only: tuple[str | None] | None) -> Iterator[RawRow]:
        """Fit the rows, those of other splits apart; an error of theirs is none of the writer's."""
        try:
            for number, converted in enumerate(self._rows(), start=1):
                if only is not None and converted.row.part not in only:
                    self.n_others += self._options.split is not None
                elif (row := self._fitter.fit(converted)) is not None:
                    yield row._replace(place=number)
        except UserError as err:
            raise _SourceError(err) from err

    def _rows(self) -> Iterator[ConvertedRow]:
        total = self._source.n_rows
        tell, step = self._options.on_progress, max(total // _N_UPDATES, 1)
        done = 0
        for done, row in enumerate(self._source.rows(self.losses), start=1):
            yield row
            if tell is not None and done % step == 0:
                tell(done, total)
        if tell is not None and done:
            tell(total, total)

    def _counted(self, rows: Iterable[RawRow], written: ConvertedFile) -> Iterator[RawRow]:
        labels: Counter[str] = Counter()
        for row in rows:
            written.rows += 1
            labels.update(entity.label for entity in row.entities)
            labels.update(added.label for added in row.completed)
            yield row
        written.labels = dict(sorted(labels.items()))
        written.entities = labels.total()


def _blocks_of(writer: RowWriter, rows: Iterable[RawRow]) -> Iterator[Any]:
    """Yield what a writer makes of rows; an error of its own is a refusal."""
    try:
        yield from writer(rows)
    except UserError as err:
        raise _RefusalError(err) from err
