"""``import nerforge as nf``: which names there are, what they take, and what importing costs."""

import inspect
import subprocess
import sys
from importlib import import_module
from typing import Any

import click
import pytest

import nerforge as nf

NAMES = [
    "Agreement",
    "Answer",
    "Audit",
    "Calibration",
    "ComparisonReport",
    "ConversionSummary",
    "DataFolder",
    "Entity",
    "LabelBatch",
    "LabelScores",
    "LearningCurve",
    "Predictions",
    "RelabelReport",
    "Sample",
    "Scores",
    "Task",
    "UsageError",
    "UserError",
    "agreement",
    "audit",
    "calibrate",
    "compare",
    "convert",
    "decode",
    "export_tasks",
    "generate",
    "ground",
    "import_annotations",
    "learning_curve",
    "load_calibration",
    "load_data",
    "load_scores",
    "load_task",
    "next_batch",
    "predict",
    "relabel",
    "score",
]
SIGNATURES = {
    "agreement": "annotations, *, layout=None, resamples=1000, seed=0, worst=20",
    "audit": (
        "data, out=None, *, predictions=(), task=None, layout=None, token_column=None, tag_column=None, "
        "layer=None, fields=None, ends=None, unit=None, folds=5, rounds=6, seed=0, models=None, "
        "min_score=0.05, tasks=None, tasks_as='label_studio', n_tasks=None, overwrite=False, on_progress=None"
    ),
    "calibrate": (
        "gold, predictions, *, split='dev', task=None, format=None, method='auto', "
        "at_precision=(0.9, 0.95, 0.99), delta=0.1, out=None"
    ),
    "compare": "a, b, *others, criterion='strict', all_pairs=False, resamples=10000, seed=0",
    "convert": (
        "source, out, *, to, gold=None, split=None, kind=None, model=None, task=None, layout=None, "
        "token_column=None, tag_column=None, layer=None, fields=None, ends=None, unit=None, format=None, "
        "query_field=None, answer_field=None, by_position=False, requests=None, repeats=None, "
        "pred_model=None, calibration=None, strict=False, overwrite=False, on_progress=None"
    ),
    "decode": "text, answer, task=None, *, labels=(), format='auto'",
    "export_tasks": (
        "gold, out, *, to, predictions=None, split='test', task=None, model=None, format=None, layout=None, "
        "query_field=None, answer_field=None, by_position=False, repeats=None, pred_model=None, "
        "calibration=None, blank=False, overwrite=False"
    ),
    "generate": (
        "source, out=None, *, rows=None, cities=(), gazetteer=None, tables=None, only=None, ambiguous=None, "
        "negatives=0.05, noise='all', only_templates=(), only_dates=(), templates=None, min_count=None, "
        "reference_day=None, workers=None, input=(), train=(), task=None, layout=None, "
        "token_column=None, tag_column=None, layer=None, fields=None, ends=None, unit=None, empty=None, "
        "strict=False, limit=None, head=False, normalise=(), max_chars=None, max_tokens=None, "
        "near_duplicates='report', similarity=0.8, label_order='fixed', shots=0, split='random', dev=None, "
        "test=None, seed=42, format=None, formats=(), prompt=None, language=None, turn='user', prefix=None, "
        "labels=None, rows_as='alpaca', jsonl=False, into=None, name=None, overwrite=False, stats=False, "
        "on_progress=None"
    ),
    "ground": (
        "predictions, gold, out, *, tables='data', split='test', task=None, format=None, "
        "threshold=None, overwrite=False"
    ),
    "import_annotations": (
        "files, out, *, resolve_by='majority', layout=None, as_verdicts=False, overwrite=False"
    ),
    "learning_curve": (
        "data, out, *, method='crf', scored=(), split='test', sizes=7, smallest=None, draws=3, more=None, "
        "target=None, label=None, resamples=1000, seed=0, on_progress=None"
    ),
    "load_calibration": "path",
    "load_data": "folder",
    "load_scores": "path",
    "load_task": "name, language=None",
    "next_batch": (
        "pool, out=None, *, budget, by='rows', labelled=(), predictions=(), crf=False, split='train', "
        "task=None, format=None, calibration=None, layout=None, fields=None, near=0.8, models=None, "
        "seed=0, overwrite=False, on_progress=None"
    ),
    "predict": (
        "data, *, run=None, checkpoint=None, model=None, adapter=None, template=None, split='test', "
        "dataset=None, gold=None, out=None, engine='hf', batch_size=None, overwrite=False, confidence=False, "
        "constrain=False, max_new_tokens=512, hub=None, trust_remote_code=False, url=None, "
        "key_variable=None, concurrency=16, per_minute=None, timeout=120.0, server_grammar=None, "
        "tensor_parallel=1, data_parallel=1, gpu_memory=0.9, ground=None, ground_threshold=None, "
        "on_progress=None"
    ),
    "relabel": (
        "gold, verdicts, out, *, split='test', predictions=(), task=None, format=None, conflicts='refuse', "
        "bootstrap=1000, seed=0, overwrite=False"
    ),
    "score": (
        "gold, predictions, *, split='test', task=None, format=None, layout=None, query_field=None, "
        "answer_field=None, by_position=False, requests=None, repeats=None, ends=None, unit=None, "
        "model=None, train=None, bootstrap=1000, seed=0, out=None, export=None, "
        "ground=None, ground_threshold=None, calibration=None, at_precision=(), why=False"
    ),
}


