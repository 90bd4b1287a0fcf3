"""The tags of an inline answer as models write them: of any width, by any name, with signs of other kinds."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nerforge.templates.answers.evidence import Evidence, FieldRole
from nerforge.templates.answers.tagged.tags import UNKNOWN, Tag, Token, plain_words, words_between
from nerforge.templates.domain import LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.mentions.text_places import is_said
from nerforge.templates.mentions.value_search import Span
from nerforge.templates.words import casefolded, longest_first

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
    # </人名 that lacks its bracket
    |(?P<half>[<＜]\s?[/\\／]\s?(?P<half_name>[^\s<>＜＞/\\，。、；：,.;:{_BRACKETS}]{{1,40}})(?=[\s，。、；：,.;:]))
    # **王毅**(人名), and "王毅"（人名） with any quotes
    |(?P<quotation>(?:\*\*|__|[`"“'‘「『])(?P<words>[^*`"”'’」』<>{_BRACKETS}\n]{{1,60}}?)(?:\*\*|__|[`"”'’」』])
        [^\S\n]?[(（]\s?(?P<remark>[^()（）|｜:：{_BRACKETS}\n]{{1,30}}?)\s?[)）])
    # @@王毅##
    |(?P<unnamed>(?:@@|\*\*)(?P<unnamed_words>[^@\#*<>\n|{_BRACKETS}]{{1,60}}?)(?:\#\#|\*\*))
    # [/人名], [B-人名], and any other word in brackets
    |(?P<whole>[\[［【](?P<sign>/|[BE]-)?(?P<inside>[^|｜丨:：/\\\n{_BRACKETS}]{{1,40}})[\]］】](?![^\S\n]?[(（]))
    # ](人名)
    |(?P<link>[\]］】][^\S\n]?[(（](?P<link_name>[^()（）\n]{{1,40}})[)）])
    # |人名], ：人名], |人名}}, |人名), :人名))
    |(?P<close>\s{{0,3}}(?P<bar>[|｜丨])?(?(bar)|[:：/])\s{{0,3}}
        (?P<close_name>(?(bar)[^|｜丨<>＜＞\n{_BRACKETS}]|[^|｜丨:："<>＜＞\n{_BRACKETS}]){{1,60}}?)
        \s{{0,3}}(?P<end>[\]］】}}｝]|\)\)|））|[)）]))
    # |人名 that lacks its bracket
    |(?P<bare_bar>[|｜])
    |(?P<open>[\[［【{{｛]|\(\(|（（|[(（])
    |(?P<shut>[\]］】])
    """,
    re.VERBOSE,
)
# "疾病: " of "[疾病: 肺炎]" and of "<疾病: 肺炎>", where a comma may stand for the colon.
_AHEAD = re.compile(rf"\s{{0,3}}([^|｜丨:：<>\n{_BRACKETS}]{{1,20}}?)\s{{0,3}}[|｜丨:：]\s{{0,3}}")
_SIDES = re.compile(r"\s{0,3}([^|｜丨:：,，<>\n]{1,40}?)\s{0,3}[|｜丨:：,，]\s{0,3}(\S[^\n]{0,160})")
_SPACED = (
    re.compile(r"([^\s,，]{1,20})[\s,，]{1,3}(.{1,40})"),
    re.compile(r"(.{1,40}[^\s,，])[\s,，]{1,3}(\S{1,20})"),
)
_BEHIND = re.compile(r"\s?[(（]\s?([^()（）\n]{1,30}?)\s?[)）]")
_ROUND = re.compile(r"[)）][^()（）]{0,40}[(（]")
_GOES_ON = re.compile(r"\s*+[^\s|｜\]］】]")
_BAR = re.compile(r"\s{0,3}[|｜丨]")
_ATTRIBUTE = re.compile(
    r"(?:data-)?([\w-]{1,30})\s{0,3}=\s{0,3}(?:[\"'“]([^\"'”]{1,100})|([^\"'”\s>]{1,40}))"
)
# "</疾" and "|疾" at the end of an answer that was truncated there.
_CUT_TAG = re.compile(rf"(?:[<＜]|&lt;)[/\\]{{0,2}}(?![\d=.])[^<>＜＞&;|｜\s{_BRACKETS}]{{0,30}}$")
_CUT_BRACKET = re.compile(rf"[|｜][^|｜，。、；<>()（）\n{_BRACKETS}]{{0,30}}$")
_CLOSERS = re.compile(rf"[\[［【](?:/|E-)\s?([^\n{_BRACKETS}]{{1,40}})[\]］】]")
_ENTITIES = {
    **{"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&apos;": "'", "&nbsp;": " "},
    **{"&#39;": "'", "&#34;": '"', "&#60;": "<", "&#62;": ">"},
}
_ESCAPES = {r"\[": "[", r"\|": "|", r"\\": "\\"}
_ESCAPE = re.compile(r"(&#?\w{2,4};|\\[\[|\\])")
_TO_OPENERS = str.maketrans("［【]］】｛}｝（)）", "[[[[[{{{(((")
"""Makes half-width openers of all brackets: those of one kind may be paired."""
_OPENERS = {chr(sign): chr(opener) for sign, opener in _TO_OPENERS.items()}
_LOST = (ProblemKind.EMPTY_VALUE, ProblemKind.UNKNOWN_LABEL)
"""What an empty tag of a known and of an unknown label loses."""
_FRAME = UNKNOWN + UNKNOWN
"""The label of a tag that says nothing of entities."""


