"""The notebooks run from their first cell to their last, and say the same in both languages."""

import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ENGLISH = [path for path in NOTEBOOKS if ".zh-CN" not in path.name]
SECONDS = 900
"""For a cell; a training on a busy machine is the longest."""


def cells(path: Path, kind: str) -> list[str]:
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_there_are_notebooks_in_both_languages() -> None:
    assert ENGLISH
    assert len(NOTEBOOKS) == 2 * len(ENGLISH)


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_both_languages_have_the_same_code(path: Path) -> None:
    chinese = path.with_name(f"{path.stem}.zh-CN.ipynb")
    assert cells(path, "code") == cells(chinese, "code")
    assert len(cells(path, "markdown")) == len(cells(chinese, "markdown"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_shows_what_its_cells_printed_and_no_place_of_the_machine(path: Path) -> None:
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    assert str(ROOT) not in path.read_text(encoding="utf-8")


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "files"),
    [
        pytest.param("train", ["report.html", "run/adapter_model.safetensors"], marks=pytest.mark.train),
        ("score", ["compared.html", "crf.json"]),
        ("corpus", ["corpus.html", "mine/ner.json", "audit.jsonl"]),
    ],
)
def test_a_notebook_runs_to_its_end(
    name: str, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    # A kernel is started by the name of this Python; what it writes of itself stays here.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    notebook = nbformat.read(tmp_path / "notebooks" / f"{name}.ipynb", nbformat.NO_CONVERT)
    place = {"metadata": {"path": str(tmp_path / "notebooks")}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not any("Traceback" in printed(cell) for cell in code)
    assert [file for file in files if not (tmp_path / "notebook_out" / file).is_file()] == []
