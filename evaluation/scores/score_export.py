"""Write the figures of scores as a table: CSV or Parquet."""

import csv
import io
from pathlib import Path

from nerforge.evaluation.scores.schema import AnyScores
from nerforge.evaluation.scores.score_tables import FigureRow, figure_rows
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.writing import write_whole


def check_export(path: Path) -> None:
    """Find out before long work whether scores can be exported to a file.

    Raises:
        UsageError: its ending names no kind of table.
    """
    if path.suffix not in _ENCODERS:
        raise UsageError(
            f"--export {path}: unknown ending {path.suffix!r}; known: {', '.join(sorted(_ENCODERS))}"
        )


def export_scores(scores: AnyScores, path: Path) -> None:
    """Write a row for each criterion and label, whole or not at all; numbers are not rounded.

    Raises:
        UsageError: the ending of the path names no kind of table.
        UserError: the file cannot be written.
    """
    # The whole table is made before the file is touched.
    check_export(path)
    content = _ENCODERS[path.suffix](list(figure_rows(scores)))
    try:
        write_whole(path, content)
    except OSError as err:
        raise UserError(f"--export {path}: cannot be written: {err.strerror}; choose another path") from err


def _to_csv(rows: list[FigureRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FigureRow._fields)
    writer.writerows(rows)
    return text.getvalue().encode()


def _to_parquet(rows: list[FigureRow]) -> bytes:
    # pyarrow takes long to import, and few runs export.
    import pyarrow
    import pyarrow.parquet

    types = {
        **dict.fromkeys(("criterion", "level", "label"), pyarrow.string()),
        **dict.fromkeys(("n_gold", "n_predicted"), pyarrow.int64()),
    }
    columns = zip(*rows, strict=True)
    arrays = [
        pyarrow.array(column, type=types.get(name, pyarrow.float64()))
        for name, column in zip(FigureRow._fields, columns, strict=True)
    ]
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(FigureRow._fields)), sink)
    return bytes(sink.getvalue().to_pybytes())


_ENCODERS = {".csv": _to_csv, ".parquet": _to_parquet}
