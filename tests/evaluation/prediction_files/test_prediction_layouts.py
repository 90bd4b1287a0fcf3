import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import LAYOUTS, PredictionOptions, read_outputs
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.evaluation.span_files import recognise_spans
from nerforge.foundation.errors import UserError

TEXTS = ["菏泽市投诉个数", "投诉", "巨野县意见", "今天麒麟供电所投诉"]
GOLD = [(f"g{place}", text) for place, text in enumerate(TEXTS)]
ANSWERS = ["<City>菏泽</City>, 1", "无", "一\n二", '{"a": "b"}']
EXPECTED = {f"g{place}": answer for place, answer in enumerate(ANSWERS)}
PAIRS = list(zip(TEXTS, ANSWERS, strict=True))
GOLD_ANSWER = "gold, never an answer"
ROLES = [("role", "content", "user", "assistant"), ("from", "value", "human", "gpt")]


def asked(text: str) -> str:
    return f"标注句子中的实体。\n句子：{text}"


def turn(role: str, content: str | None, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def chat(text: str, answer: str) -> list[dict[str, Any]]:
    return [turn("system", "你标注实体。"), turn("user", asked(text)), turn("assistant", answer)]


def completion(message: dict[str, Any], reason: str = "stop") -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "choices": [{"message": message, "finish_reason": reason}],
    }


def response_object(answer: str) -> dict[str, Any]:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": answer}]}
    thought = {"type": "reasoning", "summary": [{"text": "hm"}]}
    return {"id": "resp_1", "object": "response", "output": [thought, said]}


def batch(place: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "b",
        "custom_id": f"g{place}",
        "response": {"status_code": 200, "body": body},
        "error": None,
    }


def tool_call(answer: str, **more: Any) -> dict[str, Any]:
    call = {"id": "c", "type": "function", "function": {"name": "ner", "arguments": answer}}
    return turn("assistant", None, tool_calls=[call], reasoning_content="thinking", **more)


def swift(text: str, answer: str, last: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "response": answer,
        "labels": GOLD_ANSWER,
        "logprobs": None,
        "messages": [turn("user", asked(text)), *last],
    }


