"""Recognise the many ways in which a model says that a sentence holds no entity."""

import re
from functools import cache

from nerforge.templates.languages import EMPTY_SENTENCES
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.words import AnswerWords, any_of

_MAX_LENGTH = 120
"""Longer answers are not read as a mere "nothing", unless they hold the agreed sentence."""
_MARKS = " \t\r\n.,;:!?。，、；：！？\"'“”‘’`*#()（）<>-~"
_ENGLISH = re.compile(
    r"\b(?:no|zero|0|without(?: any)?|(?:not|n't) (?:\w+ ){0,2}any) (?:\w+ ){0,2}(?:entity|entities)\b"
    r"|\b(?:entity|entities)\b[^.]{0,20}\b(?:not found|none)\b",
    re.IGNORECASE,
)


class _Patterns:
    def __init__(self, words: AnswerWords) -> None:
        alone = (*words.nothing, *EMPTY_SENTENCES.values())
        headed = (f"{head}:{word}" for head in words.answers for word in words.nothing)
        self.alone = frozenset(map(fold, (*alone, *headed)))
        # "没有找到任何实体", "未发现相关实体": a negation, and the noun at most 16 characters behind it.
        self.denied = re.compile(rf"(?:{any_of(words.negations)})[^,;]{{0,16}}(?:{any_of(words.nouns)})")
        # "无法判断有没有实体" holds 没有 and 实体 but answers nothing, as "Sorry, no entities" does.
        self.refused = re.compile(any_of(words.refusals), re.IGNORECASE)


_patterns = cache(_Patterns)


def says_nothing(answer: str, words: AnswerWords) -> bool:
    """Tell whether the words of ``answer`` say that there is no entity."""
    if any(sentence in answer for sentence in EMPTY_SENTENCES.values()):
        return True
    patterns, bare = _patterns(words), simplify(answer.strip(_MARKS))
    if len(bare) > _MAX_LENGTH or patterns.refused.search(bare):
        return False
    folded = fold(bare)
    if folded in patterns.alone or fold(answer.strip()) in patterns.alone:
        return True
    return bool(patterns.denied.search(folded) or _ENGLISH.search(bare))
