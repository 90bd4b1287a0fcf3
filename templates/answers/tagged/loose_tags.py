"""The tags of an inline answer as models write them: of any width, by any name, with signs of other kinds."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nerforge.templates.answers.evidence import Evidence, Field
from nerforge.templates.answers.tagged.tags import UNKNOWN, Tag, Token, words_between
from nerforge.templates.domain import LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.mentions.text_places import is_said

_MAX_VALUE = 200
"""Characters of a value that decide which side of a bracket is its label."""
_BRACKETS = r"\[\]［］【】{}｛｝"
_MARKS = re.compile(
    rf"""
    (?P<escape>\\[\[|\\])
    # "< /疾病 >" has the slash "/" and the name "疾病"; "<疾病 id=1>" the rest " id=1"; "</>" an empty name.
    |(?P<tag>(?:[<＜〈]|&lt;|&\#60;)\s{{0,3}}(?P<slash>[/\\／]{{0,2}})\s{{0,3}}
        (?P<name>(?![\d=.])[^\s<>＜＞〈〉/\\&／{_BRACKETS}]{{1,40}}|(?<=[/\\／]))
        (?P<rest>[^<>＜＞〈〉&{_BRACKETS}]{{0,120}}?)(?P<alone>[/／]?)
        \s{{0,3}}(?:[>＞〉]|&gt;|&\#62;))
    # **王毅**(人名), and "王毅"（人名） with any quotes
    |(?P<quoted>(?:\*\*|__|[`"“'‘「『])(?P<words>[^*`"”'’」』<>{_BRACKETS}\n]{{1,60}}?)(?:\*\*|__|[`"”'’」』])
        \s?[(（]\s?(?P<remark>[^()（）|｜:：{_BRACKETS}\n]{{1,30}}?)\s?[)）])
    # @@王毅##
    |(?P<unnamed>(?:@@|\*\*)(?P<unnamed_words>[^@\#*<>\n]{{1,60}}?)(?:\#\#|\*\*))
    # [/人名], [B-人名], and any other word in brackets
    |(?P<whole>[\[［【](?P<sign>/|[BE]-)?(?P<inside>[^|｜丨:：/\\\n{_BRACKETS}]{{1,40}})[\]］】](?!\s?[(（]))
    # ](人名)
    |(?P<link>[\]］】]\s?[(（](?P<link_name>[^()（）\n]{{1,40}})[)）])
    # |人名], ：人名], |人名}}, |人名), :人名))
    |(?P<close>\s{{0,3}}(?P<bar>[|｜丨])?(?(bar)|[:：/])\s{{0,3}}
        (?P<close_name>(?(bar)[^|｜丨<>＜＞\n{_BRACKETS}]|[^|｜丨:："<>＜＞\n{_BRACKETS}]){{1,60}}?)
        \s{{0,3}}(?P<end>[\]］】}}｝]|\)\)|））|[)）]))
    |(?P<open>[\[［【{{｛]|\(\(|（（|[(（])
    |(?P<shut>[\]］】])
    """,
    re.VERBOSE,
)
# "疾病: " of "[疾病: 肺炎]".
_AHEAD = re.compile(rf"\s{{0,3}}([^|｜丨:：<>\n{_BRACKETS}]{{1,20}}?)\s{{0,3}}[|｜丨:：]\s{{0,3}}")
_BEHIND = re.compile(r"\s?[(（]\s?([^()（）\n]{1,30}?)\s?[)）]")
_BAR = re.compile(r"\s{0,3}[|｜丨]")
_ATTRIBUTE = re.compile(r"([\w-]{1,30})\s{0,3}=\s{0,3}(?:[\"'“]([^\"'”]{1,100})|([^\"'”\s>]{1,40}))")
# "</疾" and "|疾" at the end of an answer that was truncated there.
_CUT_TAG = re.compile(rf"(?:[<＜]|&lt;)[/\\]{{0,2}}(?![\d=.])[^<>＜＞&;|｜\s{_BRACKETS}]{{0,30}}$")
_CUT_BRACKET = re.compile(rf"[|｜][^|｜，。、；<>()（）\n{_BRACKETS}]{{0,30}}$")
_CLOSERS = re.compile(rf"[\[［【](?:/|E-)\s?([^\n{_BRACKETS}]{{1,40}})[\]］】]")
_ENTITIES = {
    **{"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'", "&nbsp;": " "},
    **{"&#39;": "'", "&#34;": '"', "&#60;": "<", "&#62;": ">"},
}
_ENTITY = re.compile("(&#?\\w{2,4};)")
_ESCAPES = {r"\[": "[", r"\|": "|", r"\\": "\\"}
_ESCAPE = re.compile(r"&#?\w{2,4};|\\[\[|\\]")
_FAMILIES = {
    "]": "[",
    "］": "[",
    "】": "[",
    "}": "{",
    "｝": "{",
    "))": "((",
    "））": "((",
    ")": "(",
    "）": "(",
}
_OPENERS = {
    **dict.fromkeys("[［【", "["),
    **dict.fromkeys("{｛", "{"),
    "((": "((",
    "（（": "((",
    "(": "(",
    "（": "(",
}


@cache
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


@cache
def label_names(schema: LabelSchema) -> re.Pattern[str]:
    """Give a pattern of any name of any label, the longest first."""
    names = {name for label in schema.labels for name in (label.name, label.answer, *label.synonyms)}
    words = (re.escape(name) + (r"(?!\w)" if name.isascii() else "") for name in names)
    return re.compile(rf"({'|'.join(sorted(words, key=len, reverse=True))})")


class _Opener(NamedTuple):
    number: int
    start: int
    end: int


class LooseTags:
    """Splits one answer at everything that is meant for a tag; what the sentence itself says is words."""

    def __init__(self, body: str, evidence: Evidence) -> None:
        """Take the body of an answer."""
        self.body = body
        self.evidence = evidence
        self.problems: list[Problem] = []
        self.kinds: set[str] = set()
        """The first characters of the tags that were found."""
        self.cut_at = len(body)
        """Where the last bracket of an answer stands that was truncated within it."""
        self._tokens: list[Token | None] = []
        self._free: defaultdict[str, list[_Opener]] = defaultdict(list)
        self._stray: list[_Opener] = []
        self._carried: list[str] = []
        self._n_open: Counter[str] = Counter()
        self._said: dict[str, bool] = {}
        self._until = 0
        self._closers = {self._label(name) for name in _CLOSERS.findall(body)}

    def split(self, start: int, end: int, opener: str | None) -> list[Token]:
        """Split the body from ``start`` to ``end``; ``opener`` begins the tags that were asked for."""
        cut = _CUT_TAG.search(self.body, max(end - 40, start), end)
        last = cut.start() if cut is not None and not self._is_said(cut[0]) else end
        for found in _MARKS.finditer(self.body, start, last):
            reader = _READERS.get(found.lastgroup or "")
            if reader is not None and found.start() >= self._until:
                reader(self, found)
        if opener == "[" or "[" in self.kinds:
            last = min(last, self._cut_bracket(end))
            self._leave_out_free(last)
        tokens = words_between(self._tokens, start, last, self._words)
        return tokens if last == end else [*tokens, self._truncated(last, end)]

    def _cut_bracket(self, end: int) -> int:
        cut = _CUT_BRACKET.search(self.body, max(end - 40, 0), end)
        return cut.start() if cut is not None and not self._is_said(cut[0]) else end

    def _truncated(self, start: int, end: int) -> Token:
        self.problems.append(Problem(ProblemKind.CUT_OFF, self.body[start:end]))
        # "患<疾病>肺炎</疾" names a whole entity: a nameless end tag replaces the truncated one.
        is_end = self.body[start:end].replace("&lt;", "<")[1:2] in ("/", "\\")
        return Token(Tag.CLOSE if is_end else Tag.LOST, start, end)

    def _leave_out_free(self, end: int) -> None:
        """Leave out opening brackets without a partner, the last if truncated is cut off."""
        free = [
            opener
            for opener in sorted(self._free["["] + self._stray)
            if self.body[opener.start] not in self.evidence.text
        ]
        last_tag = max((at for at, token in enumerate(self._tokens) if token is not None), default=-1)
        last_shut = max(self.body.rfind(sign, 0, end) for sign in "]］】")
        for opener in free:
            is_cut = opener.number > last_tag and opener.start > last_shut
            kind = ProblemKind.CUT_OFF if is_cut else ProblemKind.BAD_TAG
            self.problems.append(Problem(kind, excerpt(self.body[opener.start : opener.start + 100])))
            self._tokens[opener.number] = Token(Tag.LOST, opener.start, opener.end)
            self.cut_at = opener.start if is_cut else self.cut_at

    def _words(self, start: int, end: int) -> list[Token]:
        """Give the words of a part of the answer, each escape by itself."""
        piece = self.body[start:end]
        meanings = _ESCAPES if "[" in self.kinds else {}
        if "&" in piece and ("<" in self.kinds or not meanings) and not is_said(piece, self.evidence.text):
            meanings = {**meanings, **_ENTITIES}
        escapes = [found for found in _ESCAPE.finditer(piece) if found[0] in meanings] if meanings else []
        tokens = [
            Token(Tag.WORDS, start + found.start(), start + found.end(), "", meanings[found[0]])
            for found in escapes
        ]
        return (
            words_between(tokens, start, end, self._plain_words) if tokens else self._plain_words(start, end)
        )

    def _plain_words(self, start: int, end: int) -> list[Token]:
        return [Token(Tag.WORDS, start, end, "", self.body[start:end])]

    def _is_said(self, source: str) -> bool:
        """Tell whether the sentence itself says what looks like a tag, as it may say P<0.05，n>30."""
        if source not in self._said:
            plain = "".join(_ENTITIES.get(piece, piece) for piece in _ENTITY.split(source))
            self._said[source] = is_said(source, self.evidence.text) or is_said(plain, self.evidence.text)
        return self._said[source]

    def _says(self, value: str) -> bool:
        return len(value) <= _MAX_VALUE and self.evidence.says(value)

    def _label(self, name: str) -> str:
        """Give the gold name of a label, or the name with the sign of an unknown one before it."""
        label = self.evidence.label(name)
        return label.name if label is not None else UNKNOWN + name.strip()

    def _add(self, tag: Tag, at: tuple[int, int], label: str = "") -> None:
        self._tokens.append(Token(tag, *at, label))
        self._until = at[1]

    def _lose(self, kind: ProblemKind, at: tuple[int, int]) -> None:
        self.problems.append(Problem(kind, excerpt(self.body[slice(*at)])))
        self._add(Tag.LOST, at)

    def _mark(self, at: tuple[int, int], value_at: tuple[int, int], label: str) -> None:
        """Take a value with everything that marks it."""
        self.kinds.add(self.body[at[0]])
        self._note_variant(label, self.body[slice(*at)])
        self._add(Tag.OPEN, (at[0], value_at[0]), label)
        self._add(Tag.CLOSE, (value_at[1], at[1]), label)

    def _note_variant(self, label: str, source: str, name: str = "") -> None:
        """Count a tag that is not written just as it should be."""
        if label.startswith(UNKNOWN):
            return
        answer = self.evidence.schema[label].answer if label else "</"
        if source not in (f"<{answer}>", f"</{answer}>", f"|{answer}]"):
            kind = ProblemKind.TAG_VARIANT if answer in (name or source) else ProblemKind.LABEL_VARIANT
            self.problems.append(Problem(kind, excerpt(source)))

    def _tag(self, found: re.Match[str]) -> None:
        """Read ``<地点>``, ``</地点>``, ``<entity type="地点">``, or a tag that is none of an entity."""
        if self._is_said(found["tag"]) or self._value_in_tag(found):
            return
        label = self._label_of_tag(found["slash"], found["name"], found["rest"])
        if label is None:
            return
        self.kinds.add("<")
        is_carrier = found["name"].casefold() in _folded(self.evidence.words.carrier_tags)
        if not (is_carrier and found["slash"]):
            self._note_variant(label, found["tag"], "" if is_carrier else found["name"])
        if label == _FRAME:
            self.problems.append(Problem(ProblemKind.CHATTER, excerpt(found["tag"])))
            self._add(Tag.FRAME, found.span())
        elif found["alone"] and not found["slash"] and not self._n_open[label]:
            is_known = not label.startswith(UNKNOWN)
            self._lose(ProblemKind.EMPTY_VALUE if is_known else ProblemKind.UNKNOWN_LABEL, found.span())
        else:
            # "<疾病>肺炎<疾病/>": models misplace the slash of an end tag; alone it is an empty entity.
            is_end = bool(found["slash"] or found["alone"])
            self._n_open[label] += -1 if is_end else 1
            behind = _BEHIND.match(self.body, found.end()) if is_end and label == UNKNOWN else None
            if behind is not None and (named := self.evidence.label(behind[1])):
                self._note_variant(named.name, found["tag"] + behind[0])
                self._add(Tag.CLOSE, (found.start(), behind.end()), named.name)
            else:
                self._add(
                    Tag.CLOSE if is_end else Tag.OPEN,
                    found.span(),
                    label if is_end or label != UNKNOWN else "",
                )

    def _value_in_tag(self, found: re.Match[str]) -> bool:
        """Read ``<人名 text="王毅"/>`` and ``<人名: 王毅>``."""
        start, end = found.start("name"), found.end("rest")
        if found["alone"]:
            fields = self._attributes(found["rest"], found.start("rest"))
            label = fields.get(Field.LABEL)
            name = found["name"] if label is None else self.body[slice(*label)]
            if (value_at := fields.get(Field.TEXT)) is not None:
                self._mark(found.span(), value_at, self._label(name))
            return value_at is not None
        ahead = None if found["slash"] else _AHEAD.match(self.body, start, end)
        if ahead is None or ahead.end() == end:
            return False
        left_at, right_at = ahead.span(1), (ahead.end(), end)
        left, right = ahead[1], self.body[ahead.end() : end].rstrip()
        is_right = self.evidence.label(right) is None and not (
            self.evidence.label(left) is None and self._says(left)
        )
        value, name = (right, left) if is_right else (left, right)
        if not self._says(value) or self.evidence.label(value) is not None:
            return False
        self._mark(found.span(), right_at if is_right else left_at, self._label(name))
        return True

    def _attributes(self, words: str, start: int = 0) -> dict[Field, tuple[int, int]]:
        """Find where attributes say the text and the label of an entity."""
        found: dict[Field, tuple[int, int]] = {}
        for attribute in _ATTRIBUTE.finditer(words):
            field = self.evidence.field(attribute[1])
            at = attribute.span(2 if attribute[2] is not None else 3)
            # "name" is a text by its usual meaning, but what it says may be a label.
            if field is Field.TEXT and self.evidence.label(words[slice(*at)]) is not None:
                field = Field.LABEL
            if field is not None:
                found.setdefault(field, (start + at[0], start + at[1]))
        return found

    def _label_of_tag(self, slash: str, name: str, rest: str) -> str | None:
        """Tell what a tag's name means; None for mere words, such as ``<30%>``."""
        words = self.evidence.words
        if name.casefold() in _folded(words.carrier_tags):
            # "</entity>" does not name its label: it ends the entity that was opened last.
            if slash:
                return self._carried.pop() if self._carried else UNKNOWN
            at = self._attributes(rest).get(Field.LABEL)
            self._carried.append(UNKNOWN if at is None else self._label(rest[slice(*at)]))
            return self._carried[-1]
        label = self.evidence.label(name) or (self.evidence.label(name + rest) if rest.strip() else None)
        if label is not None:
            return label.name
        if not name:
            return None if rest.strip() else ""
        if not name[0].isalpha() or (rest.strip() and "=" not in rest):
            return None
        if name.casefold() in _folded(words.frame_tags) or self.evidence.field(name) is Field.REMARK:
            return _FRAME
        is_emphasis = name.casefold() in _folded(words.emphasis_tags) or self.evidence.field(name)
        return UNKNOWN if is_emphasis else UNKNOWN + name

    def _quoted(self, found: re.Match[str]) -> None:
        """Read ``**王毅**(人名)`` and ``“王毅”（人名）`` where the sentence goes on around them."""
        label = self._label(found["remark"])
        is_bold = found["quoted"][0] in "*_" and not self._says(found["remark"])
        if self._is_copied(found["words"], found) and (is_bold or not label.startswith(UNKNOWN)):
            self._mark(found.span(), found.span("words"), label)

    def _is_copied(self, value: str, found: re.Match[str], end: int = 0) -> bool:
        """Tell whether the sentence goes on around a value as the answer does around what marks it."""
        end = end or found.end()
        before, after = self.body[max(found.start() - 1, 0) : found.start()], self.body[end : end + 1]
        runs_on = (before.strip() and self._says(before + value)) or (
            after.strip() and self._says(value + after)
        )
        return bool(runs_on) and not self._is_said(self.body[found.start() : end])

    def _unnamed(self, found: re.Match[str]) -> None:
        """Read ``@@王毅##`` and ``**王毅**``, which say no label."""
        if found["unnamed"][0] == "@" or self._is_copied(found["unnamed_words"], found):
            self._mark(found.span(), found.span("unnamed_words"), UNKNOWN)

    def _whole(self, found: re.Match[str]) -> None:
        """Read ``[人名]``, ``[/人名]``, and ``[王毅]`` with its label behind it."""
        name, sign, at = found["inside"], found["sign"], found.span()
        label = self._label(name)
        if self._is_said(found["whole"]):
            return
        if sign == "/" or (sign == "E-" and label in self._closers):
            self.kinds.add("[")
            self._add(Tag.CLOSE, at, label)
        elif label in self._closers:
            self.kinds.add("[")
            self._note_variant(label, found["whole"])
            self._add(Tag.OPEN, at, label)
        elif (behind := label_names(self.evidence.schema).match(self.body, at[1])) and self._says(name):
            if self._is_copied(name, found, behind.end()) and not self._says(name + behind[0]):
                self._mark((at[0], behind.end()), found.span("inside"), self._label(behind[1]))
        elif not label.startswith(UNKNOWN):
            self._stray.append(_Opener(len(self._tokens), *at))
            self._tokens.append(None)
        else:
            self._push("[", at[0], at[0] + 1)

    def _open(self, found: re.Match[str]) -> None:
        self._push(_OPENERS[found["open"]], *found.span())

    def _push(self, family: str, start: int, end: int) -> None:
        self._free[family].append(_Opener(len(self._tokens), start, end))
        self._tokens.append(None)

    def _link(self, found: re.Match[str]) -> None:
        self._pair("[", found.span(), found.span("link_name"), is_sure=False)

    def _shut(self, found: re.Match[str]) -> None:
        self._pair("[", found.span(), (found.start(), found.start()), is_sure=False)

    def _close(self, found: re.Match[str]) -> None:
        family, name_at = _FAMILIES[found["end"]], found.span("close_name")
        # Of "[IL-6/CRP/检验]" the label stands behind the last sign.
        start = found.start() if found["bar"] else max(self.body.rfind("/", *name_at), found.start())
        name_at = (max(name_at[0], start + 1), name_at[1])
        if found["bar"] or family in ("[", "(("):
            self._pair(family, (start, found.end()), name_at, is_sure=bool(found["bar"]))

    def _pair(self, family: str, at: tuple[int, int], name_at: tuple[int, int], *, is_sure: bool) -> None:
        """Pair a closing bracket with the nearest free one: which of the two sides is the label?"""
        name = self.body[slice(*name_at)]
        label = self.evidence.label(name) if name else None
        if not self._free[family]:
            if label is not None and family == "[" and not self._is_said(self.body[slice(*at)]):
                self._lose(ProblemKind.BAD_TAG, at)
            return
        opener = self._free[family][-1]
        turned = None if label else self._label_first(opener, at, name_at)
        if label is not None and not is_sure and not self._may_be_value(opener.end, at[0]):
            return
        if label is not None:
            # "[王毅|人名|PER]" names its label twice.
            first = _BAR.search(self.body, opener.end, min(at[0], opener.end + _MAX_VALUE))
            if first and self._says(self.body[opener.end : first.start()]):
                at = at if self._says(self.body[opener.end : at[0]]) else (first.start(), at[1])
            self._join(family, opener.end, at, label.name)
        elif self._is_said(self.body[opener.start : at[1]][:_MAX_VALUE]):
            return
        elif turned is not None:
            self._join(family, turned.end(), (name_at[1], at[1]), self._label(turned[1]), turned[0])
        elif name and (is_sure or (self._says(self.body[opener.end : at[0]]) and not self._says(name))):
            self._join(family, opener.end, at, UNKNOWN + name)

    def _may_be_value(self, start: int, end: int) -> bool:
        """Tell a value from fields, as in ``[text: 王毅, type: 人名]``."""
        words = self.body[start:end][:_MAX_VALUE]
        return not any(sign in words for sign in ":：=") or self._says(words)

    def _label_first(
        self, opener: _Opener, at: tuple[int, int], name_at: tuple[int, int]
    ) -> re.Match[str] | None:
        """Find the label of ``[疾病: 肺炎]``, or an unknown one before a value that the sentence says."""
        ahead = _AHEAD.match(self.body, opener.end, name_at[1])
        if ahead is None or self.evidence.label(ahead[1]) is not None:
            return ahead
        says_left, value = self._says(self.body[opener.end : at[0]]), self.body[ahead.end() : name_at[1]]
        return ahead if not says_left and value and self._says(value) else None

    def _join(self, family: str, opened: int, at: tuple[int, int], label: str, source: str = "") -> None:
        opener = self._free[family].pop()
        self.kinds.add(family[0])
        self._note_variant(label, source or self.body[slice(*at)])
        self._tokens[opener.number] = Token(Tag.OPEN, opener.start, opened, label)
        self._add(Tag.CLOSE, at, label)


_FRAME = UNKNOWN + UNKNOWN
_READERS: dict[str, Callable[[LooseTags, re.Match[str]], None]] = {
    "tag": LooseTags._tag,
    "quoted": LooseTags._quoted,
    "unnamed": LooseTags._unnamed,
    "whole": LooseTags._whole,
    "link": LooseTags._link,
    "close": LooseTags._close,
    "open": LooseTags._open,
    "shut": LooseTags._shut,
}
