"""Inputs and outputs that no reader or writer can help: one clear message each, and nothing half-written."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.files import writing
from nerforge.generators.corpora import drawing

ROW = {"text": "王海在青岛。", "label": [[0, 2, "PER"], [3, 5, "LOC"]]}
LINE = json.dumps(ROW, ensure_ascii=False) + "\n"
SHARES = ("--dev", "0", "--test", "0", "--near-duplicates", "ignore")
NOT_UTF8 = b"caf\xe9"


def command(source, out, *options):
    paths = [os.fsdecode(path) for path in ("--input", source, "--out", out)]
    return ["generate", "corpus", *paths, *SHARES, *options]


def generate(source, out, *options):
    return CliRunner().invoke(main, command(source, out, *options))


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(LINE * 20, "utf-8")
    return path


def message(result):
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    return result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "when"),
    [
        pytest.param(lambda path: path.write_text(LINE * 30, "utf-8"), "survey", id="longer"),
        pytest.param(lambda path: path.write_text(LINE * 9, "utf-8"), "survey", id="shorter"),
        pytest.param(lambda path: path.write_text(LINE * 9 + LINE[:20], "utf-8"), "survey", id="half a line"),
        pytest.param(lambda path: path.write_text(LINE[:-1] + " \n", "utf-8"), "survey", id="written anew"),
        pytest.param(lambda path: path.unlink(), "survey", id="gone"),
        pytest.param(
            lambda path: path.write_text(LINE * 30, "utf-8"), "drawn_samples", id="longer at the end"
        ),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, corpus, monkeypatch, change, when):
    def changed_first(*args, **kwargs):
        change(corpus)
        return original(*args, **kwargs)

    original = getattr(drawing, when)
    monkeypatch.setattr(drawing, when, changed_first)
    monkeypatch.setattr(f"nerforge.generators.corpora.corpus_generation.{when}", changed_first, raising=False)
    found = message(generate(corpus, tmp_path / "out"))
    assert found in (
        f"Error: {corpus}: changed while it was read; wait until it is written whole, or give a copy of it",
        f"Error: {corpus}: no such file",
    )
    assert "no such file" not in found or not corpus.exists()
    assert [path.name for path in tmp_path.iterdir() if path != corpus] == []


def test_a_file_that_does_not_change_is_read(tmp_path, corpus):
    assert generate(corpus, tmp_path / "out").exit_code == 0


def test_an_output_in_the_folder_that_is_read_is_no_change(tmp_path):
    folder = tmp_path / "brat"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.txt").write_text("王海在青岛。", "utf-8")
        (folder / f"{name}.ann").write_text("T1\tPER 0 2\t王海\n", "utf-8")
    result = generate(folder, folder / "out")
    assert result.exit_code == 0, result.output
    # The second time the first output is one of the files.
    assert generate(folder, folder / "out", "--overwrite").exit_code == 0


@pytest.fixture
def file_not_utf8(tmp_path):
    path = os.fsencode(tmp_path) + b"/" + NOT_UTF8 + b".jsonl"
    try:
        with open(path, "wb") as file:
            file.write(LINE.encode())
    except OSError:
        pytest.skip("the file system has only names in UTF-8")
    return path


def test_names_that_are_not_utf8_are_written_out(tmp_path, file_not_utf8):
    out = os.fsencode(tmp_path) + b"/out-" + NOT_UTF8
    run = [sys.executable, "-m", "nerforge", *command(file_not_utf8, out)]
    for more in ([], ["--json", "--overwrite"]):
        result = subprocess.run([*map(os.fsencode, run), *more], capture_output=True, check=False)
        assert result.returncode == 0, result.stderr
        assert r"\xe9" in result.stdout.decode("utf-8")
    manifest = json.loads(Path(os.fsdecode(out), "manifest.json").read_bytes().decode("utf-8"))
    assert manifest["inputs"][0]["name"] == r"caf\xe9.jsonl"
    assert json.loads(result.stdout)["inputs"] == manifest["inputs"]


def test_a_fault_in_a_file_whose_name_is_not_utf8_names_it(tmp_path, file_not_utf8):
    with open(file_not_utf8, "ab") as file:
        file.write(json.dumps({"text": "a", "label": [[0, 9, "PER"]]}).encode())
    run = [sys.executable, "-m", "nerforge", *command(file_not_utf8, tmp_path / "out", "--strict")]
    result = subprocess.run(list(map(os.fsencode, run)), capture_output=True, check=False)
    assert result.returncode == 1
    assert r"caf\xe9.jsonl:2: an entity (PER) from 0 to 9" in result.stderr.decode("utf-8")
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO], ids=errno.errorcode.get)
def test_a_full_disk_names_what_was_to_be_written(tmp_path, corpus, monkeypatch, number):
    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    found = message(generate(corpus, tmp_path / "out"))
    assert found == f"Error: {tmp_path / 'out'}: {os.strerror(number)}; nothing of it was written"
    assert [path.name for path in tmp_path.iterdir()] == ["c.jsonl"]


def test_what_a_full_disk_cannot_replace_is_kept(tmp_path, corpus, monkeypatch):
    assert generate(corpus, tmp_path / "out").exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json*")}
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    found = message(generate(corpus, tmp_path / "out", "--overwrite"))
    assert found == f"Error: {tmp_path / 'out'}: full; what was there before is kept"
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json*")} == before
    with pytest.raises(OSError, match=r"full; what was there before is kept: .*manifest\.json"):
        writing.write_whole(tmp_path / "out" / "manifest.json", b"{}")


def test_a_limit_of_the_file_size_is_told(tmp_path, corpus):
    corpus.write_text(LINE * 5_000, "utf-8")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from nerforge.cli import main; main(sys.argv[1:])"
    )
    # -B: a limit would cut off what Python itself writes, and keep that for the next start.
    run = [sys.executable, "-B", "-c", script, *command(corpus, tmp_path / "out")]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"Error: {tmp_path / 'out'}: File too large; nothing of it was written" in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c.jsonl"]


def fifo(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def closed(folder):
    path = folder / "closed.jsonl"
    path.write_text(LINE, "utf-8")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    return path


def broken_link(folder):
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link"


def empty_folder(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (fifo, "pipe: is a pipe, and a corpus is read several times; save it to a file first"),
        (lambda folder: Path("/dev/zero"), "/dev/zero: is a device, and a corpus is read several times"),
        (lambda folder: Path("/dev/stdin"), "/dev/stdin: "),
        (lambda folder: Path("-"), "-: stdin is read once, and a corpus several times"),
        (closed, "closed.jsonl: cannot be read: Permission denied"),
        (broken_link, "link: is a broken link: it leads to "),
        (empty_folder, "empty: "),
        (lambda folder: folder / "nothing", "nothing: no such file or folder"),
    ],
    ids=[
        "a pipe",
        "a device",
        "stdin",
        "a dash",
        "no permission",
        "a broken link",
        "an empty folder",
        "nothing",
    ],
)
def test_what_is_no_file_is_told(tmp_path, make, expected):
    source = make(tmp_path)
    run = [sys.executable, "-m", "nerforge", *command(source, tmp_path / "out")]
    result = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60, input="not read")
    assert result.returncode in (1, 2)
    assert expected in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("full", [False, True], ids=["a file", "below a file"])
def test_an_output_that_cannot_be_made_is_told(tmp_path, corpus, full):
    out = corpus / "below" if full else corpus
    found = message(generate(corpus, out))
    assert str(corpus) in found
    assert corpus.read_text("utf-8") == LINE * 20
