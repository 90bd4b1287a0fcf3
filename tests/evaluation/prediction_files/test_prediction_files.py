import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.foundation.errors import UsageError, UserError

TEXTS = ["菏泽市投诉个数", "投诉", "巨野县意见", "今天麒麟供电所投诉", "晴。"]
GOLD = [(f"g{place}", text) for place, text in enumerate(TEXTS)]
ANSWERS = [f"answer {place}" for place in range(len(TEXTS))]
EXPECTED = {f"g{place}": answer for place, answer in enumerate(ANSWERS)}
INSTRUCTION = "标注句子中的实体，例如 投诉：\n投诉\n没有实体时，回答无。"
CHATML = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def user_turn(text: str) -> str:
    return f"{INSTRUCTION}\n{text}"


def generated(text: str, answer: str, frame: str = CHATML) -> dict[str, str]:
    return {"prompt": frame.format(user_turn(text)), "predict": "\n" + answer, "label": "cut off\n"}


def completion(answer: str | None, finish: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", "content": answer}
    return {"id": "chatcmpl-1", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def batch_line(gold_id: str, answer: str, finish: str = "stop") -> dict[str, Any]:
    response = {"status_code": 200, "request_id": "r", "body": completion(answer, finish)}
    return {"id": "b", "custom_id": gold_id, "response": response, "error": None}


def failed_line(gold_id: str) -> dict[str, Any]:
    response = {"status_code": 429, "body": {"error": {"message": "slow down"}}}
    return {"id": "b", "custom_id": gold_id, "response": response, "error": None}


def messages(text: str, answer: str | None = None) -> dict[str, Any]:
    turns = [{"role": "system", "content": "你标注实体。"}, {"role": "user", "content": user_turn(text)}]
    if answer is not None:
        turns.append({"role": "assistant", "content": answer})
    return {"messages": turns}


def pair(text: str, answer: str) -> dict[str, Any]:
    return {"request": {"model": "m", **messages(text)}, "response": completion(answer)}


CUT_ROWS = ((0, "x", "length"), (1, "y", "stop"))
FILES: dict[str, tuple[str, Any]] = {
    "own": ("nerforge", lambda i: {"id": GOLD[i][0], "output": ANSWERS[i], "finish": "stop"}),
    "generated": ("llamafactory", lambda i: generated(TEXTS[i], ANSWERS[i])),
    "vllm": ("llamafactory", lambda i: generated(TEXTS[i], ANSWERS[i], "user\n{}\nassistant\n")),
    "batch": ("openai_batch", lambda i: batch_line(GOLD[i][0], ANSWERS[i])),
    "log": ("chat_log", lambda i: messages(TEXTS[i], ANSWERS[i])),
    "log-id": ("chat_log", lambda i: {"id": GOLD[i][0], **messages("?", ANSWERS[i])}),
    "pairs": ("chat_pairs", lambda i: pair(TEXTS[i], ANSWERS[i])),
    "http-pairs": (
        "chat_pairs",
        lambda i: {"request": {"body": messages(TEXTS[i])}, "response": {"body": completion(ANSWERS[i])}},
    ),
    "bare-pairs": ("chat_pairs", lambda i: {"request": messages(TEXTS[i]), "response": ANSWERS[i]}),
    "completions": ("openai_chat", lambda i: completion(ANSWERS[i])),
    "completions-id": ("openai_chat", lambda i: {**completion(ANSWERS[i]), "id": GOLD[i][0]}),
}


@pytest.mark.parametrize("forced", [False, True], ids=["detected", "forced"])
@pytest.mark.parametrize("name", FILES)
def test_every_layout_gives_the_same_answers(name: str, forced: bool, tmp_path: Path) -> None:
    layout, row = FILES[name]
    path = write(tmp_path / "p.jsonl", [row(i) for i in range(len(TEXTS))])
    found = read_outputs(path, GOLD, PredictionOptions(layout=layout if forced else None))
    assert (found.outputs, found.layout) == (EXPECTED, layout)
    assert found.counts == {
        "answers": 5, "missing": 0, "failed": 0, "cut_answers": 0, "cut_prompts": 0, "moved": 0,
        "not_in_gold": 0, "repeated": 0,
    }  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "indented"])