def without_types(name: str) -> str:
    signature = inspect.signature(getattr(nf, name))
    parameters = [x.replace(annotation=inspect.Parameter.empty) for x in signature.parameters.values()]
    bare = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    return str(bare).strip("()") if not parameters else str(bare)[1:-1]


def test_the_public_names_are_these() -> None:
    assert nf.__all__ == sorted(NAMES, key=lambda name: (name.islower(), name))
    assert set(nf.__all__) <= set(dir(nf))
    assert all(getattr(nf, name).__doc__ for name in nf.__all__)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'nerforge' has no attribute 'genrate'"):
        getattr(nf, "genrate")  # noqa: B009  (a type checker refuses it otherwise)


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_functions_take_these_arguments(name: str) -> None:
    assert without_types(name) == SIGNATURES[name]


def test_every_public_function_is_pinned_above() -> None:
    assert [name for name in nf.__all__ if inspect.isfunction(getattr(nf, name))] == list(SIGNATURES)


def options(command: str) -> dict[str, Any]:
    """Give the defaults of a command's options by the names of what they set."""
    module, _, name = command.partition(" ")
    found: Any = import_module(f"nerforge.cli.commands.{module}").command
    if name:
        found = found.get_command(click.Context(found), name)
    return {
        str(option.name): option.to_info_dict()["default"]
        for option in found.params
        if isinstance(option, click.Option) and not option.required
    }


COMMANDS = ["generate power", "generate corpus", "generate fudan", "predict", "score", "compare", "convert"]
OTHER_NAMES = {
    "answer_format": "format",
    "training": "train",
    "n_bootstrap": "bootstrap",
    "memory": "gpu_memory",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_functions_and_commands_have_the_same_defaults(command: str) -> None:
    taken = inspect.signature(getattr(nf, command.partition(" ")[0])).parameters
    defaults = {OTHER_NAMES.get(name, name): value for name, value in options(command).items()}
    shared = [name for name in defaults if name in taken and name not in ("dev", "test")]
    assert len(shared) >= 4
    for name in shared:
        assert (defaults[name] or None) == (taken[name].default or None), name


def test_importing_nerforge_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import nerforge as nf; assert len(dir(nf)) > 8\n"
        "new = {name for name in set(sys.modules) - before}\n"
        "print(sorted(name for name in new if name.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['nerforge']", done.stdout


@pytest.mark.whole
def test_answers_are_decoded_without_numpy_and_torch() -> None:
    code = (
        "import sys, nerforge as nf\n"
        "nf.decode('张伟去上海', '人名：张伟', task='ccfbdci')\n"
        "print([name for name in ('numpy', 'torch', 'pandas', 'rich', 'click') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout
