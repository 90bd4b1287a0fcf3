"""The data of a data set's page: columns say what the files say, and hashes stand for texts where asked."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.evaluation.reports.data_sets.data_columns import ENTITY_FIELDS
from nerforge.evaluation.reports.page_file import render_page
from nerforge.evaluation.reports.source_kinds import SourceKind, kind_of_source
from tests.evaluation import data_case as case
from tests.evaluation.report_case import HOSTILE


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return case.write_data(tmp_path_factory.mktemp("data_page"))


def test_columns_say_what_gold_says(data: Path) -> None:
    head, [chunk] = case.data_report(data)
    gold = [row for rows in case.SPLITS.values() for row in rows]
    assert chunk.id == [row_id for row_id, _, _ in gold]
    assert chunk.text == [text for _, text, _ in gold]
    assert chunk.n_entities == [len(entities) for _, _, entities in gold]
    size = len(ENTITY_FIELDS)
    columns = [chunk.entities[at : at + size] for at in range(0, len(chunk.entities), size)]
    for number, entity in enumerate(x for _, _, entities in gold for x in entities):
        label, start, end, surface, _ = columns[number]
        assert head.labels[label] == entity["label"]
        place = (-1, -1) if entity["start"] is None else (entity["start"], entity["end"])
        assert (start, end) == place
        assert chunk.values.get(number, chunk.surfaces[surface]) == entity["text"]


def test_packed_rows_say_what_the_rows_say(data: Path) -> None:
    _, [chunk] = case.data_report(data)
    rows = [case.row_of(text, entities) for rows in case.SPLITS.values() for _, text, entities in rows]
    for packed, text, row in zip(chunk.rows, chunk.text, rows, strict=True):
        assert isinstance(packed, tuple)
        system, before, behind, answer = packed
        assert chunk.pieces[system] == row["system"]
        assert f"{chunk.pieces[before]}{text}{chunk.pieces[behind]}" == row["instruction"]
        assert answer == row["output"]


def test_a_row_with_more_turns_keeps_all_of_them(data: Path, tmp_path: Path) -> None:
    own = case.write_data(tmp_path)
    rows = json.loads((own / "ner_test.json").read_text(encoding="utf-8"))
    rows[0]["history"] = [["你好", "好"]]
    rows[1]["instruction"] = "别的问题"
    (own / "ner_test.json").write_text(json.dumps(rows), encoding="utf-8")
    head, [chunk] = case.data_report(own)
    question = (case.PROMPT + "李明到了烟台", "PER:李明；GPE:烟台")
    assert chunk.rows[-2] == [
        ("system", "你标注实体。"),
        *(("user", "你好"), ("assistant", "好"), ("user", question[0]), ("assistant", question[1])),
    ]
    assert head.row_flags[1] == "row_without_sentence"
    # The last sentence is empty, and so in every question.
    assert [flags >> 1 for flags in chunk.flags] == [0] * len(chunk.flags)


def test_a_row_about_another_sentence_is_told(tmp_path: Path) -> None:
    own = case.write_data(tmp_path)
    rows = json.loads((own / "ner_dev.json").read_text(encoding="utf-8"))
    rows[0]["instruction"] = "别的问题"
    (own / "ner_dev.json").write_text(json.dumps(rows), encoding="utf-8")
    _, [chunk] = case.data_report(own)
    assert [chunk.id[at] for at, flags in enumerate(chunk.flags) if flags >> 1] == ["d1"]


def test_recipes_of_the_task_say_where_rows_are_truncated(data: Path) -> None:
    cutoffs = {cutoff.tokens: list(cutoff.used_by) for cutoff in case.data_report(data).head.cutoffs}
    assert [*cutoffs] == [384, 512, 1024, 2048]
    assert "ccfbdci_qwen2_1.5b" in cutoffs[384]
    chosen = case.data_report(data, recipe="cmeee_qwen3_4b", cutoff_len=99).head.cutoffs
    assert [cutoff.tokens for cutoff in chosen if cutoff.used_by] == [99, 1024]


def test_tokens_are_counted_where_a_tokenizer_is_named(data: Path) -> None:
    pytest.importorskip("tokenizers")
    head, [chunk] = case.data_report(data, model="tiny", template="chatml")
    assert (head.tokens.tokenizer, head.tokens.template) == ("tiny_base", "chatml")
    assert head.frames[0].name == "chatml"
    assert chunk.tokens != case.data_report(data).chunks[0].tokens


def test_the_doctor_says_what_it_found(data: Path) -> None:
    problems = case.data_report(data).head.problems
    assert {"D402"} <= {problem.code for problem in problems}


def test_without_texts_nothing_of_them_is_in_the_page(data: Path) -> None:
    report = case.data_report(data, no_text=True)
    shown = json.dumps([[chunk.id, chunk.hash, chunk.surfaces, chunk.values] for chunk in report.chunks])
    assert report.chunks[0].text == report.chunks[0].meta == report.chunks[0].rows == []
    page = render_page(report).decode()
    for text in ("王芳", "青岛", "海边", "找出人名"):
        assert text not in json.loads(shown).__repr__()
        assert text not in page


def test_hostile_texts_are_no_markup(data: Path) -> None:
    report = case.data_report(data, title=HOSTILE)
    page = render_page(report).decode()
    assert "<img src=x" not in page
    assert page.count("</script>") == page.count("<script") == 2 + len(report.chunks)
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?https?:""", page)


def test_the_same_data_gives_the_same_bytes(data: Path) -> None:
    assert render_page(case.data_report(data)) == render_page(case.data_report(data))


def test_what_is_given_is_recognised(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "train.yaml").write_text("", encoding="utf-8")
    scores = tmp_path / "scores.json"
    scores.write_text('{"criteria": {}, "settings": {}}', encoding="utf-8")
    assert kind_of_source(run) is kind_of_source(scores) is SourceKind.SCORES
    assert kind_of_source(data) is kind_of_source(data / "gold" / "dev.jsonl") is SourceKind.DATA
    assert kind_of_source(data / "ner.json") is SourceKind.DATA


def call(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["report", *map(str, args)])
    return done.exit_code, done.stderr


def test_the_command_writes_a_page_of_data(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "data.html"
    code, said = call(data, "-o", out)
    assert (code, said) == (0, "")
    assert b'"kind":"data"' in out.read_bytes()


@pytest.mark.parametrize("option", ["--split", "--pred", "--format"])
def test_options_of_scores_are_refused_with_data(data: Path, option: str) -> None:
    code, said = call(data, option, "json")
    assert code == 2
    assert f"is data, no run and no score file; leave {option} out" in said


def test_options_of_data_are_refused_with_scores(tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    scores.write_text('{"criteria": {}, "settings": {}}', encoding="utf-8")
    code, said = call(scores, "--cutoff-len", "5")
    assert code == 2
    assert "leave --cutoff-len out" in said


def test_what_is_none_of_these_is_told_so(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("a = 1\n", encoding="utf-8")
    code, said = call(other, "-o", tmp_path / "data.html")
    assert code == 2
    assert "expected a run (a folder with train.yaml), a scores.json, or data" in said
