"""Which variables LLaMA-Factory gets to see."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory import environment as llamafactory_environment
from nerforge.foundation.llamafactory.environment import (
    REFUSED,
    REMOVED,
    notices,
    remove_overrides,
    require_launchable,
    without_overrides,
)

KEPT = {
    "PATH": "/bin", "NNODES": "2", "NODE_RANK": "1", "MASTER_ADDR": "10.0.0.1", "FORCE_TORCHRUN": "1",
    "USE_RAY": "1", "USE_MODELSCOPE_HUB": "1", "CUDA_VISIBLE_DEVICES": "0", "WANDB_PROJECT": "p",
    "LLAMAFACTORY_VERBOSITY": "WARN", "ACCELERATE_LOG_LEVEL": "info", "HF_HUB_OFFLINE": "1",
}  # fmt: skip


def test_what_changes_a_run_is_removed_and_all_else_kept() -> None:
    changing = dict.fromkeys([*REMOVED, *REFUSED, "ACCELERATE_MIXED_PRECISION", "FSDP_VERSION"], "1")
    assert without_overrides({**KEPT, **changing}) == KEPT


@pytest.mark.parametrize("name", ["USE_V1", "ALLOW_EXTRA_KEYS", "ALLOW_EXTRA_ARGS", "ACCELERATE_USE_CPU"])
def test_a_notice_names_what_is_removed_and_why(name: str) -> None:
    (notice,) = notices({**KEPT, name: "true"})
    assert notice.startswith(f"{name} in the environment ")
    assert notice.endswith("; it is removed")


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_a_switch_that_is_off_is_removed_without_a_notice(value: str) -> None:
    assert notices({"USE_V1": value}) == []
    assert without_overrides({"USE_V1": value}) == {}


def test_a_version_check_that_is_off_is_kept_and_told() -> None:
    assert without_overrides({"DISABLE_VERSION_CHECK": "1"}) == {"DISABLE_VERSION_CHECK": "1"}
    assert notices({"DISABLE_VERSION_CHECK": "1"}) == [
        "DISABLE_VERSION_CHECK in the environment: LLaMA-Factory starts with versions that it was not made "
        "for, unchecked"
    ]


@pytest.mark.parametrize("name", list(REFUSED))
def test_another_way_of_training_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match=f"{name} in the environment .*; run: unset {name}"):
        require_launchable({name: "true"})
    require_launchable({name: "false"})


def test_this_process_is_stated_for_imports() -> None:
    environment = {**KEPT, "USE_V1": "1", "USE_MCA": "0"}
    assert len(remove_overrides(environment)) == 1
    assert environment == KEPT
    assert remove_overrides(environment) == []


def test_every_variable_that_llama_factory_reads_is_classified() -> None:
    """A newer LLaMA-Factory that reads another variable fails here, and somebody classifies it."""
    spec = find_spec("llamafactory")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("LLaMA-Factory is not installed; `make env` installs it")
    root = Path(spec.submodule_search_locations[0])
    call = re.compile(r"(?:getenv|is_env_enabled|environ\.get)\(\s*\"(\w+)\"|environ\[\"(\w+)\"\]")
    files = [path for path in root.rglob("*.py") if not {"webui", "api"} & set(path.relative_to(root).parts)]
    read = {a or b for path in files for a, b in call.findall(path.read_text(encoding="utf-8"))}
    assert {"USE_V1", "ALLOW_EXTRA_ARGS", "FORCE_TORCHRUN"} <= read
    table = llamafactory_environment.__doc__ or ""
    prefixes = re.findall(r"\b(\w+)_\*", table)
    unknown = {
        name
        for name in read - REMOVED.keys() - REFUSED.keys()
        if name in without_overrides({name: "1"})
        and not re.search(rf"\b{name}\b", table)
        and not name.startswith(tuple(prefixes))
    }
    # What torchrun and LLaMA-Factory set for their own children.
    assert unknown <= {"LOCAL_WORLD_SIZE", "VLLM_WORKER_MULTIPROC_METHOD", "TRANSFORMERS_OFFLINE", "no_proxy"}
