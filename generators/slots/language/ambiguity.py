"""Count, straight from a table, the names that do not tell what they mean."""

from collections.abc import Mapping
from itertools import combinations

from nerforge.generators.slots.domain.domain_spec import ALIAS
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.readings import surfaces


def count_ambiguous(table: Table) -> Mapping[str, int]:
    """Count the names of each level that are not clear by themselves.

    Returns:
        ``names: LEVEL``: different names of the level. ``LEVEL under several PARENT``: those that stand under
        more than one parent; ``... within one GRANDPARENT``: where two of these have the same parent.
        ``LEVEL said like PARENT``: names that some form writes as a form of the other level writes one of its
        names.
    """
    counts: dict[str, int] = {}
    levels = table.level_names
    for at, level in enumerate(levels):
        parents: dict[str, set[tuple[str, ...]]] = {}
        for row in table.rows:
            parents.setdefault(row.values[at], set()).add(row.values[:at])
        counts[f"names: {level}"] = len(parents)
        if at:
            several = [paths for paths in parents.values() if len(paths) > 1]
            counts[f"{level} under several {levels[at - 1]}"] = len(several)
        if at > 1:
            within = sum(len({path[:-1] for path in paths}) < len(paths) for paths in several)
            counts[f"{level} under several {levels[at - 1]} within one {levels[at - 2]}"] = within
    said = {level: _said(table, level) for level in levels}
    for higher, lower in combinations(levels, 2):
        taken = set().union(*said[higher].values())
        counts[f"{lower} said like {higher}"] = sum(bool(forms & taken) for forms in said[lower].values())
    return counts


def _said(table: Table, level: str) -> dict[str, set[str]]:
    forms = (*table.levels[level].forms, ALIAS)
    at = table.level_names.index(level)
    said: dict[str, set[str]] = {}
    for row in table.rows:
        said.setdefault(row.values[at], set()).update(surfaces(row, table, level, forms))
    return said
