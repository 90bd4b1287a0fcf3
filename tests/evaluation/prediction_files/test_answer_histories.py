import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.evaluation.span_files import recognise_spans
from nerforge.foundation.errors import UserError

PAIRS = [["菏泽市投诉个数", "<City>菏泽</City>"], ["投诉", "无"], ["巨野县意见", "一\n二"]]
GOLD = [(f"g{place}", text) for place, (text, _) in enumerate(PAIRS)]
EXPECTED = {f"g{place}": answer for place, (_, answer) in enumerate(PAIRS)}
LAST = {"query": PAIRS[2][0], "response": PAIRS[2][1]}


def read(path: Path, content: str, **options: Any) -> Any:
    path.write_text(content, encoding="utf-8")
    return read_outputs(path, GOLD, PredictionOptions(**options))


def dump(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


def turns(pairs: list[list[str]]) -> list[dict[str, str]]:
    return [
        {"role": role, "content": words}
        for pair in pairs
        for role, words in zip(("user", "assistant"), pair, strict=True)
    ]


ONE_ROW: dict[str, Any] = {
    "query": {**LAST, "history": PAIRS[:2]},
    "prompt": {"prompt": PAIRS[2][0], "response": PAIRS[2][1], "history": PAIRS[:2]},
    "reply": {"response": PAIRS[2][1], "history": PAIRS, "status": 200, "time": "2025-04-28 10:00:00"},
    "itself-in-its-history": {**LAST, "history": PAIRS},
    "turns": {**LAST, "history": turns(PAIRS[:2])},
    "turns-of-a-reply": {"response": PAIRS[2][1], "history": turns(PAIRS)},
    "objects": {**LAST, "history": [{"query": q, "response": a} for q, a in PAIRS[:2]]},
    "history-alone": {"history": PAIRS},
    "no-label": {**LAST, "label": None, "history": PAIRS[:2]},
}


@pytest.mark.parametrize("name", ONE_ROW)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_pair_of_a_history_counts(name: str, indent: int | None, tmp_path: Path) -> None:
    for content in (dump(ONE_ROW[name], indent=indent), dump([ONE_ROW[name]], indent=indent)):
        found = read(tmp_path / "p", content)
        assert (found.outputs, found.layout, found.notes) == (EXPECTED, "pairs", [])
        assert recognise_spans(tmp_path / "p").layout is None


def test_rows_with_the_history_of_the_rows_above_count_once(tmp_path: Path) -> None:
    rows = [{"query": q, "response": a, "history": PAIRS[:place]} for place, (q, a) in enumerate(PAIRS)]
    found = read(tmp_path / "p", "\n".join(map(dump, rows)))
    assert (found.outputs, found.counts["repeated"], found.notes) == (EXPECTED, 0, [])
    named = read(tmp_path / "p", dump(rows[2]), query_field="query", answer_field="response")
    assert named.outputs == EXPECTED


def test_queries_of_a_history_that_are_not_in_gold_are_counted_once(tmp_path: Path) -> None:
    asked = [["天气", "晴"], *PAIRS]
    rows = [{"query": q, "response": a, "history": asked[:place]} for place, (q, a) in enumerate(asked)]
    found = read(tmp_path / "p", "\n".join(map(dump, rows)))
    assert (found.outputs, found.counts["not_in_gold"]) == (EXPECTED, 1)


def test_a_history_with_another_answer_than_its_row_is_refused(tmp_path: Path) -> None:
    rows = [{"query": PAIRS[0][0], "response": "other", "history": []}, {**LAST, "history": PAIRS[:2]}]
    with pytest.raises(UserError, match=r"p:2: asks line 1 again and has another answer"):
        read(tmp_path / "p", "\n".join(map(dump, rows)))


@pytest.mark.parametrize("name", ["label", "output"])
def test_a_history_beside_gold_is_of_the_data_set(name: str, tmp_path: Path) -> None:
    found = read(tmp_path / "p", dump({**LAST, name: "gold", "history": PAIRS[:2]}))
    assert found.outputs == {"g2": EXPECTED["g2"]}
    note = "history beside gold is of the data set, and is not read as answers (in line 1)"
    assert found.notes[0].endswith(note)


@pytest.mark.parametrize("history", ["text", ["a", "b"], [["a", "b", "c"]]])
def test_a_history_that_cannot_be_read_is_told(history: Any, tmp_path: Path) -> None:
    found = read(tmp_path / "p", dump({**LAST, "history": history}))
    assert found.outputs == {"g2": EXPECTED["g2"]}
    assert found.notes[0] == "history is no list of pairs or of turns, and is not read (in line 1)"


def test_a_history_above_a_row_with_its_gold_id_is_counted(tmp_path: Path) -> None:
    rows = [
        {"id": f"g{place}", "query": q, "response": a, "history": PAIRS[:place]}
        for place, (q, a) in enumerate(PAIRS)
    ]
    found = read(tmp_path / "p", "\n".join(map(dump, rows)))
    assert found.outputs == EXPECTED
    assert found.notes == ["3 exchanges before the last ones of rows with ids are not scored"]


LISTS: dict[str, Callable[[], str]] = {
    "array": lambda: dump(PAIRS),
    "indented": lambda: dump(PAIRS, indent=2),
    "a-pair-a-line": lambda: "[" + ",\n ".join(map(dump, PAIRS)) + "]\n",
    "lines": lambda: "\n".join(map(dump, PAIRS)),
    "a-chat-a-line": lambda: dump(PAIRS[:2]) + "\n" + dump(PAIRS[2:]) + "\n",
    "map": lambda: dump(dict(PAIRS)),
    "map-indented": lambda: dump(dict(PAIRS), indent=4) + "\n",
    "map-an-entry-a-line": lambda: "{" + ",\n".join(f"{dump(q)}: {dump(a)}" for q, a in PAIRS) + "}",
    "map-by-id": lambda: dump(EXPECTED),
    "map-by-number": lambda: dump({str(place): answer for place, (_, answer) in enumerate(PAIRS)}),
}


@pytest.mark.parametrize("name", LISTS)
def test_pairs_may_stand_in_lists_or_in_one_object(name: str, tmp_path: Path) -> None:
    found = read(tmp_path / "p", LISTS[name]())
    assert (found.outputs, found.layout) == (EXPECTED, "pairs")
    assert recognise_spans(tmp_path / "p").layout is None


def test_objects_in_an_array_may_stand_a_line_each(tmp_path: Path) -> None:
    content = "[" + ",\n".join(dump({"query": q, "answer": a}) for q, a in PAIRS) + "]\n"
    assert read(tmp_path / "p", content).outputs == EXPECTED


def test_a_query_that_stands_twice_in_an_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="item 3: asks item 1 again and has another answer"):
        read(tmp_path / "p", '{"投诉": "无", "巨野县意见": "x", "投诉": "1"}')


def test_an_object_with_names_of_fields_is_one_row(tmp_path: Path) -> None:
    assert read(tmp_path / "p", dump({"query": "投诉", "answer": "无"})).outputs == {"g1": "无"}
    named = read(
        tmp_path / "p", dump({"frage": "投诉", "antwort": "无"}), query_field="frage", answer_field="antwort"
    )
    assert named.outputs == {"g1": "无"}


def test_an_entry_without_an_answer_is_missing(tmp_path: Path) -> None:
    found = read(tmp_path / "p", dump({**dict(PAIRS), PAIRS[1][0]: None}))
    assert (set(found.outputs), found.counts["failed"]) == ({"g0", "g2"}, 1)
