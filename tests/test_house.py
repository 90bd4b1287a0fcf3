"""The house itself: packages, wheel, tiny base, embedded data."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("templates", "generators", "llamafactory_configs", "evaluation", "nerforge")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_imported_from_this_checkout(package: str) -> None:
    module_file = importlib.import_module(package).__file__
    assert module_file is not None
    assert Path(module_file).parents[1] == ROOT


def test_the_tiny_base_is_small_and_loads_as_float32() -> None:
    import json

    base = ROOT / "data" / "tiny_base"
    assert json.loads((base / "config.json").read_text())["dtype"] == "float32"
    assert sum(path.stat().st_size for path in base.iterdir()) < 8 * 2**20
    assert "stand-in" in (base / "README.md").read_text(encoding="utf-8")


def test_the_wheel_works_from_another_folder_with_the_core_install_only(tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    if not uv.exists():
        pytest.skip("uv is not in this environment; `make env` installs it")

    def call(*args: object) -> str:
        done = subprocess.run(
            [str(a) for a in args], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call(uv, "build", "--quiet", "--wheel", ROOT, "--out-dir", tmp_path / "dist")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    call(uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    call(uv, "pip", "install", "--quiet", "--python", python, wheel)
    nerforge = tmp_path / "venv" / "bin" / "nerforge"
    assert "torch" not in call(uv, "pip", "list", "--python", python)
    call(nerforge, "generate", "power", "--rows", 50, "--out", "data")
    config = call(nerforge, "config", "tiny_cpu", "--data", "data")
    assert f"{tmp_path / 'venv'}" in config.split("model_name_or_path: ")[1].split("\n")[0]
    done = subprocess.run(
        [str(nerforge), "train", "none.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    message = (
        "Error: llamafactory is not installed; run: pip install 'nerforge[train]' (in a checkout: make env)"
    )
    # A first start compiles, and may name a phase first.
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, message)
