"""Blank out what is around or before an answer in its body; every character keeps its place."""

import re
from collections import deque
from collections.abc import Callable
from functools import cache

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.partition import Ledger
from nerforge.templates.answers.tagged.tag_reading import read_tags
from nerforge.templates.domain import PartKind, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.words import AnswerWords, any_of

_MIN_ECHO = 4
"""Characters of the shortest sentence whose repetition is taken for an echo."""
_MAX_DRAFTS = 2
"""Heads such as 更正： of which each may begin the answer."""
_MAX_ROW = 200
"""Characters before a line break of HTML in which a row of a table may begin."""
_AFTER_ECHO = re.compile(r"[ \t\r]*(?:\n\s*\S|[{\[<｛［])")
_AFTER_FIELD = re.compile(r"\w[\"'”]?[ \t]{0,4}[:：][ \t]{0,4}$")
_MAX_KEY = 40
_INLINE_HTML = frozenset("b /b strong /strong i /i em /em u /u td th".split())
_HTML = re.compile(
    r"<(?P<name>/?(?:br|p|div|ul|ol|li|table|thead|tbody|tr|td|th|h[1-6]|b|strong|i|em|u|hr))"
    r"(?:\s[^<>]{0,80})?\s?/?>|(?<!~)~~[^~\n]+~~(?!~)|&nbsp;",
    re.IGNORECASE,
)

_EMPHASIS = re.compile(r"</?(?:b|strong|i|em|u)>", re.IGNORECASE)


@cache
def _restart(words: AnswerWords) -> re.Pattern[str]:
    heads, corrected = any_of(words.restarts), any_of(words.corrections)
    pattern = (
        rf"^(?:[#* \t\d.、]{{0,12}}(?:{heads})[^\n:：]{{0,6}}[:：][* \t]{{0,9}}"
        # What announces a corrected answer ends its line: "2. 王毅：组织，更正为：人名" is an item.
        rf"|(?=[^\n]{{1,80}}$)[^\n]*?(?:{corrected})[^\n:：]{{0,20}}[:：][* \t]{{0,9}}$)"
    )
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


class PlainText:
    """The body of an answer, in which blanks stand for what is no part of the answer proper."""

    def __init__(self, body: str, evidence: Evidence, ledger: Ledger) -> None:
        """Take the body, and the ledger that is told what is blanked out."""
        self.body = body
        self.evidence = evidence
        self.ledger = ledger
        self.problems: list[Problem] = []
        self.keeps_emphasis = False

    def drop(self, end: int, kind: ProblemKind, part: PartKind = PartKind.CHATTER) -> None:
        """Blank out the beginning."""
        self.problems.append(Problem(kind, excerpt(self.body[:end].strip())))
        self.ledger.mark(part, [(0, end)])
        self.body = " " * end + self.body[end:]

    def without_echo(self, n_entities: Callable[[str], int]) -> None:
        """Drop what stands before the answer if it ends in the sentence: an echo of the prompt."""
        sentence = self.evidence.text.strip()
        at = self.body.find(sentence) if len(sentence) >= _MIN_ECHO else -1
        # In quotes the sentence is a value of the answer, {"text": "患者发热"}, and in a cell it is a remark:
        # an echo ends its line, or the answer follows.
        if at >= 0 and self.body[max(at - 9, 0) : at].rstrip(" ")[-1:] not in tuple("\"“'\t,|"):
            end = at + len(sentence)
            # Of "- text: 肺炎\n  type: 疾病\n  原文: 患者肺炎" the sentence is a field of the answer.
            is_key = _AFTER_FIELD.search(self.body, max(at - _MAX_KEY, 0), at) is not None
            is_field = is_key and n_entities(self.body[:at]) > 0
            if _AFTER_ECHO.match(self.body, end) and not is_field:
                self.drop(end, ProblemKind.PROMPT_ECHO)

    def without_html(self) -> None:
        """Blank out tags that only arrange words, and what is struck through; a cell ends in a bar."""
        if any(sign in self.body for sign in ("<", "~~", "&")):
            self.keeps_emphasis = self._has_marks()
            self.body = _HTML.sub(self._blank, self.body)

    def _has_marks(self) -> bool:
        """Tell whether bold words are marks in a copy of the sentence, and not items of a list."""
        words, n_tags = _EMPHASIS.subn("", self.body)
        if not n_tags:
            return False
        tags = read_tags(self.body, self.evidence)
        return fold(words) == self.evidence.folded or (tags is not None and bool(tags.entities))

    def _blank(self, found: re.Match[str]) -> str:
        is_kept = self.keeps_emphasis and _EMPHASIS.fullmatch(found[0]) is not None
        if is_kept or found[0] in self.evidence.text:
            return found[0]
        self.ledger.mark(PartKind.FRAME if found["name"] else PartKind.CHATTER, [found.span()])
        mark = self._stand_in((found["name"] or "").casefold(), found.start())
        return " " * (len(found[0]) - len(mark)) + mark

    def _stand_in(self, name: str, at: int) -> str:
        """Give the mark that does what a tag does."""
        if name in ("/td", "/th"):
            return "|"
        row = self.body[max(at - _MAX_ROW, self.body.rfind("\n", max(at - _MAX_ROW, 0), at) + 1) : at]
        if name == "br" and "|" in row:
            return "、"
        return "" if name in _INLINE_HTML else "\n"

    def without_draft(self, n_entities: Callable[[str], int]) -> None:
        """Drop a draft: what stands before 更正： or 最终答案：, if as many entities follow, or nearly."""
        heads = deque(_restart(self.evidence.words).finditer(self.body), _MAX_DRAFTS)
        for found in reversed(heads):
            draft = self.body[: found.start()]
            n_behind = n_entities(self.body[found.end() :]) if draft.strip() else 0
            # 更正 may amend one of several entities, and the others stand; 最终答案 begins a whole answer.
            amends = any(word in found[0].casefold() for word in self.evidence.words.amendments)
            if n_behind and not (amends and 2 * n_behind < n_entities(draft)):
                self.drop(found.end(), ProblemKind.CHATTER, PartKind.REASONING)
                return
