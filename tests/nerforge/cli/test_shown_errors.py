"""Wrong samples and changed ones as people see them."""

import io
import json
import re
from os.path import commonpath
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from nerforge.cli import main
from nerforge.cli.printing.scores.error_output import print_indented, print_wrong_sample
from nerforge.cli.printing.scores.marked_text import mark_text
from nerforge.evaluation.error_analysis.sample_errors import ErrorKind, SpanMark, find_errors
from nerforge.evaluation.reading.wrong_samples import NamedEntity, WrongPiece, WrongSample

TEXT = "在北京大学附属医院"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def entity(label: str, text: str, start: int, sentence: str = TEXT) -> NamedEntity:
    assert sentence[start : start + len(text)] == text
    return NamedEntity(label, text, start, start + len(text))


def marked(gold: list[NamedEntity], predicted: list[NamedEntity], text: str = TEXT) -> str:
    found = find_errors(WrongSample("s", text, gold, predicted, "clean"))
    return mark_text(text, found.marks, found.places).plain


HOSPITAL, UNIVERSITY, CITY = (
    entity("ORG", TEXT[1:], 1),
    entity("ORG", "北京大学", 1),
    entity("GPE", "北京", 1),
)


@pytest.mark.parametrize(
    ("gold", "predicted", "shown"),
    [
        ([CITY], [CITY], "在[=北京=GPE]大学附属医院"),
        ([CITY], [], "在[-北京-GPE]大学附属医院"),
        ([], [CITY], "在[+北京+GPE]大学附属医院"),
        ([CITY], [entity("LOC", "北京", 1)], "在[~北京~GPE→LOC]大学附属医院"),
        ([UNIVERSITY], [HOSPITAL], "在[>[<北京大学<ORG]附属医院>ORG]"),
        ([UNIVERSITY], [entity("ORG", "大学附属医院", 3)], "在[<北京[>大学<ORG]附属医院>ORG]"),
        ([HOSPITAL, CITY], [HOSPITAL], "在[=[-北京-GPE]大学附属医院=ORG]"),
        ([HOSPITAL, UNIVERSITY, CITY], [], "在[-[-[-北京-GPE]大学-ORG]附属医院-ORG]"),
        ([CITY, UNIVERSITY], [UNIVERSITY, NamedEntity("PER", "李四")], "在[=[-北京-GPE]大学=ORG]附属医院"),
        ([entity("GPE", "北京", 1), entity("X", "北京", 1)], [CITY], "在[=[-北京-X]=GPE]大学附属医院"),
    ],
    ids=[
        "right",
        "missed",
        "spurious",
        "label",
        "boundary",
        "crossing",
        "nested",
        "deep",
        "in right",
        "same",
    ],
)
def test_spans_are_marked_in_place(gold: list[NamedEntity], predicted: list[NamedEntity], shown: str) -> None:
    assert marked(gold, predicted) == shown


def test_of_a_long_sentence_what_is_around_the_errors_is_shown() -> None:
    text = "啊" * 500 + "北京" + "哦" * 400 + "南京" + "嗯" * 20
    gold = [entity("GPE", "北京", 500, text), entity("GPE", "南京", 902, text)]
    assert marked(gold, gold[:1], text) == f"...{'哦' * 30}[-南京-GPE]{'嗯' * 20}"
    assert marked(gold, [], text) == (
        f"...{'啊' * 30}[-北京-GPE]{'哦' * 30}...{'哦' * 30}[-南京-GPE]{'嗯' * 20}"
    )
    assert marked([], [NamedEntity("PER", "李四")], text) == f"{'啊' * 60}..."


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from([None, *ErrorKind])), max_size=8)
)
def test_a_marked_sentence_without_its_marks_is_the_sentence(spans: list[tuple[int, int, Any]]) -> None:
    text = "甲乙丙丁戊己庚辛壬癸"
    marks = [SpanMark(a, min(a + n, 10), kind, bool(n % 2), "L") for a, n, kind in spans]
    shown = mark_text(text, marks, []).plain
    assert re.sub(r"\[[=~<>+-]|[=~<>+-]L\]", "", shown) == text
    assert shown.count("[") == shown.count("]") == len(marks)


def shown_as(sample: WrongSample) -> list[str]:
    console = Console(file=io.StringIO(), width=100, highlight=False, soft_wrap=True, markup=False)
    print_wrong_sample(console, sample)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_of_a_text_in_pieces_those_are_named_that_were_not_read_well() -> None:
    pieces = [WrongPiece("s/0", "clean", "x"), WrongPiece("s/1", "missing", None)]
    sample = WrongSample("s", TEXT, [CITY], [], "missing", [], "x", pieces)
    assert shown_as(sample)[2:] == [
        "  missed    GPE 北京 1-3: a piece of the text has no answer",
        "  answer    of s/1: missing",
        "  answer    missing: x",
    ]


