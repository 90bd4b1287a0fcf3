"""The lock: hashes, no machine's own places, and versions that the project and LLaMA-Factory both take."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def _pins() -> dict[str, list[str]]:
    """Give the versions of each package; one with markers may have several."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", LOCK, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def _faults(requirements: list[str]) -> list[str]:
    pins = _pins()
    return [
        f"{text} != {version}"
        for text in requirements
        for requirement in [Requirement(text)]
        for version in pins.get(canonicalize_name(requirement.name), [])
        if not requirement.specifier.contains(version, prereleases=True)
    ]


def test_every_pin_has_hashes() -> None:
    blocks = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 150
    assert [block.splitlines()[0] for block in blocks if not _HASH.search(block)] == []


def test_the_lock_names_no_place_of_a_machine() -> None:
    lines = [
        line
        for line in LOCK.splitlines()
        if re.search(r"://|find-links|index-url|file:| @ |/opt|/home", line)
    ]
    assert lines == []


def test_make_env_installs_with_the_hashes() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    (install,) = [
        line for line in recipe.splitlines() if "install" in line and "-r requirements.lock" in line
    ]
    assert "--require-hashes" in install
    assert "--generate-hashes" in recipe


def test_the_pins_satisfy_every_extra_that_is_locked() -> None:
    extras = PYPROJECT["optional-dependencies"]
    # vLLM has a torch of its own, and DeepSpeed is built where there are GPUs.
    locked = [text for name, texts in extras.items() if name not in ("vllm", "deepspeed") for text in texts]
    assert _faults([*PYPROJECT["dependencies"], *locked]) == []
    assert {canonicalize_name(Requirement(text).name) for text in locked} <= _pins().keys()


def test_the_pins_satisfy_llama_factory() -> None:
    try:
        own = requires("llamafactory")
    except PackageNotFoundError:
        pytest.skip("LLaMA-Factory is not installed; `make env` installs it")
    assert own
    assert _faults([text for text in own if "extra ==" not in text]) == []


@pytest.mark.parametrize("version", ["4.57.0", "5.6.0"])
def test_no_extra_takes_a_broken_transformers(version: str) -> None:
    asked = [
        requirement
        for texts in PYPROJECT["optional-dependencies"].values()
        for requirement in map(Requirement, texts)
        if requirement.name == "transformers"
    ]
    assert len(asked) >= 2
    assert not any(requirement.specifier.contains(version) for requirement in asked)
    assert _pins()["transformers"] != [version]
