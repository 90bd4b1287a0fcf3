"""The gazetteer baseline: a sentence's entities are the names of the tables, without any training."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nerforge.evaluation.baselines.spans import leftmost_longest
from nerforge.evaluation.grounding.hierarchy import Hierarchy
from nerforge.evaluation.grounding.mending.chains import Chain, chains_of_names
from nerforge.evaluation.grounding.table_sources import GroundingTables
from nerforge.generators.slots.domain.policies import Mention, Reading, Surroundings, answer, omit
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.templates.domain import Entity

_MIN_SURFACE = 2
"""Characters of a listed word that is looked for."""
Span = tuple[int, int]


class _ListedWord(NamedTuple):
    label: str
    value: str


class GazetteerTagger:
    """Tags the names of tables and, of a domain, the words of its lists and its dates.

    - Of names that overlap, the one that begins first counts, and of those that begin together the longest.
    - Names on one path of a table are one place: what the sentence leaves out of it is completed. Of names
      with several meanings the answer has what all meanings agree on, as generated gold has it (``omit``).
    """

    name = "gazetteer"

    def __init__(self, tables: GroundingTables) -> None:
        """Index the words of the lists; the tables have their own index."""
        self.tables = tables
        self._words = _listed_words(tables.domain) if tables.domain else {}
        self._lengths = sorted({len(word) for word in self._words}, reverse=True)

    @property
    def settings(self) -> Mapping[str, object]:
        """The tables."""
        return {"tables": [{"name": x.name, "sha256": x.sha256} for x in self.tables.files]}

    def notes(self) -> list[str]:
        """Say how much is known."""
        n_names = sum(len(table.index) for table in self.tables.hierarchies)
        return [f"{n_names:,} names of tables, {len(self._words):,} words of lists and dates"]

    def tag(self, text: str) -> list[Entity]:
        """Give the entities of a sentence in the order of an answer."""
        words = dict(self._find_words(text))
        names = {
            (name.start, name.end): (table, name)
            for table in self.tables.hierarchies
            for name in table.find(text)
        }
        kept = leftmost_longest([*words, *names])
        found = {span: [words[span]] for span in kept if span in words}
        for table in self.tables.hierarchies:
            mine = [names[span][1] for span in kept if span in names and span not in words]
            mine = [name for name in mine if names[name.start, name.end][0] is table]
            for chain in chains_of_names(text, mine, self.tables.task.schema):
                entities = _entities(chain, table, self.tables)
                found.setdefault((chain.beside[0].start, chain.beside[0].end), []).extend(entities)
        return [entity for span in sorted(found) for entity in found[span]]

    def _find_words(self, text: str) -> Iterator[tuple[Span, Entity]]:
        for start in range(len(text)):
            ends = (start + n for n in self._lengths if start + n <= len(text))
            for end in ends:
                if found := self._words.get(text[start:end]):
                    yield (start, end), Entity(found.label, found.value, start, end)
                    break


def _listed_words(domain: Domain) -> dict[str, _ListedWord]:
    """Index the labelled words of a domain's lists, and its dates."""
    spec = domain.spec
    listed: dict[str, _ListedWord] = {}
    for name, words in domain.words.items():
        label = spec.words[name].label
        for word in words if label else ():
            listed.update((surface, _ListedWord(label or "", word.value)) for surface in word.surfaces)
    if spec.dates is not None:
        surfaces = (date.surface for dates in domain.dates.values() for date in dates)
        listed.update((surface, _ListedWord(spec.dates.label, surface)) for surface in surfaces)
    return {surface: word for surface, word in listed.items() if len(surface) >= _MIN_SURFACE}


def _entities(chain: Chain, table: Hierarchy, tables: GroundingTables) -> list[Entity]:
    """Answer the names of a chain as generated gold answers them."""
    schema = tables.task.schema
    around = Surroundings(table.labels, tuple(schema[label].inferable for label in table.labels))
    ends = {name.start: name.end for name in chain.beside}
    readings = [
        Reading(path.node, _mentions(sorted(path.levels), ends), row) for row, path in enumerate(chain.paths)
    ]
    answered = answer(readings[0], around) if len(readings) == 1 else omit(readings, around)
    return [Entity(table.labels[item.level], item.value, *(item.span or ())) for item in answered]


def _mentions(levels: Iterable[tuple[int, int]], ends: Mapping[int, int]) -> tuple[Mention, ...]:
    return tuple(Mention(level, (start, ends[start])) for start, level in levels)
