"""Take an answer out of what models wrap it in: control tokens, reasoning, Markdown fences, the prompt."""

import re
from typing import NamedTuple

from nerforge.templates.domain import Problem, ProblemKind
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.mentions.statements import excerpt

_TOKEN = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|</?s>|\[/?INST\]|<</?SYS>>"
    r"|<(?:eos|bos|pad|unk|start_of_turn|end_of_turn)>|\[(?:CLS|SEP|PAD|UNK|EOS|BOS|MASK)\]|\ufeff"
)
_WRAPPED = re.compile(
    r"[<`~\ufeff]|\[[/A-Za-z]|\A\s{0,20}[A-Za-z]|\n\s{0,5}(?:[A-Za-z]|用户|助手|问|答|句子|文本|查询|输入)"
)
"""Finds what may be a wrapping; most answers hold nothing of the kind."""
_ANSWERED = re.compile(r"[{<\[]|没有找到")
# Searched in a match of _TOKEN alone: <|im_end|>, <|endoftext|>, <|eot_id|>, <end_of_turn>.
_END = re.compile(r"end|eot|eom|eos|</s>|\[SEP\]", re.IGNORECASE)
_NEW_TURN = re.compile(r"im_start|start_header|start_of_turn|\[INST\]|<[|｜](?:User|user|system)[|｜]>")
_ROLE = re.compile(r"\s{0,20}(?:assistant|model|user|system)\s{0,3}(?:\n|$|:|：)", re.IGNORECASE)
_ROLE_LINE = re.compile(
    r"\n(?:user|assistant|system|human)(?:[ \t]{0,20}\n|[:：])|\n(?:用户|助手|问题|问|答)[:：]", re.IGNORECASE
)
_NEXT_PROMPT = re.compile(r"\n\s{0,5}(?:句子|文本|查询|输入|Input|Sentence|Text)[:：]", re.IGNORECASE)
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


class AnswerBody(NamedTuple):
    """The answer proper, and what was around it."""

    body: str
    problems: list[Problem]


def unwrap(answer: str, text: str) -> AnswerBody:
    """Strip control tokens, reasoning and fences; what the sentence ``text`` itself holds is no wrapping."""
    problems: list[Problem] = []
    answer = whole_characters(answer)
    if not _WRAPPED.search(answer):
        return AnswerBody(answer.strip(), problems)
    body = _without_prompt(answer, text, problems)
    body = _without_thinking(body, text, problems)
    body = _without_tokens(body, text, problems)
    return AnswerBody(_without_fences(body, text, problems).strip(), problems)


def _without_prompt(answer: str, text: str, problems: list[Problem]) -> str:
    """Drop the turns before the assistant's, where the answer is a whole conversation."""
    turn = _ASSISTANT.search(answer)
    if turn is None or turn[0] in text:
        return answer
    before = answer[: turn.start()]
    if not (_PROMPT.match(before) or (text and text in before)):
        return answer
    problems.append(Problem(ProblemKind.PROMPT_ECHO, excerpt(before)))
    return answer[turn.end() :]


def _without_thinking(answer: str, text: str, problems: list[Problem]) -> str:
    if "</think" in text or "<think" in text:
        return answer
    # The chat templates of DeepSeek-R1 and QwQ write <think> into the prompt: the answer has only its end.
    ends = list(_THINK_END.finditer(answer))
    body = answer[ends[-1].end() :] if ends else answer
    if ends:
        thought = _THINK_START.sub("", answer[: ends[-1].start()]).strip()
        problems.append(Problem(ProblemKind.THINKING, excerpt(thought)))
    start = _THINK_START.search(body)
    if start is None:
        return body
    problems.append(Problem(ProblemKind.THINKING, excerpt(body[start.end() : start.end() + 100].strip())))
    # "<think>..." without an end: the limit of new tokens ended it before any answer.
    if not body[: start.start()].strip():
        problems.append(Problem(ProblemKind.CUT_OFF, "within the reasoning"))
    return body[: start.start()]


def _without_tokens(body: str, text: str, problems: list[Problem]) -> str:
    """Drop control tokens; the answer ends at the first token that ends a turn or begins another."""
    kept: list[str] = []
    cursor = 0
    has_words = False
    for token in _TOKEN.finditer(body):
        if token[0] in text:
            continue
        piece = body[cursor : token.start()]
        if kept or cursor:
            piece = _without_role(piece)
        kept.append(piece)
        has_words = has_words or bool(piece.strip())
        cursor = token.end()
        problems.append(Problem(ProblemKind.SPECIAL_TOKEN, token[0]))
        # Before any words an end token is a leftover of the prompt, and the answer follows it.
        if has_words and (_END.search(token[0]) or _NEW_TURN.search(token[0])):
            return _until_next_turn("".join(kept), text, problems)
    rest = body[cursor:]
    if _ROLE.match(rest) and not _ROLE.match(text):
        problems.append(Problem(ProblemKind.SPECIAL_TOKEN, rest[:20].strip()))
        rest = _without_role(rest)
    return _until_next_turn("".join([*kept, rest]), text, problems)


def _without_role(piece: str) -> str:
    role = _ROLE.match(piece)
    return piece[role.end() :] if role else piece


def _until_next_turn(body: str, text: str, problems: list[Problem]) -> str:
    turn = _ROLE_LINE.search(body)
    following = _NEXT_PROMPT.search(body)
    # "没有找到\n句子：..." goes on with the next prompt; only behind an answer does it begin one.
    if (
        following is not None
        and text not in body[following.end() :]
        and _ANSWERED.search(body, 0, following.start())
    ):
        turn = following if turn is None or following.start() < turn.start() else turn
    if turn is None or turn[0] in text or not body[: turn.start()].strip():
        return body
    problems.append(Problem(ProblemKind.SPECIAL_TOKEN, turn[0].strip()))
    return body[: turn.start()]


def _without_fences(body: str, text: str, problems: list[Problem]) -> str:
    """Keep what stands between fences; a fence that is not closed reaches to the end."""
    fences = [] if "```" in text or "~~~" in text else list(_FENCE.finditer(body))
    if not fences:
        return body
    problems.append(Problem(ProblemKind.CODE_FENCE, fences[0][0]))
    # Pieces at even places are outside of fences, at odd ones inside; so is what follows an unclosed fence.
    edges = [0, *(edge for fence in fences for edge in fence.span()), len(body)]
    pieces = [body[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]
    inside, outside = [p for p in pieces[1::2] if p], [p for p in pieces[::2] if p]
    if not inside:
        return "\n".join(outside)
    if outside:
        problems.append(Problem(ProblemKind.CHATTER, excerpt(outside[0])))
    return "\n".join(inside)
