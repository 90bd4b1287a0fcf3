"""Find the sentence that a prompt asks about among all gold sentences, by lookup."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

# A sentence stands behind a line break, a control token, a colon or a quote, never in the middle of a word.
_BEFORE = re.compile(r"(?<=[\n>\]:：\"“「 ])")
_BEHIND = re.compile(r"(?=[\n<\[\"”」 ])")
_CONTROL_TOKEN = re.compile(r"<[^<>\s]*>|\[/?[A-Z]+\]")
_N_SEARCHED = 20
_REPLACEMENT = "\ufffd"
"""What a tokenizer decodes half a character to."""

_Spans = list[tuple[int, int]]


def squeeze(text: str) -> str:
    """Drop all whitespace, which tokenizers may change, and the width of characters, which editors may."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@dataclass(frozen=True, slots=True)
class SentenceFrame:
    """What stands before and behind the sentence in every prompt of a file."""

    head: str
    foot: str

    def piece(self, prompt: str) -> str | None:
        """Cut the sentence out of a prompt; None where the prompt has another frame."""
        end = len(prompt) - len(self.foot)
        if end < len(self.head) or not (prompt.startswith(self.head) and prompt.endswith(self.foot)):
            return None
        return prompt[len(self.head) : end]

    def strip(self, prompt: str) -> str:
        """Drop head and foot, as far as the prompt has them; of a head that was cut nothing is left."""
        if self.head.startswith(prompt):
            return ""
        rest = prompt.removeprefix(self.head)
        # The longest beginning of the foot that is left at the end; of a prompt truncated within it, a part.
        n_foot = next(n for n in range(len(self.foot), -1, -1) if rest.endswith(self.foot[:n]))
        return rest[: len(rest) - n_foot]

    def left_over(self, prompt: str) -> str | None:
        """Give the beginning of the sentence in a prompt that was cut at its end; None where it was not."""
        prompt = prompt.rstrip(_REPLACEMENT)
        if prompt.startswith(self.head):
            return prompt[len(self.head) :]
        return "" if self.head.startswith(prompt) else None

    def is_cut(self, prompt: str, text: str) -> bool:
        """Tell whether the prompt holds only the beginning or only the end of ``text``."""
        rest = self.left_over(prompt)
        if rest is not None and text.startswith(rest) and rest != text:
            return True
        # Tokenizers with truncation_side="left" keep the end of a prompt.
        prompt = prompt.lstrip(_REPLACEMENT)
        tail = prompt[: len(prompt) - len(self.foot)]
        return bool(tail) and prompt.endswith(self.foot) and text.endswith(tail) and tail != text


class TextIndex:
    """All gold sentences, found by lookup."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the sentences; those that occur several times are one entry with several places."""
        self.places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            self.places.setdefault(text, []).append(place)
        self.lengths = {len(text) for text in self.places}
        self.frame: SentenceFrame | None = None

    @cached_property
    def _squeezed(self) -> dict[str, str | None]:
        """Sentences by what is left without whitespace; None where two differ in nothing else."""
        found: dict[str, str | None] = {}
        for text in self.places:
            key = squeeze(text)
            found[key] = None if key in found else text
        return found

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.places)

    def learn_frame(self, prompts: Sequence[str], *, is_loose: bool = False) -> None:
        """Find the frame that most of ``prompts`` share; a sentence quoted in the instruction has no such.

        Of frames that as many share, the sentence at the end is meant, and the longest there. Where prompts
        may be none of gold (``is_loose``), a frame that no two and not most of them share is chance.
        """
        seen = self._frames(prompts, self._spans)
        # "请标注患者发热。谢谢" has no boundary before its sentence, so every place of some prompts is tried.
        if max(seen.values(), default=0) * 2 <= len(prompts):
            seen += self._frames(prompts[:_N_SEARCHED], self._all_spans)
        self.frame = max(
            seen, key=lambda frame: (seen[frame], -len(frame.foot), -len(frame.head)), default=None
        )
        if is_loose and self.frame is not None and seen[self.frame] < max(2, len(prompts) // 2 + 1):
            self.frame = None

    def find(self, prompt: str) -> str | None:
        """Give the one gold sentence that a prompt asks about, the longest if they lie in one another.

        None where there is none, or where two of the same length stand in it.
        """
        within = self.frame.strip(prompt) if self.frame else prompt
        if text := self._lookup(within):
            return text
        found = {within[start:end] for start, end in self._spans(within)}
        if not found:
            lines = _CONTROL_TOKEN.sub("\n", within).splitlines()
            found = {text for line in lines if (text := self._lookup(line))}
        # "发热" and "患者发热" are both gold sentences, and the prompt holds the second.
        longest = max(map(len, found), default=0)
        candidates = [text for text in found if len(text) == longest]
        return candidates[0] if len(candidates) == 1 else None

    def find_cut(self, prompt: str) -> str | None:
        """Give the one gold sentence that begins with what is left of it in a prompt that was cut."""
        rest = self.frame.left_over(prompt) if self.frame else None
        if not rest:
            return None
        at = bisect_left(self._sorted, rest)
        # Sorted, all texts with this beginning are neighbours: two tell that it is ambiguous.
        matches = [text for text in self._sorted[at : at + 2] if text.startswith(rest)]
        return matches[0] if len(matches) == 1 else None

    def _lookup(self, piece: str) -> str | None:
        return piece if piece in self.places else self._squeezed.get(squeeze(piece))

    def _frames(self, prompts: Iterable[str], spans: Callable[[str], _Spans]) -> Counter[SentenceFrame]:
        return Counter(SentenceFrame(p[:start], p[end:]) for p in prompts for start, end in spans(p))

    def _spans(self, prompt: str) -> _Spans:
        """Give the spans between boundaries that are a gold sentence."""
        starts = [0, *(match.start() for match in _BEFORE.finditer(prompt))]
        ends = [*(match.start() for match in _BEHIND.finditer(prompt)), len(prompt)]
        return [
            (start, end)
            for start in starts
            for end in ends
            if end - start in self.lengths and prompt[start:end] in self.places
        ]

    def _all_spans(self, prompt: str) -> _Spans:
        """Give all spans that are a gold sentence; slow, for a few prompts only."""
        return [
            (start, start + length)
            for start in range(len(prompt))
            for length in self.lengths
            if prompt[start : start + length] in self.places and start + length <= len(prompt)
        ]