@pytest.mark.parametrize("name", FILES)
def test_rows_may_stand_in_an_array(name: str, indent: int | None, tmp_path: Path) -> None:
    layout, row = FILES[name]
    content = json.dumps([row(i) for i in range(len(TEXTS))], ensure_ascii=False, indent=indent)
    (tmp_path / "p.json").write_text(f"\ufeff\n {content}", encoding="utf-8")
    found = read_outputs(tmp_path / "p.json", GOLD)
    assert (found.outputs, found.layout) == (EXPECTED, layout)


def test_items_of_an_array_are_named_by_their_number(tmp_path: Path) -> None:
    rows = [{"id": "g0", "output": "x"}, {"id": "g1", "output": None}, {"id": "g0", "output": "y"}]
    path = write(tmp_path / "p.json", [rows[:2]])
    assert read_outputs(path, GOLD).notes[0] == "1 request without an answer, the first in item 2: missing"
    with pytest.raises(UserError, match=r"p\.json: item 3: id 'g0' is .* twice: item 1 .* of the two items"):
        read_outputs(write(path, [rows]), GOLD)
    shifted = read_outputs(write(path, [rows_of(0, 1, 3, 4)]), GOLD)
    assert shifted.notes[0].startswith("rows are shifted by 1 from item 3 on; ")


def test_an_answer_that_is_null_is_missing_and_counted(tmp_path: Path) -> None:
    rows = [{"id": f"g{i}", "output": None if i in (1, 3) else a} for i, a in enumerate(ANSWERS)]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)
    assert found.outputs == {f"g{i}": ANSWERS[i] for i in (0, 2, 4)}
    assert (found.counts["failed"], found.counts["missing"]) == (2, 2)
    assert found.notes[0] == "2 requests without an answer, the first in line 2: missing"


def test_ids_may_be_integers(tmp_path: Path) -> None:
    gold = [(str(i), text) for i, text in enumerate(TEXTS)]
    rows = [{"id": i, "output": answer} for i, answer in enumerate(ANSWERS)]
    found = read_outputs(write(tmp_path / "p.jsonl", rows[::-1]), gold)
    assert found.outputs == {str(i): answer for i, answer in enumerate(ANSWERS)}
    with pytest.raises(UserError, match=r"p\.jsonl:2: id '1' is predicted twice"):
        read_outputs(write(tmp_path / "p.jsonl", [rows[1], {"id": "1", "output": "x"}]), gold)


@pytest.mark.parametrize("name", ["generated", "log", "pairs"])
def test_a_file_in_place_needs_no_note(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [FILES[name][1](i) for i in range(len(TEXTS))])
    assert read_outputs(path, GOLD).notes == []


def test_rows_by_id_may_stand_in_any_order(tmp_path: Path) -> None:
    rows = [batch_line(*pair) for pair in zip(EXPECTED, ANSWERS, strict=True)]
    assert read_outputs(write(tmp_path / "p.jsonl", rows[::-1]), GOLD).outputs == EXPECTED


def test_a_completion_without_its_request_says_that_nothing_checks_it(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [completion(answer) for answer in ANSWERS])
    assert "matched to gold by position, unchecked" in read_outputs(path, GOLD).notes[0]
    write(path, [completion(answer) for answer in ANSWERS[1:]])
    with pytest.raises(UserError, match="4 rows for 5 gold samples"):
        read_outputs(path, GOLD)


def rows_of(*places: int) -> list[dict[str, str]]:
    return [generated(TEXTS[place], ANSWERS[place]) for place in places]


