"""Recognise the many ways in which a model says that a sentence holds no entity."""

import re

from templates.answers.base import EMPTY_SENTENCE
from templates.answers.folding import fold

_MAX_LENGTH = 120
"""Longer answers are not read as a mere "nothing", unless they hold the agreed sentence."""
_MARKS = " \t\r\n.,;:!?。，、；：！？\"'“”‘’`*#()（）<>-~"
_WORDS = frozenset(
    fold(words)
    for words in (
        *(
            EMPTY_SENTENCE,
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
_CHINESE = re.compile(
    r"(?:没有|没|无|未|不存在|不含|不包含|不包括|不涉及|找不到)[^,;]{0,16}(?:实体|标注|标签)"
)
_ENGLISH = re.compile(
    r"\b(?:no|not|any|without|zero|0)\b[^.]{0,40}\b(?:entity|entities|mentions?)\b", re.IGNORECASE
)


def says_nothing(answer: str) -> bool:
    """Tell whether the words of ``answer`` say that there is no entity."""
    if EMPTY_SENTENCE in answer:
        return True
    words = answer.strip(_MARKS)
    if len(words) > _MAX_LENGTH:
        return False
    folded = fold(words)
    if folded in _WORDS or fold(answer.strip()) in _WORDS:
        return True
    return bool(_CHINESE.search(folded) or _ENGLISH.search(words))
