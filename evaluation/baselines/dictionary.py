"""The dictionary baseline: a sentence's entities are the surfaces that training gold knows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from nerforge.evaluation.baselines.implied import ImpliedEntities
from nerforge.evaluation.baselines.lexicon import Lexicon
from nerforge.evaluation.baselines.spans import leftmost_longest, nested_longest
from nerforge.templates.domain import Entity, LabelSchema, Sample


@dataclass(frozen=True, slots=True)
class DictionaryOptions:
    """Which surfaces count, and how they are looked for."""

    min_count: int = 1
    """Mentions in training that a surface must have."""
    max_unlabelled: float = 0.5
    """Surfaces that training leaves unlabelled in a larger share of their occurrences are left out."""
    nested: bool | None = None
    """Whether surfaces are looked for within others too; None for what the task says."""


class DictionaryTagger:
    """Tags the surfaces of training gold with their most frequent label.

    - Of surfaces that overlap, the one that begins first counts, and of those that begin together the
      longest. Nested, the same again within each.
    - Label and value are those that training gold most often gives the surface; of equally frequent ones, the
      first in training. A normalised value comes with that.
    - Rare surfaces, and those mostly left unlabelled, do not count: see ``DictionaryOptions``.
    - Entities without a mention are added where training gold allows but one value: see ``ImpliedEntities``.
    """

    name = "dictionary"

    def __init__(self, samples: Sequence[Sample], schema: LabelSchema, options: DictionaryOptions) -> None:
        """Read the surfaces off training gold."""
        self.options = options
        self.nested = schema.nested if options.nested is None else options.nested
        self.lexicon = Lexicon(samples, schema, nested=self.nested)
        self.kept = {surface for surface in self.lexicon.meanings if self._counts(surface)}
        self._implied = ImpliedEntities(samples, schema)

    def _counts(self, surface: str) -> bool:
        lexicon, options = self.lexicon, self.options
        return (
            lexicon.n_labelled(surface) >= options.min_count
            and lexicon.unlabelled_share(surface) <= options.max_unlabelled
        )

    @property
    def settings(self) -> Mapping[str, object]:
        """What shapes the answers besides the training gold."""
        return {**asdict(self.options), "nested": self.nested}

    def notes(self) -> list[str]:
        """Say what was learned."""
        n_all = len(self.lexicon.meanings)
        return [f"{n_all:,} surfaces in training, {n_all - len(self.kept):,} left out as rare or unlabelled"]

    def tag(self, text: str) -> list[Entity]:
        """Give the entities of a sentence in the order of an answer."""
        spans = [span for span in self.lexicon.find(text) if text[slice(*span)] in self.kept]
        chosen = nested_longest(spans) if self.nested else leftmost_longest(spans)
        return self._implied.complete(text, [self.lexicon.entity(text, span) for span in chosen])