@pytest.mark.parametrize(
    ("places", "moved", "said"),
    [
        ((0, 1, 3, 4), 2, "rows are shifted by 1 from line 3 on"),
        ((1, 2, 3, 4), 4, "rows are shifted by 1 from line 1 on"),
        ((0, 2, 4), 2, "rows are shifted by 1 from line 2 on, and by more behind it"),
        ((0, 1, 4, 2, 3), 3, "rows are in another order than gold from line 3 on"),
        ((4, 3, 2, 1, 0), 4, "rows are in another order than gold from line 1 on"),
    ],
    ids=["hole", "first-missing", "two-holes", "order", "reversed"],
)
def test_rows_out_of_place_are_matched_by_their_sentence_and_it_is_said(
    places: tuple[int, ...], moved: int, said: str, tmp_path: Path
) -> None:
    found = read_outputs(write(tmp_path / "p.jsonl", rows_of(*places)), GOLD)
    assert found.outputs == {f"g{place}": ANSWERS[place] for place in places}
    assert found.notes[0] == f"{said}; every row was matched by the sentence in its prompt"
    assert (found.counts["moved"], found.counts["missing"]) == (moved, len(TEXTS) - len(places))


def test_rows_missing_at_the_end_count_as_missing(tmp_path: Path) -> None:
    found = read_outputs(write(tmp_path / "p.jsonl", rows_of(0, 1, 2)), GOLD)
    assert (found.counts["missing"], found.counts["moved"]) == (2, 0)
    path = tmp_path / "p.jsonl"
    assert found.notes == [f"2 of 5 samples have no prediction in {path}, the first is 'g3'"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (rows_of(0, 1, 1, 2, 3, 4), r"p\.jsonl:3: repeats line 2 with the same answer: '投诉'"),
        (rows_of(0, 1, 2, 3, 4, 0), r"p\.jsonl:6: repeats line 1 with the same answer"),
        (
            [*rows_of(0, 1), generated(TEXTS[0], "other")],
            r"p\.jsonl:3: repeats line 1 with another answer: '菏泽市投诉个数'",
        ),
        (
            [*rows_of(0), generated("从未见过", "x")],
            r"p\.jsonl:2: the prompt does not tell .*'从未见过', gold has '投诉' at this place",
        ),
    ],
    ids=["twice", "at-the-end", "other-answer", "stranger"],
)
def test_rows_that_cannot_be_matched_name_their_line(rows: list[Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)


@pytest.mark.parametrize(("answer", "said"), [("x", "the same answer"), ("y", "another answer")])
def test_an_id_predicted_twice_names_both_lines(answer: str, said: str, tmp_path: Path) -> None:
    rows = [{"id": "g1", "output": "x"}, {"id": "g0", "output": "x"}, {"id": "g1", "output": answer}]
    with pytest.raises(UserError, match=rf"p\.jsonl:3: id 'g1' is predicted twice: line 1 holds {said}"):
        read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)


def test_ids_of_another_split_are_refused(tmp_path: Path) -> None:
    rows = [{"id": "g0", "output": "x"}, {"id": "z1", "output": "x"}, {"id": "z2", "output": "x"}]
    with pytest.raises(UserError, match=r"p\.jsonl:2: 2 ids are not in gold, .* 'z1'; .* the same split"):
        read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)


def test_sentences_that_occur_twice_are_matched_in_order(tmp_path: Path) -> None:
    gold = [("a", "晴。"), ("b", "雨。"), ("c", "晴。"), ("d", "雪。")]
    rows = [generated("雨。", "1"), generated("晴。", "2"), generated("雪。", "3")]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), gold)
    assert found.outputs == {"b": "1", "c": "2", "d": "3"}


