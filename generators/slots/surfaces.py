"""How sentences say a value that they do not write as it is."""

from nerforge.generators.slots.domain.domain_spec import ALIAS
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.language.grammar import Grammar
from nerforge.generators.slots.language.readings import surfaces
from nerforge.templates.tasks import Task, with_surfaces


def collect_surfaces(grammar: Grammar) -> dict[str, list[tuple[str, str]]]:
    """List what the pieces say in place of a value, by label, each pair once."""
    said: dict[str, list[tuple[str, str]]] = {}
    for label, value, surface in grammar.pool.names:
        if surface != value:
            said.setdefault(label, []).append((value, surface))
    return said


def domain_task(domain: Domain) -> Task:
    """Give a domain's task with every way in which its tables and lists say a value."""
    said: dict[str, dict[tuple[str, str], None]] = {}
    for table in domain.tables.values():
        for level, spec in table.levels.items():
            at = table.level_names.index(level)
            for row in table.rows:
                pairs = (
                    (row.values[at], written) for written in surfaces(row, table, level, (*spec.forms, ALIAS))
                )
                said.setdefault(spec.label, {}).update(dict.fromkeys(pairs))
    for name, words in domain.spec.words.items():
        if words.label:
            pairs = ((word.value, alias) for word in domain.words[name] for alias in word.aliases)
            said.setdefault(words.label, {}).update(dict.fromkeys(pairs))
    told = {label: [(value, s) for value, s in pairs if value != s] for label, pairs in said.items()}
    return with_surfaces(domain.task, told)