Row = Callable[[int], dict[str, Any]]
ROWS: dict[str, tuple[str, Row]] = {
    "query-output": ("pairs", lambda i: {"query": TEXTS[i], "output": ANSWERS[i]}),
    "text-predict": ("pairs", lambda i: {"text": TEXTS[i], "predict": ANSWERS[i]}),
    "prompt-response": ("pairs", lambda i: {"prompt": asked(TEXTS[i]), "response": ANSWERS[i]}),
    "input-answer": ("pairs", lambda i: {"input": TEXTS[i], "answer": ANSWERS[i]}),
    "question-prediction-gold": (
        "pairs",
        lambda i: {"question": TEXTS[i], "prediction": ANSWERS[i], "gold": GOLD_ANSWER},
    ),
    "sentence-generated": ("pairs", lambda i: {"sentence": TEXTS[i], "generated_text": ANSWERS[i]}),
    "generated-behind-its-prompt": (
        "pairs",
        lambda i: {"prompt": asked(TEXTS[i]), "generated_text": asked(TEXTS[i]) + ANSWERS[i]},
    ),
    "prompt-completion-label": (
        "pairs",
        lambda i: {"prompt": asked(TEXTS[i]), "completion": ANSWERS[i], "label": GOLD_ANSWER},
    ),
    "chinese-keys": ("pairs", lambda i: {"问题": TEXTS[i], "回答": ANSWERS[i], "参考答案": GOLD_ANSWER}),
    "capitals": ("pairs", lambda i: {"Query": TEXTS[i], "Model Output": ANSWERS[i], "Label": GOLD_ANSWER}),
    "numbered": ("pairs", lambda i: {"id": i + 7, "query": TEXTS[i], "output": ANSWERS[i]}),
    "custom-id": ("pairs", lambda i: {"custom_id": f"g{i}", "output": ANSWERS[i]}),
    "custom-id-response": ("pairs", lambda i: {"custom_id": f"g{i}", "response": ANSWERS[i]}),
    "sample-id": ("pairs", lambda i: {"sample_id": f"g{i}", "prediction": ANSWERS[i]}),
    "alpaca": ("pairs", lambda i: {"instruction": "标注。", "input": TEXTS[i], "output": ANSWERS[i]}),
    "alpaca-instruction": (
        "pairs",
        lambda i: {"instruction": asked(TEXTS[i]), "input": "", "output": ANSWERS[i]},
    ),
    "alpaca-with-gold": (
        "pairs",
        lambda i: {"instruction": "标注。", "input": TEXTS[i], "output": GOLD_ANSWER, "predict": ANSWERS[i]},
    ),
    "list-of-one": ("pairs", lambda i: {"text": TEXTS[i], "response": [ANSWERS[i]]}),
    "query-completion": (
        "pairs",
        lambda i: {"query": TEXTS[i], "response": completion(turn("assistant", ANSWERS[i]))},
    ),
    "old-swift": (
        "pairs",
        lambda i: {
            "system": None,
            "query": asked(TEXTS[i]),
            "response": ANSWERS[i],
            "label": GOLD_ANSWER,
            "history": [],
        },
    ),
    "chatglm": (
        "pairs",
        lambda i: {"prompt": TEXTS[i], "response": ANSWERS[i], "history": [list(x) for x in PAIRS[:i]]},
    ),
    "nerforge-chat": (
        "pairs",
        lambda i: {
            "text": TEXTS[i],
            "entities": [],
            "outcome": "clean",
            "problems": [],
            "output": ANSWERS[i],
            "seconds": 1,
        },
    ),
    "messages": ("chat_log", lambda i: {"messages": chat(*PAIRS[i])}),
    "sharegpt": (
        "chat_log",
        lambda i: {
            "id": f"identity_{i}",
            "conversations": [
                {"from": "human", "value": asked(TEXTS[i])},
                {"from": "gpt", "value": ANSWERS[i]},
            ],
        },
    ),
    "tool": ("chat_log", lambda i: {"messages": [turn("user", TEXTS[i]), tool_call(ANSWERS[i])]}),
    "parts": (
        "chat_log",
        lambda i: {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": TEXTS[i]}]},
                {"role": "assistant", "content": [{"type": "text", "text": ANSWERS[i]}]},
            ]
        },
    ),
    "swift": ("swift", lambda i: swift(*PAIRS[i], [turn("assistant", ANSWERS[i])])),
    "swift-label-turn": ("swift", lambda i: swift(*PAIRS[i], [turn("assistant", GOLD_ANSWER)])),
    "swift-no-turn": ("swift", lambda i: swift(*PAIRS[i], [])),
    "messages-and-answer": ("swift", lambda i: {"messages": chat(*PAIRS[i])[:2], "answer": ANSWERS[i]}),
    "messages-answered-beside-output": (
        "chat_log",
        lambda i: {"messages": chat(*PAIRS[i]), "output": GOLD_ANSWER},
    ),
    "turns-of-a-completion": (
        "pairs",
        lambda i: {"prompt": chat(*PAIRS[i])[:2], "completion": [turn("assistant", ANSWERS[i])]},
    ),
    "opencompass": (
        "opencompass",
        lambda i: {
            "origin_prompt": [{"role": "HUMAN", "prompt": asked(TEXTS[i])}],
            "prediction": ANSWERS[i],
            "gold": GOLD_ANSWER,
        },
    ),
    "opencompass-text": (
        "opencompass",
        lambda i: {"origin_prompt": asked(TEXTS[i]), "prediction": [ANSWERS[i]], "gold": GOLD_ANSWER},
    ),
    "evalscope": (
        "evalscope",
        lambda i: {
            "index": i,
            "model": "m",
            "messages": [turn("user", asked(TEXTS[i]), id="u")],
            "model_output": {
                "model": "m",
                "choices": [{"message": turn("assistant", ANSWERS[i]), "stop_reason": "stop"}],
            },
        },
    ),
    "old-evalscope": (
        "evalscope",
        lambda i: {
            **completion(turn("assistant", ANSWERS[i])),
            "raw_input": {"query": TEXTS[i], "response": GOLD_ANSWER},
        },
    ),
    "lm-eval": (
        "lm_eval",
        lambda i: {
            "doc": {},
            "target": GOLD_ANSWER,
            "arguments": [[asked(TEXTS[i]), {}]],
            "resps": [[ANSWERS[i]]],
            "filtered_resps": ["x"],
        },
    ),
    "new-lm-eval": (
        "lm_eval",
        lambda i: {
            "doc": {},
            "target": GOLD_ANSWER,
            "resps": [[ANSWERS[i]]],
            "filtered_resps": ["x"],
            "arguments": {"gen_args_0": {"arg_0": json.dumps([turn("user", asked(TEXTS[i]))]), "arg_1": {}}},
        },
    ),
    "batch": ("openai_batch", lambda i: batch(i, completion(turn("assistant", ANSWERS[i])))),
    "batch-tool": ("openai_batch", lambda i: batch(i, completion(tool_call(ANSWERS[i]), "tool_calls"))),
    "batch-function": (
        "openai_batch",
        lambda i: batch(
            i, completion(turn("assistant", None, function_call={"name": "f", "arguments": ANSWERS[i]}))
        ),
    ),
    "batch-responses": ("openai_batch", lambda i: batch(i, response_object(ANSWERS[i]))),
    "batch-vllm": (
        "openai_batch",
        lambda i: {**batch(i, {"choices": [{"text": ANSWERS[i], "finish_reason": "stop"}]}), "id": "v"},
    ),
    "anthropic": (
        "anthropic_batch",
        lambda i: {
            "custom_id": f"g{i}",
            "result": {
                "type": "succeeded",
                "message": {
                    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": ANSWERS[i]}],
                    "stop_reason": "end_turn",
                },
            },
        },
    ),
    "responses": ("openai_chat", lambda i: response_object(ANSWERS[i])),
    "messages-and-choices": (
        "openai_chat",
        lambda i: {"messages": chat(*PAIRS[i])[:2], **completion(turn("assistant", ANSWERS[i]))},
    ),
    "pairs": (
        "chat_pairs",
        lambda i: {
            "request": {"messages": chat(*PAIRS[i])[:2]},
            "response": completion(turn("assistant", ANSWERS[i])),
        },
    ),
    "pairs-responses": (
        "chat_pairs",
        lambda i: {"request": {"input": asked(TEXTS[i])}, "response": response_object(ANSWERS[i])},
    ),
    "own": ("nerforge", lambda i: {"id": f"g{i}", "output": ANSWERS[i], "finish": "stop"}),
    "llamafactory": (
        "llamafactory",
        lambda i: {"prompt": asked(TEXTS[i]), "predict": ANSWERS[i], "label": GOLD_ANSWER},
    ),
    "old-llamafactory": ("pairs", lambda i: {"label": GOLD_ANSWER, "predict": ANSWERS[i]}),
}


