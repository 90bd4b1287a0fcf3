import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.engines.vllm_adapters import vllm_rank
from nerforge.foundation.errors import UserError


def make(folder: Path, **changes: Any) -> str:
    config = {"peft_type": "LORA", "r": 8, "bias": "none", "use_dora": False, "modules_to_save": None}
    (folder / "adapter_config.json").write_text(json.dumps({**config, **changes}))
    return str(folder)


@pytest.mark.parametrize(("rank", "room"), [(1, 1), (2, 8), (8, 8), (9, 16), (96, 128), (512, 512)])
def test_the_room_for_a_rank_is_one_that_vllm_knows(tmp_path: Path, rank: int, room: int) -> None:
    assert vllm_rank(make(tmp_path, r=rank)) == room


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "all"}, "trained biases"),
        ({"rank_pattern": {"q_proj": 4}}, "ranks that differ"),
        ({"alpha_pattern": {"q_proj": 4}}, "alphas that differ"),
        ({"peft_type": "LOHA"}, "kind LOHA"),
        ({"r": 1024}, "rank of 1024"),
        ({"r": None}, "kind LORA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_vllm_cannot_take_is_refused_with_a_way_out(
    tmp_path: Path, changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(UserError, match=rf"vLLM cannot take .*{found}.*; merge it with `nerforge export`"):
        vllm_rank(make(tmp_path, **changes))


def test_an_adapter_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"without adapter_config\.json; vLLM takes folders only"):
        vllm_rank(str(tmp_path / "nothing"))
