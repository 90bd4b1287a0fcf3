"""The tags of the ``xml`` answer format, as they should be and as models write them."""

import re
from collections import Counter
from functools import cache

from nerforge.templates.answers.tagged.tags import Loose, Tag, Token
from nerforge.templates.domain import Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt

_ESCAPED = re.compile(r"&(lt|amp);")
# Groups: slashes of a closing tag, name, attributes, slash of an empty tag. "< /疾病 >" gives "/", "疾病";
# "<疾病 id=1>" gives "疾病", " id=1"; the look-behind lets "</>" match with an empty name.
_ANY_TAG = re.compile(
    r"(?:[<＜〈]|&lt;|&#60;)\s{0,3}([/\\／]{0,2})\s{0,3}([^\s<>＜＞〈〉/\\&／]{1,40}|(?<=[/\\／]))"
    r"([^<>＜＞〈〉&]{0,120}?)([/／]?)\s{0,3}(?:[>＞〉]|&gt;|&#62;)"
)
# "</疾" at the end of "<疾病>肺炎</疾".
_CUT_TAG = re.compile(r"(?:[<＜]|&lt;)[/\\]{0,2}[^<>＜＞&;\s]{0,30}$")
_ATTRIBUTE = re.compile(
    r"(?:type|label|class|name|category|类型|标签)\s{0,3}=\s{0,3}[\"'“]?([^\"'”\s>]{1,40})"
)
_FRAMES = frozenset(
    ("answer", "output", "result", "response", "text", "sentence", "root", "xml", "body", "p", "答案")
)
"""Tags around a whole answer, which say nothing of entities."""
_CARRIERS = frozenset(("entity", "ent", "span", "mark", "ne", "ner", "实体", "e"))
"""Tags that name their label in an attribute."""


