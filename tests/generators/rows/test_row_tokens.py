"""Tokens of rows: each turn by itself, and the same text once."""

from collections.abc import Sequence

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.chat_turns import ChatTurn
from nerforge.generators.rows.chat_frames import CHAT_FRAMES
from nerforge.generators.rows.row_tokens import RowTokens, count_rows, estimate_rows, load_counter
from nerforge.generators.rows.token_estimates import TEMPLATE_TOKENS, estimate_tokens
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE

ROW = [ChatTurn("system", "你标注。"), ChatTurn("user", "王芳来"), ChatTurn("assistant", "王芳")]


def test_prompt_and_answer_are_counted_apart() -> None:
    asked: list[str] = []

    def characters(texts: Sequence[str]) -> list[int]:
        asked.extend(texts)
        return [len(text) for text in texts]

    frame = CHAT_FRAMES["qwen"]
    [one, other] = count_rows([ROW, ROW], frame, characters)
    prompt = frame.system.replace("{{content}}", "你标注。") + frame.user.replace("{{content}}", "王芳来")
    assert one == other == RowTokens(len(prompt), len("王芳<|im_end|>\n"))
    assert len(asked) == 3


def test_an_estimate_is_that_of_the_turns_and_of_what_a_template_adds() -> None:
    [row] = estimate_rows([ROW])
    assert row == RowTokens(
        estimate_tokens("你标注。") + estimate_tokens("王芳来") + TEMPLATE_TOKENS, estimate_tokens("王芳")
    )


def test_a_tokenizer_counts_special_tokens_as_one() -> None:
    pytest.importorskip("tokenizers")
    count = load_counter(TINY_BASE)
    one, two, marked, half = count(["王芳", "王芳来访", "<|im_end|>", "\ud800"])
    assert one <= two
    assert marked == 1
    assert half > 0


def test_a_folder_without_a_tokenizer_is_refused(tmp_path) -> None:
    pytest.importorskip("tokenizers")
    with pytest.raises(UserError, match=r"holds no tokenizer\.json"):
        load_counter(tmp_path)
