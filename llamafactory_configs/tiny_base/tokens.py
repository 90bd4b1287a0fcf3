"""The tokenizer of the tiny base: a token for each character that the power domain can say."""

from pathlib import Path

import msgspec

from nerforge.foundation.files.reading import read_json
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task, task_names

QWEN_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MAX_TOKENS = 2048
"""Of a prompt and its answer."""
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class _AddedToken(msgspec.Struct):
    id: int
    content: str


class _Vocabulary(msgspec.Struct):
    vocab: dict[str, int]


class _Tokenizer(msgspec.Struct):
    """What ``tokenizer.json`` says of tokens."""

    added_tokens: list[_AddedToken]
    model: _Vocabulary


def vocabulary() -> list[str]:
    """List the characters with a token of their own: those of the power domain, prompts and ASCII."""
    chars = {chr(code) for code in range(32, 127)} | {"\n"} | set("０１２３４５６７８９")
    for path in sorted([*POWER.glob("*.txt"), *POWER.glob("*.csv")]):
        chars |= set(path.read_text(encoding="utf-8"))
    for expressions in read_domain().dates.values():
        chars.update(*(expression.surface for expression in expressions))
    for name in task_names():
        task = load_task(name)
        for answer_format in ("json", "xml"):
            chars |= set(render_prompt(task, answer_format, "short").text)
    return sorted(chars)


def whole_tokens() -> list[str]:
    """List the longer strings with a token of their own: tags, roles, numbers, what prompts repeat."""
    labels = [label.answer for name in task_names() for label in load_task(name).schema.labels]
    tags = [tag for label in labels for tag in (f"<{label}>", f"</{label}>")]
    words = ["system", "user", "assistant", QWEN_SYSTEM, '{"entity_text": "', '", "entity_label": "', '"}']
    # A number is one token: copying a date digit by digit is hard for a model of this size.
    numbers = [str(year) for year in range(1990, 2040)] + [f"{number:02}" for number in range(100)]
    return list(dict.fromkeys([*words, *tags, *numbers]))


def build_tokenizer(out: Path) -> None:
    """Write a tokenizer with one token a character, and bytes for every other character."""
    from tokenizers import AddedToken, Tokenizer, decoders
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    names = [*SPECIAL_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256)), *vocabulary()]
    tokenizer = Tokenizer(BPE(vocab={name: i for i, name in enumerate(names)}, merges=[], byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in whole_tokens()])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=MAX_TOKENS,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHATML
    fast.save_pretrained(out)


def token_ids(base: Path) -> dict[str, int]:
    """Read a base's tokens and their numbers."""
    tokenizer = read_json(base / "tokenizer.json", _Tokenizer)
    return {**tokenizer.model.vocab, **{token.content: token.id for token in tokenizer.added_tokens}}