def as_lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


HOLDERS: dict[str, Callable[[list[Any]], str]] = {
    "lines": as_lines,
    "windows": lambda rows: "\ufeff" + as_lines(rows).replace("\n", "\r\n") + "\r\n\r\n",
    "array": lambda rows: json.dumps(rows, ensure_ascii=False, indent=2),
    "numbered": lambda rows: json.dumps(
        {str(i): row for i, row in enumerate(rows)}, ensure_ascii=False, indent=4
    ),
    "numbered-in-a-line": lambda rows: json.dumps({str(i): row for i, row in enumerate(rows)}),
    "wrapped": lambda rows: json.dumps({"model": "m", "predictions": rows}, indent=1),
    "indented": lambda rows: "\n".join(json.dumps(row, ensure_ascii=False, indent=2) for row in rows),
}


def read(path: Path, content: str | bytes, **options: Any) -> Any:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_outputs(path, GOLD, PredictionOptions(**options))


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_of_exactly_one_layout_and_its_answer_is_the_models(name: str, tmp_path: Path) -> None:
    layout, row = ROWS[name]
    rows = [row(i) for i in range(len(TEXTS))]
    assert [x.name for x in LAYOUTS.values() if x.recognises(rows[0])] == [layout]
    found = read(tmp_path / "p", as_lines(rows))
    assert (found.outputs, found.layout) == (EXPECTED, layout)


