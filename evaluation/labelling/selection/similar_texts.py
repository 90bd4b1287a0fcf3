"""Tell whether a text is a near duplicate of texts that are known, as more of them become known."""

from collections import Counter
from collections.abc import Iterable

from nerforge.generators.corpora.splitting.minhash_index import bare_text, jaccard, n_grams


class KnownTexts:
    """Compares texts as sets of three characters in a row, exactly, by an index of these.

    White space and case do not count.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], threshold: float) -> None:
        """Take the texts that are known.

        Args:
            texts: Names and texts.
            threshold: Jaccard similarity from which on a text is a near duplicate; above 1 for none.
        """
        self._threshold = threshold
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._holding: dict[int, list[int]] = {}
        for name, text in texts:
            self.add(name, text)

    def add(self, name: str, text: str) -> None:
        """Let a text be known."""
        grams = _grams(text)
        for gram in grams:
            self._holding.setdefault(gram, []).append(len(self._names))
        self._names.append(name)
        self._sizes.append(len(grams))

    def find(self, text: str) -> str | None:
        """Give the name of the first known text that is nearly this one; None where there is none."""
        grams = _grams(text)
        if self._threshold > 1 or not grams:
            return None
        # 今天上海有雨 and 今天上海有雪 share three of five: 0.6.
        shared = Counter(number for gram in grams for number in self._holding.get(gram, ()))
        near = (
            number
            for number, n in shared.items()
            if jaccard(n, len(grams), self._sizes[number]) >= self._threshold
        )
        first = min(near, default=None)
        return None if first is None else self._names[first]


def _grams(text: str) -> set[int]:
    bare = bare_text(text)
    return set(n_grams(bare).tolist()) if bare else set()
