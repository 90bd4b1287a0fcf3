"""The house itself: packages, wheel, tiny base, embedded data."""

import importlib
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from nerforge.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGES = ("templates", "generators", "llamafactory_configs", "evaluation")
FOLDERS = (*PACKAGES, "data")
UV = Path(sys.executable).parent / "uv"
WITHOUT_UV = pytest.mark.skipif(
    not UV.exists(), reason="uv is not in this environment; `make env` installs it"
)


def call(*args: object, cwd: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(a) for a in args],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | (environment or {}),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", ["", *PACKAGES])
def test_a_package_is_imported_from_this_checkout(package: str) -> None:
    module_file = importlib.import_module(f"nerforge.{package}".rstrip(".")).__file__
    assert module_file is not None
    assert Path(module_file).resolve().parent == ROOT / (package or "nerforge")


@pytest.mark.parametrize("folder", FOLDERS)
def test_nerforge_links_to_the_root_folders(folder: str) -> None:
    assert (ROOT / "nerforge" / folder).readlink() == Path("..", folder)


def test_no_code_imports_a_root_folder_by_its_own_name() -> None:
    own = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(FOLDERS)})\b", re.MULTILINE)
    folders = ("nerforge", *PACKAGES, "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 400
    assert [path for path in files if own.search(path.read_text(encoding="utf-8"))] == []


@WITHOUT_UV
@pytest.mark.whole
def test_packages_of_a_user_that_are_named_like_our_folders_break_nothing(tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("raise ImportError('the user own package')\n")
    command, there = Path(sys.executable).parent / "nerforge", {"PYTHONPATH": "."}
    for name in ("", *COMMANDS):
        assert "Usage:" in call(command, *name.split(), "--help", cwd=tmp_path, environment=there)
    call(command, "generate", "power", "--rows", 30, "--out", "made", cwd=tmp_path, environment=there)


def contents(wheel: Path) -> dict[str, str]:
    with ZipFile(wheel) as archive:
        return {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


@WITHOUT_UV
@pytest.mark.whole
def test_a_wheel_from_the_sdist_equals_one_from_the_checkout(tmp_path: Path) -> None:
    call(UV, "build", "--quiet", "--wheel", ROOT, "--out-dir", tmp_path / "checkout", cwd=tmp_path)
    call(UV, "build", "--quiet", "--sdist", ROOT, "--out-dir", tmp_path / "sdist", cwd=tmp_path)
    (sdist,) = (tmp_path / "sdist").glob("*.tar.gz")
    call(UV, "build", "--quiet", "--wheel", sdist, "--out-dir", tmp_path / "again", cwd=tmp_path)
    (one,), (other,) = (tmp_path / "checkout").glob("*.whl"), (tmp_path / "again").glob("*.whl")
    assert contents(one) == contents(other)
    assert {name.split("/")[0].split("-")[0] for name in contents(one)} == {"nerforge"}
    assert {name.split("/")[1] for name in contents(one)} >= {
        *FOLDERS,
        "foundation",
        "cli",
        "api",
        "py.typed",
    }


def test_the_tiny_base_is_small_and_loads_as_float32() -> None:
    import json

    base = ROOT / "data" / "tiny_base"
    assert json.loads((base / "config.json").read_text())["dtype"] == "float32"
    assert sum(path.stat().st_size for path in base.iterdir()) < 8 * 2**20
    assert "stand-in" in (base / "README.md").read_text(encoding="utf-8")


@WITHOUT_UV
@pytest.mark.whole
def test_the_wheel_works_from_another_folder_with_the_core_install_only(tmp_path: Path) -> None:
    call(UV, "build", "--quiet", "--wheel", ROOT, "--out-dir", tmp_path / "dist", cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    call(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    call(UV, "pip", "install", "--quiet", "--python", python, wheel, cwd=tmp_path)
    nerforge = tmp_path / "venv" / "bin" / "nerforge"
    assert "torch" not in call(UV, "pip", "list", "--python", python, cwd=tmp_path)
    call(nerforge, "generate", "power", "--rows", 50, "--out", "data", cwd=tmp_path)
    config = call(nerforge, "config", "tiny_cpu", "--data", "data", cwd=tmp_path)
    assert f"{tmp_path / 'venv'}" in config.split("model_name_or_path: ")[1].split("\n")[0]
    done = subprocess.run(
        [str(nerforge), "train", "none.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    message = (
        "Error: llamafactory is not installed; run: pip install 'nerforge[train]' (in a checkout: make env)"
    )
    # A first start compiles, and may name a phase first.
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, message)
