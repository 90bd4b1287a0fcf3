import pytest

from nerforge.generators.chat_turns import ChatTurn, Dialogue, Exchange, pair_turns, read_turns

U, A, S, T = ("user", "assistant", "system", "tool")


def dialogue(*turns: tuple[str, str]) -> Dialogue:
    return pair_turns(ChatTurn(*turn) for turn in turns)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([(S, "s"), (U, "q"), (A, "a")], Dialogue([Exchange("q", "a")])),
        ([(U, "1"), (A, "a"), (U, "2"), (A, "b")], Dialogue([Exchange("1", "a"), Exchange("2", "b")])),
        ([(A, "hello"), (U, "q"), (A, "a")], Dialogue([Exchange("q", "a")], n_unasked=1)),
        ([(U, "1"), (U, "2"), (A, "b")], Dialogue([Exchange("1", None), Exchange("2", "b")])),
        ([(U, "q")], Dialogue([Exchange("q", None)])),
        ([(U, "q"), (A, ""), (T, "found"), (A, "a")], Dialogue([Exchange("q", "a")])),
        ([(U, "q"), (A, "let me see"), (T, "found"), (A, "a")], Dialogue([Exchange("q", "a")], 0, 1)),
        ([(U, "q"), (A, "a"), (T, "stored"), (A, " ")], Dialogue([Exchange("q", "a")])),
        ([(U, "q"), (A, "")], Dialogue([Exchange("q", "")])),
        ([], Dialogue([])),
    ],
    ids=["one", "two", "greeting", "unanswered", "open", "tool", "talk", "after-a-tool", "blank", "empty"],
)
def test_every_query_is_paired_with_its_answer(turns: list[tuple[str, str]], expected: Dialogue) -> None:
    assert dialogue(*turns) == expected


@pytest.mark.parametrize(
    "turns",
    [
        [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}],
        [{"role": "HUMAN", "prompt": "q"}, {"role": "BOT", "prompt": "a"}],
        [{"role": "用户", "content": "q"}, {"role": "助手", "content": "a"}],
        [{"role": "user", "content": [{"type": "text", "text": "q"}]}, {"role": "model", "text": "a"}],
        [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "text", "value": "a"}]},
        ],
        [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"arguments": "a"}}]},
        ],
        [
            {"role": "user", "content": "q"},
            {"role": "assistant", "function_call": {"arguments": "a"}, "content": ""},
        ],
        [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning_content": "hm"}],
    ],
    ids=["openai", "sharegpt", "opencompass", "chinese", "parts", "v1", "tool", "function", "reasoning"],
)
def test_turns_are_read_under_the_keys_that_programs_use(turns: list[dict[str, object]]) -> None:
    assert read_turns(turns) == [ChatTurn(U, "q"), ChatTurn(A, "a")]


def test_several_tool_calls_are_the_lines_of_an_answer_and_objects_are_written_as_json() -> None:
    calls = [{"function": {"arguments": {"text": "青岛"}}}, {"function": {"arguments": '{"text": "赵敏"}'}}]
    (turn,) = read_turns([{"role": "assistant", "content": "calling", "tool_calls": calls}])
    assert turn.text == '{"text": "青岛"}\n{"text": "赵敏"}'


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ({"role": "narrator", "content": "x"}, "turn 1 has the unknown role 'narrator'"),
        ({"x": 1}, "turn 1 has no role"),
    ],
    ids=["unknown", "none"],
)
def test_a_turn_of_nobody_is_refused(turn: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_turns([turn])