@pytest.mark.parametrize("holder", HOLDERS)
def test_rows_may_be_held_in_any_way(holder: str, tmp_path: Path) -> None:
    for name in ("query-output", "messages", "opencompass", "batch"):
        content = HOLDERS[holder]([ROWS[name][1](i) for i in range(len(TEXTS))])
        assert read(tmp_path / "p", content).outputs == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-8-sig"])
def test_rows_may_be_in_the_encodings_that_people_save(encoding: str, tmp_path: Path) -> None:
    content = as_lines([ROWS["query-output"][1](i) for i in range(len(TEXTS))])
    assert read(tmp_path / "p", content.encode(encoding)).outputs == EXPECTED


def table(rows: list[list[str]], delimiter: str = ",", **options: Any) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, **options).writerows(rows)
    return text.getvalue()


CELLS = [list(pair) for pair in PAIRS]
TABLES: dict[str, str | bytes] = {
    "head": table([["query", "answer"], *CELLS]),
    "no-head": table(CELLS),
    "tabs": table([["text", "output"], *CELLS], "\t"),
    "tabs-no-head": table(CELLS, "\t"),
    "semicolons": table([["问题", "回答"], *CELLS], ";"),
    "quoted": table([["Question", "Answer"], *CELLS], quoting=csv.QUOTE_ALL),
    "excel-unicode": table([["query", "answer"], *CELLS], "\t").encode("utf-16"),
    "excel-bom": table([["query", "answer"], *CELLS]).encode("utf-8-sig"),
    "gbk": table([["查询", "输出"], *CELLS]).encode("gbk"),
    "more-columns": table(
        [["id", "query", "label", "predict"], *([str(i), q, "x", a] for i, (q, a) in enumerate(CELLS))]
    ),
    "model-as-head": table([["query", "qwen3-4b"], *CELLS]),
    "blank-lines": table([["query", "answer"], *CELLS]) + "\r\n,\r\n\r\n",
}


@pytest.mark.parametrize("name", [*ROWS, *TABLES])
def test_answers_are_not_taken_for_spans(name: str, tmp_path: Path) -> None:
    content = TABLES[name] if name in TABLES else as_lines([ROWS[name][1](i) for i in range(len(TEXTS))])
    (tmp_path / "p").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert recognise_spans(tmp_path / "p").layout is None


@pytest.mark.parametrize("kind", ["columns", "lists"])
def test_columns_as_pandas_writes_them_are_rows(kind: str, tmp_path: Path) -> None:
    def column(values: list[str]) -> Any:
        return values if kind == "lists" else {str(i): value for i, value in enumerate(values)}

    content = json.dumps({"query": column(TEXTS), "answer": column(ANSWERS)}, ensure_ascii=False)
    assert read(tmp_path / "p", content).outputs == EXPECTED


def test_every_layout_has_a_sample() -> None:
    assert {layout for layout, _ in ROWS.values()} == LAYOUTS.keys() - {"terminal"}


