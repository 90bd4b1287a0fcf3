from pathlib import Path

import pytest

from nerforge.evaluation.engines import ModelSpec, Request
from nerforge.evaluation.engines.encoding import PromptEncoder, require_folder
from nerforge.foundation.errors import UserError

pytestmark = pytest.mark.train

TINY = "data/tiny_base"


@pytest.fixture(scope="module")
def encoder() -> PromptEncoder:
    return PromptEncoder(ModelSpec(TINY, None, "qwen"))


@pytest.mark.parametrize(
    ("system", "shown"),
    [
        (None, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
        ("标注实体", "标注实体"),
    ],
    ids=["the template's", "its own"],
)
def test_a_prompt_is_the_templates_turns(encoder: PromptEncoder, system: str | None, shown: str) -> None:
    text = encoder.tokenizer.decode(encoder.encode(Request("a", "济南投诉", system)))
    assert text == (
        f"<|im_start|>system\n{shown}<|im_end|>\n<|im_start|>user\n济南投诉<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_end_of_a_turn_stops_an_answer(encoder: PromptEncoder) -> None:
    assert encoder.tokenizer.convert_ids_to_tokens(sorted(encoder.stop_ids)) == ["<|im_end|>"]
    assert encoder.n_positions == 2048


def test_special_tokens_are_no_part_of_an_answer(encoder: PromptEncoder) -> None:
    tokens = encoder.tokenizer.encode("<City>济南</City><|im_end|>", add_special_tokens=False)
    assert encoder.decode(tokens) == "<City>济南</City>"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such folder, or one without config\.json"):
        PromptEncoder(ModelSpec(str(tmp_path), None, "qwen"))
    with pytest.raises(UserError, match=r"adapter .* without adapter_config\.json"):
        require_folder("adapter", str(tmp_path / "checkpoint-9"))


def test_an_unknown_template_is_the_users_error() -> None:
    with pytest.raises(UserError, match="nope"):
        PromptEncoder(ModelSpec(TINY, None, "nope"))
