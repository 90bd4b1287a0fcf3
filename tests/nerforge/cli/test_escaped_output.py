"""No untrusted character acts on the terminal, and no encoding of stdout ends in a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.cli.printing.escaping_console import EscapingConsole
from nerforge.evaluation.engines import ModelSpec, Prediction, Request

CONTROLS = "\x1b]0;title\x07\x1b[31m\u202e\r\x85\x7f"
"""What may stand in the name of a file; texts hold NUL too."""
IN_TEXT = f"{CONTROLS}\x00"
TEXT = f"王{IN_TEXT}毅在北京"
LABEL = f"人{CONTROLS}"


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


class Files:
    """Gold, answers and spans with control characters in names, ids, labels, texts and answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / CONTROLS
        self.folder.mkdir()
        spans = [(LABEL, 0, len(TEXT) - 3), ("GPE", len(TEXT) - 2, len(TEXT))]
        entities = [{"label": x, "text": TEXT[a:b], "start": a, "end": b} for x, a, b in spans]
        gold = [{"id": f"{IN_TEXT}{i}", "text": f"{TEXT}{i}", "entities": entities} for i in range(3)]
        self.gold = write(self.path("gold.jsonl"), gold)
        outputs = [
            f"<{LABEL}>王{IN_TEXT}</{LABEL}>",
            json.dumps({"entity_text": f"王{IN_TEXT}", "entity_label": f"x{IN_TEXT}"}, ensure_ascii=False),
            f"说{IN_TEXT}\n王：{LABEL}",
        ]
        ids = [row["id"] for row in gold]
        self.answers, self.others = (
            write(self.path(name), [{"id": x, "output": y} for x, y in zip(ids, given, strict=True)])
            for name, given in (("answers.jsonl", outputs), ("others.jsonl", outputs[::-1]))
        )
        spans = [[0, 1, LABEL], [1, 3, f"x{IN_TEXT}"]]
        self.spans = write(self.path("spans.jsonl"), [{"text": x["text"], "entities": spans} for x in gold])
        self.prose = self.path("prose.txt")
        self.prose.write_text(f"说{IN_TEXT}\n", encoding="utf-8")

    def path(self, name: str) -> Path:
        return self.folder / f"{CONTROLS}{name}"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def run(*args: object, given: str | None = None) -> str:
    """Run a command, and give what it printed in all; its code may be any that is no traceback."""
    done = CliRunner().invoke(main, [str(arg) for arg in args], input=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    printed = done.stdout + done.stderr
    found = {c for c in printed if not c.isprintable() and c not in "\n\t"}
    assert found == set(), [line for line in printed.split("\n") if found & set(line)]
    return printed


def test_score_writes_controls_out(files: Files) -> None:
    score = ("score", "--gold", files.gold, "--pred")
    shown = run(*score, files.answers, "--errors", "--out", files.path("a.json"))
    assert r"  missed    人\x1b]0;title\x07\x1b[31m\u202e\r\x85\x7f 王\x1b]0;" in shown
    assert r"\x7f\x00毅" in shown
    run(*score, files.others, "--errors", "--json")
    run(*score, files.spans, "--errors", "--fail-under", 1)
    run(*score, files.answers, "--task", LABEL)
    run(*score, files.answers, "--error-kind", LABEL)
    run(*score, files.path("missing"))
    run(*score, files.prose)
    run("score", f"--{LABEL}")
    run(LABEL)


def test_compare_writes_controls_out(files: Files) -> None:
    paths = [files.path("a.json"), files.path("b.json")]
    for pred, path in zip((files.answers, files.others), paths, strict=True):
        run("score", "--gold", files.gold, "--pred", pred, "--out", path, "--bootstrap", 0)
    compare = ("compare", *paths, "--resamples", 20, "--changed")
    assert r"\x1b]0;title" in run(*compare)
    assert json.loads(run(*compare, 1, "--json"))["systems"][0]["path"] == str(paths[0])
    run("compare", *paths, "--resamples", 20, "--max-drop", 0)
    run("compare", *paths, "--baseline", files.path("c"))
    run("compare", paths[0], files.gold)


def test_generate_doctor_and_baseline_write_controls_out(files: Files) -> None:
    out = files.path("set")
    run("generate", "corpus", "--input", files.gold, "--out", out, "--stats")
    run("generate", "corpus", "--input", files.gold, "--out", out)
    run("generate", "corpus", "--input", files.prose, "--out", files.path("prose"))
    assert run("doctor", files.gold, out, "--no-tokens")
    run("doctor", files.gold, files.answers, "--no-tokens", "--json")
    run("doctor", files.folder, "--no-tokens")
    run("baseline", "dictionary", "--data", out, "--split", "train", "--out", files.path("base.jsonl"))
    run("config", "tiny_cpu", "--data", out, "--run", files.path("run"))
    run("config", LABEL, "--data", out)
    run("sweep", files.path("run"), "--data", out)
    run("train", files.path("train.yaml"))


@pytest.mark.parametrize("layout", ["conll", "doccano", "label_studio"])
def test_convert_writes_controls_out(layout: str, files: Files) -> None:
    run("convert", files.gold, files.path("a"), "--to", layout)
    run("convert", files.answers, files.path("b"), "--to", layout, "--gold", files.gold, "--format", "auto")
    run("convert", files.gold, files.path("c"), "--to", layout, "--json")
    run("convert", files.prose, files.path("d"), "--to", layout)


class EchoingEngine:
    """Answers with the query, and controls around it."""

    def __init__(self, spec: ModelSpec) -> None:
        pass

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        for request in requests:
            yield [Prediction(request.id, f"<{LABEL}>{request.prompt}{IN_TEXT}</{LABEL}>", "stop")]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_chat_writes_controls_out(
    options: tuple[str, ...], files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "nerforge.api.predicting.chat_opening.load_engine", lambda name, spec: EchoingEngine(spec)
    )
    out = files.path("set")
    run("generate", "corpus", "--input", files.gold, "--out", out)
    queries = f"王{CONTROLS.replace(chr(13), '')}毅\n"
    shown = run("chat", "--model", "some/model", "--template", "qwen", "--data", out, *options, given=queries)
    assert "1 queries: " in shown


def test_the_console_escapes_what_is_a_text_already(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.text import Text

    EscapingConsole().print(Text("a\x1b]0;b\u202e"), f"[bold]:cat:{CONTROLS}")
    assert capsys.readouterr().out == (
        r"a\x1b]0;b\u202e [bold]:cat:\x1b]0;title\x07\x1b[31m\u202e\r\x85\x7f" "\n"
    )


LOCALES = {
    "C": {"LC_ALL": "C"},
    "no UTF-8": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "strict": {"PYTHONIOENCODING": "ascii:strict"},
    "CP1252": {"PYTHONIOENCODING": "cp1252"},
}


@pytest.mark.parametrize("name", LOCALES)
def test_no_locale_ends_in_a_traceback(name: str, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9\xe7\x8e\x8b")
    folder.mkdir()
    row = {
        "id": "王1",
        "text": "王毅在北京",
        "entities": [{"label": "人名", "text": "王毅", "start": 0, "end": 2}],
    }
    gold = write(folder / "gold.jsonl", [row])
    pred = write(
        folder / os.fsdecode(b"\xe9\xe7\x8e\x8b.jsonl"), [{"id": "王1", "output": "<人名>北京</人名>😀"}]
    )
    options = ["--gold", gold, "--pred", pred, "--errors", "--out", folder / os.fsdecode(b"\xe9.json")]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONIO"))
    }

    def call(*args: object) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "nerforge", *map(os.fspath, args)]  # type: ignore[call-overload]
        return subprocess.run(command, capture_output=True, env=environment | LOCALES[name], check=False)

    shown = call("score", *options)
    assert (shown.returncode, b"Traceback" in shown.stderr) == (0, False)
    printed = call("score", *options, "--json")
    assert printed.returncode == 0
    # JSON is UTF-8, or ASCII where the stream is of another encoding; never an escape that is not JSON's.
    assert json.loads(printed.stdout)["errors"][0]["text"] == "王毅在北京"
    assert printed.stdout.isascii() or name == "C"
    assert json.loads((folder / os.fsdecode(b"\xe9.json")).read_text(encoding="utf-8"))["n_samples"] == 1
    failed = call("score", "--gold", folder / "无", "--pred", pred)
    assert (failed.returncode, b"Traceback" in failed.stderr, b"no such file" in failed.stderr) == (
        1, False, True,
    )  # fmt: skip
