"""Open a chat: how a data set asks, and the model that answers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nerforge.evaluation.chatting.asking_of_rows import AskingOptions, read_asking_of_rows
from nerforge.evaluation.chatting.chat_requests import ChatRequests, read_asking
from nerforge.evaluation.chatting.session import ChatSession
from nerforge.evaluation.engines import ModelSpec, load_engine, require_constraining
from nerforge.evaluation.predicting.requests import own_set
from nerforge.foundation.errors import UsageError
from nerforge.foundation.phases import AT_ONCE, phase


def open_session(
    engine: str,
    spec: ModelSpec,
    data: Path,
    asked: AskingOptions,
    tell: Callable[[str], None],
    *,
    constrain: str | None = None,
    ground: str | None = None,
    ground_threshold: float | None = None,
    calibration: Path | None = None,
) -> ChatSession:
    """Read how a data set asks, and load the model.

    Args:
        engine: The engine's name.
        spec: The model.
        data: A dataset directory, or a data directory of LLaMA-Factory, whose prompt is asked with.
        asked: What the user states of rows that no manifest describes.
        tell: Gets a line for each thing that was inferred.
        constrain: Tables of what constrained answers may complete; see ``constraint_of_task``.
        ground: Tables on which the answers are grounded; see ``read_tables``.
        ground_threshold: The least similarity of a misspelling.
        calibration: A file of ``calibrate`` for the confidences of a model that gives them.

    Raises:
        UsageError: something is stated of rows that a manifest describes.
        UserError: the data or the model cannot be used.
    """
    with phase(f"reading how {data} asks"):
        asking = _read_asking(data, asked)
    for note in asking.notes:
        tell(note)
    if constrain is not None:
        require_constraining(engine)
        from nerforge.evaluation.constraints.constraint_choice import constraint_of_task

        found = constraint_of_task(asking.task, asking.answer_format, constrain, data, tell)
        spec = replace(spec, constraint=found)
    grounder = None
    if ground is not None:
        if asking.answer_format is None:
            raise UsageError(f"--ground is for entities; {data} asks for a label of each text")
        # The tables are read with the generators; most chats are without them.
        from nerforge.evaluation.grounding.table_sources import read_tables

        tables = read_tables(ground, asking.task, data, ground_threshold)
        for note in tables.notes:
            tell(note)
        grounder = tables.grounder()
    calibrated = None
    if calibration is not None:
        # numpy is imported with this.
        from nerforge.evaluation.confidence.calibration import read_calibration

        calibrated = read_calibration(calibration)
    with phase(f"loading {spec.model}", AT_ONCE):
        return ChatSession(asking, load_engine(engine, spec), grounder, calibrated)


def _read_asking(data: Path, asked: AskingOptions) -> ChatRequests:
    # Rows of others say nothing of task and format; ours have a manifest that does.
    own = own_set(data, asked.dataset or "train")
    if own is not None and asked._replace(dataset=None).is_given:
        raise UsageError(f"{own.path}: has a manifest; omit --task and --format")
    return read_asking_of_rows(data, asked) if own is None else read_asking(own.path)
