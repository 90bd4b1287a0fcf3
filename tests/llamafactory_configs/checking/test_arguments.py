import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nerforge.llamafactory_configs.checking import arguments
from nerforge.llamafactory_configs.checking.arguments import (
    Argument,
    KnownArguments,
    cache_file,
    known_arguments,
)

FOUND = {
    "arguments": {"lora_rank": {"kinds": ["int"], "choices": []}},
    "templates": ["qwen"],
    "models": {"Qwen/Qwen2-1.5B-Instruct": "qwen"},
}
CONTENT = json.dumps(FOUND).encode()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put two folders in the place of the packages, and an empty cache."""
    for package in ("llamafactory/hparams", "transformers"):
        (tmp_path / package).mkdir(parents=True)
    (tmp_path / "llamafactory" / "hparams" / "parser.py").write_text("")
    found = {name: SimpleNamespace(submodule_search_locations=[tmp_path / name])
             for name in ("llamafactory", "transformers")}  # fmt: skip
    monkeypatch.setattr(arguments, "find_spec", found.get)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def runs(packages: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count the extractions, which give what a real one could."""
    calls: list[Any] = []

    def extract() -> tuple[bytes, str]:
        calls.append(1)
        return CONTENT, ""

    monkeypatch.setattr(arguments, "_extract", extract)
    return calls


def test_what_was_read_once_is_kept(runs: list[Any]) -> None:
    expected = KnownArguments({"lora_rank": Argument(("int",))}, ("qwen",), FOUND["models"])  # type: ignore[arg-type]
    assert known_arguments().known == expected
    assert known_arguments().known == expected
    assert len(runs) == 1


def test_another_state_of_the_packages_is_read_anew(runs: list[Any], packages: Path) -> None:
    known_arguments()
    first = cache_file()
    (packages / "transformers" / "training_args.py").write_text("x = 1")
    assert cache_file() != first
    known_arguments()
    assert len(runs) == 2


@pytest.mark.parametrize(
    "content",
    [b"", CONTENT[:-9], b"[]", b"\xff\xfe", b'{"arguments": 3}'],
    ids=["empty", "cut", "list", "bytes", "form"],
)
def test_an_unreadable_cache_is_made_anew(content: bytes, runs: list[Any]) -> None:
    path = cache_file()
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert known_arguments().known is not None
    assert (len(runs), path.read_bytes()) == (1, CONTENT)


def test_a_cache_that_cannot_be_written_does_no_harm(runs: list[Any], packages: Path) -> None:
    (packages / "cache").write_text("a file, where the folder should be")
    assert known_arguments().known is not None
    assert known_arguments().known is not None
    assert len(runs) == 2


def test_without_llamafactory_there_is_nothing_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arguments, "find_spec", lambda package: None)
    assert known_arguments() == (None, "LLaMA-Factory is not installed")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise ImportError('no torchaudio')", "cannot be imported: ImportError: no torchaudio"),
        ("print('not JSON')", "cannot be imported: it said nothing"),
    ],
)
def test_a_llamafactory_that_cannot_be_imported_is_said(
    script: str, reason: str, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (packages / "extraction.py").write_text(script)
    monkeypatch.setattr(arguments, "EXTRACTION", packages / "extraction.py")
    known, said = known_arguments()
    assert known is None
    assert reason in said
    assert not (packages / "cache").exists()


@pytest.mark.train
def test_the_real_arguments_are_those_of_its_classes() -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    known = known_arguments().known
    assert known is not None
    assert known.arguments["lora_rank"] == Argument(("int",))
    assert known.arguments["bf16"].kinds == ("bool",)
    assert "group_by_length" in known.arguments["train_sampling_strategy"].choices
    assert known.arguments["stage"].choices == ("pt", "sft", "rm", "ppo", "dpo", "kto")
    assert {"lora_rank", "cutoff_len", "num_train_epochs", "max_new_tokens", "ray_num_workers"} <= set(
        known.arguments
    )
    assert "group_by_length" not in known.arguments
    assert {"qwen", "qwen3_nothink", "phi4"} <= set(known.templates)
    assert known.template_of("qwen/qwen3-4b-instruct-2507") == "qwen3_nothink"


@pytest.mark.train
def test_a_check_with_a_cache_imports_neither_llamafactory_nor_torch() -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    known_arguments()
    script = (
        "import sys; from nerforge.llamafactory_configs.checking.config_check import check_config\n"
        "print([f.code for f in check_config({'lora_rnak': 3}) if f.place == 'lora_rnak'])\n"
        "print({'llamafactory', 'torch', 'transformers', 'numpy', 'pandas'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "['unknown-key']\nset()\n"
