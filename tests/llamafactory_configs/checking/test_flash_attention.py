"""FlashAttention 2's call path in the installed transformers, whose kernel stands for a GPU's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).with_name("flash_attention_calls.py")
_KINDS = ("qwen3", "phi3")
"""Phi-4 is of type phi3."""
_N_LAYERS = 2

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    pytest.importorskip("llamafactory")
    done = subprocess.run(
        [sys.executable, "-P", str(_SCRIPT), *_KINDS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", _KINDS)
def test_llama_factory_chooses_flash_attention_2(results: dict[str, Any], kind: str) -> None:
    assert results[kind]["attention"] == "flash_attention_2"


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(("batch", "kernel"), [("full", "dense"), ("padded", "varlen"), ("packed", "varlen")])
def test_forward_and_backward_run_through_the_kernel(
    results: dict[str, Any], kind: str, batch: str, kernel: str
) -> None:
    found = results[kind][batch]
    other = {"dense": "varlen", "varlen": "dense"}[kernel]
    assert found["calls"] == {kernel: _N_LAYERS, other: 0}
    assert found["difference"] < 1e-4
    assert found["has_gradient"]
