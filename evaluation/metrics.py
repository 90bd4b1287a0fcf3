"""Count matches between gold and predicted entities, and what follows from the counts."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from templates.domain import Entity

CRITERIA: dict[str, Callable[[Entity], Hashable]] = {
    "strict": lambda entity: entity,
    "text": lambda entity: (entity.label, entity.text),
}
"""What two entities must share to match. ``strict``: label, span and value (an inferred entity has no span);
``text``: label and value. Both count with multiplicity, so the match is a maximum one-to-one one."""


@dataclass(slots=True)
class Counts:
    """Matches and totals; precision, recall and F1 are 0.0 where they are undefined."""

    tp: int = 0
    n_gold: int = 0
    n_predicted: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted entities that match."""
        return self.tp / self.n_predicted if self.n_predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that are matched."""
        return self.tp / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 tp / (gold + predicted)."""
        total = self.n_gold + self.n_predicted
        return 2 * self.tp / total if total else 0.0

    def as_json(self) -> dict[str, float | int]:
        """Give figures and counts with stable keys, unrounded."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "n_gold": self.n_gold,
            "n_predicted": self.n_predicted,
        }


@dataclass(slots=True)
class Tally:
    """Counts of one criterion over sentences, in all and by label."""

    key: Callable[[Entity], Hashable]
    micro: Counts = field(default_factory=Counts)
    per_label: dict[str, Counts] = field(default_factory=dict)

    def add(self, gold: Iterable[Entity], predicted: Iterable[Entity]) -> None:
        """Add one sentence; the order of its entities does not matter."""
        gold_keys = Counter((entity.label, self.key(entity)) for entity in gold)
        predicted_keys = Counter((entity.label, self.key(entity)) for entity in predicted)
        self._count(gold_keys & predicted_keys, "tp")
        self._count(gold_keys, "n_gold")
        self._count(predicted_keys, "n_predicted")

    def as_json(self) -> dict[str, Any]:
        """Give micro, macro (mean F1 of the labels that occur in gold or predictions) and per label."""
        f1s = [counts.f1 for counts in self.per_label.values()]
        return {
            "micro": self.micro.as_json(),
            "macro_f1": sum(f1s) / len(f1s) if f1s else 0.0,
            "per_label": {label: counts.as_json() for label, counts in sorted(self.per_label.items())},
        }

    def _count(self, keys: "Counter[tuple[str, Hashable]]", name: str) -> None:
        for (label, _), n in keys.items():
            for counts in (self.micro, self.per_label.setdefault(label, Counts())):
                setattr(counts, name, getattr(counts, name) + n)
