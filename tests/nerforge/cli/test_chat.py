import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.cli.printing.chat_output import tagged_text
from nerforge.evaluation.chatting.session import ChatReply
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.answers import load_format
from nerforge.templates.tasks import load_task
from tests.slot_sets import place_slots

COLOUR = re.compile(r"\x1b\[[\d;]*m")
ANSWERS = {
    "菏泽市投诉": "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>",
    "意见": "<Indicator>意见</Indicator>\x1b[31m\u202e",
    "昨天": "<Town>昨天</Town>",
    "晴": "晴",
}


class StubEngine:
    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction | Failure]]:
        for request in requests:
            output = ANSWERS.get(request.prompt.splitlines()[-1])
            yield [Failure(request.id, "gone") if output is None else Prediction(request.id, output, "stop")]


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> list[ModelSpec]:
    loaded: list[ModelSpec] = []

    def load(name: str, spec: ModelSpec) -> StubEngine:
        loaded.append(spec)
        return StubEngine()

    monkeypatch.setattr("nerforge.api.predicting.chat_opening.load_engine", load)
    return loaded


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("chat") / "data"
    place_slots(SlotOptions(60), DatasetOptions(out, prompt="short"))
    return out


@pytest.fixture
def run_folder(data: Path, tmp_path: Path) -> Path:
    run = tmp_path / "run"
    run.mkdir()
    (run / "adapter_config.json").write_text("{}")
    (run / "train.yaml").write_text(f"model_name_or_path: some/model\ntemplate: qwen\ndataset_dir: {data}\n")
    return run


def chat(*args: object, typed: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["chat", *map(str, args)], input=typed)


def test_a_pipe_is_answered_line_by_line_as_tagged_text(specs: list[ModelSpec], run_folder: Path) -> None:
    done = chat("--run", run_folder, typed="菏泽市投诉\n\n晴\n昨天\n")
    assert done.stdout.splitlines() == [ANSWERS["菏泽市投诉"], "晴", "昨天"]
    assert done.exit_code == 0
    assert "3 queries: clean 1, empty 1, repaired 1" in done.stderr
    assert specs == [ModelSpec("some/model", str(run_folder), "qwen")]


def test_json_gives_a_line_for_each_query_of_a_file(specs: list[ModelSpec], run_folder: Path) -> None:
    queries = run_folder / "queries.txt"
    queries.write_text("昨天\n晴", encoding="utf-8")
    done = chat("--run", run_folder, "--input", queries, "--json", "--max-new-tokens", 9)
    first, second = map(json.loads, done.stdout.splitlines())
    assert list(first) == ["text", "entities", "outcome", "problems", "output", "seconds"]
    assert first["problems"] == [{"kind": "unknown_label", "detail": "Town: 昨天"}]
    assert (second["outcome"], second["entities"]) == ("empty", [])
    assert "answering: 2/2" in done.stderr
    assert specs[0].max_new_tokens == 9


@pytest.mark.parametrize("args", [[], ["--json"]], ids=["text", "json"])
def test_control_characters_of_an_answer_never_reach_the_terminal(
    args: list[str], specs: list[ModelSpec], run_folder: Path
) -> None:
    done = chat("--run", run_folder, *args, typed="意见\n")
    assert done.exit_code == 0
    assert "意见" in done.stdout
    assert all(c.isprintable() for c in done.stdout.removesuffix("\n"))
    if args:
        assert json.loads(done.stdout)["output"] == ANSWERS["意见"]


def test_a_failed_query_is_marked_and_ends_with_exit_code_1(specs: list[ModelSpec], run_folder: Path) -> None:
    done = chat("--run", run_folder, typed="晴\n无\n")
    assert done.stdout.splitlines() == ["晴", "[no answer] 无"]
    assert (done.exit_code, "1 queries could not be answered" in done.stderr) == (1, True)


