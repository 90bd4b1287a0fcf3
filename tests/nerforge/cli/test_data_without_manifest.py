"""Data directories that somebody wrote by hand, and ours without a training set, through the commands."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.chatting.asking_of_rows import AskingOptions, read_asking_of_rows
from nerforge.evaluation.chatting.session import ChatSession
from nerforge.evaluation.engines import ModelSpec, Prediction, Request
from nerforge.evaluation.predicting.predictions import predict
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.evaluation.sweeps.checkpoint_sweep import _require_split
from nerforge.foundation.errors import UserError
from nerforge.llamafactory_configs.rendering.training_yaml import render

ASK = "找出地名，每行一个 JSON。"
CITIES = ["北京", "上海", "广州", "南京"]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def text(city: str) -> str:
    return f"他昨天去了{city}"


def answer(city: str) -> str:
    return json.dumps({"entity_text": city, "entity_label": "地理实体"}, ensure_ascii=False)


def write_rows(path: Path, cities: Sequence[str], *, is_joined: bool = False) -> None:
    rows = [
        {"instruction": f"{ASK}\n{text(city)}", "output": answer(city)}
        if is_joined
        else {"instruction": ASK, "input": text(city), "output": answer(city)}
        for city in cities
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def write_gold(path: Path, cities: Sequence[str]) -> Path:
    path.parent.mkdir(exist_ok=True)
    lines = []
    for number, city in enumerate(cities):
        span = {"label": "GPE", "text": city, "start": 5, "end": 7}
        row = {"id": f"q{number}", "text": text(city), "entities": [span]}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_rows(folder / "a.json", CITIES[:3])
    write_rows(folder / "b.json", CITIES[3:])
    info = {"city_train": {"file_name": "a.json"}, "city_test": {"file_name": "b.json"}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


class CityEngine:
    """Answers with the city that a prompt ends with."""

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        yield [Prediction(request.id, answer(request.prompt[-2:]), "stop") for request in requests]

    def use_adapter(self, adapter: str | None) -> None:
        raise NotImplementedError


SPEC = ModelSpec("some/model", None, "qwen")


@pytest.mark.parametrize("has_gold", [True, False], ids=["gold beside", "gold at scoring"])
def test_rows_are_predicted_and_scored_without_a_manifest(has_gold: bool, data: Path, tmp_path: Path) -> None:
    gold = write_gold((data / "gold" if has_gold else tmp_path / "own") / "test.jsonl", CITIES[3:])
    out = tmp_path / "pred.jsonl"
    assert predict(data, "test", SPEC, out, loaded=CityEngine()).n_rows == 1
    assert json.loads(out.read_text())["id"] == ("q0" if has_gold else "row-000001")
    args = ("score", "--gold", data if has_gold else gold, "--pred", out, "--bootstrap", 0, "--json")
    done = run(*args, *(() if has_gold else ("--by-position",)))
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["criteria"]["strict"]["micro"]["f1"] == 1.0
    assert "no manifest: task ccfbdci" in done.stderr


def test_predict_says_what_is_missing_before_a_model_is_loaded(data: Path, tmp_path: Path) -> None:
    model = ("--model", "some/model", "--template", "qwen", "--out", tmp_path / "p.jsonl")
    done = run("predict", *model, "--data", data, "--split", "dev")
    assert (done.exit_code, "defined: city_train, city_test; name it with --dataset" in done.stderr) == (
        2,
        True,
    )
    done = run("predict", *model, "--data", tmp_path)
    assert (done.exit_code, "holds no dataset_info.json; expected a dataset directory" in done.stderr) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, "city_train"), ({"dataset": "city_test"}, "city_test")],
    ids=["found", "named"],
)
def test_a_training_yaml_names_the_data_set(asked: dict[str, str], expected: str, data: Path) -> None:
    rendered = render("ccfbdci_qwen2_1.5b", data, data / "run", asked)
    assert rendered.config["dataset"] == expected
    assert rendered.notes[-1].endswith("as the recipe expects")
    assert f"# {rendered.notes[-1]}"[:60] in rendered.text


def test_config_refuses_data_without_a_training_set(tmp_path: Path) -> None:
    line = json.dumps({"text": text("北京"), "entities": []}, ensure_ascii=False)
    (tmp_path / "own.jsonl").write_text(f"{line}\n{line[:-2]}]}}\n", encoding="utf-8")
    out = tmp_path / "data"
    assert (
        run("generate", "ccfbdci", "--input", tmp_path / "own.jsonl", "--test", 1, "--out", out).exit_code
        == 0
    )
    with pytest.raises(UserError, match="holds no training set, only ner_test; generate one"):
        render("ccfbdci_qwen2_1.5b", out, tmp_path / "run", {})
    done = run("doctor", out, "--no-tokens")
    assert (done.exit_code, "0 errors, 0 warnings" in done.stdout) == (0, True), done.stdout
    done = run("baseline", "dictionary", "--data", out, "--out", tmp_path / "p.jsonl")
    assert (
        done.exit_code,
        "no such file; baselines learn from the gold of a training set" in done.stderr,
    ) == (1, True)


@pytest.mark.parametrize("is_joined", [False, True], ids=["in its column", "in the instruction"])
def test_chat_asks_as_the_rows_do(is_joined: bool, data: Path) -> None:
    write_rows(data / "a.json", CITIES[:3], is_joined=is_joined)
    asking = read_asking_of_rows(data, AskingOptions())
    assert asking.request("1", "雨停了").prompt == f"{ASK}\n雨停了"
    assert (asking.task.name, asking.answer_format) == ("ccfbdci", "json")
    assert any("are read as those of task ccfbdci, format json" in note for note in asking.notes)
    (reply,) = ChatSession(asking, CityEngine()).ask([text("南京")])
    assert [(x.label, x.text) for x in reply.answer.entities] == [("GPE", "南京")]


def test_chat_finds_inline_tags_of_rows_without_gold(data: Path) -> None:
    rows = [
        {"instruction": f"给地名加上标签：\n{text(city)}", "output": f"他昨天去了<City>{city}</City>"}
        for city in CITIES
    ]
    (data / "a.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    asking = read_asking_of_rows(data, AskingOptions())
    assert (asking.task.name, asking.answer_format) == ("power", "xml")
    assert asking.request("1", "雨停了").prompt == "给地名加上标签：\n雨停了"


def test_chat_without_a_column_or_a_second_row_needs_gold(data: Path) -> None:
    write_rows(data / "a.json", CITIES[:1], is_joined=True)
    with pytest.raises(UserError, match="one prompt alone does not tell where its sentence stands"):
        read_asking_of_rows(data, AskingOptions())
    write_gold(data / "gold" / "train.jsonl", CITIES[:1])
    assert read_asking_of_rows(data, AskingOptions()).frame.before == f"{ASK}\n"


def test_a_baseline_learns_from_gold_without_a_manifest(data: Path, tmp_path: Path) -> None:
    write_gold(data / "gold" / "train.jsonl", CITIES[:3])
    write_gold(data / "gold" / "test.jsonl", CITIES[:1])
    done = run("baseline", "dictionary", "--data", data, "--out", tmp_path / "p.jsonl")
    assert done.exit_code == 0, done.stderr
    assert "no manifest: task ccfbdci" in done.stderr
    assert json.loads((tmp_path / "p.jsonl").read_text())["output"].count("北京") == 1


def test_a_sweep_needs_gold_of_dev_beside_the_rows(data: Path) -> None:
    with pytest.raises(UserError, match=r"gold/dev.jsonl beside it"):
        _require_split(data, "dev")
    write_gold(data / "gold" / "test.jsonl", CITIES[3:])
    assert _require_split(data, "test") == data / "gold" / "test.jsonl"


def test_the_doctor_finds_leaks_and_wrong_answers_without_a_manifest(data: Path) -> None:
    write_rows(data / "b.json", CITIES[2:])
    write_gold(data / "gold" / "test.jsonl", CITIES[2:])
    done = run("doctor", data, "--no-tokens")
    assert (done.exit_code, "D403" in done.stdout, "pass --task and --format" in done.stdout) == (
        1,
        True,
        True,
    )
    write_rows(data / "b.json", CITIES[3:])
    write_gold(data / "gold" / "test.jsonl", ["杭州"])
    done = run("doctor", data, "--no-tokens", "--task", "ccfbdci", "--format", "json")
    assert (done.exit_code, "杭州" in done.stdout) == (1, True)
    write_gold(data / "gold" / "test.jsonl", CITIES[3:])
    rows = (data / "b.json").read_text("utf-8")
    for name in ("地理实体", "GPE"):
        (data / "b.json").write_text(rows.replace("地理实体", name), encoding="utf-8")
        done = run("doctor", data, "--no-tokens", "--task", "ccfbdci", "--format", "json")
        assert (done.exit_code, "0 errors, 0 warnings" in done.stdout) == (0, True), done.stdout


def test_a_set_of_ours_in_a_data_directory_is_asked_as_ours(data: Path, tmp_path: Path) -> None:
    lines = (json.dumps({"text": text(city), "entities": []}, ensure_ascii=False) for city in CITIES)
    (tmp_path / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
    shares = ("--dev", 0, "--test", 0.5)
    into = ("--into", data, "--name", "ner_mine")
    done = run("generate", "ccfbdci", "--input", tmp_path / "own.jsonl", *shares, *into)
    assert done.exit_code == 0, done.stderr
    done = run("predict", "--model", "m", "--template", "qwen", "--out", tmp_path / "p", "--data", data)
    assert "defined: city_train, city_test, ner_mine, ner_mine_test" in done.stderr
    ids = [request.id for request in read_requests(data, "ner_mine_test")]
    assert len(ids) == 2
    assert all(row_id.startswith("ccfbdci-") for row_id in ids)
    assert render("ccfbdci_qwen2_1.5b", data, tmp_path / "run", {"dataset": "ner_mine"}).notes == []
    with pytest.raises(UserError, match="recipe cmeee_phi4 is for task cmeee"):
        render("cmeee_phi4", data, tmp_path / "run", {"dataset": "ner_mine"})
