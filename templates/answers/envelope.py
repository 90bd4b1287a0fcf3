"""Take an answer out of what models wrap it in: control tokens, reasoning, Markdown fences, the prompt."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from nerforge.templates.domain import AnswerPart, PartKind, Problem, ProblemKind
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.words import AnswerWords, any_of, default_words

Span = tuple[int, int]

_TOKEN = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|</?s>|\[/?INST\]|<</?SYS>>"
    r"|<(?:eos|bos|pad|unk|start_of_turn|end_of_turn)>|\[(?:CLS|SEP|PAD|UNK|EOS|BOS|MASK)\]|\ufeff"
)
_ANSWERED = re.compile(r"[{<\[]|没有找到")
# Searched in a match of _TOKEN alone: <|im_end|>, <|endoftext|>, <|eot_id|>, <end_of_turn>.
_END = re.compile(r"end|eot|eom|eos|</s>|\[SEP\]", re.IGNORECASE)
_NEW_TURN = re.compile(r"im_start|start_header|start_of_turn|\[INST\]|<[|｜](?:User|user|system)[|｜]>")
_ROLE = re.compile(r"\s{0,20}(?:assistant|model|user|system)\s{0,3}(?:\n|$|:|：)", re.IGNORECASE)
_ASSISTANT = re.compile(
    r"<[|｜](?:im_start|start_header_id)[|｜]>\s{0,3}assistant\s{0,3}(?:<[|｜]end_header_id[|｜]>)?"
    r"|<[|｜]assistant[|｜]>|<start_of_turn>model|\[/INST\]|\nassistant\s{0,3}\n",
    re.IGNORECASE,
)
# The beginning of a whole conversation in the template of ChatGLM, Llama 2 and 3, or ChatML.
_PROMPT = re.compile(
    r"\s{0,9}(?:\[gMASK\]|<s>|sop|<[|｜]begin_of_text[|｜]>|\s){0,9}(?:<[|｜](?:im_start|start_header_id)[|｜]>\s{0,3})?"
    r"(?:<[|｜])?(?:system|user)\b|\s{0,9}(?:<s>)?\s{0,3}\[INST\]",
    re.IGNORECASE,
)
_THINK_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THINK_START = re.compile(r"<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_FENCE = re.compile(r"(?<![\"“])(?:```|~~~)[ \t]{0,3}[A-Za-z0-9+-]{0,20}[ \t]{0,3}")


@cache
def _turns(words: AnswerWords) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Give the patterns of a wrapping at all, of a new turn and of the next prompt, by who speaks."""
    turns, prompts = any_of(words.turns), any_of(words.prompts)
    wrapped = rf"[<`~\ufeff]|\[[/A-Za-z]|\A\s{{0,20}}[A-Za-z]|\n\s{{0,5}}(?:[A-Za-z]|{turns}|{prompts})"
    return (
        re.compile(wrapped),
        re.compile(rf"\n(?:{turns})(?:[ \t]{{0,20}}\n(?<=[A-Za-z\s]\n)|[:：])", re.IGNORECASE),
        re.compile(rf"\n\s{{0,5}}(?:{prompts})[:：]", re.IGNORECASE),
    )


@dataclass(slots=True)
class AnswerBody:
    """The answer proper as one string, and where its pieces stand in the whole answer."""

    answer: str
    text: str = ""
    starts: list[int] = field(default_factory=list)
    """Where each kept piece begins in ``text``."""
    sources: list[int] = field(default_factory=list)
    """Where it begins in the answer."""
    wrapping: list[AnswerPart] = field(default_factory=list)
    """What is around and between the pieces."""
    problems: list[Problem] = field(default_factory=list)
    has_words_outside: bool = False
    """Whether words stand outside of a fence that holds others."""

    def source(self, at: int) -> int:
        """Give the place in the answer of a character of the body."""
        piece = bisect_right(self.starts, at) - 1
        return self.sources[piece] + at - self.starts[piece]