def test_lines_end_at_a_blank_near_their_end_or_where_they_are_full() -> None:
    def lines(text: str) -> list[str]:
        console = Console(file=io.StringIO(), force_terminal=True, width=22, soft_wrap=True)
        print_indented(console, Text(text))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue().splitlines()

    assert lines("a b " * 9) == ["  a b a b a b a b a b ", "  a b a b a b a b "]
    assert lines("字" * 12) == [f"  {'字' * 10}", "  字字"]
    assert lines("a " + "字" * 12) == [f"  a {'字' * 9}", "  字字字"]
    assert lines("甲" * 8 + " abcdef") == [f"  {'甲' * 8} ", "  abcdef"]


def test_an_answer_that_says_nothing_is_shown() -> None:
    sample = WrongSample("s", TEXT, [CITY], [], "empty", [], "没有找到任何实体")
    assert shown_as(sample)[-1] == "  answer    empty: 没有找到任何实体"


def test_many_errors_and_long_answers_are_shortened_with_a_sign() -> None:
    predicted = [NamedEntity("PER", f"{i}" * 99) for i in range(30)]
    lines = shown_as(WrongSample("s", TEXT, [], predicted, "repaired", [], "字" * 500))
    assert lines[0] == "s: 30 too much"
    assert lines[2] == f"  too much  PER {'0' * 60}...: not in the sentence"
    assert [line.strip() for line in lines[22:24]] == [
        "and 10 more",
        f"answer    repaired: {'字' * 120} ... {'字' * 60}",
    ]


def test_control_characters_of_the_sentence_are_written_out_and_offsets_stay() -> None:
    text = "\x1b]0;\u202e北京\n"
    assert marked([entity("GPE", "北京", 5, text)], [], text) == r"\x1b]0;\u202e[-北京-GPE]\n"


