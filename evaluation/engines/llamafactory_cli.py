"""The ``llamafactory`` engine: LLaMA-Factory's own prediction, as the reference for the others.

It keeps all answers in memory and writes them at the very end, so a run that is killed has none; use it to
check other engines on some hundred rows.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from nerforge.evaluation.engines import ModelSpec, Prediction, Request
from nerforge.evaluation.engines.encoding import PromptEncoder, loader_settings
from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import to_json
from nerforge.foundation.hubs.hub_names import hub_environment
from nerforge.foundation.llamafactory import command
from nerforge.foundation.llamafactory.output_phases import STARTING, phase_of
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.foundation.processes.error_lines import error_block

_BATCH_SIZE = 8
_CUTOFF_LEN = 1 << 20
"""Tokens; more than any prompt has, so that none is cut."""
_ANSWER = "-"
"""LLaMA-Factory wants an answer in every row; it changes no prompt."""


class LlamaFactoryEngine:
    """``llamafactory-cli train`` with ``do_predict``, as a child process for each set of rows."""

    def __init__(self, spec: ModelSpec) -> None:
        """Take the model; nothing is started yet."""
        self.spec = spec
        self._adapter = spec.adapter

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from the next rows on."""
        self._adapter = adapter

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        """Yield all predictions at the end.

        Raises:
            UserError: llamafactory-cli failed; the message holds its last error lines.
        """
        if not requests:
            return
        with TemporaryDirectory(prefix="nerforge-predict-") as scratch:
            folder = Path(scratch)
            _write_rows(folder, requests)
            config = folder / "predict.yaml"
            config.write_text(yaml.safe_dump(self._settings(folder, batch_size or _BATCH_SIZE)), "utf-8")
            # What the datasets library makes of the rows goes with the folder.
            environment = {"HF_DATASETS_CACHE": str(folder / "cache"), **hub_environment(self.spec.hub)}
            _run(["train", str(config)], environment)
            asked = [(request.id, request.prompt) for request in requests]
            path = folder / "out" / "generated_predictions.jsonl"
            outputs = read_outputs(path, asked, PredictionOptions(layout="llamafactory")).outputs
        if missing := [request.id for request in requests if request.id not in outputs]:
            raise UserError(
                f"LLaMA-Factory answered {len(outputs)} of {len(requests)} rows, not {missing[0]!r}"
            )
        is_cut = self._find_cut(list(outputs.values()))
        yield [
            Prediction(row_id, output, "length" if cut else "stop")
            for (row_id, output), cut in zip(outputs.items(), is_cut, strict=True)
        ]

    def _settings(self, folder: Path, batch_size: int) -> dict[str, Any]:
        adapter = {} if self._adapter is None else {"adapter_name_or_path": str(self._adapter)}
        return {
            **loader_settings(self.spec),
            **adapter,
            "stage": "sft",
            "do_train": False,
            "do_predict": True,
            "predict_with_generate": True,
            "do_sample": False,
            "max_new_tokens": self.spec.max_new_tokens,
            "dataset_dir": str(folder),
            "eval_dataset": "rows",
            # The default of 2,048 would truncate long prompts without a word.
            "cutoff_len": _CUTOFF_LEN,
            "per_device_eval_batch_size": batch_size,
            "output_dir": str(folder / "out"),
            "report_to": "none",
        }

    def _find_cut(self, outputs: Sequence[str]) -> list[bool]:
        """Tell which answers fill the limit of new tokens: LLaMA-Factory does not say which it cut."""
        tokenizer = PromptEncoder(self.spec).tokenizer
        return [
            len(tokenizer.encode(output, add_special_tokens=False)) >= self.spec.max_new_tokens
            for output in outputs
        ]


def _write_rows(folder: Path, requests: Sequence[Request]) -> None:
    # No `query`: the whole user turn is in one column, which no version of LLaMA-Factory joins to another.
    columns = {"prompt": "instruction", "response": "output", "system": "system"}
    rows = [
        {"instruction": request.prompt, "output": _ANSWER, "system": request.system or ""}
        for request in requests
    ]
    (folder / "rows.json").write_bytes(to_json(rows))
    info = {"rows": {"file_name": "rows.json", "columns": columns}}
    (folder / "dataset_info.json").write_bytes(to_json(info))


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    environment = {
        "LLAMAFACTORY_VERBOSITY": "WARN",
        "TRANSFORMERS_VERBOSITY": "error",
        **os.environ,
        "PATH": command.program_path(),
        **environment,
    }
    with phase(STARTING, AT_ONCE) as current:

        def follow(line: str) -> None:
            if name := phase_of(line):
                current.rename(name)

        exit_code, lines = command.run_cli(arguments, environment, follow)
    if exit_code:
        raise UserError(
            f"llamafactory-cli ended with exit code {exit_code}. Its errors:\n{error_block(lines)}"
        )
