"""``relabel``: gold mended by verdicts."""

from collections.abc import Sequence
from pathlib import Path

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.relabelling.relabel_run import RelabelOptions, RelabelReport, run_relabel
from nerforge.evaluation.relabelling.verdicts import CONFLICTS, REFUSE
from nerforge.foundation.errors import UsageError


def relabel(
    gold: str | Path,
    verdicts: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    split: str = "test",
    predictions: Sequence[str | Path] = (),
    task: str | Path | None = None,
    format: str | None = None,
    conflicts: str = REFUSE,
    bootstrap: int = 1_000,
    seed: int = 0,
    overwrite: bool = False,
) -> RelabelReport:
    """Mend gold by verdicts, as ``nerforge relabel`` does.

    Args:
        gold: A gold file, or a dataset directory, whose ``split`` is mended.
        verdicts: A file of verdicts, or several.
        out: Where to write the mended gold.
        split: The split of a dataset directory.
        predictions: Files of predictions that are scored on old and mended gold.
        task: Whose labels gold has; None for what the data set says, or the labels of gold.
        format: The answer format of predictions, or ``auto``.
        conflicts: ``refuse`` verdicts that contradict each other, or ``keep`` gold as it is there.
        bootstrap: Resamples behind the intervals; 0 for none.
        seed: Of the resampling.
        overwrite: Replace ``out``.

    Raises:
        UsageError: ``conflicts`` is none of the two.
        UserError: a file cannot be read or written, verdicts are of another gold, or contradict each other.
    """
    if conflicts not in CONFLICTS:
        raise UsageError(f"conflicts {conflicts!r}: expected one of {', '.join(CONFLICTS)}")
    files = [verdicts] if isinstance(verdicts, str | Path) else verdicts
    return run_relabel(
        RelabelOptions(
            gold=Path(gold),
            verdicts=[Path(path) for path in files],
            out=Path(out),
            split=split,
            predictions=[Path(path) for path in predictions],
            task=None if task is None else str(task),
            answer_format=format,
            conflicts=conflicts,
            bootstrap=Bootstrap(bootstrap, seed),
            overwrite=overwrite,
        )
    )