def test_a_terminal_gets_colours_and_lines_that_fit() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=60, highlight=False, soft_wrap=True, markup=False)
    sample = WrongSample(
        "s", TEXT * 8, [UNIVERSITY], [CITY], "salvaged", [], '{"entity_text": "北京", "entity' * 6
    )
    print_wrong_sample(console, sample)
    assert "\x1b[36m[<" in file.getvalue()
    plain = Console(file=io.StringIO(), width=60, highlight=False, soft_wrap=True, markup=False)
    print_wrong_sample(plain, sample)
    coloured = [line for line in file.getvalue().splitlines() if "\x1b" not in line]
    assert max(map(cell_len, coloured)) <= 60
    assert isinstance(plain.file, io.StringIO)
    assert plain.file.getvalue().splitlines()[1] == (f"  在[<[>北京>GPE]大学<ORG]附属医院{TEXT * 7}")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Gold of four sentences, and two files of answers: the first is right in two of them."""
    texts = ["王毅在北京", "北京大学", "南京", "晴"]
    entities = [[("PER", 0, 2), ("GPE", 3, 5)], [("ORG", 0, 4)], [("GPE", 0, 2)], []]
    gold = [
        {
            "id": f"s{i}",
            "text": text,
            "entities": [{"label": x, "text": text[a:b], "start": a, "end": b} for x, a, b in found],
        }
        for i, (text, found) in enumerate(zip(texts, entities, strict=True))
    ]
    right = [
        '{"entity_text": "王毅", "entity_label": "人名"}\n'
        '{"entity_text": "北京", "entity_label": "地理实体"}',
        '{"entity_text": "北京大学", "entity_label": "组织"}',
        '{"entity_text": "南京", "entity_label": "地理实体"}',
        "没有找到任何实体",
    ]
    first = [right[0], right[1], '{"entity_text": "南京", "entity_label": "地点"}', "不知道"]
    second = [right[0].partition(' "北京')[0], right[1].replace("大学", ""), right[2], right[3]]
    made = [write(tmp_path / "gold.jsonl", gold)]
    for name, outputs in (("a", first), ("b", second)):
        rows = [{"id": f"s{i}", "output": output} for i, output in enumerate(outputs)]
        made.append(write(tmp_path / f"{name}.jsonl", rows))
    return made


def scored(files: list[Path], which: int, *args: object) -> Result:
    options = ("--task", "ccfbdci", "--format", "json", "--bootstrap", 0)
    return run("score", "--gold", files[0], "--pred", files[which], *options, *args)


def test_errors_are_shown_with_sentence_reason_and_reading(files: list[Path]) -> None:
    done = scored(files, 2, "--errors")
    assert done.exit_code == 0, done.output
    shown = done.stdout.split("marks: ")[1].split("\n\n")[1:]
    assert shown[0].splitlines() == [
        "s0: 1 right, 1 missed",
        "  [=王毅=PER]在[-北京-GPE]",
        "  missed    GPE 北京 3-5: not in the answer, which is truncated",
        '  reading   cut off: {"entity_text":',
        '  answer    salvaged: {"entity_text": "王毅", "entity_label": "人名"}\\n{"entity_text":',
    ]
    assert shown[1].splitlines() == [
        "s1: 1 missed, 1 too much",
        "  [<[>北京>ORG]大学<ORG]",
        "  missed    ORG 北京大学 0-4: the answer has ORG 北京 0-2: wrong boundary, too short",
        "  too much  ORG 北京 0-2: gold has ORG 北京大学 0-4: wrong boundary, too short",
    ]
    assert shown[2] == "2 of 2 wrong samples shown\n"
    assert "1 of 2 wrong samples shown; --errors 2 shows all\n" in scored(files, 2, "--errors", 1).stdout
    assert "marks: " not in scored(files, 2).stdout
    assert "marks: " not in scored(files, 2, "--errors", 0).stdout


def test_errors_of_a_label_or_a_kind_can_be_asked_for(files: list[Path]) -> None:
    shown = scored(files, 2, "--error-kind", "boundary").stdout
    assert ("s1: " in shown, "s0: " in shown) == (True, False)
    assert shown.endswith("1 of 1 wrong samples like these (2 in all) shown\n")
    shown = scored(files, 1, "--errors", 5, "--error-label", "LOC").stdout
    assert ("s2: 1 missed, 1 too much" in shown, "s3: " in shown) == (True, False)
    assert scored(files, 1, "--error-kind", "what").exit_code == 2


def test_a_file_behind_an_option_that_takes_a_number_is_explained() -> None:
    done = run("compare", "--changed", "a.json", "b.json")
    assert (done.exit_code, "Give --changed a number, or put it last." in done.stderr) == (2, True)


def test_errors_are_in_the_json_on_demand(files: list[Path]) -> None:
    (first, second) = json.loads(scored(files, 2, "--errors", "--json").stdout)["errors"]
    assert (first["id"], first["outcome"], first["problems"][0]["kind"]) == ("s0", "salvaged", "cut_off")
    assert second["differences"] == [
        {
            "side": "missed",
            "kind": "boundary",
            "label": "ORG",
            "text": "北京大学",
            "start": 0,
            "end": 4,
            "reason": "the answer has ORG 北京 0-2: wrong boundary, too short",
        },
        {
            "side": "spurious",
            "kind": "boundary",
            "label": "ORG",
            "text": "北京",
            "start": 0,
            "end": 2,
            "reason": "gold has ORG 北京大学 0-4: wrong boundary, too short",
        },
    ]


def test_the_verdict_of_a_gate_is_in_the_json(files: list[Path], tmp_path: Path) -> None:
    assert json.loads(scored(files, 2, "--json").stdout)["gate"] is None
    assert scored(files, 1, "--out", tmp_path / "a.json").exit_code == 0
    limits = ("--fail-under", 0.1, "--baseline", tmp_path / "a.json", "--max-drop", 0.05)
    done = scored(files, 2, "--json", *limits)
    gate = json.loads(done.stdout)["gate"]
    assert (done.exit_code, gate["passed"], gate["criterion"]) == (3, False, "strict micro F1")
    under, drop = gate["checks"]
    assert (under["option"], under["limit"], under["passed"], under["message"]) == (
        "--fail-under", 0.1, True, "",
    )  # fmt: skip
    assert (drop["option"], drop["limit"], drop["passed"]) == ("--max-drop", 0.05, False)
    assert drop["baseline"] > drop["value"] == under["value"]
    assert done.stderr == f"Gate missed: {drop['message']}\n"


def test_compare_says_which_file_kept_the_gate(files: list[Path], tmp_path: Path) -> None:
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for which, path in enumerate(paths, 1):
        assert scored(files, which, "--out", path).exit_code == 0
    args = ("compare", *paths, paths[0], "--resamples", 20, "--json", "--max-drop", 0)
    done = run(*args)
    gate = json.loads(done.stdout)["gate"]
    assert (done.exit_code, gate["passed"], [x["passed"] for x in gate["checks"]]) == (
        3,
        False,
        [False, True],
    )
    assert [x["path"] for x in gate["checks"]] == [str(paths[1]), str(paths[0])]
    assert json.loads(run(*args[:-2]).stdout)["gate"] is None
    (first, *_) = json.loads(run(*args[:-2], "--changed").stdout)["comparisons"][0]["changed"]
    assert (first["id"], first["right"], first["differences"][0]["text"]) == ("s0", "a", "北京")


@pytest.mark.parametrize("n", [2, 3, 5])
def test_compare_is_readable_at_80_columns(n: int, files: list[Path], tmp_path: Path) -> None:
    paths = []
    for i in range(n):
        folder = tmp_path / ("某次实验_qwen2.5_lora_rank_64_alpha_128" * (i % 2 + 1)) / f"checkpoint-{i}00000"
        folder.mkdir(parents=True)
        paths.append(folder / "test.json")
        assert scored(files, i % 2 + 1, "--out", paths[-1]).exit_code == 0
    runner = CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"})
    done = runner.invoke(main, ["compare", *map(str, paths), "--all-pairs", "--resamples", "50"])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
    assert max(map(cell_len, lines)) <= 80
    # Every name is there whole, folded where it must be; every comparison is one line.
    shown = "".join(line[22:] for line in lines[1 : lines.index("")])
    assert shown == "".join(str(path.relative_to(commonpath(paths[:2]))) for path in paths)
    assert sum(" − " in line for line in lines) == n * (n - 1) // 2