def test_a_failed_request_is_missing_and_counted_unless_it_was_sent_again(tmp_path: Path) -> None:
    rows = [failed_line("g0"), failed_line("g1"), batch_line("g0", "x"), failed_line("g0")]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)
    assert found.outputs == {"g0": "x"}
    assert (found.counts["failed"], found.counts["missing"]) == (1, 4)
    assert found.notes[0] == "1 request without an answer, the first in line 2: missing"


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": "g0", "output": "x", "finish": "length"}, {"id": "g1", "output": "y"}],
        [batch_line("g0", "x", "length"), batch_line("g1", "y")],
        [{**completion("x", "length"), "id": "g0"}, {**completion("y"), "id": "g1"}],
        [{**messages("?", a), "id": f"g{i}", "finish_reason": f} for i, a, f in CUT_ROWS],
        [{"request": messages(TEXTS[i]), "response": completion(a, f)} for i, a, f in CUT_ROWS],
    ],
    ids=["own", "batch", "completions", "log", "pairs"],
)
def test_answers_cut_at_the_token_limit_are_counted_and_said(rows: list[Any], tmp_path: Path) -> None:
    found = read_outputs(write(tmp_path / "p.jsonl", rows), GOLD[:2])
    assert (found.counts["cut_answers"], found.cut) == (1, {"g0"})
    assert found.notes == ["1 answer cut at the limit of new tokens, the first in line 1; raise it"]


def test_prompts_that_were_cut_are_matched_and_counted(tmp_path: Path) -> None:
    rows = rows_of(0, 1, 2, 3, 4)
    head = CHATML.partition("{}")[0] + INSTRUCTION + "\n"
    rows[0]["prompt"] = head + "菏泽市\ufffd"
    rows[2]["prompt"] = head
    rows[3]["prompt"] = "供电所投诉" + CHATML.partition("{}")[2]
    rows[4]["prompt"] = head[:20]
    rows += [generated(text, "x") for text in ("雨。", "雪。")]
    gold = [*GOLD, ("g5", "雨。"), ("g6", "雪。")]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), gold)
    assert (found.outputs, found.counts["cut_prompts"]) == ({**EXPECTED, "g5": "x", "g6": "x"}, 4)
    assert "4 prompts with only a part of the sentence, the first in line 1" in found.notes[0]


def test_a_cut_prompt_out_of_place_is_matched_by_its_beginning(tmp_path: Path) -> None:
    rows = rows_of(1, 0, 2, 3, 4)
    rows[3]["prompt"] = rows[3]["prompt"].partition("供电所")[0]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)
    assert (found.outputs, found.counts["cut_prompts"]) == (EXPECTED, 1)


def test_a_prompt_cut_behind_its_sentence_is_whole(tmp_path: Path) -> None:
    rows = rows_of(1, 0, 2, 3, 4)
    rows[3]["prompt"] = rows[3]["prompt"].removesuffix("im_start|>assistant\n")
    frameless = [{**row, "prompt": row["prompt"].replace("<|im_end|>", "")} for row in rows]
    for content in (rows, frameless):
        found = read_outputs(write(tmp_path / "p.jsonl", content), GOLD)
        assert (found.outputs, found.counts["cut_prompts"]) == (EXPECTED, 0)


def test_cut_prompts_out_of_place_that_could_be_several_are_refused(tmp_path: Path) -> None:
    gold = [*GOLD, ("g5", "巨野县投诉")]
    rows = rows_of(1, 0, 2, 3, 4)
    rows[2]["prompt"] = rows[2]["prompt"].partition("意见")[0] + "\ufffd"
    with pytest.raises(UserError, match=r"p\.jsonl:3: rows are not in .* was cut: .*, '巨野县', does"):
        read_outputs(write(tmp_path / "p.jsonl", rows), gold)


def test_spaces_that_a_tokenizer_altered_do_not_matter(tmp_path: Path) -> None:
    gold = [("a", "IL 2 受体"), ("b", "第 3 天 发热"), ("c", "无 痛")]
    texts = ["IL2 受体", " 第3天  发热", "无痛"]
    rows = [generated(text, text) for text in texts]
    expected = dict(zip("abc", texts, strict=True))
    assert read_outputs(write(tmp_path / "p.jsonl", rows), gold).outputs == expected
    assert read_outputs(write(tmp_path / "p.jsonl", rows[::-1]), gold).outputs == expected


def test_a_sentence_in_the_middle_of_the_users_own_prompt_is_found(tmp_path: Path) -> None:
    rows = [{"prompt": f"请标出{text}里的实体", "predict": ANSWERS[i]} for i, text in enumerate(TEXTS)]
    assert read_outputs(write(tmp_path / "p.jsonl", rows[::-1]), GOLD).outputs == EXPECTED


