"""Compare LLaMA-Factory's template with the tokenizer's own chat template, on a short conversation."""

import re
from collections.abc import Mapping
from typing import Any

from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.lengths.token_counts import Encoder, quiet

OTHER_TOKENS = fault(
    "D708",
    "warning",
    "the template's special tokens are not those of the tokenizer's own chat template",
    "use the template of this model; see its page",
)
OTHER_TEXT = fault("D709", "note", "the template and the tokenizer's own chat template differ in text", "")
NEW_TOKENS = fault(
    "D707",
    "error",
    "the template adds tokens that the tokenizer does not have, and that the model never saw",
    "use the template of this model",
)

_PROBE = ({"role": "user", "content": "张三在北京。"}, {"role": "assistant", "content": "张三, 北京"})
_SYSTEM = "你是助手。"
_AROUND = 30
_MARK = re.compile(r"<\|[^|<>]+\|>|<[｜|][^<>]+[｜|]>|</?s>|<[a-z_]+>|\[/?INST\]")


def check_template(encoder: Encoder, config: Mapping[str, Any], place: str, report: FaultReport) -> None:
    """Check a template against its tokenizer."""
    key = f"{place}: template"
    if encoder.n_added:
        report.add(NEW_TOKENS, key, f"{config.get('template')} adds {encoder.n_added}")
    if encoder.chat_template is None:
        return
    # Qwen's own template writes a usual system turn where none is given, LLaMA-Factory's does too: only the
    # texts with and without one together tell whether the two agree.
    for system in (_SYSTEM, ""):
        theirs = _by_tokenizer(encoder, system)
        if theirs is None:
            return
        ours = _by_template(encoder, system)
        if ours.strip() == theirs.strip():
            continue
        a, b = _special(ours, encoder), _special(theirs, encoder)
        # Without a system turn, the one may write a usual one that the other leaves out.
        is_alike = a == b if system else set(a) == set(b)
        report.add(OTHER_TEXT if is_alike else OTHER_TOKENS, key, _say_difference(ours, theirs))
        return


def _by_tokenizer(encoder: Encoder, system: str) -> str | None:
    messages = [*([{"role": "system", "content": system}] if system else []), *_PROBE]
    try:
        with quiet():
            return str(
                encoder.tokenizer.apply_chat_template(
                    messages, chat_template=encoder.chat_template, tokenize=False
                )
            )
    except Exception:
        # A chat template is the model's own program; that it refuses a conversation is no fault of the data.
        return None


def _by_template(encoder: Encoder, system: str) -> str:
    with quiet():
        pairs = encoder.template.encode_multiturn(encoder.tokenizer, [dict(x) for x in _PROBE], system, "")
        ids = [*pairs[0][0], *pairs[0][1]]
        if encoder.template.efficient_eos:
            ids.append(encoder.tokenizer.eos_token_id)
        return str(encoder.tokenizer.decode(ids, skip_special_tokens=False))


def _special(text: str, encoder: Encoder) -> list[str]:
    """List the special tokens of a text, also those that only look so."""
    known = set(encoder.tokenizer.all_special_tokens)
    return [mark for mark in _MARK.findall(text) if mark in known or mark.startswith("<|")]


def _say_difference(ours: str, theirs: str) -> str:
    pairs = zip(ours, theirs, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ours), len(theirs)))
    start = max(same - 10, 0)
    a, b = (text[start : same + _AROUND] for text in (ours, theirs))
    return f"LLaMA-Factory writes {a!r} where the tokenizer has {b!r}"