class _Unwrapping:
    """What is kept of one answer so far, and what is dropped from it."""

    def __init__(self, answer: str, text: str, words: AnswerWords) -> None:
        self.answer = answer
        self.text = text
        self.words = words
        self.start, self.end = 0, len(answer)
        self.dropped: list[AnswerPart] = []
        self.problems: list[Problem] = []
        self.has_words_outside = False

    def problem(self, kind: ProblemKind, detail: str) -> None:
        self.problems.append(Problem(kind, excerpt(detail)))

    def begin(self, at: int, kind: PartKind) -> None:
        """Drop what stands before ``at``."""
        self.dropped.append(AnswerPart(kind, self.start, at))
        self.start = at

    def finish(self, at: int, kind: PartKind) -> None:
        """Drop what stands from ``at`` on."""
        if at < self.end:
            self.dropped.append(AnswerPart(kind, at, self.end))
            self.end = at

    def body(self) -> AnswerBody:
        """Join what is kept; pieces that a fence parts stand on lines of their own."""
        body = AnswerBody(self.answer, problems=self.problems, wrapping=sorted(self.dropped, key=_start))
        body.has_words_outside = self.has_words_outside
        text, cursor = "", 0
        for part in (*body.wrapping, AnswerPart(PartKind.FRAME, len(self.answer), len(self.answer))):
            if cursor < part.start:
                body.starts.append(len(text))
                body.sources.append(cursor)
                text += self.answer[cursor : part.start] + "\n" * (part.kind is PartKind.FRAME)
            cursor = max(cursor, part.end)
        body.text = text.strip()
        n_blank = len(text) - len(text.lstrip())
        body.starts = [start - n_blank for start in body.starts]
        return body


def _start(part: AnswerPart) -> int:
    return part.start


def unwrap(
    answer: str, text: str, words: AnswerWords | None = None, *, keeps_outside: bool = False
) -> AnswerBody:
    """Strip control tokens, reasoning and fences; what the sentence ``text`` itself holds is no wrapping.

    ``words`` are those of the task, without which the usual ones are taken; ``keeps_outside`` keeps the words
    outside of fences, too.
    """
    unwrapping = _Unwrapping(whole_characters(answer), text, words or default_words())
    if _turns(unwrapping.words)[0].search(unwrapping.answer):
        _drop_prompt(unwrapping)
        _drop_thinking(unwrapping)
        _drop_tokens(unwrapping)
        _drop_fences(unwrapping, keeps_outside=keeps_outside)
    return unwrapping.body()


def _drop_prompt(found: _Unwrapping) -> None:
    """Drop the turns before the assistant's, where the answer is a whole conversation."""
    turn = _ASSISTANT.search(found.answer)
    if turn is None or turn[0] in found.text:
        return
    before = found.answer[: turn.start()]
    if _PROMPT.match(before) or (found.text and found.text in before):
        found.problem(ProblemKind.PROMPT_ECHO, before)
        found.begin(turn.end(), PartKind.CHATTER)


def _drop_thinking(found: _Unwrapping) -> None:
    if "</think" in found.text or "<think" in found.text:
        return
    # The chat templates of DeepSeek-R1 and QwQ write <think> into the prompt: the answer has only its end.
    ends = list(_THINK_END.finditer(found.answer, found.start))
    if ends:
        thought = _THINK_START.sub("", found.answer[found.start : ends[-1].start()]).strip()
        found.problem(ProblemKind.THINKING, thought)
        found.begin(ends[-1].end(), PartKind.REASONING)
    start = _THINK_START.search(found.answer, found.start)
    if start is not None:
        found.problem(ProblemKind.THINKING, found.answer[start.end() : start.end() + 100].strip())
        # "<think>..." without an end: the limit of new tokens ended it before any answer.
        if not found.answer[found.start : start.start()].strip():
            found.problem(ProblemKind.CUT_OFF, "within the reasoning")
        found.finish(start.start(), PartKind.REASONING)


