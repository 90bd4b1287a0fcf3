"""What is being done is named before anybody wonders."""

import io
import os
import time
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from nerforge.cli.printing.phase_display import PhaseDisplay, hosted
from nerforge.foundation.llamafactory.output_phases import phase_of
from nerforge.foundation.phases import AT_ONCE, NEVER, Phase, listening, phase
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.llamafactory_configs.checking.arguments import _extract
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE
from tests.forked import ForkedCommand

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "data" / "samples" / "ccfbdci.jsonl"
SLOW_COMMAND = Path(__file__).with_name("slow_command.py")


def lines_of(file: io.StringIO) -> list[str]:
    return file.getvalue().splitlines()


def shown_lines(delay: float, seconds: float, *, is_terminal: bool = False) -> list[str]:
    file = io.StringIO()
    display = PhaseDisplay(lambda: Console(file=file, force_terminal=is_terminal, width=60))
    with listening(display.on_phase), phase("loading weights", delay):
        time.sleep(seconds)
    return lines_of(file)


def test_the_innermost_phase_is_told_and_then_the_outer_one_again() -> None:
    told: list[str | None] = []
    with listening(lambda current: told.append(current and current.name)), phase("outer"):
        with phase("inner") as inner:
            inner.rename("second")
            inner.rename("second")
    assert told == ["outer", "inner", "second", "outer", None, None]


def test_a_phase_ends_with_an_error_too() -> None:
    told: list[str | None] = []
    with (
        listening(lambda current: told.append(current and current.name)),
        pytest.raises(ValueError, match="no"),
        phase("outer"),
    ):
        raise ValueError("no")
    assert told == ["outer", None, None]


def test_without_a_listener_nothing_happens() -> None:
    with phase("loading weights", AT_ONCE) as current:
        assert isinstance(current, Phase)


@pytest.mark.parametrize(
    ("delay", "seconds", "lines"),
    [(AT_ONCE, 0, ["loading weights ..."]), (0.05, 0.5, ["loading weights ..."]), (5, 0, []), (NEVER, 0, [])],
    ids=["at-once", "soon", "over-before", "never"],
)
def test_a_phase_is_shown_when_it_has_lasted_as_long_as_it_says(
    delay: float, seconds: float, lines: list[str]
) -> None:
    assert shown_lines(delay, seconds) == lines


def test_a_terminal_gets_a_spinner_that_is_gone_at_the_end() -> None:
    shown = "\n".join(shown_lines(AT_ONCE, 0.3, is_terminal=True))
    assert "loading weights ..." in shown
    assert shown.endswith("\x1b[2K")


def test_names_of_files_do_not_reach_the_terminal_as_commands() -> None:
    file = io.StringIO()
    display = PhaseDisplay(lambda: Console(file=file, force_terminal=False, width=60))
    with listening(display.on_phase), phase("reading \x1b[31m[bold]a", AT_ONCE):
        pass
    assert lines_of(file) == [r"reading \x1b[31m[bold]a ..."]


def test_a_bar_shows_phases_itself() -> None:
    told: list[str | None] = []

    class Host:
        def show_phase(self, name: str | None) -> None:
            told.append(name)

    display = PhaseDisplay(lambda: Console(file=io.StringIO(), force_terminal=True))
    with listening(display.on_phase), display.hosted(Host()), phase("loading", AT_ONCE):
        pass
    assert told[:2] == [None, "loading"]
    assert told[-1] is None
    with hosted(Host()):
        pass


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("[INFO|2026-01-01] llamafactory.data.loader:143 >> Loading dataset ner.json...", "reading the data"),
        ("Running tokenizer on dataset:   0%|  | 0/90 [00:00<?, ? examples/s]", "tokenising the data"),
        ("Loading checkpoint shards:  50%|#####     | 1/2", "loading weights"),
        ("trainable params: 1,024 || all params: 2,048 || trainable%: 50", "loading weights"),
        ("***** Running training *****", "running"),
        ("[INFO] loading file tokenizer.json", "loading the tokenizer"),
        ("something else", None),
    ],
)
def test_lines_of_llamafactory_name_its_phases(line: str, name: str | None) -> None:
    assert phase_of(line) == name


def test_arguments_that_have_to_be_read_first_say_that_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_start(*args: object, **settings: object) -> None:
        raise OSError

    told: list[str] = []
    monkeypatch.setattr("nerforge.llamafactory_configs.checking.arguments.subprocess.run", cannot_start)
    with listening(lambda current: told.append(current.name if current else "")):
        _extract()
    assert told[0] == "importing LLaMA-Factory to read its arguments, once: about ten seconds"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phases") / "data"
    generate_corpus("ccfbdci", CORPUS, DatasetOptions(out, dev=0.2, test=0.2), SampleChoice())
    return out


@pytest.fixture
def run_folder(data: Path, tmp_path: Path) -> Path:
    """A run of which everything is there but real weights."""
    run = tmp_path / "run"
    run.mkdir()
    config = {
        "model_name_or_path": str(TINY_BASE),
        "template": "qwen",
        "dataset_dir": str(data),
        "dataset": "ner",
        "output_dir": str(run),
    }
    (run / "train.yaml").write_text(yaml.safe_dump(config))
    for folder in (run, run / "checkpoint-2"):
        folder.mkdir(exist_ok=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / "adapter_model.safetensors").write_bytes(b"")
        (folder / "trainer_state.json").write_text('{"global_step": 2, "epoch": 1.0, "log_history": []}')
    return run