class XmlTags:
    """``<label>`` and ``</label>``; only what could be taken for a tag or an escape is escaped."""

    openers: tuple[str, ...] = ("<", "＜", "〈", "&")

    def opening(self, label: Label) -> str:
        """Write the opening tag."""
        return f"<{label.answer}>"

    def closing(self, label: Label) -> str:
        """Write the closing tag."""
        return f"</{label.answer}>"

    def escape(self, text: str, schema: LabelSchema, *, inside: bool) -> str:
        """Escape what could be taken for a tag of the schema or for an escape."""
        if "<" not in text and "&" not in text:
            return text
        return _unsafe_pattern(schema).sub(lambda m: "&lt;" if m[0] == "<" else "&amp;", text)

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer at tags that are written just as ``encode`` does."""
        # The sentence itself may hold "<疾病>": encode wrote it "&lt;疾病>", which this pattern passes over.
        tokens = []
        cursor = 0
        for found in _tag_pattern(schema).finditer(answer):
            if cursor < found.start():
                tokens.append(Token(Tag.WORDS, _unescape(answer[cursor : found.start()])))
            cursor = found.end()
            label = schema.from_answer(found[2])
            assert label is not None
            tokens.append(Token(Tag.CLOSE if found[1] else Tag.OPEN, found[0], label.name))
        if cursor < len(answer):
            tokens.append(Token(Tag.WORDS, _unescape(answer[cursor:])))
        return tokens

    def loose_tokens(self, answer: str, text: str, schema: LabelSchema) -> Loose:
        """Split an answer at everything that is meant for a tag, by any name of its label."""
        return _LooseTokens(answer, text, schema).split()


@cache
def _tag_pattern(schema: LabelSchema) -> re.Pattern[str]:
    names = "|".join(re.escape(label.answer) for label in schema.labels)
    return re.compile(f"<(/?)({names})>")


@cache
def _unsafe_pattern(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(f"(?={_tag_pattern(schema).pattern})<|&(?=(?:lt|amp);)")


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda m: "<" if m[1] == "lt" else "&", text)


_ENTITY = re.compile(r"&(lt|gt|amp|quot|apos|nbsp|#39|#34|#60|#62);")
_MEANINGS = {
    **{"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": " "},
    **{"#39": "'", "#34": '"', "#60": "<", "#62": ">"},
}


def _unescape_loosely(text: str) -> str:
    return _ENTITY.sub(lambda found: _MEANINGS[found[1]], text) if "&" in text else text


class _LooseTokens:
    """Splits one answer; the tags of unknown labels are dropped and counted, those of the sentence stay."""

    def __init__(self, answer: str, text: str, schema: LabelSchema) -> None:
        self.answer = answer
        self.text = text
        self.schema = schema
        self.tokens: list[Token] = []
        self.problems: list[Problem] = []
        self.carried: list[str] = []
        self.is_cut_in_closer = False
        self.n_open: Counter[str] = Counter()

    def split(self) -> Loose:
        self._drop_cut_tag()
        cursor = 0
        for found in _ANY_TAG.finditer(self.answer):
            # "P<0.05，n>30" of the sentence looks like a tag; what the sentence says is words.
            if _unescape_loosely(found[0]) in self.text or found[0] in self.text:
                continue
            if (token := self._token(found)) is not None:
                self._words(self.answer[cursor : found.start()])
                cursor = found.end()
                if token.source:
                    self.tokens.append(token)
        self._words(self.answer[cursor:])
        # "患<疾病>肺炎</疾" names a whole entity: a nameless end tag replaces the truncated one.
        if self.is_cut_in_closer:
            self.tokens.append(Token(Tag.CLOSE, "</"))
        return Loose(self.tokens, self.problems)

    def _drop_cut_tag(self) -> None:
        cut = _CUT_TAG.search(self.answer, max(len(self.answer) - 40, 0))
        if cut is not None and cut[0] not in self.text:
            self.problems.append(Problem(ProblemKind.CUT_OFF, cut[0]))
            self.answer = self.answer[: cut.start()]
            self.is_cut_in_closer = cut[0].lstrip("<＜").startswith(("/", "\\"))

    def _token(self, found: re.Match[str]) -> Token | None:
        """Read a tag; a token without source stands for a tag that is left out, None for mere words."""
        source, slash, name, rest = found[0], found[1], found[2], found[3]
        label = self._label(slash, name, rest)
        if label is not None:
            return self._token_of(label, found)
        if not name and not rest.strip():
            self.problems.append(Problem(ProblemKind.TAG_VARIANT, source))
            return Token(Tag.CLOSE, source)
        # "<30%>" is no tag.
        if not name[:1].isalpha():
            return None
        if name.casefold() in _FRAMES:
            self.problems.append(Problem(ProblemKind.CHATTER, excerpt(source)))
        elif not slash:
            self.problems.append(Problem(ProblemKind.UNKNOWN_LABEL, excerpt(source)))
        return Token(Tag.WORDS, "")

    def _token_of(self, label: Label, found: re.Match[str]) -> Token:
        """Read a tag of a label: ``<地点>``, ``</地点>``, or ``<地点/>``, which closes an open one."""
        source, slash, name, rest, is_alone = found[0], found[1], found[2], found[3], bool(found[4])
        if source not in (f"<{label.answer}>", f"</{label.answer}>"):
            is_other_name = name not in (label.answer, label.answer + rest)
            kind = ProblemKind.LABEL_VARIANT if is_other_name else ProblemKind.TAG_VARIANT
            self.problems.append(Problem(kind, excerpt(source)))
        # "<疾病>肺炎<疾病/>": models misplace the slash of an end tag; alone it is an empty entity.
        if slash or (is_alone and self.n_open[label.name] > 0):
            self.n_open[label.name] -= 1
            return Token(Tag.CLOSE, source, label.name)
        if is_alone:
            self.problems.append(Problem(ProblemKind.EMPTY_VALUE, excerpt(source)))
            return Token(Tag.WORDS, "")
        self.n_open[label.name] += 1
        return Token(Tag.OPEN, source, label.name)

    def _label(self, slash: str, name: str, rest: str) -> Label | None:
        if name.casefold() in _CARRIERS:
            # "</entity>" does not name its label: it ends the entity that was opened last.
            if slash and self.carried:
                return self.schema[self.carried.pop()]
            attribute = _ATTRIBUTE.search(rest)
            label = self.schema.from_variant(attribute[1]) if attribute else None
            if label is not None:
                self.carried.append(label.name)
            return label
        return self.schema.from_variant(name) or (
            self.schema.from_variant(name + rest) if rest.strip() else None
        )

    def _words(self, piece: str) -> None:
        if piece:
            words = piece if piece in self.text else _unescape_loosely(piece)
            self.tokens.append(Token(Tag.WORDS, words))