def _drop_tokens(found: _Unwrapping) -> None:
    """Drop control tokens; the answer ends at the first token that ends a turn or begins another."""
    cursor = found.start
    has_words = False
    for token in _TOKEN.finditer(found.answer, found.start, found.end):
        if token[0] in found.text:
            continue
        if cursor > found.start:
            cursor = _drop_role(found, cursor, token.start())
        has_words = has_words or bool(found.answer[cursor : token.start()].strip())
        found.dropped.append(AnswerPart(PartKind.CHATTER, *token.span()))
        found.problem(ProblemKind.SPECIAL_TOKEN, token[0])
        cursor = token.end()
        # Before any words an end token is a leftover of the prompt, and the answer follows it.
        if has_words and (_END.search(token[0]) or _NEW_TURN.search(token[0])):
            found.finish(cursor, PartKind.CHATTER)
            break
    else:
        if (role := _ROLE.match(found.answer, cursor, found.end)) and not _ROLE.match(found.text):
            found.problem(ProblemKind.SPECIAL_TOKEN, role[0].strip())
            _drop_role(found, cursor, found.end)
    _drop_next_turn(found)


def _drop_role(found: _Unwrapping, start: int, end: int) -> int:
    role = _ROLE.match(found.answer, start, end)
    if role is None:
        return start
    found.dropped.append(AnswerPart(PartKind.CHATTER, *role.span()))
    return role.end()


def _drop_next_turn(found: _Unwrapping) -> None:
    _, line, prompt = _turns(found.words)
    turn = line.search(found.answer, found.start, found.end)
    following = prompt.search(found.answer, found.start, found.end)
    # "没有找到\n句子：..." goes on with the next prompt; only behind an answer does it begin one.
    if following is not None:
        goes_on = found.text in found.answer[following.end() : found.end]
        if goes_on or not _ANSWERED.search(found.answer, found.start, following.start()):
            following = None
    places = [x for x in (turn, following) if x is not None]
    first = min(places, key=lambda x: x.start(), default=None)
    if first is None or first[0] in found.text:
        return
    if _with_blanks(found)[found.start : first.start()].strip():
        found.problem(ProblemKind.SPECIAL_TOKEN, first[0].strip())
        found.finish(first.start(), PartKind.CHATTER)


def _with_blanks(found: _Unwrapping) -> str:
    """Give the answer with blanks in place of what is dropped, so that places stay what they are."""
    kept, end = [], 0
    for part in sorted(found.dropped, key=lambda x: x.start):
        if part.end > end:
            start = max(part.start, end)
            kept += [found.answer[end:start], " " * (part.end - start)]
            end = part.end
    return "".join([*kept, found.answer[end:]])


def _drop_fences(found: _Unwrapping, *, keeps_outside: bool) -> None:
    """Keep what stands between fences; a fence that is not closed reaches to the end."""
    if "```" in found.text or "~~~" in found.text:
        return
    fences = [fence.span() for fence in _FENCE.finditer(found.answer, found.start, found.end)]
    if fences:
        _drop_between(found, fences, keeps_outside=keeps_outside)


def _drop_between(found: _Unwrapping, fences: list[Span], *, keeps_outside: bool) -> None:
    found.problem(ProblemKind.CODE_FENCE, found.answer[slice(*fences[0])])
    found.dropped += [AnswerPart(PartKind.FRAME, *fence) for fence in fences]
    # Pieces at even places are outside of fences, at odd ones inside; so is what follows an unclosed fence.
    edges = [found.start, *chain(*fences), found.end]
    pieces = list(zip(edges[::2], edges[1::2], strict=True))
    kept = _with_blanks(found)
    outside, inside = ([x for x in side if kept[slice(*x)].strip()] for side in (pieces[::2], pieces[1::2]))
    found.has_words_outside = bool(inside and outside)
    if found.has_words_outside and not keeps_outside:
        found.problem(ProblemKind.CHATTER, found.answer[slice(*outside[0])].strip())
        found.dropped += [AnswerPart(PartKind.CHATTER, *piece) for piece in outside]
