import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest

from nerforge.cli import main
from nerforge.evaluation.chatting.chat_requests import data_of_run, read_asking
from nerforge.evaluation.chatting.lines import GROUP_LINES, read_query_groups
from nerforge.evaluation.chatting.session import ChatSession
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request, Result, load_engine
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.evaluation.predicting.runs import read_run
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

BASE = Path(__file__).parents[3] / "data" / "tiny_base"


class StubEngine:
    """Answers by the sentence, the last line of the prompt, and remembers what it was asked."""

    def __init__(self, answers: dict[str, str], finish: str = "stop") -> None:
        self.answers = answers
        self.finish = finish
        self.asked: list[list[Request]] = []

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[Sequence[Result]]:
        self.asked.append(list(requests))
        for request in reversed(requests):
            text = request.prompt.splitlines()[-1]
            if text in self.answers:
                yield [Prediction(request.id, self.answers[text], self.finish)]
            else:
                yield [Failure(request.id, "the server is gone")]

    def use_adapter(self, adapter: str | None) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("chat") / "data"
    place_slots(SlotOptions(100), DatasetOptions(out, prompt="short"))
    return out


def generate(kind: str, out: Path, rows: Sequence[object], *args: str) -> Path:
    corpus = out.with_suffix(".in.jsonl")
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    main(["generate", kind, "--input", str(corpus), "--out", str(out), *args], standalone_mode=False)
    return out