def typed_in(monkeypatch: pytest.MonkeyPatch, run_folder: Path, *lines: str | type[BaseException]) -> Result:
    waiting = list(lines)

    def typed(prompt: str) -> str:
        line = waiting.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", typed)
    runner = CliRunner()
    with runner.isolation():
        stdin_type = type(sys.stdin)
    monkeypatch.setattr(stdin_type, "isatty", lambda self: True, raising=False)
    return runner.invoke(main, ["chat", "--run", str(run_folder)])


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt], ids=["ctrl-d", "ctrl-c"])
def test_typed_queries_are_answered_with_a_table_until_the_user_ends(
    end: type[BaseException],
    specs: list[ModelSpec],
    run_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = typed_in(monkeypatch, run_folder, "菏泽市投诉", " ", "昨天", "无", end)
    lines = [" ".join(line.split()) for line in COLOUR.sub("", done.stdout).splitlines()]
    assert done.exit_code == 0
    assert lines[:5] == [
        ANSWERS["菏泽市投诉"],
        "label text span found",
        "Province 山东省 inferred",
        "City 菏泽 0–3 normalised",
        "Indicator 投诉 3–5 exact",
    ]
    assert "the answer is repaired; as it came:" in lines
    assert "unknown label: Town: 昨天" in lines
    assert lines[-1] == "no answer: gone"
    assert len(COLOUR.findall(done.stdout)) > 6


def test_clear_help_and_exit_are_no_queries(
    specs: list[ModelSpec], run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = typed_in(monkeypatch, run_folder, "help", " Clear ", "菏泽市投诉", "EXIT", "昨天")
    assert done.exit_code == 0
    assert done.stderr.count("clear, help, and exit or quit") == 2
    assert "there is no history to clear" in done.stderr
    assert "no answer" not in done.stdout
    assert done.stdout.count("Province") == 3


def test_lines_of_a_pipe_are_queries_whatever_they_say(specs: list[ModelSpec], run_folder: Path) -> None:
    assert chat("--run", run_folder, typed="晴\nexit\n晴\n").stdout.splitlines()[::2] == ["晴", "晴"]


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (
            '{"entity_text": "咳嗽", "entity_label": "临床表现"}\n'
            '{"entity_text": "肺", "entity_label": "身体"}\n'
            '{"entity_text": "肺炎", "entity_label": "疾病"}',
            "<疾病><身体>肺</身体>炎</疾病>伴<临床表现>咳嗽</临床表现>",
        ),
        ('{"entity_text": "癌", "entity_label": "疾病"}', "肺炎伴咳嗽"),
        (
            '{"entity_text": "肺炎伴", "entity_label": "疾病"}\n'
            '{"entity_text": "伴咳", "entity_label": "疾病"}',
            '{"entity_text": "肺炎伴", "entity_label": "疾病"}\\n'
            '{"entity_text": "伴咳", "entity_label": "疾病"}',
        ),
    ],
    ids=["in-any-order", "not-in-the-sentence", "crossing"],
)
def test_an_answer_in_any_format_is_shown_as_the_tagged_sentence(output: str, shown: str) -> None:
    task = load_task("cmeee")
    answer = load_format("json").decode(output, "肺炎伴咳嗽", task.schema)
    assert tagged_text(ChatReply("肺炎伴咳嗽", output, 0.0, answer), task).plain == shown


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give either --run or --model"),
        (["--model", "m"], "--model needs --template and --data too"),
        (["--model", "m", "--checkpoint", "checkpoint-1"], "--checkpoint goes with --run"),
        (["--run", "r", "--adapter", "a"], "--adapter and --template go with --model"),
        (["--run", "r", "--engine", "openai"], "--engine openai and --url go together"),
    ],
    ids=["neither", "no-template", "checkpoint", "adapter", "no-url"],
)
def test_options_that_do_not_go_together_are_a_usage_error(args: list[str], message: str) -> None:
    done = chat(*args)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


def test_a_model_is_asked_with_the_prompt_of_the_data_set_named(specs: list[ModelSpec], data: Path) -> None:
    done = chat("--model", "m", "--adapter", "a", "--template", "qwen3", "--data", data, typed="晴\n")
    assert done.exit_code == 0
    assert specs == [ModelSpec("m", "a", "qwen3")]