def test_a_short_sentence_quoted_in_the_instruction_hides_no_shift(tmp_path: Path) -> None:
    gold = [("a", "投诉"), ("b", "晴。"), ("c", "投诉")]
    rows = [generated("晴。", "1"), generated("投诉", "2"), generated("投诉", "3")]
    found = read_outputs(write(tmp_path / "p.jsonl", rows), gold)
    assert found.outputs == {"b": "1", "c": "2", "a": "3"}
    order = "rows are in another order than gold from line 1 on"
    assert found.notes == [f"{order}; every row was matched by the sentence in its prompt"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], r"p\.jsonl: holds no predictions"),
        (
            [{"id": "g0", "label": "x", "words": "y", "marked": "z"}],
            r"p\.jsonl:1: no known layout .* fields id, label, words, marked; say which hold query and "
            r"answer, .*: nerforge score --gold GOLD --pred \S+ --query-field words --answer-field marked$",
        ),
        ([{"id": "g0"}], r"p\.jsonl:1: no known layout .* fields id; say"),
        (
            [{"id": "g0", "output": "x"}, batch_line("g1", "x")],
            r"p\.jsonl:2: a row of layout openai_batch in a file of layout nerforge .* id, custom_id",
        ),
        ([{"id": "g0", "output": "x"}, {"id": "g1"}], r"p\.jsonl:2: .*`output`; found fields id, expected"),
        ([{"prompt": "x", "predict": None}], r"p\.jsonl:1: Expected `str`, got `null` - at `\$\.predict`"),
        ([["x"]], r"p\.jsonl: item 1: expected an object .*, found str"),
        ([["x"], ["y"]], r"p\.jsonl:1: expected an object .*, found list; expected one JSON object"),
        ([[]], r"p\.jsonl: holds no predictions"),
        ([[{"id": "g0"}]], r"p\.jsonl: item 1: no known layout .* fields id; say"),
        (
            [[{"id": "g0", "output": "x"}, {"id": "g1"}]],
            r"p\.jsonl: item 2: .*`output`; found fields id, expected",
        ),
        ([{"id": 1.5, "output": "x"}], r"p\.jsonl:1: Expected `int \| str`, got `float` - at `\$\.id`"),
        ([{"messages": [{"role": "assistant", "content": "x"}]}], r"p\.jsonl:1: no turn of the user"),
    ],
    ids=[
        "empty",
        "unknown",
        "no-output",
        "mixed",
        "field",
        "type",
        "array-of-words",
        "lines-of-arrays",
        "empty-array",
        "unknown-item",
        "item-without-a-field",
        "fraction",
        "no-user",
    ],
)
def test_a_file_that_is_no_predictions_file_says_where_and_what(
    rows: list[Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        read_outputs(write(tmp_path / "p.jsonl", rows), GOLD)


def test_a_layout_that_does_not_fit_or_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", rows_of(0))
    with pytest.raises(UserError, match="a row of layout llamafactory in a file of layout nerforge"):
        read_outputs(path, GOLD, PredictionOptions(layout="nerforge"))
    with pytest.raises(
        UsageError, match="unknown layout of predictions 'csv'; known: anthropic_batch, chat_log"
    ):
        read_outputs(path, GOLD, PredictionOptions(layout="csv"))
    with pytest.raises(UserError, match="holds no predictions"):
        read_outputs(write(path, []), GOLD, PredictionOptions(layout="nerforge"))


@pytest.mark.whole
def test_prompts_are_not_kept_in_memory(tmp_path: Path) -> None:
    gold = [(f"g{i}", f"第{i}次会议由王芳主持。") for i in range(2_000)]
    rows = ({"prompt": "说明" * 2_000 + f"\n{text}", "predict": "x"} for _, text in gold)
    path = write(tmp_path / "p.jsonl", list(rows)[::-1])
    tracemalloc.start()
    found = read_outputs(path, gold)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.outputs) == 2_000
    assert peak < path.stat().st_size / 4