def said_before(slow: str, *args: object) -> list[str]:
    """Run a command whose part ``slow`` sleeps for the longest silence that is allowed.

    Returns:
        What stood on stderr when the sleep ended, where the command is ended too.
    """
    lines: list[str] = []
    arguments = [slow, *map(str, args)]
    with ForkedCommand(str(SLOW_COMMAND), arguments, os.environ, Path(os.devnull)) as process:
        for line in process.stdout:
            if line.startswith(b"SLEPT"):
                process.kill()
                return lines
            lines.append(line.decode().rstrip())
    pytest.fail(f"the slow part was not reached: {lines}")


ARGUMENTS = {
    "config": ("config", "tiny_cpu", "--data", "DATA"),
    "doctor": ("doctor", "DATA", "--model", TINY_BASE, "--template", "qwen"),
    "checked": ("train", "RUN/train.yaml", "--overwrite"),
    "train": ("train", "RUN/train.yaml", "--overwrite", "--no-check"),
    "predict": ("predict", "--run", "RUN", "--data", "DATA", "--out", "TMP/pred.jsonl"),
    "chat": ("chat", "--run", "RUN"),
    "sweep": ("sweep", "RUN", "--data", "DATA"),
    "score": ("score", "--gold", "DATA/gold/test.jsonl", "--pred", "DATA/gold/test.jsonl"),
    "generate": ("generate", "ccfbdci", "--input", CORPUS, "--out", "TMP/out"),
    "convert": ("convert", CORPUS, "--to", "doccano", "TMP/out.jsonl"),
    "convert-predictions": (
        *("convert", "DATA/gold/test.jsonl", "--gold", "DATA", "--to", "label_studio", "TMP/out.json"),
    ),
    "power": ("generate", "power", "--rows", "200", "--out", "TMP/out"),
    "baseline": ("baseline", "dictionary", "--data", "DATA", "--out", "TMP/pred.jsonl"),
}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("command", "slow", "named"),
    [
        ("config", "nerforge.llamafactory_configs.checking.arguments:_read", "checking the settings"),
        ("config", "nerforge.api.runs.checked_recipe:render", "working"),
        ("doctor", "nerforge.llamafactory_configs.doctor.diagnosis:read_folder", "reading the data sets of"),
        ("doctor", "nerforge.llamafactory_configs.doctor.diagnosis:check_leaks", "examining the rows of"),
        (
            "doctor",
            "nerforge.llamafactory_configs.doctor.lengths.length_checks:load_encoder",
            "importing LLaMA-Factory",
        ),
        (
            "doctor",
            "nerforge.llamafactory_configs.doctor.lengths.length_checks:encode_rows",
            "counting the tokens of",
        ),
        ("checked", "nerforge.api.runs.checked_training:check_config", "checking the settings"),
        ("train", "nerforge.api.runs.checked_training:prepare_run", "preparing the run"),
        ("train", "nerforge.llamafactory_configs.running.launch:_follow", "starting llamafactory-cli"),
        ("predict", "nerforge.evaluation.predicting.predictions:answer_settings", "hashing rows and weights"),
        ("predict", "nerforge.evaluation.predicting.predictions:_count_rows", "reading the test rows of"),
        ("predict", "nerforge.evaluation.engines:require_extra", "starting the hf engine"),
        ("chat", "nerforge.api.predicting.chat_opening:read_asking", "reading how"),
        ("chat", "nerforge.evaluation.engines:require_extra", "loading"),
        ("sweep", "nerforge.evaluation.sweeps.engine:gc.collect", "starting the hf engine"),
        ("score", "nerforge.evaluation.scores.entity_scores:read_index", "reading gold and predictions"),
        ("generate", "nerforge.generators.corpora.drawing:survey", "looking the corpus through"),
        ("convert", "nerforge.generators.corpora.conversion.annotated_files:Corpus", "reading"),
        ("convert", "nerforge.generators.corpora.conversion.row_conversion:find_carried", "finding out what"),
        ("convert", "nerforge.generators.corpora.conversion.row_conversion:write_file", "writing"),
        ("convert-predictions", "nerforge.evaluation.predicted_rows:read_index", "reading gold"),
        ("power", "nerforge.generators.slots.generate:build_grammar", "reading tables and compiling"),
        ("baseline", "nerforge.evaluation.baselines.run:read_entity_data", "reading the training gold"),
    ],
)
def test_no_command_is_silent_for_two_seconds_without_a_phase(
    command: str, slow: str, named: str, data: Path, run_folder: Path, tmp_path: Path
) -> None:
    places = {"DATA": data, "RUN": run_folder, "TMP": tmp_path}
    args = [str(arg) for arg in ARGUMENTS[command]]
    for name, path in places.items():
        args = [arg.replace(name, str(path), 1) if arg.startswith(name) else arg for arg in args]
    assert named in said_before(slow, *args)[-1]


@pytest.mark.train
@pytest.mark.parametrize(
    ("slow", "named"),
    [
        ("llamafactory.model:load_tokenizer", "loading the tokenizer of"),
        ("llamafactory.model:load_model", "loading the weights of"),
        ("nerforge.evaluation.engines.local.hf:HfEngine._merge", "loading the adapter"),
    ],
)
def test_loading_a_model_is_named_part_by_part(
    slow: str, named: str, data: Path, run_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "pred.jsonl"
    lines = said_before(slow, "predict", "--run", run_folder, "--data", data, "--out", out)
    assert named in lines[-1]
