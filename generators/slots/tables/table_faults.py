"""Faults in what a table says: rows and names that contradict each other."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nerforge.generators.slots.tables.table_cells import Fault, shorten

_N_NAMED = 5
_SPACES_AND_MARKS = re.compile(r"[\W_]+")
_IF_BOTH_EXIST = "if both exist, say with --ambiguous omit|first|all|drop how such a name is answered"


class Row(NamedTuple):
    """A value of the lowest level with its parents."""

    line: int
    """Row number in the file, the head being 1."""
    values: tuple[str, ...]
    """One for each level, the highest first."""
    aliases: tuple[tuple[str, ...], ...]
    """For each level the other names of its value."""


def find_faults(rows: Sequence[Row], levels: Sequence[str], *, shared_names: bool) -> list[Fault]:
    """Find everything that is at fault in the rows of a table whose levels have these names."""
    faults = [*_empty(rows, levels), *_repeated(rows)]
    for level, name in enumerate(levels):
        lines = _first_lines((row.values[level], row.line) for row in rows)
        faults += _look_alikes(lines, name)
        faults += _bad_aliases(rows, level, name, lines, shared_names=shared_names)
        if level and not shared_names:
            faults += _two_parents(rows, level, levels)
    return faults


def find_gaps(rows: Sequence[Row], levels: Sequence[str]) -> list[Fault]:
    """Find names without a parent, and rows without a name of the highest level."""
    return [
        fault
        for row in rows
        for level, fault in _empty_cells(row, levels)
        if level == 0 or any(row.values[level:])
    ]


def _first_lines(values: Iterable[tuple[str, int]]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for value, line in values:
        if value:
            lines.setdefault(value, line)
    return lines


def _empty(rows: Sequence[Row], levels: Sequence[str]) -> Iterator[Fault]:
    for row in rows:
        if not all(row.values):
            yield from (fault for _, fault in _empty_cells(row, levels))


def _empty_cells(row: Row, levels: Sequence[str]) -> Iterator[tuple[int, Fault]]:
    """Yield the levels of a row that are empty."""
    for level, (value, name) in enumerate(zip(row.values, levels, strict=True)):
        below = next((i for i in range(level + 1, len(levels)) if row.values[i]), None)
        if not value and below is None:
            yield level, Fault(row.line, f"{name} is empty; expected a name; fill it in or delete the row")
        elif not value and below is not None:
            child = f"{levels[below]} {shorten(row.values[below])!r}"
            yield level, Fault(row.line, f"{name} is empty above {child}; expected its parent; fill it in")


def _repeated(rows: Sequence[Row]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        other = first.setdefault(row.values, row)
        if other is row or not all(row.values):
            continue
        if row.aliases == other.aliases:
            yield Fault(row.line, f"is the same as row {other.line}; expected each row once; delete one")
        else:
            text = f"has the names of row {other.line} and other aliases; expected each row once"
            yield Fault(row.line, f"{text}; put the aliases into one row and delete the other")


def _fold(name: str) -> str:
    return _SPACES_AND_MARKS.sub("", unicodedata.normalize("NFKC", name).casefold())


def _look_alikes(lines: Mapping[str, int], level: str) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for name, line in lines.items():
        other = first.setdefault(_fold(name) or name, name)
        if other != name:
            text = f"{level} {shorten(name)!r} looks like {shorten(other)!r} in row {lines[other]}"
            yield Fault(
                line, f"{text}; expected one way of writing a name; write both alike or tell them apart"
            )


def _two_parents(rows: Sequence[Row], level: int, levels: Sequence[str]) -> Iterator[Fault]:
    pairs = {row.values[level - 1 : level + 1] for row in rows}
    n_parents = Counter(name for parent, name in pairs if parent and name)
    if len(n_parents) == n_parents.total():
        return
    found: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        parent, name = row.values[level - 1 : level + 1]
        if parent and n_parents[name] > 1:
            found[name][parent].append(row.line)
    for name, parents in found.items():
        text = (
            f"{levels[level]} {shorten(name)!r} is under {_places(parents)}; expected one {levels[level - 1]}"
        )
        yield Fault(sorted(lines[0] for lines in parents.values())[1], f"{text}; {_IF_BOTH_EXIST}")


def _places(lines: Mapping[str, Sequence[int]]) -> str:
    places = [f"{shorten(name)} ({_row_numbers(numbers)})" for name, numbers in lines.items()]
    return _listed(places, " and ")


def _row_numbers(numbers: Sequence[int]) -> str:
    return f"row{'s' * (len(numbers) > 1)} {_listed([str(number) for number in numbers], ', ')}"


def _listed(parts: Collection[str], between: str) -> str:
    more = f" and {len(parts) - _N_NAMED} more" if len(parts) > _N_NAMED else ""
    return between.join(list(parts)[:_N_NAMED]) + more


def _bad_aliases(
    rows: Sequence[Row], level: int, name: str, values: Mapping[str, int], *, shared_names: bool
) -> Iterator[Fault]:
    """Find aliases that are no other name of one value."""
    found: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in (row for row in rows if row.aliases[level] and row.values[level]):
        for alias in row.aliases[level]:
            found[alias][row.values[level]].append(row.line)
    for alias, meant in found.items():
        if alias in meant:
            text = f"{name} {shorten(alias)!r} is its own alias; expected another name; delete the alias"
            yield Fault(meant[alias][0], text)
        if len(meant) > 1 and not shared_names:
            text = f"{name} alias {shorten(alias)!r} stands for {_places(meant)}; expected one {name}"
            yield Fault(sorted(lines[0] for lines in meant.values())[1], f"{text}; {_IF_BOTH_EXIST}")
    yield from _chains(found, name, _beside(rows, level, values) if shared_names else values)


def _beside(rows: Sequence[Row], level: int, values: Mapping[str, int]) -> dict[str, int]:
    """Keep the values that are aliases of others under the same parents; elsewhere both may exist."""
    named: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    aliased: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in rows:
        named[row.values[level]].add(row.values[:level])
        for alias in row.aliases[level]:
            aliased[alias].add(row.values[:level])
    return {name: line for name, line in values.items() if not named[name].isdisjoint(aliased[name])}


def _chains(
    found: Mapping[str, Mapping[str, Sequence[int]]], name: str, values: Mapping[str, int]
) -> Iterator[Fault]:
    """Find aliases that are the names of other values, and the cycles among them."""
    links = {alias: [x for x in meant if x != alias] for alias, meant in found.items() if alias in values}
    in_cycles = set()
    for cycle in _cycles(links):
        steps = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        in_cycles.update(steps)
        named = [f"{shorten(a)!r} is an alias of {shorten(b)!r} (row {found[a][b][0]})" for a, b in steps]
        text = (
            f"{name} aliases go round: {_listed(named, ', ')}; expected names that are no values; delete them"
        )
        yield Fault(min(found[a][b][0] for a, b in steps), text)
    for alias, meant in links.items():
        for value in [value for value in meant if (alias, value) not in in_cycles]:
            text = f"{name} {shorten(value)!r} has the alias {shorten(alias)!r}, a name (row {values[alias]})"
            advice = "expected a name that is no value; delete the alias"
            yield Fault(found[alias][value][0], f"{text}; {advice}")


def _cycles(links: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield a cycle for every link that leads back, depth first."""
    done: set[str] = set()
    for root in links:
        path = {root: iter(links[root])} if root not in done else {}
        while path:
            name = next(reversed(path))
            following = next(path[name], None)
            if following is None:
                done.add(name)
                del path[name]
            elif following in path:
                names = list(path)
                yield names[names.index(following) :]
            elif following not in done:
                path[following] = iter(links.get(following, ()))
