"""What each split may say: everything, or only values, templates or date forms that the others lack."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nerforge.foundation.errors import UsageError
from nerforge.generators.manifests.slot_counts import HoldoutSummary
from nerforge.generators.slots.domain.slot_domain import Domain, Table
from nerforge.generators.slots.language.grammar import Grammar, Stratum
from nerforge.generators.slots.randomness import Integers, shuffled

RANDOM, BY_VALUE, BY_TEMPLATE, BY_DATE_FORM = "random", "by-value", "by-template", "by-date-form"
KINDS = (RANDOM, BY_VALUE, BY_TEMPLATE, BY_DATE_FORM)
HELD = ("test", "dev")
"""The splits for which something is held out, in the order in which they choose."""

Value = tuple[str, str]
"""A level and one of its values."""


@dataclass(frozen=True, slots=True)
class Division:
    """The strata of each split, and what was held out for it."""

    kind: str
    strata: Mapping[str, tuple[Stratum, ...]]
    """By split; for the random kind all are the same."""
    held_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By split: names of templates or date forms, or ``level: value``."""

    def summary(self) -> HoldoutSummary:
        """Give what the manifest says of it."""
        return HoldoutSummary(self.kind, {name: sorted(held) for name, held in self.held_out.items()})


def divide(domain: Domain, grammar: Grammar, kind: str, shares: Mapping[str, float], seed: int) -> Division:
    """Choose what train, dev and test may say.

    Args:
        domain: Names the levels of which values are held out.
        grammar: What there is.
        kind: One of ``KINDS``.
        shares: Share of the rows for dev and for test; as large a share of values, templates or date forms is
            held out for it, at least one.
        seed: Fixes the choice.

    Raises:
        UsageError: there is nothing to hold out, or not enough for all splits.
    """
    wanted = {name: shares[name] for name in HELD if shares[name] > 0}
    if kind == RANDOM or not wanted:
        return Division(RANDOM, dict.fromkeys(("train", "dev", "test"), grammar.strata))
    if kind == BY_VALUE:
        return _by_value(domain, grammar, wanted, seed)
    names = _names(grammar, kind)
    held = dict(_choose(names, wanted, seed, kind))

    def belongs(stratum: Stratum, split: str) -> bool:
        name = grammar.templates[stratum.template].name if kind == BY_TEMPLATE else stratum.date_class
        return next((s for s, chosen in held.items() if name in chosen), "train") == split

    strata = {
        split: tuple(stratum for stratum in grammar.strata if belongs(stratum, split))
        for split in ("train", *wanted)
    }
    return Division(kind, strata, held)


def _names(grammar: Grammar, kind: str) -> list[str]:
    if kind == BY_TEMPLATE:
        return [template.name for template in grammar.templates if not template.is_negative]
    return list(dict.fromkeys(s.date_class for s in grammar.strata if s.date_class))


def _choose(
    names: Sequence[str], wanted: Mapping[str, float], seed: int, kind: str
) -> Iterator[tuple[str, list[str]]]:
    order = [names[at] for at in shuffled(len(names), seed, kind).tolist()]
    n_held = {split: max(1, round(share * len(names))) for split, share in wanted.items()}
    if sum(n_held.values()) >= len(names):
        raise UsageError(
            f"--split {kind}: holds out {sum(n_held.values())} of {len(names)}; nothing is left to train on"
        )
    for split, n in n_held.items():
        yield split, order[:n]
        order = order[n:]


def _by_value(domain: Domain, grammar: Grammar, wanted: Mapping[str, float], seed: int) -> Division:
    # For companies and substations with 10 % for test: 5 % of the companies are held out with all that lies
    # below them, then further substations until those are 10 %. What could mean one of them, as 麒麟 may,
    # is in no training row.
    levels = domain.spec.hold_out
    if not levels:
        raise UsageError("--split by-value: the domain names no levels under hold_out")
    held: dict[str, set[Value]] = {split: set() for split in wanted}
    for table in domain.tables.values():
        mine = [level for level in table.level_names if level in levels]
        for number, level in enumerate(mine):
            for split, share in wanted.items():
                part = share * (number + 1) / len(mine)
                taken = set().union(*held.values())
                _hold_out(table, level, mine, part, held[split], taken, (seed, split))
    codes = _codes(domain, grammar, held)
    kinds = {name for table in domain.tables.values() for name in (table.name, f"~{table.name}")}
    strata = {
        split: tuple(_only(grammar.strata, codes, number, kinds))
        for number, split in enumerate(("train", *wanted))
    }
    names = {split: [f"{level}: {value}" for level, value in values] for split, values in held.items()}
    return Division(BY_VALUE, strata, names)


def _hold_out(
    table: Table,
    level: str,
    levels: Sequence[str],
    share: float,
    held: set[Value],
    taken: Collection[Value],
    seed: tuple[object, ...],
) -> None:
    """Add values of a level until a share of them is held out, each with all that lies below it."""
    at = table.level_names.index(level)
    names = list(dict.fromkeys(row.values[at] for row in table.rows))
    target = max(1, round(share * len(names)))
    below = [(name, table.level_names.index(name)) for name in levels if table.level_names.index(name) >= at]
    for choice in shuffled(len(names), *seed, level).tolist():
        if sum(name == level for name, _ in held) >= target:
            return
        rows = [row for row in table.rows if row.values[at] == names[choice]]
        values = {(name, row.values[column]) for row in rows for name, column in below}
        if not values & (set(taken) - held):
            held |= values


def _codes(domain: Domain, grammar: Grammar, held: Mapping[str, set[Value]]) -> Integers:
    """Tell for each piece the split it belongs to: 0 for train, then those of ``held``; -1 for none.

    What could mean a held-out value stays out of training, even where it is not answered so; a held-out split
    has it only if a held-out value is answered, or if the piece is a look-alike.
    """
    labels = {level: spec.label for table in domain.tables.values() for level, spec in table.levels.items()}
    answers = [{(labels[level], value) for level, value in values} for values in held.values()]
    codes = np.zeros(len(grammar.pool), np.int64)
    for number in grammar.pool.meaning(set().union(*held.values())):
        piece = grammar.pool[number]
        meant = [at for at, values in enumerate(held.values()) if not values.isdisjoint(piece.values)]
        answered = {(entity.label, entity.text) for entity in piece.entities}
        is_shown = not answered or not answers[meant[0]].isdisjoint(answered)
        codes[number] = meant[0] + 1 if len(meant) == 1 and is_shown else -1
    return codes


def _only(
    strata: Sequence[Stratum], codes: Integers, split: int, kinds: Collection[str]
) -> Iterator[Stratum]:
    for stratum in strata:
        of_tables = [column.kind in kinds for column in stratum.columns]
        if split and not any(of_tables):
            continue
        columns = tuple(
            column._replace(numbers=column.numbers[codes[column.numbers] == split]) if is_table else column
            for column, is_table in zip(stratum.columns, of_tables, strict=True)
        )
        if all(len(column.numbers) for column in columns):
            yield replace(stratum, columns=columns)
