"""Merge a run's adapter into its base, and keep the result only if it answers as the two did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from nerforge.evaluation.engines import ModelSpec, Prediction, Request
from nerforge.evaluation.predicting.predictions import read_requests
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.foundation.run_folder.contents import BASE, TRAIN_YAML
from nerforge.llamafactory_configs.running.exporting import export


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Which prompts adapter and merged model must answer alike."""

    data: Path | None = None
    """A dataset directory; None for the run's."""
    split: str = "test"
    n_prompts: int = 20
    """0 for no check."""
    n_tolerated: int = 0
    """Answers that may differ: merging rounds in 16 bits."""
    max_new_tokens: int = 256


def merge_checked(
    run: Path, checkpoint: str | None, out: Path, check: AnswerCheck, *, hub: str | None = None
) -> str | None:
    """Write the merged model of a run, and say how many answers were compared; None without a check.

    Args:
        run: The run's folder.
        checkpoint: The name or number of a checkpoint; None for the final adapter.
        out: A folder that is absent or empty.
        check: How the merged model is checked.
        hub: Where a model by name is fetched from.

    Raises:
        UsageError: the checkpoint has no adapter.
        UserError: the run cannot be used, or too many answers differ; nothing is written then.
    """
    # "200" is short for "checkpoint-200".
    name = f"checkpoint-{checkpoint}" if checkpoint and checkpoint.isdigit() else checkpoint
    if name == BASE:
        raise UsageError("--checkpoint base has no adapter to merge")
    found = read_run(run, name)
    assert found.adapter is not None
    data = check.data or Path(str(read_yaml(run / TRAIN_YAML).get("dataset_dir")))
    requests = list(islice(read_requests(data, check.split), check.n_prompts))
    compared: list[str] = []

    def compare(merged: Path) -> None:
        if requests:
            compared.append(_require_same_answers(found, merged, requests, check, hub))

    # `compare` sees the merged model in its temporary folder: where it raises, nothing is left.
    with phase("merging adapter and base", AT_ONCE):
        export(run, Path(found.adapter), out, compare, hub=hub)
    return compared[0] if compared else None


def _require_same_answers(
    run: Run, merged: Path, requests: Sequence[Request], check: AnswerCheck, hub: str | None
) -> str:
    base = replace(run.spec(check.max_new_tokens, hub=hub), adapter=None)
    with phase(f"answering {len(requests)} prompts with the adapter"):
        before = _answers(base, run.adapter, requests)
    with phase(f"answering {len(requests)} prompts with the merged model"):
        after = _answers(replace(base, model=str(merged)), None, requests)
    different = [row_id for row_id, answer in before.items() if after[row_id] != answer]
    # (W + BA) is rounded to 16 bits once, W and BA apart are not: near ties may fall the other way.
    if len(different) > check.n_tolerated:
        first = different[0]
        raise UserError(
            f"the merged model answers {len(different)} of {len(requests)} prompts differently, first "
            f"{first}: {after[first]!r} in place of {before[first]!r}; nothing was written. "
            "Merging rounds: accept a few with --tolerate N, after scoring the merged model"
        )
    return f"{len(requests) - len(different)} of {len(requests)} answers are the same"


def _answers(spec: ModelSpec, adapter: str | None, requests: Sequence[Request]) -> dict[str, str]:
    """Answer with a model, and with an adapter beside it where one is given.

    LLaMA-Factory merges an adapter when it loads it to predict; here it stays apart, as in training.
    """
    from nerforge.evaluation.engines.local.hf import HfEngine

    engine = HfEngine(spec)
    if adapter is not None:
        from peft import PeftModel

        # The engine decodes greedily by this configuration, which the wrapper must have too.
        generation_config = engine.model.generation_config
        engine.model = PeftModel.from_pretrained(engine.model, adapter).eval()
        engine.model.generation_config = generation_config
    answers = (answer for batch in engine.predict(requests, batch_size=8) for answer in batch)
    # Rows fail only where answers are constrained.
    return {answer.id: answer.output for answer in answers if isinstance(answer, Prediction)}
