"""What the strings in JSON may be: an entity's text, its label, a pair of both, or neither."""

import re
from collections.abc import Iterable

from nerforge.templates.answers.evidence import Evidence, FieldRole
from nerforge.templates.answers.layouts.json_nodes import Node, Pair
from nerforge.templates.mentions.folding import fold

NULLS = ("null", "None", "undefined")
_BOOLEANS = ("true", "false", "True", "False")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|NaN")


class NodeEvidence:
    """Tells what is known of the nodes of one answer."""

    def __init__(self, evidence: Evidence) -> None:
        """Take what is known of the words of the answer."""
        self.evidence = evidence

    def _roles(self, record: list[Pair]) -> tuple[Pair | None, Pair | None]:
        """Find the fields in which an object holds an entity's text and its label."""
        texts, labels = self._ranked(record, FieldRole.TEXT), self._ranked(record, FieldRole.LABEL)
        text = self._text_among(texts)
        label = _first_but(text, (pair for pair in labels if pair[1].text != ""))
        if text is None and label is not None:
            text = _first_but(label, texts)
        others = list(filter(self._is_free, record))
        if label is None:
            named = filter(self._is_label_pair, [*texts, *others] if text else texts)
            label = _first_but(text, named) or _first_but(text, labels)
        if text is None and label is not None:
            text = _first_but(label, filter(self._says_pair, others))
        return text, label

    def _text_among(self, texts: list[Pair]) -> Pair | None:
        # {"entity": "PER", "word": "林晓梅"}, {"text": whole sentence, "entity": "林晓梅", "label": "PER"}
        plain = [pair for pair in texts if not self._names_label(pair[1])]
        return min(plain, key=lambda pair: self._is_sentence(pair[1]), default=None)

    def _is_label_pair(self, pair: Pair) -> bool:
        return self._names_label(pair[1])

    def _ranked(self, record: Iterable[Pair], field: FieldRole) -> list[Pair]:
        ranked = [
            (rank, pair)
            for pair in record
            if (rank := self.evidence.rank(pair[0].text or "", field)) is not None
        ]
        return [pair for _, pair in sorted(ranked, key=lambda found: found[0]) if is_words(pair[1])]

    def _is_free(self, pair: Pair) -> bool:
        """Tell whether a field has no known meaning, and may be an entity's text or label under any name."""
        return (
            self._field(pair[0]) in (None, FieldRole.TEXT)
            and not self._is_label_key(pair[0])
            and is_words(pair[1])
        )

    def _label_of(self, node: Node) -> Node | None:
        """Give a label, or the one that an object of a label and other fields holds, or a list of one."""
        if node.is_object:
            text, label = self._roles([(k, v) for k, v in node.pairs if k is not None])
            node = label[1] if label and not text else node
        named = [item for item in leaves(node) if self.evidence.label(item.text or "")]
        return named[0] if len(named) == len(leaves(node)) == 1 else None

    def _pairs_among(self, strings: list[Node], *, among_pairs: bool) -> list[Pair]:
        """Give the values in a list with their labels."""
        is_label = [self._is_label_key(node) for node in strings]
        n_labels = sum(is_label)
        if len(strings) < 2 or (not n_labels and not among_pairs) or n_labels == len(strings) > 2:
            return []
        if alternating := _alternating(strings, is_label):
            return alternating
        if is_label[0] and n_labels == 1 and all(map(self._is_said, strings[1:])):
            # ["人名", "王毅", "朔尔茨"]
            return [(value, strings[0]) for value in strings[1:]]
        return [self._first_pair(strings, is_label)]

    def _first_pair(self, strings: list[Node], is_label: list[bool]) -> Pair:
        """Give a value and its label; what else is in the list is a remark."""
        first, second = strings[:2]
        if not any(is_label):
            is_turned = self._is_said(second) and not self._is_said(first)
            return (second, first) if is_turned else (first, second)
        # Where both name labels, the second is the label: of ["身体", "疾病"] the value is 身体.
        at = 1 if is_label[1] else is_label.index(True)
        return strings[1 if at == 0 else 0], strings[at]

    def _pair_in(self, node: Node) -> bool:
        """Tell whether a list is a value with its label."""
        if node.is_object or any(item.text is None for item in node.items):
            return False
        strings = [item for item in node.items if not is_number(item)]
        names_one = len(strings) == 1 and self._names_label(strings[0]) and len(node.items) > 2
        return names_one or bool(self._pairs_among(strings, among_pairs=False))

    def _has_pairs(self, nodes: Iterable[Node]) -> bool:
        return any(self._pair_in(node) for node in nodes if node.text is None)

    def _field(self, key: Node) -> FieldRole | None:
        return self.evidence.field(key.text or "")

    def _is_label_key(self, key: Node) -> bool:
        return self.evidence.label(key.text or "") is not None

    def _names_label(self, node: Node) -> bool:
        """Tell whether a string is the name of a label, and not a value that the sentence says."""
        text = node.text or ""
        return self.evidence.label(text) is not None and not self.evidence.says(text)

    def _is_said(self, node: Node) -> bool:
        return bool(node.text) and self.evidence.says(node.text or "")

    def _says_pair(self, pair: Pair) -> bool:
        return all(map(self._is_said, leaves(pair[1])))

    def _is_sentence(self, node: Node) -> bool:
        text = node.text or ""
        return len(text) >= len(self.evidence.text.strip()) > 0 and self.evidence.folded in fold(text)

    @staticmethod
    def _is_empty(node: Node) -> bool:
        return (not node.opener and node.text in NULLS) or node.text == ""

    def _is_context(self, value: Node) -> bool:
        """Tell a part of the sentence, or the name of a label, from a value."""
        text = value.text or ""
        return (
            self._is_sentence(value)
            or self._names_label(value)
            or (len(text) > 20 and 2 * len(text) > len(self.evidence.text))
        )

    def _is_denied(self, record: Iterable[Pair]) -> bool:
        verdicts = (value.text for key, value in record if self._field(key) is FieldRole.VERDICT)
        return any(text is not None and self.evidence.is_no(text) for text in verdicts)


def _first_but(other: Pair | None, pairs: Iterable[Pair]) -> Pair | None:
    return next((pair for pair in pairs if pair is not other), None)


def _alternating(strings: list[Node], is_label: list[bool]) -> list[Pair]:
    """Give the pairs of ``["肺炎", "疾病", "肺", "身体"]``; none where they do not take turns."""
    if len(strings) % 2 or 2 * sum(is_label) != len(strings):
        return []
    pairs = list(zip(strings[::2], strings[1::2], strict=True))
    if all(is_label[1::2]):
        return pairs
    return [(value, label) for label, value in pairs] if all(is_label[::2]) else []


def leaves(node: Node) -> list[Node]:
    """Give a string or number alone, and those that stand in a container."""
    return [node] if node.text is not None else [item for item in node.items if item.text is not None]


def is_words(node: Node) -> bool:
    """Tell whether a node is a string or a number, or a list of some."""
    if node.text is not None:
        return bool(node.opener) or node.text not in (*NULLS, *_BOOLEANS)
    return bool(node.pairs) and not node.is_object and all(item.text is not None for item in node.items)


def is_number(node: Node) -> bool:
    """Tell a number, null or a boolean from words."""
    text = node.text or ""
    return not node.opener and (text in (*NULLS, *_BOOLEANS) or _NUMBER.fullmatch(text) is not None)
