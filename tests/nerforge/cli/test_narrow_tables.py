"""Tables at 80 columns with labels that are longer than a column: nothing is cut, nothing is too wide."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from nerforge.cli import main

LABELS = (
    "供电公司及其下属单位的完整名称",
    "这是一个特别特别长的中文标签名称用来看表格是否会断开或者被截掉一部分",
    "PER",
)


def spans(text: str) -> list[dict[str, object]]:
    found = zip(("国网山东省电力公司", "济南供电公司", "王芳"), LABELS, strict=True)
    return [{"label": x, "text": s, "start": text.index(s), "end": text.index(s) + len(s)} for s, x in found]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    texts = [f"第{i}天王芳去了国网山东省电力公司济南供电公司检查设备" for i in range(60)]
    rows = [json.dumps({"text": text, "entities": spans(text)}, ensure_ascii=False) for text in texts]
    (tmp_path / "c.jsonl").write_text("\n".join(rows), encoding="utf-8")
    shown(tmp_path, "generate", "corpus", "--input", "c.jsonl", "--out", "d", "--stats")
    shown(tmp_path, "baseline", "dictionary", "--data", "d", "--out", "a.jsonl")
    return tmp_path


def shown(folder: Path, *args: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # A terminal of 80 columns; the attributes are taken away again.
        runner = CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"})
        done = runner.invoke(main, list(args))
    assert done.exit_code == 0, done.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()


@pytest.mark.whole
def test_long_labels_are_folded_and_whole(data: Path) -> None:
    for args in (
        ("score", "--gold", "d", "--pred", "a.jsonl", "--bootstrap", "50"),
        ("generate", "corpus", "--input", "c.jsonl", "--out", "e", "--stats"),
    ):
        lines = shown(data, *args)
        # Sentences may be longer; the terminal breaks them.
        table = [line for line in lines if ": " not in line and "|" not in line and "drawn in" not in line]
        assert max(map(cell_len, table)) <= 80, args
        assert "…" not in "".join(table), args
        first = "".join(re.split(r" {2,}", line)[0] for line in table)
        assert all(label in first for label in LABELS), args