@pytest.mark.parametrize(("role", "words", "user", "assistant"), ROLES, ids=["openai", "sharegpt"])
@pytest.mark.parametrize(
    "kind", ["one-row", "one-document", "a-turn-a-line", "array-of-turns", "array-of-chats"]
)
def test_every_exchange_of_a_long_chat_counts(
    kind: str, role: str, words: str, user: str, assistant: str, tmp_path: Path
) -> None:
    turns = [{role: "system", words: "你好"}, {role: assistant, words: "请问？"}]
    for text, answer in PAIRS[::-1]:
        turns += [{role: user, words: text}, {role: assistant, words: answer}]
    content = {
        "one-row": as_lines([{"messages": turns}]),
        "one-document": json.dumps({"title": "chat", "conversations": turns}, indent=2),
        "a-turn-a-line": as_lines(turns),
        "array-of-turns": json.dumps(turns),
        "array-of-chats": json.dumps([turns]),
    }[kind]
    found = read(tmp_path / "p", content)
    assert found.outputs == EXPECTED
    assert found.notes[0].startswith("assistant turns before the first query, which are not read (in ")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_however_it_was_exported(name: str, tmp_path: Path) -> None:
    assert read(tmp_path / "p.csv", TABLES[name]).outputs == EXPECTED


def test_columns_without_a_head_are_named_by_number(tmp_path: Path) -> None:
    content = table([["x", q, a] for q, a in CELLS])
    with pytest.raises(
        UserError, match=r"p:1: .* found fields 1, 2, 3; .* --query-field 1 --answer-field 3$"
    ):
        read(tmp_path / "p", content)
    assert read(tmp_path / "p", content, query_field="2", answer_field="3").outputs == EXPECTED


def test_a_record_with_too_many_cells_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"p:3: has 3 cells, the first row has 2; put quotes around cells"):
        read(tmp_path / "p", "query,answer\n投诉,无\n巨野县意见,一,二\n菏泽市投诉个数,无\n")


def test_fields_are_named_by_hand(tmp_path: Path) -> None:
    rows = [{"frage": q, "antwort": a, "n": 1} for q, a in PAIRS]
    command = "nerforge score --gold GOLD --pred .*p --query-field frage --answer-field antwort$"
    with pytest.raises(UserError, match=f"found fields frage, antwort, n; say which hold .*{command}"):
        read(tmp_path / "p", as_lines(rows))
    found = read(tmp_path / "p", as_lines(rows), query_field="frage", answer_field="antwort")
    assert (found.outputs, found.layout) == (EXPECTED, "fields")
    with pytest.raises(UserError, match="p:1: has no field 'x'; found: frage, antwort, n"):
        read(tmp_path / "p", as_lines(rows), query_field="frage", answer_field="x")


