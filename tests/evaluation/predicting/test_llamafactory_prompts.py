"""The prompts that LLaMA-Factory's own templates build, decoded as it decodes them, are matched to gold."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import read_outputs

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

TINY_BASE = Path(__file__).parents[3] / "data" / "tiny_base"
GOLD = [(f"g{i}", f"{i}月菏泽市巨野县麒麟供电所投诉" + "个数" * (i % 5)) for i in range(1, 41)]
INSTRUCTION = "标注句子中的实体，例如：\n3月菏泽市巨野县麒麟供电所投诉"


def encode(template_name: str) -> tuple[Any, list[list[int]]]:
    from llamafactory.data.template import get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(TINY_BASE))
    template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=template_name))
    turns = ({"role": "user", "content": f"{INSTRUCTION}\n{text}"} for _, text in GOLD)
    answer = {"role": "assistant", "content": "x"}
    return tokenizer, [template.encode_oneturn(tokenizer, [turn, answer])[0] for turn in turns]


def write(path: Path, prompts: list[str]) -> Path:
    rows = ({"prompt": p, "predict": f"\n{row_id}"} for p, (row_id, _) in zip(prompts, GOLD, strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("template", ["qwen", "llama3", "phi4", "gemma", "default"])
def test_prompts_of_a_template_are_matched_with_and_without_special_tokens(
    template: str, tmp_path: Path
) -> None:
    tokenizer, encoded = encode(template)
    for skip in (False, True):
        path = write(tmp_path / "p.jsonl", tokenizer.batch_decode(encoded, skip_special_tokens=skip))
        found = read_outputs(path, GOLD)
        assert found.outputs == {row_id: row_id for row_id, _ in GOLD}
        assert found.notes == []
        path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
        assert read_outputs(path, GOLD).outputs == found.outputs


def test_prompts_cut_at_cutoff_len_are_matched_and_counted(tmp_path: Path) -> None:
    tokenizer, encoded = encode("qwen")
    limit = sorted(map(len, encoded))[25]
    prompts = tokenizer.batch_decode([ids[: limit - 6] if len(ids) > limit else ids for ids in encoded])
    found = read_outputs(write(tmp_path / "p.jsonl", prompts), GOLD)
    assert found.outputs == {row_id: row_id for row_id, _ in GOLD}
    assert found.counts["cut_prompts"] == sum(len(ids) > limit for ids in encoded) > 0
