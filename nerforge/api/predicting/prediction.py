"""``predict``: a model and its adapter answer a split."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nerforge.api.predicting.model_choice import (
    ChosenModel,
    Need,
    choose_devices,
    choose_model,
    with_logprobs,
)
from nerforge.evaluation.constraints.constraint import OWN_TABLES
from nerforge.evaluation.engines import DEFAULT_ENGINE, require_constraining
from nerforge.evaluation.predicting.answer_log import failures_path
from nerforge.evaluation.predicting.predictions import OnProgress, PredictionRun, read_predictions
from nerforge.evaluation.predicting.predictions import predict as answer_rows
from nerforge.evaluation.predicting.requests import describe_rows, own_set
from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory.environment import remove_overrides

if TYPE_CHECKING:
    from nerforge.evaluation.grounding.grounded_predictions import GroundedFile

Tell = Callable[[str], None]
"""Takes a line for the person who waits."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """The answers to a split, in a file."""

    path: Path
    data: Path
    """The data directory of the rows."""
    split: str
    """``train``, ``dev`` or ``test``, or the name of a data set."""
    run: PredictionRun
    """What was done now."""
    grounded: "GroundedFile | None" = None
    """The same answers grounded on tables, where that was asked for."""

    @property
    def n_rows(self) -> int:
        """Rows of the split."""
        return self.run.n_rows

    @property
    def n_failed(self) -> int:
        """Rows that could not be answered; the same call asks them again."""
        return self.run.n_failed

    @property
    def failures(self) -> Path:
        """The file of the rows that could not be answered; it exists only if there are any."""
        return failures_path(self.path)

    def answers(self) -> dict[str, str]:
        """Read the answers by gold id.

        Raises:
            UserError: the file is malformed.
        """
        return read_predictions(self.path)


def predict(
    data: str | Path,
    *,
    run: str | Path | None = None,
    checkpoint: str | None = None,
    model: str | Path | None = None,
    adapter: str | Path | None = None,
    template: str | None = None,
    split: str = "test",
    dataset: str | None = None,
    gold: str | Path | None = None,
    out: str | Path | None = None,
    engine: str = DEFAULT_ENGINE,
    batch_size: int | None = None,
    overwrite: bool = False,
    confidence: bool = False,
    constrain: bool | str | Path = False,
    max_new_tokens: int = 512,
    hub: str | None = None,
    trust_remote_code: bool = False,
    url: str | None = None,
    key_variable: str | None = None,
    concurrency: int = 16,
    per_minute: int | None = None,
    timeout: float = 120.0,
    server_grammar: str | None = None,
    tensor_parallel: int = 1,
    data_parallel: int = 1,
    gpu_memory: float = 0.9,
    ground: str | Path | None = None,
    ground_threshold: float | None = None,
    on_progress: OnProgress | None = None,
) -> Predictions:
    """Answer a split greedily, as the command ``nerforge predict`` does; a run that was killed is resumed.

    Environment variables that change the work of LLaMA-Factory are removed, as the command does.

    Args:
        data: A dataset directory, or a data directory of LLaMA-Factory.
        run: The folder of a training run.
        checkpoint: ``checkpoint-N`` of the run, ``best`` or ``base``; None for the final adapter.
        model: A model's folder or name, in place of ``run``; of a server, its name there.
        adapter: An adapter's folder, with ``model``.
        template: LLaMA-Factory's chat template, with ``model``.
        split: ``train``, ``dev`` or ``test``.
        dataset: A data set of ``dataset_info.json``, in place of ``split``.
        gold: Gives the ids of rows without a manifest.
        out: The file to append to; None for its place in the run.
        engine: The engine's name.
        batch_size: Rows worked on at a time; None for the engine's choice.
        overwrite: Start over where ``out`` holds answers.
        confidence: Keep the log-probabilities of tokens, from which ``score`` makes confidences.
        constrain: Give only answers that are read as clean: the sentence copied, or runs of it, and labels of
            the task. A name of tables, as ``ground`` takes it, says which values answers may complete: True
            for those of the data set or its task, ``none`` for no values.
        max_new_tokens: Longer answers are truncated.
        hub: Where a model by name is fetched from.
        trust_remote_code: Let the model's own code run.
        url: The address of a server, up to and with ``/v1``.
        key_variable: The environment variable of the server's key.
        concurrency: Rows that a server is asked for at a time.
        per_minute: Most requests to a server in a minute.
        timeout: Seconds that an answer of a server may take.
        server_grammar: With ``constrain``, whose field for grammars a server knows: ``vllm``, ``llama.cpp``
            or ``sglang``.
        tensor_parallel: GPUs that hold a copy of the model together.
        data_parallel: Copies of the model.
        gpu_memory: The share of a GPU's memory to use.
        ground: Tables on which the answers are grounded, in a file beside them: a domain, a data set, a
            table, or ``data`` for the tables that the data set was generated from.
        ground_threshold: From which similarity a name is a misspelling of the tables'; 1 for none.
        on_progress: Called with rows done and rows in all.

    Raises:
        UsageError: arguments contradict each other, or one is missing.
        UserError: the data, the model or the file cannot be used.
    """
    # A function has no stderr to name the variables on, as the command does.
    remove_overrides()
    chosen = choose_model(
        {
            "run": _path(run),
            "checkpoint": checkpoint,
            "model": _text(model),
            "adapter": _text(adapter),
            "template": template,
            "engine": engine,
            "url": url,
        },
        {"max_new_tokens": max_new_tokens, "hub": hub, "trust_remote_code": trust_remote_code},
        {
            "key_variable": key_variable,
            "concurrency": concurrency,
            "per_minute": per_minute,
            "timeout": timeout,
            "server_grammar": server_grammar,
        },
        choose_devices(
            engine,
            {"tensor_parallel": tensor_parallel, "data_parallel": data_parallel, "memory": gpu_memory},
        ),
        Need("out", out is not None),
    )
    return answer_split(
        chosen,
        Path(data),
        split,
        dataset=dataset,
        gold=_path(gold),
        out=_path(out),
        batch_size=batch_size,
        overwrite=overwrite,
        confidence=confidence,
        constrain=OWN_TABLES if constrain is True else _text(constrain or None),
        ground=_text(ground),
        ground_threshold=ground_threshold,
        on_progress=on_progress,
    )


def answer_split(
    chosen: ChosenModel,
    data: Path,
    split: str,
    *,
    dataset: str | None = None,
    gold: Path | None = None,
    out: Path | None = None,
    batch_size: int | None = None,
    overwrite: bool = False,
    confidence: bool = False,
    constrain: str | None = None,
    ground: str | None = None,
    ground_threshold: float | None = None,
    tell: Tell | None = None,
    on_progress: OnProgress | None = None,
) -> Predictions:
    """Answer a split with a model that was chosen; the arguments are those of ``predict``.

    Args:
        chosen: The model.
        data: The data directory.
        split: The split.
        dataset: A data set in place of it.
        gold: Gives ids.
        out: The file; None for its place in the run.
        batch_size: Rows worked on at a time.
        overwrite: Start over.
        confidence: Keep the log-probabilities of tokens.
        constrain: Tables of what constrained answers may complete; see ``constraint_of_gold``.
        ground: Tables on which the answers are grounded, in a file beside them; see ``read_tables``.
        ground_threshold: The least similarity of a misspelling.
        tell: Gets a line on how rows without a manifest are found and named.
        on_progress: Called with rows done and rows in all.

    Raises:
        UserError: the data, the model or the file cannot be used.
    """
    chosen = with_logprobs(chosen) if confidence else chosen
    if dataset is not None:
        # A set of ours that was added to a data directory is in a folder of its own, with gold and ids.
        own = own_set(data, dataset)
        data, split = (own.path, own.split) if own else (data, dataset)
    # Before the model is loaded: a missing data set is found out in a second, not in minutes.
    for note in describe_rows(data, split, gold):
        if tell is not None:
            tell(note)
    if constrain is not None:
        require_constraining(chosen.engine)
        # The tables are read with the generators; most calls predict without them.
        from nerforge.evaluation.constraints.constraint_choice import constraint_of_gold

        found = constraint_of_gold(gold or data / "gold" / f"{split}.jsonl", constrain, tell)
        chosen = replace(chosen, spec=replace(chosen.spec, constraint=found))
    grounding = None if ground is None else _Grounding(data, split, gold, ground, ground_threshold)
    if grounding is not None and tell is not None:
        for note in grounding.tables.notes:
            tell(note)
    if out is None:
        assert chosen.run is not None, "choose_model demands a file where there is no run"
        out = chosen.run.predictions(split)
    done = answer_rows(
        data,
        split,
        chosen.spec,
        out,
        gold=gold,
        engine=chosen.engine,
        batch_size=batch_size or 0,
        overwrite=overwrite,
        on_progress=on_progress,
    )
    return Predictions(done.path, data, split, done, grounding.ground(done.path) if grounding else None)


class _Grounding:
    """Grounds the answers to a split; the tables are read before the model is loaded."""

    def __init__(
        self, data: Path, split: str, gold: Path | None, tables: str, threshold: float | None
    ) -> None:
        # The tables are read with the generators; most calls predict without them.
        from nerforge.evaluation.grounding.table_sources import read_tables
        from nerforge.evaluation.reading.task_of_gold import data_of_gold, find_task

        self.gold = gold or data / "gold" / f"{split}.jsonl"
        if not self.gold.is_file():
            raise UserError(
                f"--ground needs the sentences of {split}: {self.gold} does not exist; name --gold"
            )
        task, self.answer_format = find_task(self.gold, None, None)
        self.tables = read_tables(tables, task, data_of_gold(self.gold), threshold)

    def ground(self, predictions: Path) -> "GroundedFile":
        from nerforge.evaluation.grounding.grounded_predictions import ground_file, grounded_path

        out = grounded_path(predictions)
        return ground_file(predictions, self.gold, self.tables, self.answer_format, out)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _text(given: str | Path | None) -> str | None:
    return None if given is None else str(given)
