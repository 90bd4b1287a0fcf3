"""Recognise the many ways in which a model says that a sentence holds no entity."""

import re

from nerforge.templates.languages import EMPTY_SENTENCES
from nerforge.templates.mentions.folding import fold

_MAX_LENGTH = 120
"""Longer answers are not read as a mere "nothing", unless they hold the agreed sentence."""
_MARKS = " \t\r\n.,;:!?。，、；：！？\"'“”‘’`*#()（）<>-~"
_WORDS = frozenset(
    fold(words)
    for words in (
        *(
            *EMPTY_SENTENCES.values(),
            "无",
            "没有",
            "空",
            "暂无",
            "无结果",
            "[]",
            "{}",
            "[{}]",
            "[[]]",
            "null",
            "none",
            "nil",
        ),
        *(
            "n/a",
            "nothing",
            "empty",
            "答案无",
            "结果无",
            "答案：无",
            "结果：无",
            "输出：无",
            "实体：无",
            "答案：[]",
        ),
    )
)
# "没有找到任何实体", "未发现相关实体": a negation, and the noun at most 16 characters behind it.
_CHINESE = re.compile(
    r"(?:没有|没|无|未|不存在|不含|不包含|不包括|不涉及|找不到)[^,;]{0,16}(?:实体|标注|标签)"
)
# "无法判断有没有实体" holds 没有 and 实体 but answers nothing, as "Sorry, no entities" does.
_REFUSAL = re.compile(
    r"无法|不能|不确定|不知道|不是没有|有没有|抱歉|不支持|cannot|can't|unable|sorry|not sure|no problem",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:no|zero|0|without(?: any)?|(?:not|n't) (?:\w+ ){0,2}any) (?:\w+ ){0,2}(?:entity|entities)\b"
    r"|\b(?:entity|entities)\b[^.]{0,20}\b(?:not found|none)\b",
    re.IGNORECASE,
)
_EMPTY_VALUES = _WORDS | {
    fold(word) for word in ("未提及", "未提到", "未知", "不存在", "未找到", "-", "--", "/", "N.A.")
}


def says_nothing(answer: str) -> bool:
    """Tell whether the words of ``answer`` say that there is no entity."""
    if any(sentence in answer for sentence in EMPTY_SENTENCES.values()):
        return True
    words = answer.strip(_MARKS)
    if len(words) > _MAX_LENGTH or _REFUSAL.search(words):
        return False
    folded = fold(words)
    if folded in _WORDS or fold(answer.strip()) in _WORDS:
        return True
    return bool(_CHINESE.search(folded) or _ENGLISH.search(words))


def is_nothing(value: str, text: str) -> bool:
    """Tell whether a value says that there is no entity, as in ``{"entity_text": "无", ...}``.

    What the sentence ``text`` itself says is a value.
    """
    return value not in text and fold(value) in _EMPTY_VALUES


def is_placeholder(value: str, text: str) -> bool:
    """Tell whether a value is what a prompt's example has in place of one, and not in the sentence."""
    return value in _PLACEHOLDERS and value not in text


_PLACEHOLDERS = frozenset(
    ("实体原文", "实体", "实体文本", "实体名称", "实体名", "实体类型", "...", "……", "entity text", "entity")
)
