"""USE_V1, ALLOW_EXTRA_KEYS and the like in a user's environment change nothing that is run or checked."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory import command
from nerforge.llamafactory_configs.checking.arguments import known_arguments
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.llamafactory_configs.running import exporting, launch
from nerforge.llamafactory_configs.running.launch import prepare_run, train

CHANGING = {
    "USE_V1": "1", "ALLOW_EXTRA_KEYS": "1", "ALLOW_EXTRA_ARGS": "1", "IMAGE_PLACEHOLDER": "投诉",
    "ACCELERATE_MIXED_PRECISION": "fp16", "FSDP_VERSION": "2", "USE_TF": "1",
}  # fmt: skip
_DUMP = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open({out!r}, 'w'))"


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CHANGING.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a script in the place of llamafactory-cli that writes down how it was called."""
    cli, out = tmp_path / "llamafactory-cli", tmp_path / "call.json"
    cli.write_text(f"#!{sys.executable} -ES\n{_DUMP.format(out=str(out))}\n")
    cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(command, "find_cli", lambda: str(cli))
    monkeypatch.setattr(launch, "require_extra", lambda package, extra: None)
    return out


def _seen(dump: Path) -> dict[str, str]:
    environment: dict[str, str] = json.loads(dump.read_text())[1]
    return environment


class Silent:
    def on_output(self, block: bytes) -> None: ...

    def on_status(self, line: str) -> None: ...

    def on_progress(self, progress: Any) -> None: ...

    def on_notice(self, line: str) -> None: ...


@pytest.mark.usefixtures("changed")
def test_a_training_does_not_see_them(
    data: Path, tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNODES", "1")
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    config = tmp_path / "train.yaml"
    config.write_text(render_config("tiny_cpu", data, tmp_path / "run", {}), encoding="utf-8")
    train(prepare_run(config, {}, overwrite=False), Silent(), hub="modelscope")
    seen = _seen(dump)
    assert not CHANGING.keys() & seen.keys()
    assert (seen["NNODES"], seen["NCCL_DEBUG"], seen["USE_MODELSCOPE_HUB"]) == ("1", "INFO", "1")


@pytest.mark.usefixtures("changed")
def test_an_export_does_not_see_them(data: Path, tmp_path: Path, dump: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "train.yaml").write_text(render_config("tiny_cpu", data, run, {}), encoding="utf-8")
    with pytest.raises(UserError, match="wrote no model"):
        exporting.export(run, run, tmp_path / "merged", lambda path: None)
    assert not CHANGING.keys() & _seen(dump).keys()


@pytest.mark.usefixtures("changed")
def test_the_engine_of_llamafactory_cli_does_not_see_them(dump: Path) -> None:
    from nerforge.evaluation.engines import llamafactory_cli

    llamafactory_cli._run(["train", "x.yaml"], {"HF_DATASETS_CACHE": "cache"})
    seen = _seen(dump)
    assert not CHANGING.keys() & seen.keys()
    assert seen["HF_DATASETS_CACHE"] == "cache"


@pytest.mark.parametrize("name", ["USE_MCA", "ACCELERATE_USE_FSDP"])
def test_another_way_of_training_is_refused(
    name: str, data: Path, tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "true")
    config = tmp_path / "train.yaml"
    config.write_text(render_config("tiny_cpu", data, tmp_path / "run", {}), encoding="utf-8")
    with pytest.raises(UserError, match=name):
        prepare_run(config, {}, overwrite=False)
    result = CliRunner().invoke(main, ["train", str(config), "--no-check"])
    assert (result.exit_code, dump.exists()) == (1, False)
    assert f"unset {name}" in result.output


def test_the_rendered_yaml_and_its_check_are_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["config", "tiny_cpu", "--data", str(data)]
    plain = CliRunner().invoke(main, arguments)
    for name, value in CHANGING.items():
        monkeypatch.setenv(name, value)
    changed = CliRunner().invoke(main, arguments)
    assert (plain.exit_code, changed.exit_code) == (0, 0)
    assert changed.stdout == plain.stdout
    told = changed.stderr.replace(plain.stderr, "").splitlines()
    assert [line.split()[1] for line in told] == sorted(CHANGING)
    assert all(line.startswith("notice: ") for line in told)


def test_help_says_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MCA", "1")
    result = CliRunner().invoke(main, ["train", "--help"])
    assert (result.exit_code, "USE_MCA" in result.output) == (0, False)


@pytest.mark.train
@pytest.mark.usefixtures("changed")
def test_the_installed_llama_factory_accepts_the_same_keys(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml

    pytest.importorskip("llamafactory", reason="needs the train extra")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lookup = known_arguments()
    assert lookup.known is not None, lookup.reason
    config = yaml.safe_load(render_config("tiny_cpu", data, tmp_path / "run", {}))
    assert [str(finding) for finding in check_config(config, lookup=lookup)] == []
    (finding,) = check_config({**config, "lora_rnk": 8}, lookup=lookup)
    assert (finding.code, finding.place, finding.remedy) == (
        "unknown-key",
        "lora_rnk",
        "did you mean lora_rank?",
    )


@pytest.mark.train
@pytest.mark.usefixtures("changed")
def test_llama_factory_itself_refuses_a_typo_and_no_correct_key(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    config = tmp_path / "train.yaml"
    text = render_config("tiny_cpu", data, tmp_path / "run", {"model_name_or_path": str(tmp_path)})
    config.write_text(text + "lora_rnk: 8\n", encoding="utf-8")
    exit_code, lines = command.run_cli(["train", str(config)], os.environ)
    assert exit_code != 0
    (error,) = [line for line in lines if "HfArgumentParser" in line and line.startswith("ValueError")]
    assert error.endswith("['lora_rnk']"), error


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_imports_into_this_process_do_not_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.encoding import PromptEncoder
    from nerforge.llamafactory_configs.doctor.lengths.token_counts import load_encoder

    base = Path(__file__).parents[3] / "data" / "tiny_base"
    load = {
        "doctor": lambda: load_encoder(base, {"template": "qwen"}),
        "hf": lambda: PromptEncoder(ModelSpec(str(base), None, "qwen")),
    }
    for name, call in load.items():
        monkeypatch.setenv("ALLOW_EXTRA_ARGS", "1")
        monkeypatch.setenv("USE_MCA", "1")
        call()
        assert not {"ALLOW_EXTRA_ARGS", "USE_MCA"} & os.environ.keys(), name
