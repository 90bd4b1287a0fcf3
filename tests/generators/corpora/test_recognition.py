"""Each layout knows its own files by what is in them, and no two layouts claim one."""

import shutil
import tracemalloc
from pathlib import Path

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import LAYOUTS, claimants, load_layout, recognise
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

SAMPLES = Path(__file__).parent / "samples"
"""A folder for each layout, with files and folders as its tool writes them."""
FILES = sorted(path for folder in SAMPLES.iterdir() for path in folder.iterdir())
NEEDS = {"spacy_docbin": "spacy", "datasets_folder": "datasets"}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def renamed(path: Path, folder: Path) -> Path:
    """Copy a sample under a name that tells nothing, but for the suffix, by which tables are known."""
    copy = folder / f"sample{path.suffix}"
    shutil.copytree(path, copy) if path.is_dir() else shutil.copy(path, copy)
    return copy


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_recognised_by_its_content(path: Path, tmp_path: Path) -> None:
    copy = renamed(path, tmp_path)
    assert recognise(copy) == path.parent.name


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_other_layout_claims_a_file(path: Path) -> None:
    assert claimants(read_head(path)) == [path.parent.name]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_recognised_file_is_read(path: Path) -> None:
    if needs := NEEDS.get(path.parent.name):
        pytest.importorskip(needs, reason="needs an extra")
    rows = list(load_layout(path.parent.name).read(path))
    assert any(row.entities or row.asked or row.values for row in rows)
    assert all(row.text for row in rows)


def test_every_layout_has_a_sample() -> None:
    assert {path.parent.name for path in FILES} == set(LAYOUTS)


def test_a_file_that_two_layouts_claim_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("王\tB-PER\n芳\tI-PER\n", encoding="utf-8")
    monkeypatch.setattr(
        "nerforge.generators.corpora.layouts.claimants", lambda head: ["conll", "tagged_lists"]
    )
    with pytest.raises(UsageError, match="could be conll or tagged_lists; say which it is with --layout"):
        recognise(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(UserError, match=r"corpus\.jsonl: is empty"):
        recognise(path)


def test_an_array_on_one_line_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "array.json"
    row = '{"text": "昨天王芳来了' + "。" * 1_000 + '", "entities": [{"start": 2, "end": 4, "type": "PER"}]}'
    path.write_text(f"[{', '.join([row] * 6_000)}]", encoding="utf-8")
    tracemalloc.start()
    rows = load_layout(recognise(path)).read(path)
    assert sum(len(row.entities) for row in rows) == 6_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 18 MB of text; a file that is held would take as much and more.
    assert peak < 16_000_000 < path.stat().st_size
