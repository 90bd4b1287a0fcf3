"""Fixtures of runs."""

from pathlib import Path
from shutil import copytree

import pytest

from nerforge.llamafactory_configs.rendering.training_yaml import render_config


@pytest.fixture
def config_path(data: Path, tmp_path: Path) -> Path:
    """Write a training YAML for a copy of the synthetic set, in a folder of the test's own."""
    copytree(data, tmp_path / "data")
    path = tmp_path / "train.yaml"
    path.write_text(render_config("tiny_cpu", tmp_path / "data", tmp_path / "run", {}), encoding="utf-8")
    return path