@pytest.mark.whole
@pytest.mark.parametrize("turn", ["user", "system"])
def test_a_query_is_asked_exactly_as_a_row_of_the_data_set(turn: str, tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data", prompt="short", turn=turn))
    asking = read_asking(tmp_path / "data")
    gold = (tmp_path / "data" / "gold" / "test.jsonl").read_text("utf-8").splitlines()
    texts = {row["id"]: row["text"] for row in map(json.loads, gold)}
    rows = list(read_requests(tmp_path / "data", "test"))
    assert [asking.request(row.id, asking.text(texts[row.id])) for row in rows] == rows
    assert asking.notes == ()


def person(i: int) -> dict[str, object]:
    found = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": "PER"}
    return {"text": f"王芳主持第{i}次会议。", "entities": [found]}


def test_prompts_that_differ_by_the_order_of_labels_are_asked_in_the_order_of_the_task(
    tmp_path: Path,
) -> None:
    corpus = [person(i) for i in range(30)]
    plain = read_asking(generate("ccfbdci", tmp_path / "a", corpus))
    shuffled = read_asking(generate("ccfbdci", tmp_path / "b", corpus, "--label-order", "shuffled"))
    assert shuffled.frame == plain.frame
    assert "differ from row to row" in shuffled.notes[0]


def test_prompts_with_examples_are_asked_as_the_first_row_is(tmp_path: Path) -> None:
    out = generate("ccfbdci", tmp_path / "a", [person(i) for i in range(30)], "--shots", "2")
    asking = read_asking(out)
    first = json.loads((out / "ner.json").read_text("utf-8"))[0]["instruction"]
    assert asking.frame.before == first[: first.rindex("\n") + 1]
    assert "the prompt of the first row" in asking.notes[0]


def test_a_query_is_normalised_as_the_training_texts_were(tmp_path: Path) -> None:
    out = generate("ccfbdci", tmp_path / "a", [person(i) for i in range(30)], "--normalise", "width")
    asking = read_asking(out)
    assert asking.text("ＡＢ１") == "AB1"
    assert asking.notes == ("queries are normalised as the training texts were: width",)


@pytest.mark.whole
def test_a_reply_says_what_was_read_and_where(data: Path) -> None:
    answer = "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>数量"
    (reply,) = ChatSession(read_asking(data), StubEngine({"菏泽市投诉数量": answer})).ask(["菏泽市投诉数量"])
    said = reply.as_json(is_label=False)
    assert [tuple(entity.values()) for entity in said.pop("entities")] == [
        ("Province", "山东省", None, None),
        ("City", "菏泽", 0, 3),
        ("Indicator", "投诉", 3, 5),
    ]
    assert said.pop("seconds") >= 0
    assert said == {"text": "菏泽市投诉数量", "outcome": "clean", "problems": [], "output": answer}


def test_nothing_of_a_query_is_in_the_next(data: Path) -> None:
    engine = StubEngine({"菏泽投诉": "菏泽投诉", "济南意见": "济南意见"})
    session = ChatSession(read_asking(data), engine)
    for query in ("菏泽投诉", "济南意见", "菏泽投诉"):
        session.ask([query])
    first, second, third = engine.asked
    assert first == third
    assert [len(requests) for requests in engine.asked] == [1, 1, 1]
    assert "菏泽" not in second[0].prompt


def test_queries_asked_together_are_requests_of_their_own_answered_in_order(data: Path) -> None:
    engine = StubEngine({"甲": "甲", "乙": "乙"})
    replies = ChatSession(read_asking(data), engine).ask(["甲", "乙", "甲"])
    assert [reply.output for reply in replies] == ["甲", "乙", "甲"]
    assert len({request.id for request in engine.asked[0]}) == 3


def test_an_answer_cut_at_the_limit_is_not_called_clean(data: Path) -> None:
    engine = StubEngine({"投诉": "<Indicator>投诉</Indicator>"}, finish="length")
    (reply,) = ChatSession(read_asking(data), engine).ask(["投诉"])
    assert reply.answer.outcome == "salvaged"
    assert [problem.kind for problem in reply.answer.problems] == ["cut_off"]


def test_a_query_that_failed_says_why(data: Path) -> None:
    (reply,) = ChatSession(read_asking(data), StubEngine({})).ask(["投诉"])
    said = reply.as_json(is_label=False)
    assert (said["error"], said["outcome"], said["entities"]) == ("the server is gone", "missing", [])


def test_a_run_of_text_classification_gives_a_label(tmp_path: Path) -> None:
    rows = [{"text": f"第{i}场比赛。", "category": ["Sports"], "output": "Sports"} for i in range(30)]
    session = ChatSession(
        read_asking(generate("fudan", tmp_path / "a", rows)),
        StubEngine({"足球": "类别：体育", "云": "不知道"}),
    )
    known, unknown = (reply.as_json(is_label=True) for reply in session.ask(["足球", "云"]))
    assert (known["label"], known["outcome"]) == ("Sports", "clean")
    assert (unknown["label"], unknown["outcome"], unknown["output"]) == (None, "unparsable", "不知道")


def test_the_data_set_of_a_run_must_still_be_there(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(f"dataset_dir: {tmp_path / 'gone'}\n")
    with pytest.raises(UserError, match=r"train\.yaml: dataset_dir .*gone' holds no dataset_info.* --data"):
        data_of_run(tmp_path)


class Pipe(BytesIO):
    """Gives what was written at a time, as a pipe does."""

    def __init__(self, *blocks: bytes) -> None:
        self.blocks = [*blocks, b""]

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.blocks.pop(0)


def test_queries_are_given_as_soon_as_their_lines_are_whole() -> None:
    word = "菏泽".encode()
    pipe = Pipe(b"\xef\xbb\xbfa\r\n\n \nb", b"c\n" + word[:2], word[2:])
    assert [group for group in read_query_groups(pipe, "p") if group] == [["a"], ["bc"], ["菏泽"]]


def test_many_queries_come_in_groups() -> None:
    groups = list(read_query_groups(BytesIO(b"a\n" * (GROUP_LINES + 1)), "p"))
    assert [len(group) for group in groups] == [GROUP_LINES, 1]


def test_a_line_that_is_not_utf8_is_named() -> None:
    with pytest.raises(UserError, match="p:2: not UTF-8"):
        list(read_query_groups(BytesIO("好\n".encode() + "好\n".encode("gb18030")), "p"))


@pytest.mark.train
def test_a_model_answers_a_query_alike_whatever_was_asked_before(data: Path, tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(f"model_name_or_path: {BASE}\ntemplate: qwen\ndataset_dir: {data}\n")
    run = read_run(tmp_path, "base")
    engine = load_engine("hf", ModelSpec(run.model, run.adapter, run.template, max_new_tokens=12))
    session = ChatSession(read_asking(data_of_run(tmp_path)), engine)

    def ask(*queries: str) -> list[str]:
        return [reply.output for reply in session.ask(queries)]

    (alone,) = ask("菏泽投诉数量")
    ask("本周济南市市中区供电公司意见个数")
    assert alone
    assert ask("菏泽投诉数量") == [alone]
    assert ask("菏泽投诉数量", "昨天")[0] == alone


def test_an_answer_is_grounded_and_the_next_one_anew(data: Path) -> None:
    from nerforge.evaluation.grounding.table_sources import read_tables

    asking = read_asking(data)
    query = "麒麟供电所投诉"
    answers = {query: "<Substation>麒麟供电所</Substation>投诉", "投诉": "投诉"}
    grounder = read_tables("power", asking.task).grounder()
    grounded, plain = ChatSession(asking, StubEngine(answers), grounder).ask([query, "投诉"])
    assert [e.text for e in grounded.answer.entities] == ["山东省", "菏泽", "巨野县供电公司", "麒麟供电所"]
    said = grounded.as_json(is_label=False)
    assert [change["kind"] for change in said["changes"]] == ["filled"] * 3  # type: ignore[attr-defined]
    assert plain.grounded is not None and not plain.grounded.changes
    (alone,) = ChatSession(asking, StubEngine(answers)).ask([query])
    assert "changes" not in alone.as_json(is_label=False)
