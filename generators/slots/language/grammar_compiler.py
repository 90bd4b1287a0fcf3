"""From a domain to its grammar: templates spelled out into columns of pieces that are combined freely.

No two rows of strata make the same sentence: the rows of one stratum differ in a piece, strata that could
make the same pieces are kept apart, and a search (``unambiguous``) proves that a sentence fixes its pieces.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import NoReturn

import numpy as np

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.domain.domain_spec import AFTER, BEFORE
from nerforge.generators.slots.domain.policies import POLICIES
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.language.ambiguity import count_ambiguous
from nerforge.generators.slots.language.columns import Columns
from nerforge.generators.slots.language.grammar import Grammar, PieceColumn, Stratum
from nerforge.generators.slots.language.packed_pieces import pack
from nerforge.generators.slots.language.pieces import GAP, Piece, PieceList, fold
from nerforge.generators.slots.language.pool import Pool
from nerforge.generators.slots.language.unambiguous import Collision, find_collisions
from nerforge.generators.slots.language.ways import Way, spell_out
from nerforge.generators.slots.randomness import Flags, Integers

_FOLDABLE = re.compile("[ ０-９]")


def compile_grammar(domain: Domain, policy: str = "omit") -> Grammar:
    """Spell out a domain's templates; see ``grammar_cache`` for doing so once.

    Raises:
        UserError: two rows of pieces make one sentence, a template repeats others, or one that should hold no
            entity names one.
    """
    return _Builder(domain, policy).build()


class _Builder:
    def __init__(self, domain: Domain, policy: str) -> None:
        self.domain = domain
        self.policy = POLICIES[policy]
        self.pool = PieceList()
        self.columns = Columns(domain, self.pool)
        self.claimed: dict[tuple[str, ...], list[tuple[Integers, ...]]] = {}

    def build(self) -> Grammar:
        ways = spell_out(self.domain)
        self.columns.read(ways, self.policy)
        strata = [stratum for way in ways for stratum in self._strata(way)]
        self._refuse_idle(strata)
        self._check_entities(strata)
        added = {
            name: np.array([self.pool.add(name, Piece(text)) for text in texts])
            for name, texts in self.domain.added.items()
        }
        left_out = self._prove(strata, added)
        self.pool.add(GAP, Piece(GAP))
        read = {name: self.columns.pieces_of(name).values() for name in self.domain.tables}
        return Grammar(
            templates=self.domain.templates,
            strata=tuple(self._without_dates(strata, left_out)),
            pool=Pool(pack(self.pool.pieces, ["", *(kind for kind, _ in self.pool.texts())])),
            added=added,
            ambiguous={n: sum(p is None or p.n_readings > 1 for p in made) for n, made in read.items()},
            dropped={name: sum(piece is None for piece in made) for name, made in read.items()},
            ambiguous_names={n: count_ambiguous(table) for n, table in self.domain.tables.items()},
            dates_left_out=tuple(sorted(left_out)),
        )

    def _strata(self, way: Way) -> Iterator[Stratum]:
        columns = [
            self.columns.column(part, way.noise, is_mistyped=way.typo == at)
            for at, part in enumerate(way.parts)
        ]
        self._claim(way, columns)
        if not way.share or not all(len(column.numbers) for column in columns):
            return
        at = next((i for i, column in enumerate(columns) if column.kind == self.columns.date_slot), None)
        if at is None:
            yield Stratum(way.template, way.noise, None, tuple(columns), way.share)
            return
        classes = self.columns.dates
        for name, numbers in classes.items():
            dated = (*columns[:at], columns[at]._replace(numbers=numbers), *columns[at + 1 :])
            yield Stratum(way.template, way.noise, name, dated, way.share / len(classes))

    def _claim(self, way: Way, columns: list[PieceColumn]) -> None:
        """Leave out what an earlier stratum of the same kinds says."""
        kinds = tuple(
            f"{column.kind}?" * (way.typo == at) or column.kind for at, column in enumerate(columns)
        )
        claimed = self.claimed.setdefault(kinds, [])
        for earlier in claimed:
            known = [self._among(c.numbers, theirs) for c, theirs in zip(columns, earlier, strict=True)]
            if all(found.any() for found in known):
                at = self._divided(columns, known)
                columns[at] = columns[at]._replace(numbers=columns[at].numbers[~known[at]])
        claimed.append(tuple(column.numbers for column in columns))

    def _among(self, numbers: Integers, others: Integers) -> Flags:
        if numbers is others:
            return np.ones(len(numbers), np.bool_)
        is_there = np.zeros(len(self.pool), np.bool_)
        is_there[others] = True
        return is_there[numbers]

    def _divided(self, columns: Sequence[PieceColumn], known: Sequence[Flags]) -> int:
        """Choose the column from which to take what is known, so that nothing else is lost if possible.

        That is the only column with something new, or else that of a table.
        """
        new = [at for at, found in enumerate(known) if not found.all()]
        if len(new) == 1:
            return new[0]
        of_tables = [at for at, c in enumerate(columns) if c.kind.lstrip("~") in self.domain.tables]
        return next((at for at in of_tables if not new or at in new), (new or [0])[0])

    def _check_entities(self, strata: Sequence[Stratum]) -> None:
        """Hold templates against what their names say: those with ! have no entity, all others have."""
        with_entities = set()
        for column in {id(c.numbers): c for stratum in strata for c in stratum.columns}.values():
            if any(self.pool.pieces[number].entities for number in column.numbers.tolist()):
                with_entities.add(id(column.numbers))
        naming = {s.template for s in strata if any(id(c.numbers) in with_entities for c in s.columns)}
        for number, template in enumerate(self.domain.templates):
            if template.is_negative and number in naming:
                raise UserError(f"template !{template.name} names an entity; leave out the ! or the slot")
            if not template.is_negative and number not in naming:
                raise UserError(f"template {template.name} names no entity; write !{template.name} for it")

    def _refuse_idle(self, strata: Sequence[Stratum]) -> None:
        made = {stratum.template for stratum in strata}
        idle = [t.name for number, t in enumerate(self.domain.templates) if number not in made]
        if idle:
            raise UserError(
                f"template {', '.join(idle)}: makes no sentence that those above it do not make; "
                "leave it out, give its slots other forms, or answer ambiguous names in another way"
            )

    def _prove(self, strata: Sequence[Stratum], added: Mapping[str, Integers]) -> set[str]:
        """Prove that a sentence fixes its pieces, without the dates that are returned.

        Dates follow a rule and can be spared; anything else that collides is the user's to rename.
        """
        texts = self._texts_by_kind()
        left_out = set()
        for collision in find_collisions(texts, _sequences(strata, texts, added)):
            dates = [
                row[0]
                for row, kind in zip(collision[:2], collision.kinds, strict=True)
                if kind == self.columns.date_slot
            ]
            if not dates:
                self._refuse(collision)
            left_out.add(dates[0])
        return left_out

    def _texts_by_kind(self) -> dict[str, dict[str, str]]:
        """Give the texts of each kind of piece, each by what noise makes of it."""
        texts: dict[str, dict[str, str]] = {}
        changes = {"full_width", "space"}.intersection(self.domain.spec.noise.on())
        for kind, text in self.pool.texts():
            folded = fold(text) if changes and _FOLDABLE.search(text) else text
            other = texts.setdefault(kind, {}).setdefault(folded, text)
            if other != text:
                raise UserError(
                    f"{self.domain.folder}: {{{kind}}} says {other!r} and {text!r}, which noise "
                    f"({', '.join(sorted(changes))}) makes the same; leave one out, or switch it off"
                )
        return texts

    def _refuse(self, collision: Collision) -> NoReturn:
        one, two = (
            f"{{{kind}}} " + " + ".join(row)
            for row, kind in zip((collision.first, collision.second), collision.kinds, strict=True)
        )
        raise UserError(
            f"{self.domain.templates_file}: one sentence could be made in two ways, from {one} and "
            f"from {two}; rename one of these, or put fixed words between the slots"
        )

    def _without_dates(self, strata: Sequence[Stratum], left_out: Set[str]) -> Iterator[Stratum]:
        numbers = {name: self._spared(members, left_out) for name, members in self.columns.dates.items()}
        for stratum in strata:
            if stratum.date_class is None or not left_out:
                yield stratum
                continue
            columns = tuple(
                column._replace(numbers=numbers[stratum.date_class])
                if column.kind == self.columns.date_slot
                else column
                for column in stratum.columns
            )
            if len(numbers[stratum.date_class]):
                yield replace(stratum, columns=columns)

    def _spared(self, numbers: Integers, left_out: Set[str]) -> Integers:
        return np.array(
            [n for n in numbers.tolist() if fold(self.pool.pieces[n].text) not in left_out], np.int64
        )


def _sequences(
    strata: Sequence[Stratum], texts: Mapping[str, Mapping[str, str]], added: Mapping[str, Integers]
) -> set[tuple[str, ...]]:
    """List the kinds of pieces, in order, that a sentence can be made of, with and without added words."""
    # A space that stands between slots is nothing once spaces are left out.
    silent = {kind for kind, members in texts.items() if "" in members}
    before = [name for name in BEFORE if name in added]
    after = [name for name in AFTER if name in added]
    sequences: set[tuple[str, ...]] = set()
    for columns in {tuple(column.kind for column in stratum.columns) for stratum in strata}:
        kinds = tuple(kind for kind in columns if kind not in silent)
        sequences |= {kinds, (*before, *kinds, *after)}
        sequences |= {(name, *kinds) for name in before}
    return sequences
