"""Tokens are estimated without a tokenizer, and rather too many than too few."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.rows.token_estimates import clip_to_tokens, estimate_tokens

QWEN2 = Path(__file__).parents[4] / "shared" / "models" / "qwen2-tokenizer"
TEXTS = (
    "2024年5月，巨野县供电公司麒麟供电所投诉数量同比下降12.5%。",
    "患者HBsAg（+），WBC 11.2×10⁹/L，予头孢曲松（ceftriaxone）2 g 静滴。",
    '{"entity_text": "细胞下降", "entity_label": "临床表现"}\n{"entity_text": "细胞"}',
    "<地点>大明湖</地点>在<地理实体>济南</地理实体>市中心😀。",
    "【 标 题 】我国农业技术进步机制的嬗变  Computer Applications 1999, Vol. 19",
    "Find the named entities of the sentence: Location (mountains, roads); Person Name (without titles).",
)


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("投诉", 2), ("本周", 2), ("WBC 12", 4), ("\n", 1)])
def test_an_estimate_counts_characters_words_and_digits(text: str, expected: int) -> None:
    assert estimate_tokens(text) == expected


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_estimate_is_not_below_what_a_real_tokenizer_gives_nor_far_above() -> None:
    if not QWEN2.is_dir():
        pytest.skip("needs the tokenizer in ../shared")
    transformers = pytest.importorskip("transformers", reason="needs the train extra")
    tokenizer = transformers.AutoTokenizer.from_pretrained(QWEN2)
    for text in TEXTS:
        n = len(tokenizer(text, add_special_tokens=False)["input_ids"])
        assert n <= estimate_tokens(text) <= 2 * n, text


@given(st.text(), st.integers(0, 60))
def test_a_clipped_text_is_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    clipped = clip_to_tokens(text, limit)
    assert text.startswith(clipped)
    assert estimate_tokens(clipped) <= limit
    assert clipped == text or estimate_tokens(text[: len(clipped) + 1]) > limit


@given(st.text(), st.text())
def test_a_longer_text_has_no_fewer_tokens(text: str, more: str) -> None:
    assert estimate_tokens(text + more) >= estimate_tokens(text)