def test_two_fields_that_may_both_be_the_answer_are_asked_about(tmp_path: Path) -> None:
    content = as_lines([{"text": q, "prediction": "x", "response": a} for q, a in PAIRS])
    with pytest.raises(
        UserError, match=r"prediction and response may all hold .* --answer-field prediction or --ans"
    ):
        read(tmp_path / "p", content)
    assert read(tmp_path / "p", content, answer_field="response").outputs == EXPECTED
    rows = [{"text": q, "output": GOLD_ANSWER, "predict": a} for q, a in PAIRS]
    note = "answers are read from 'predict'; 'output' beside it may be gold, and is not read"
    assert read(tmp_path / "p", as_lines(rows)).notes == [f"{note} (4 rows, the first in line 1)"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"messages": [turn("user", text)]} for text in TEXTS],
        [{"messages": [turn("user", text), turn("assistant", "")]} for text in TEXTS],
        [{"query": text, "response": None, "label": "x"} for text in TEXTS],
        [{"text": text, "output": ""} for text in TEXTS],
        [batch(i, {"choices": []}) for i in range(4)],
    ],
    ids=["no-turn", "blank-turn", "null", "blank", "no-choice"],
)
def test_a_log_without_an_answer_is_an_error_and_no_score_of_zero(rows: list[Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none of the 4 rows ends with an answer \(layout"):
        read(tmp_path / "p", as_lines(rows))


def test_labels_alone_are_no_answers(tmp_path: Path) -> None:
    for name in ("label", "labels", "gold", "reference"):
        with pytest.raises(UserError, match="no known layout of predictions"):
            read(tmp_path / "p", as_lines([{"text": text, name: "x"} for text in TEXTS]))


def test_queries_that_are_not_in_gold_are_counted_and_named(tmp_path: Path) -> None:
    rows = [{"query": q, "answer": a} for q, a in [*PAIRS, ("菏泽市投诉个数吗", "x"), ("天气", "y")]]
    found = read(tmp_path / "p", as_lines(rows))
    assert (found.outputs, found.counts["not_in_gold"]) == (EXPECTED, 2)
    assert found.notes == [
        "2 queries are not in gold and not scored, the first in line 5: '菏泽市投诉个数吗', '天气'"
    ]
    with pytest.raises(
        UserError, match=r"p:1: none of the 2 queries tells .* found '菏泽市投诉个数吗', gold begins with"
    ):
        read(tmp_path / "p", as_lines(rows[4:]))


def test_a_query_that_holds_a_gold_sentence_in_its_place_is_another_query(tmp_path: Path) -> None:
    gold = [("a", "投诉"), ("b", "意见")]
    path = tmp_path / "p"
    path.write_text(as_lines([{"query": "本月投诉", "answer": "1"}, {"query": "意见", "answer": "2"}]))
    assert read_outputs(path, gold).outputs == {"b": "2"}


def test_an_id_of_another_text_than_the_query_is_refused(tmp_path: Path) -> None:
    rows = [{"id": f"g{i}", "query": TEXTS[3 - i], "answer": "x"} for i in range(4)]
    with pytest.raises(UserError, match="p:1: id 'g0' is of '菏泽市投诉个数' in gold, and the row asks"):
        read(tmp_path / "p", as_lines(rows))


def test_width_and_blanks_of_a_query_do_not_matter(tmp_path: Path) -> None:
    gold = [("a", "4月A县（东） 投诉"), ("b", "意见")]
    (tmp_path / "p").write_text(as_lines([{"query": " ４月Ａ县(东)投诉 ", "answer": "1"}]))
    assert read_outputs(tmp_path / "p", gold).outputs == {"a": "1"}


def test_a_query_asked_again_counts_once_if_the_answer_is_the_same(tmp_path: Path) -> None:
    rows = [{"query": q, "answer": a} for q, a in [*PAIRS, PAIRS[0], PAIRS[2]]]
    found = read(tmp_path / "p", as_lines(rows))
    assert (found.outputs, found.counts["repeated"]) == (EXPECTED, 2)
    assert found.notes == ["2 queries were answered again; the same answer counts once"]


def test_a_query_with_other_answers_is_refused_unless_one_is_chosen(tmp_path: Path) -> None:
    content = as_lines([{"query": q, "answer": a} for q, a in [*PAIRS, (TEXTS[1], "other")]])
    with pytest.raises(
        UserError, match=r"p:5: asks line 2 again and has another answer: '投诉'; .* --repeats first"
    ):
        read(tmp_path / "p", content)
    first = read(tmp_path / "p", content, repeats="first")
    assert (first.outputs, first.notes) == (EXPECTED, ["1 query was answered again; the first answer counts"])
    assert read(tmp_path / "p", content, repeats="last").outputs == {**EXPECTED, "g1": "other"}


def test_an_answer_counts_for_every_sample_of_its_text(tmp_path: Path) -> None:
    gold = [("a", "晴。"), ("b", "雨。"), ("c", "晴。")]
    path = tmp_path / "p"
    path.write_text(as_lines([{"query": "雨。", "answer": "1"}, {"query": "晴。", "answer": "2"}]))
    found = read_outputs(path, gold)
    assert found.outputs == {"a": "2", "b": "1", "c": "2"}
    assert found.notes == [
        "1 text stands in gold more often than it was asked; its answer counts for all: '晴。'"
    ]


def test_a_last_line_that_was_cut_off_is_told_and_not_read(tmp_path: Path) -> None:
    content = as_lines([{"query": q, "answer": a} for q, a in PAIRS]).encode()
    found = read(tmp_path / "p", content[:-9])
    assert found.outputs == {key: EXPECTED[key] for key in ("g0", "g1", "g2")}
    assert found.notes[0] == "the last line ends in the middle of its row, which is not read (in line 4)"
    with pytest.raises(UserError, match="p:2: not JSON"):
        read(tmp_path / "p", as_lines([{"query": "投诉", "answer": "x"}]) + '{"query": \n' + content.decode())


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]], ids=["in-order", "shuffled"])
@pytest.mark.parametrize("base", [0, 1])
def test_numbered_ids_of_a_batch_say_which_sample_they_answer(
    base: int, order: list[int], tmp_path: Path
) -> None:
    rows = [
        {**batch(i, completion(turn("assistant", ANSWERS[i]))), "custom_id": f"request-{i + base}"}
        for i in order
    ]
    with pytest.raises(
        UserError, match=r"4 ids are not in gold.* pass --by-position, or give --requests FILE"
    ):
        read(tmp_path / "p", as_lines(rows))
    assert read(tmp_path / "p", as_lines(rows), by_position=True).outputs == EXPECTED
    requests = [
        {"custom_id": f"request-{i + base}", "body": {"messages": chat(*PAIRS[i])[:2]}} for i in range(4)
    ]
    (tmp_path / "r").write_text(as_lines(requests))
    found = read(tmp_path / "p", as_lines(rows), requests=tmp_path / "r")
    assert found.outputs == EXPECTED


