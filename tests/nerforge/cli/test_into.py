"""Data sets under names of their own in a data directory of LLaMA-Factory, made, trained on and checked."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.chatting.chat_requests import data_of_run
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.data_directory import add_set
from nerforge.llamafactory_configs.doctor.diagnosis import diagnose
from nerforge.llamafactory_configs.layering.recipe_files import recipe_names

OTHERS = {"中文": {"file_name": "别人.json"}, "identity": {"hf_hub_url": "a/b", "num_samples": 3}}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def news(path: Path) -> Path:
    names = [f"{family}{given}" for family in "王李张刘陈" for given in ("芳", "伟", "娜", "敏")]
    rows = [
        {
            "text": f"{name}第{i}次来访。",
            "entities": [{"start_idx": 0, "end_idx": 2, "entity_text": name, "entity_label": "PER"}],
        }
        for i, name in enumerate(names)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def add(directory: Path, kind: str, *args: object) -> Result:
    where = ("--into", directory, "--name", f"ner_{kind}")
    if kind == "power":
        return run("generate", "power", "--rows", 60, *where, *args)
    if kind == "fudan":
        path = directory.with_suffix(".fudan.jsonl")
        rows = [{"text": f"第{i}场", "output": "Sports"} for i in range(20)]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        return run("generate", "fudan", "--input", path, *where, *args)
    corpus = news(directory.with_suffix(".news.jsonl"))
    return run("generate", "ccfbdci", "--input", corpus, *where, *args)


def entries(directory: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((directory / "dataset_info.json").read_text("ascii"))
    return read


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("into") / "data"
    directory.mkdir()
    (directory / "dataset_info.json").write_text(json.dumps(OTHERS, ensure_ascii=False), "utf-8")
    (directory / "别人.json").write_text('[{"instruction": "问", "input": "", "output": "答"}]', "utf-8")
    for kind in ("power", "news", "fudan"):
        done = add(directory, kind)
        assert done.exit_code == 0, done.output
    return directory


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.mark.whole
def test_entries_are_added_behind_those_there_are_which_stay_as_they_are(data: Path) -> None:
    found = entries(data)
    assert list(found)[:2] == list(OTHERS)
    assert {name: found[name] for name in OTHERS} == OTHERS
    assert list(found)[2:5] == ["ner_power", "ner_power_dev", "ner_power_test"]
    assert [found[f"ner_news{end}"]["file_name"] for end in ("", "_dev", "_test")] == [
        f"ner_news/{name}.json" for name in ("ner", "ner_dev", "ner_test")
    ]
    for name in ("ner_power", "ner_news", "ner_fudan"):
        assert entries(data / name)["ner"] == {**found[name], "file_name": "ner.json"}
        assert (data / name / "manifest.json").is_file() and (data / name / "gold" / "test.jsonl").is_file()
        assert list(read_requests(data / name, "test"))


@pytest.mark.whole
def test_a_name_that_is_taken_is_refused_and_ours_is_replaced_when_asked_for(data: Path) -> None:
    before = entries(data)
    refused = add(data, "power")
    assert refused.exit_code == 1
    assert add(data, "power", "--test", "0", "--overwrite").exit_code == 0
    after = entries(data)
    assert [name for name in before if name != "ner_power_test"] == list(after)


def test_anothers_name_is_refused_even_with_overwrite_and_nothing_is_written(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    content = json.dumps({"ner_power_dev": {"file_name": "x.json"}})
    (directory / "dataset_info.json").write_text(content)
    done = add(directory, "power", "--overwrite")
    assert done.exit_code == 1
    assert "'ner_power_dev' is another data set there; choose another --name" in done.output
    assert (directory / "dataset_info.json").read_text() == content
    assert [path.name for path in directory.iterdir()] == ["dataset_info.json"]


@pytest.mark.parametrize(
    "content",
    [b'{"a": {"file_name": "x.json"}', b"[]", b'{"a": 1}', b"\xff", b'{"a": {}, "a": {}}', b""],
    ids=["cut off", "a list", "a number", "not UTF-8", "a name twice", "empty"],
)
def test_a_broken_list_of_data_sets_is_refused_before_anything_is_written(
    content: bytes, tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "dataset_info.json").write_bytes(content)
    done = add(directory, "power")
    assert (done.exit_code, "so nothing was added to it" in done.output) == (1, True)
    assert (directory / "dataset_info.json").read_bytes() == content
    assert not (directory / "ner_power").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--into", "d"), "give --out DIR, or --into DIR with --name NAME"),
        (("--name", "x"), "give --out DIR, or --into DIR with --name NAME"),
        (("--out", "o", "--into", "d", "--name", "x"), "give --out DIR, or --into DIR with --name NAME"),
        (("--into", "d", "--name", "a,b"), "--name 'a,b': expected letters"),
        (("--into", "d", "--name", "../x"), "--name '../x': expected letters"),
        (("--into", "d", "--name", "x", "--formats", "json,xml"), "--formats and --into: give one of them"),
    ],
)
def test_where_a_set_is_to_be_is_said_once_and_well(
    args: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("generate", "power", "--rows", 30, *args)
    assert (done.exit_code, message in done.output) == (2, True), done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_two_that_add_at_the_same_time_both_stand_there(data: Path) -> None:
    names = [f"copy{i}" for i in range(8)]
    for name in names:
        shutil.copytree(data / "ner_news", data / name)
    threads = [
        threading.Thread(target=add_set, args=(data, name), kwargs={"overwrite": False}) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(names) <= entries(data).keys()


def config(data: Path, names: str, *args: object) -> Result:
    return run("config", "tiny_cpu", "--data", data, "--dataset", names, "--force", *args)


def test_several_sets_are_trained_on_together_and_evaluated_on_their_dev_sets(data: Path) -> None:
    recipe = data.parent / "all.yaml"
    shipped = run("config", "tiny_cpu", "--data", data / "ner_power", "--force")
    assert shipped.exit_code == 0, shipped.output
    done = config(data, "ner_power,ner_power", "-o", recipe)
    assert (done.exit_code, "names a data set twice" in done.output) == (2, True)
    done = config(data, "ner_power", "--set", "eval_strategy=steps", "-o", recipe)
    assert done.exit_code == 0, done.output
    said = yaml.safe_load(recipe.read_text("utf-8"))
    assert (said["dataset_dir"], said["dataset"]) == (str(data), "ner_power")
    assert said["eval_dataset"] == "ner_power_dev"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("ner_power_dev", "holds dev rows, which training must not know"),
        (
            "ner_water",
            "unknown split or data set 'ner_water'; known: train, dev, test, 中文",
        ),
        ("ner_power,ner_news", "ner_news holds task ccfbdci"),
    ],
)
def test_sets_that_a_training_cannot_take_are_refused(names: str, message: str, data: Path) -> None:
    recipe = next(x for x in recipe_names() if x.startswith("power_"))
    done = run("config", recipe, "--data", data, "--dataset", names, "--force")
    assert done.exit_code != 0
    assert message in done.output


def test_a_directory_of_several_asks_for_a_name(data: Path) -> None:
    done = run("config", "tiny_cpu", "--data", data, "--force")
    assert "name it with --dataset" in done.output


def training(data: Path, names: str) -> Path:
    path = data.parent / "train.yaml"
    settings = {"stage": "sft", "do_train": True, "dataset_dir": str(data), "dataset": names}
    path.write_text(yaml.safe_dump(settings), "utf-8")
    return path


def test_doctor_follows_each_entry_to_its_gold_and_manifest(data: Path) -> None:
    said = {finding.code for finding in diagnose([data]).findings}
    assert said <= {"D114", "D502"}
    gold = data / "ner_news" / "gold" / "dev.jsonl"
    gold.write_text("\n".join(reversed(gold.read_text("utf-8").splitlines())), "utf-8")
    manifest = json.loads((data / "ner_power" / "manifest.json").read_text("utf-8"))
    manifest["splits"]["test"]["samples"] += 1
    (data / "ner_power" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    found = diagnose([data]).findings
    places = {(x.code, Path(x.place.split(":")[0]).parent.name) for x in found}
    assert {("D505", "ner_news"), ("D602", "ner_power")} <= places


def test_doctor_finds_what_one_set_of_a_training_knows_of_anothers_test_set(data: Path) -> None:
    rows = json.loads((data / "ner_power" / "ner_test.json").read_text("utf-8"))
    path = data / "ner_news" / "ner.json"
    path.write_text(json.dumps([*json.loads(path.read_text("utf-8")), rows[0]]), "utf-8")
    together = {x.code for x in diagnose([training(data, "ner_power,ner_news")]).findings}
    alone = {x.code for x in diagnose([training(data, "ner_news")]).findings}
    assert "D403" in together
    assert "D403" not in alone


def test_a_run_on_one_set_of_a_directory_is_chatted_with_as_that_set(data: Path) -> None:
    training(data, "ner_power")
    assert data_of_run(data.parent) == data / "ner_power"
    training(data, "ner_power,ner_news")
    with pytest.raises(UserError, match=r"several data sets; name one with --data: .*ner_news, .*ner_power"):
        data_of_run(data.parent)