@cache
def _label_names(schema: LabelSchema) -> re.Pattern[str]:
    names = {name for label in schema.labels for name in (label.name, label.answer, *label.synonyms)}
    ordered = sorted(names, key=longest_first)
    words = (re.escape(name) + (r"(?![A-Za-z0-9])" if name.isascii() else "") for name in ordered)
    return re.compile(rf"({'|'.join(words)})")


class _Opener(NamedTuple):
    number: int
    """Of its token, which is None until it is paired."""
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
        self._until = 0
        self._free: defaultdict[str, list[_Opener]] = defaultdict(list)
        self._stray: list[_Opener] = []
        self._paired = (-1, -1)
        """Where the brackets stand that were paired last."""
        self._carried: list[str] = []
        self._n_open: Counter[str] = Counter()
        self._quoted: dict[str, bool] = {}
        self._said: dict[str, bool] = {}
        self._closers = {self._label(name) for name in _CLOSERS.findall(body)}

    def split(self, start: int, end: int, opener: str | None) -> list[Token]:
        """Split the body from ``start`` to ``end``; ``opener`` begins the tags that were asked for."""
        last = self._cut(_CUT_TAG, start, end)
        for found in _MARKS.finditer(self.body, start, last):
            reader = _READERS.get(found.lastgroup or "")
            if reader is not None and found.start() >= self._until:
                reader(self, found)
        if opener == "[" or "[" in self.kinds:
            last = min(last, self._cut(_CUT_BRACKET, start, end))
            self._leave_out_free(last)
        tokens = words_between(self._tokens, start, last, self._words)
        return tokens if last == end else [*tokens, self._truncated(last, end)]

    def _cut(self, pattern: re.Pattern[str], start: int, end: int) -> int:
        cut = pattern.search(self.body, max(end - 40, start), end)
        return cut.start() if cut is not None and not self._is_quoted(cut[0]) else end

    def _truncated(self, start: int, end: int) -> Token:
        self.problems.append(Problem(ProblemKind.CUT_OFF, self.body[start:end]))
        # "患<疾病>肺炎</疾" names a whole entity: a nameless end tag replaces the truncated one.
        is_end = self.body[start:end].replace("&lt;", "<")[1:2] in ("/", "\\")
        return Token(Tag.CLOSE if is_end else Tag.LOST, start, end)

    def _leave_out_free(self, end: int) -> None:
        """Leave out opening brackets without a partner; the last one may be truncated."""
        last_tag = max((at for at, token in enumerate(self._tokens) if token is not None), default=-1)
        last_shut = max(self.body.rfind(sign, 0, end) for sign in "]］】")
        said = {sign for sign in "[［【" if sign in self.evidence.text}
        for opener in sorted(self._free["["] + self._stray):
            if self.body[opener.start] in said:
                continue
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
        tokens = [
            Token(Tag.WORDS, start + found.start(), start + found.end(), "", meanings[found[0]])
            for found in (_ESCAPE.finditer(piece) if meanings else ())
            if found[0] in meanings
        ]
        return words_between(tokens, start, end, plain_words(self.body))

    def _is_quoted(self, source: str) -> bool:
        """Tell whether the sentence itself says what looks like a tag, as it may say P<0.05，n>30."""
        if source not in self._quoted:
            plain = "".join(_ENTITIES.get(piece, piece) for piece in _ESCAPE.split(source))
            self._quoted[source] = any(is_said(words, self.evidence.text) for words in (source, plain))
        return self._quoted[source]

    def says(self, value: str) -> bool:
        """Tell whether the sentence says a value of a usual length; each value is looked up once."""
        if value not in self._said:
            self._said[value] = len(value) <= _MAX_VALUE and self.evidence.says(value)
        return self._said[value]

    def _label(self, name: str) -> str:
        """Give the gold name of a label, or the name with the sign of an unknown one before it."""
        label = self.evidence.label(name)
        return label.name if label is not None else UNKNOWN + name.strip()

    def _add(self, tag: Tag, at: Span, label: str = "") -> None:
        sign = self.body[at[0]]
        # A look-up takes a tenth of the time of translating one character.
        self.kinds.add(_OPENERS.get(sign, sign))
        self._tokens.append(Token(tag, *at, label))
        self._until = at[1]

    def _lose(self, kind: ProblemKind, at: Span) -> None:
        self.problems.append(Problem(kind, excerpt(self.body[slice(*at)])))
        self._add(Tag.LOST, at)

    def _mark(self, at: Span, value_at: Span, label: str) -> None:
        """Take a value with everything that marks it."""
        self._note_variant(label, self.body[slice(*at)])
        self._add(Tag.OPEN, (at[0], value_at[0]), label)
        self._tokens.append(Token(Tag.CLOSE, value_at[1], at[1], label))
        self._until = at[1]

    def _note_variant(self, label: str, source: str) -> None:
        """Count a tag that is not written just as it should be."""
        if not label.startswith(UNKNOWN):
            answer = self.evidence.schema[label].answer if label else "</"
            if source not in (f"<{answer}>", f"</{answer}>", f"|{answer}]"):
                kind = ProblemKind.TAG_VARIANT if answer in source else ProblemKind.LABEL_VARIANT
                self.problems.append(Problem(kind, excerpt(source)))

    def _value_side(self, left: str, right: str) -> tuple[bool, str] | None:
        """Tell whether the right of two words is a value of the sentence, and the label of the other."""
        sides = [(True, right, left), (False, left, right)]
        sides = [side for side in sides if self.says(side[1]) and self.evidence.label(side[1]) is None]
        known = [side for side in sides if self.evidence.label(side[2]) is not None]
        best = known or (sides if len(sides) == 1 else [])
        return (best[0][0], self._label(best[0][2])) if best else None

    def _is_copied(self, value: str, start: int, end: int) -> bool:
        """Tell whether the sentence goes on around a value as the answer does around what marks it."""
        before, after = self.body[max(start - 1, 0) : start].strip(), self.body[end : end + 1].strip()
        runs_on = (before and self.says(before + value)) or (after and self.says(value + after))
        return bool(runs_on) and not self._is_quoted(self.body[start:end])

    def _tag(self, found: re.Match[str]) -> None:
        """Read ``<地点>``, ``</地点>``, ``<entity type="地点">``, or a tag that is none of an entity."""
        if self._is_quoted(found["tag"]) or self._value_in_tag(found):
            return
        label, at = self._label_of_tag(found), found.span()
        if label is None:
            return
        # "<疾病>肺炎<疾病/>": models misplace the slash of an end tag; alone it is an empty entity.
        is_end = found["slash"] or (found["alone"] and self._n_open[label])
        if label == _FRAME:
            self.problems.append(Problem(ProblemKind.CHATTER, excerpt(found["tag"])))
            self._add(Tag.FRAME, at)
        elif is_end:
            self._n_open[label] -= 1
            self._end_tag(at, label)
        elif found["alone"]:
            self._lose(_LOST[label.startswith(UNKNOWN)], at)
        else:
            self._n_open[label] += 1
            # The end tag of one without a label may have a label behind it.
            self._add(Tag.OPEN, at, label if label != UNKNOWN else "")

    def _half(self, found: re.Match[str]) -> None:
        """Read ``</地点`` that lacks its bracket."""
        label = self._label(found["half_name"])
        if not label.startswith(UNKNOWN) and not self._is_quoted(found["half"]):
            self._note_variant(label, found["half"])
            self._n_open[label] -= 1
            self._end_tag(found.span(), label)

    def _end_tag(self, at: Span, label: str) -> None:
        """Take an end tag, and the label behind that of ``<b>王毅</b>(人名)``."""
        behind = _BEHIND.match(self.body, at[1]) if label == UNKNOWN else None
        if behind is not None and (named := self.evidence.label(behind[1])) is not None:
            at, label = (at[0], behind.end()), named.name
            self._note_variant(label, self.body[slice(*at)])
        self._add(Tag.CLOSE, at, label)

    def _value_in_tag(self, found: re.Match[str]) -> bool:
        """Read ``<人名 text="王毅"/>`` and ``<人名: 王毅>``."""
        if found["slash"]:
            return False
        start = found.start("name")
        fields = self._attributes(found["rest"], found.start("rest")) if found["alone"] else {}
        if (value_at := fields.get(FieldRole.TEXT)) is not None:
            name_at = fields.get(FieldRole.LABEL, found.span("name"))
            self._mark(found.span(), value_at, self._label(self.body[slice(*name_at)]))
            return True
        sides = _SIDES.fullmatch(self.body, start, found.end("rest"))
        side = self._value_side(sides[1], sides[2].rstrip()) if sides else None
        if sides is None or side is None:
            return False
        self._mark(found.span(), sides.span(2 if side[0] else 1), side[1])
        return True

    def _attributes(self, words: str, start: int = 0) -> dict[FieldRole, Span]:
        """Find where attributes say the text and the label of an entity."""
        found: dict[FieldRole, Span] = {}
        for attribute in _ATTRIBUTE.finditer(words):
            field, at = self.evidence.field(attribute[1]), attribute.span(2 if attribute[2] else 3)
            # "name" is a text by its usual meaning, but what it says may be a label.
            if field is FieldRole.TEXT and self.evidence.label(words[slice(*at)]) is not None:
                field = FieldRole.LABEL
            if field is not None:
                found.setdefault(field, (start + at[0], start + at[1]))
        return found

    def _label_of_tag(self, found: re.Match[str]) -> str | None:
        """Tell what a tag's name means; None for mere words, such as ``<30%>``."""
        name, rest = found["name"], found["rest"]
        if name.casefold() in casefolded(self.evidence.words.carrier_tags):
            return self._carried_label(found)
        label = self.evidence.label(name) or (self.evidence.label(name + rest) if rest.strip() else None)
        if label is not None or not (name or rest.strip()):
            named = label.name if label is not None else ""
            self._note_variant(named, found["tag"])
            return named
        if not name[:1].isalpha() or (rest.strip() and "=" not in rest):
            return None
        return self._other_label(name)

    def _carried_label(self, found: re.Match[str]) -> str:
        """Give the label of a tag's attribute; its end tag, which names none, ends the one opened last."""
        if found["slash"]:
            return self._carried.pop() if self._carried else UNKNOWN
        at = self._attributes(found["rest"]).get(FieldRole.LABEL)
        label = UNKNOWN if at is None else self._label(found["rest"][slice(*at)])
        self._note_variant(label, found["tag"])
        self._carried.append(label)
        return label

    def _other_label(self, name: str) -> str:
        """Tell a tag that says nothing of entities, one that makes words bold, and an unknown label."""
        words, field = self.evidence.words, self.evidence.field(name)
        if name.casefold() in casefolded(words.frame_tags) or field is FieldRole.REMARK:
            return _FRAME
        return UNKNOWN if field or name.casefold() in casefolded(words.emphasis_tags) else UNKNOWN + name

    def _quotation(self, found: re.Match[str]) -> None:
        """Read ``**王毅**(人名)`` and ``“王毅”（人名）`` where the sentence goes on around them."""
        label = self._label(found["remark"])
        is_bold = found["quotation"][0] in "*_" and not self.says(found["remark"])
        if self._is_copied(found["words"], *found.span()) and (is_bold or not label.startswith(UNKNOWN)):
            self._mark(found.span(), found.span("words"), label)

    def _unnamed(self, found: re.Match[str]) -> None:
        """Read ``@@王毅##`` and ``**王毅**``, which say no label."""
        if found["unnamed"][0] == "@" or self._is_copied(found["unnamed_words"], *found.span()):
            self._mark(found.span(), found.span("unnamed_words"), UNKNOWN)

    def _whole(self, found: re.Match[str]) -> None:
        """Read ``[人名]``, ``[/人名]``, ``[PER 王毅]``, and ``[王毅]`` with its label behind it."""
        name, sign, at = found["inside"], found["sign"], found.span()
        label = self._label(name)
        if self._is_quoted(found["whole"]):
            return
        if sign == "/" or (sign == "E-" and label in self._closers):
            self._add(Tag.CLOSE, at, label)
        elif label in self._closers:
            self._note_variant(label, found["whole"])
            self._add(Tag.OPEN, at, label)
        elif not label.startswith(UNKNOWN):
            self._stray.append(_Opener(len(self._tokens), *at))
            self._tokens.append(None)
        elif not (self._label_behind(found) or self._label_within(found)):
            self._push("[", at[0], at[0] + 1)

    def _label_behind(self, found: re.Match[str]) -> bool:
        name, (start, end) = found["inside"], found.span()
        behind = _label_names(self.evidence.schema).match(self.body, end)
        if behind is None or self.says(name + behind[0]) or not self._is_copied(name, start, behind.end()):
            return False
        self._mark((start, behind.end()), found.span("inside"), self._label(behind[0]))
        return True

    def _label_within(self, found: re.Match[str]) -> bool:
        for pattern in _SPACED:
            sides = pattern.fullmatch(self.body, *found.span("inside"))
            side = self._value_side(sides[1], sides[2]) if sides else None
            if sides is not None and side is not None and not side[1].startswith(UNKNOWN):
                self._mark(found.span(), sides.span(2 if side[0] else 1), side[1])
                return True
        return False

    def _open(self, found: re.Match[str]) -> None:
        self._push(found["open"].translate(_TO_OPENERS), *found.span())

    def _push(self, family: str, start: int, end: int) -> None:
        self._free[family].append(_Opener(len(self._tokens), start, end))
        self._tokens.append(None)

    def _link(self, found: re.Match[str]) -> None:
        self._pair("[", found.span(), found.span("link_name"), is_sure=False)

    def _shut(self, found: re.Match[str]) -> None:
        free = self._free["["]
        if free and self._is_doubled(free[-1], found.start()):
            opener = free.pop()
            self._tokens[opener.number] = Token(Tag.FRAME, opener.start, opener.end)
            self._add(Tag.FRAME, found.span())
        else:
            self._pair("[", found.span(), (found.start(), found.start()), is_sure=False)

    def _is_doubled(self, opener: _Opener, at: int) -> bool:
        """Tell whether brackets stand twice around a value, as in ``[[京东方:组织]]``."""
        signs = {self.body[opener.start], self.body[opener.end]}
        return self._paired == (opener.end, at) and len(signs) == 1 and signs.isdisjoint(self.evidence.text)

    def _close(self, found: re.Match[str]) -> None:
        family, name_at = found["end"].translate(_TO_OPENERS), found.span("close_name")
        # Of "[IL-6/CRP/检验]" the label stands behind the last sign.
        start = found.start() if found["bar"] else max(self.body.rfind("/", *name_at), found.start())
        if found["bar"] or family in ("[", "(("):
            name_at = (max(name_at[0], start + 1), name_at[1])
            self._pair(family, (start, found.end()), name_at, is_sure=bool(found["bar"]))

    def _bare_bar(self, found: re.Match[str]) -> None:
        """Read ``|地点`` that lacks its bracket."""
        named = _label_names(self.evidence.schema).match(self.body, found.end())
        # At the end of an answer it is truncated, and more of its name may be missing.
        if named is None or not self._free["["] or not _GOES_ON.match(self.body, named.end()):
            return
        value = self.body[self._free["["][-1].end : found.start()][: _MAX_VALUE + 1]
        if self.says(value) and not self._is_quoted(found[0] + named[0]):
            self._pair("[", (found.start(), named.end()), named.span(), is_sure=True)

    def _pair(self, family: str, at: Span, name_at: Span, *, is_sure: bool) -> None:
        """Pair a closing bracket with the nearest free one: which of the two sides is the label?"""
        name = self.body[slice(*name_at)]
        label = self.evidence.label(name) if name else None
        if not self._free[family]:
            self._lose_unpaired(family, at, is_label=label is not None)
            return
        opener = self._free[family][-1]
        if family == "((" and self._is_list(opener.end, at[0]):
            return
        if label is not None:
            if is_sure or self._may_be_value(self.body[opener.end : at[0]][: _MAX_VALUE + 1]):
                self._join(family, opener.end, self._whole_label(opener, at), label.name)
        elif not self._is_quoted(self.body[opener.start : at[1]][: _MAX_VALUE + 1]):
            self._pair_unnamed(family, opener, at, name_at, is_sure=is_sure)

    def _lose_unpaired(self, family: str, at: Span, *, is_label: bool) -> None:
        """Note a closing bracket with a label that no bracket opens."""
        if is_label and family == "[" and not self._is_quoted(self.body[slice(*at)]):
            self._lose(ProblemKind.BAD_TAG, at)

    def _is_list(self, start: int, end: int) -> bool:
        """Tell a list in brackets, ``((人名: 王毅) (组织: 外交部))``, from one value."""
        return _ROUND.search(self.body, start, min(end, start + _MAX_VALUE)) is not None

    def _pair_unnamed(self, family: str, opener: _Opener, at: Span, name_at: Span, *, is_sure: bool) -> None:
        """Pair a bracket behind which no label of the task stands: ``[疾病: 肺炎]``, ``[外交部长|职务]``."""
        name = self.body[slice(*name_at)]
        says_left = self.says(self.body[opener.end : at[0]])
        ahead = self._label_ahead(opener.end, name_at[1], says_left=says_left)
        if ahead is not None:
            self._join(family, ahead.end(), (name_at[1], at[1]), self._label(ahead[1]), ahead[0])
        elif name and (is_sure or (says_left and not self.says(name))):
            self._join(family, opener.end, at, UNKNOWN + name)

    def _label_ahead(self, start: int, end: int, *, says_left: bool) -> re.Match[str] | None:
        """Find a label before its value, or an unknown one before what the sentence says."""
        ahead = _AHEAD.match(self.body, start, end)
        if ahead is None or self.evidence.label(ahead[1]) is not None:
            return ahead
        value = self.body[ahead.end() : end]
        return ahead if value and not says_left and self.says(value) else None

    def _may_be_value(self, words: str) -> bool:
        """Tell a value from fields, as in ``[text: 王毅, type: 人名]``."""
        return not any(sign in words for sign in ":：=") or self.says(words)

    def _whole_label(self, opener: _Opener, at: Span) -> Span:
        """Say where the label begins of ``[王毅|人名|PER]``, which says two names of it."""
        first = _BAR.search(self.body, opener.end, min(at[0], opener.end + _MAX_VALUE))
        if first is None or self.says(self.body[opener.end : at[0]]):
            return at
        return (first.start(), at[1]) if self.says(self.body[opener.end : first.start()]) else at

    def _join(self, family: str, opened: int, at: Span, label: str, source: str = "") -> None:
        opener = self._free[family].pop()
        self._note_variant(label, source or self.body[slice(*at)])
        self._tokens[opener.number] = Token(Tag.OPEN, opener.start, opened, label)
        self._tokens.append(Token(Tag.CLOSE, *at, label))
        self._until = at[1]
        self._paired = opener.start, at[1]
        self.kinds.add(family[0])


_READERS: dict[str, Callable[[LooseTags, re.Match[str]], None]] = {
    "tag": LooseTags._tag,
    "half": LooseTags._half,
    "bare_bar": LooseTags._bare_bar,
    "quotation": LooseTags._quotation,
    "unnamed": LooseTags._unnamed,
    "whole": LooseTags._whole,
    "link": LooseTags._link,
    "close": LooseTags._close,
    "open": LooseTags._open,
    "shut": LooseTags._shut,
}