def test_numbers_that_may_count_from_zero_or_one_are_refused(tmp_path: Path) -> None:
    rows = [{**batch(i, completion(turn("assistant", "x"))), "custom_id": f"r-{i}"} for i in (1, 2)]
    with pytest.raises(UserError, match="numbered from 1 to 2 of 4, so they may count from 0 or from 1"):
        read(tmp_path / "p", as_lines(rows), by_position=True)
    rows[1]["custom_id"] = "r-5"
    with pytest.raises(UserError, match="numbered from 1 to 5, and gold has 4 samples"):
        read(tmp_path / "p", as_lines(rows), by_position=True)


def test_a_request_that_is_not_in_the_request_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "r").write_text(as_lines([{"custom_id": "a", "body": {"messages": [turn("user", "投诉")]}}]))
    with pytest.raises(UserError, match=r"p:1: id 'g0' is not among the requests of .*r$"):
        read(
            tmp_path / "p", as_lines([batch(0, completion(turn("assistant", "x")))]), requests=tmp_path / "r"
        )


def test_text_that_is_nothing_known_says_what_is_read(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"p:1: no known kind of predictions; expected JSON .* found 'nothing'"
    ):
        read(tmp_path / "p", "nothing\nat all\n")


def test_cut_answers_are_told_by_every_server(tmp_path: Path) -> None:
    incomplete = {**response_object("x"), "incomplete_details": {"reason": "max_output_tokens"}}
    rows = [batch(0, completion(turn("assistant", "x"), "length")), batch(1, incomplete)]
    assert read(tmp_path / "p", as_lines(rows)).cut == {"g0", "g1"}
    problems = [{"kind": "cut_off", "detail": "at the limit of new tokens"}]
    assert read(tmp_path / "p", as_lines([{"text": "投诉", "output": "x", "problems": problems}])).cut == {
        "g1"
    }


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / "p").write_text(as_lines([{"query": q, "answer": a} for q, a in PAIRS]))
    file = RowFile(tmp_path / "p")
    assert list(file) == list(file)
