"""Template files: sentences with slots and optional parts, one a line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeVar

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.lists import read_lines

_LINE = re.compile(r"(?P<name>!?[\w-]+)(?:\s+x(?P<weight>\d+(?:\.\d+)?))?\s*:\s*(?P<pattern>.*\S)\s*")
_TOKEN = re.compile(
    r"\{(?P<plain>~?)(?P<slot>\w+)(?:\.(?P<forms>\w+(?:\|\w+)*))?\}"
    r"|(?P<open>\[)|\](?:(?P<share>\d{1,3})%)?(?P<close>)|\\(?P<escaped>[\\\[\]{}%])|(?P<words>[^\\\[\]{}])"
)
_DEFAULT_SHARE = 0.5
_MAX_VARIANTS = 64


class Words(NamedTuple):
    """Fixed words of a template."""

    text: str


class Slot(NamedTuple):
    """A place in a template that a table fills."""

    name: str
    forms: tuple[str, ...] = ()
    """How the value may be written; empty for the slot's default forms."""
    is_labelled: bool = True
    """False for a look-alike: words that are no entity here."""


class Optional(NamedTuple):
    """A part that only a share of the sentences has."""

    parts: tuple[Words | Slot, ...]
    share: float


class Variant(NamedTuple):
    """One way through a template's optional parts, and its share of the template's sentences."""

    parts: tuple[Words | Slot, ...]
    share: float


P = TypeVar("P", Words | Slot, Words | Slot | Optional)


@dataclass(frozen=True, slots=True)
class Template:
    """A line of a template file."""

    name: str
    parts: tuple[Words | Slot | Optional, ...]
    weight: float = 1.0
    """Its share of the sentences in relation to the other templates'."""
    is_negative: bool = False
    """Whether its sentences hold no entity."""

    def slots(self) -> Iterator[Slot]:
        """Yield all slots, optional ones included."""
        for part in self.parts:
            for inner in part.parts if isinstance(part, Optional) else (part,):
                if isinstance(inner, Slot):
                    yield inner

    def variants(self) -> list[Variant]:
        """Spell out the optional parts, the variant with none of them first."""
        choices: list[tuple[Variant, ...]] = []
        for part in self.parts:
            if isinstance(part, Optional):
                choices.append((Variant((), 1 - part.share), Variant(part.parts, part.share)))
            else:
                choices.append((Variant((part,), 1.0),))
        variants = []
        for chosen in product(*choices):
            share = 1.0
            for choice in chosen:
                share *= choice.share
            if share:
                variants.append(Variant(_joined(part for choice in chosen for part in choice.parts), share))
        return variants


def _joined(parts: Iterable[P]) -> tuple[P, ...]:
    """Put adjacent words together."""
    joined: list[P] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Words) and isinstance(last, Words):
            joined[-1] = Words(last.text + part.text)
        else:
            joined.append(part)
    return tuple(joined)


def read_templates(path: Path, slots: Mapping[str, Sequence[str]]) -> tuple[Template, ...]:
    """Read a template file.

    Args:
        path: One template a line, ``NAME: PATTERN`` or ``NAME x3: PATTERN``.
        slots: The known slots, and the forms of each.

    Raises:
        UserError: lines cannot be read, or use what is not there; all faults at once.
    """
    templates: dict[str, Template] = {}
    faults = []
    for number, line in read_lines(path):
        try:
            template = _parse_line(line)
            _check(template, slots)
            if template.name in templates:
                raise ValueError(f"template {template.name!r} stands already above; rename one")
            templates[template.name] = template
        except ValueError as err:
            faults.append(f"{path}:{number}: {err}")
    if faults:
        raise UserError("\n".join(faults))
    if not templates:
        raise UserError(f"{path}: holds no templates; expected lines such as NAME: {{slot}}words")
    return tuple(templates.values())


def _parse_line(line: str) -> Template:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"found {line!r}; expected NAME: PATTERN, or NAME x2: PATTERN for a weight")
    weight = float(match["weight"] or 1)
    if not weight:
        raise ValueError("a weight of 0; leave the line out or comment it with #")
    name = match["name"]
    return Template(name.removeprefix("!"), _parse_pattern(match["pattern"]), weight, name.startswith("!"))


def _parse_pattern(pattern: str) -> tuple[Words | Slot | Optional, ...]:
    parts: list[Words | Slot | Optional] = []
    inside: list[Words | Slot] | None = None
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise ValueError(f"cannot read {pattern[at:]!r} in the pattern; write \\ before {pattern[at]!r}")
        at = match.end()
        if match["open"]:
            if inside is not None:
                raise ValueError("an optional part [...] within another; write two templates")
            inside = []
        elif match["close"] is not None:
            if not inside:
                raise ValueError("] closes nothing" if inside is None else "an empty optional part []")
            parts.append(Optional(_joined(inside), _share(match["share"])))
            inside = None
        else:
            (parts if inside is None else inside).append(_simple(match))
    if inside is not None:
        raise ValueError("an optional part [ is not closed")
    return _joined(parts)


def _share(percent: str | None) -> float:
    share = int(percent) / 100 if percent else _DEFAULT_SHARE
    if not 0 < share <= 1:
        raise ValueError(f"an optional part in {percent} % of the sentences; expected 1 to 100")
    return share


def _simple(match: re.Match[str]) -> Words | Slot:
    if match["slot"]:
        forms = tuple(match["forms"].split("|")) if match["forms"] else ()
        return Slot(match["slot"], forms, is_labelled=not match["plain"])
    return Words(match["escaped"] or match["words"])


def _check(template: Template, slots: Mapping[str, Sequence[str]]) -> None:
    for slot in template.slots():
        if slot.name not in slots:
            raise ValueError(f"unknown slot {{{slot.name}}}; known: {', '.join(slots)}")
        for form in slot.forms:
            if form not in slots[slot.name]:
                known = ", ".join(slots[slot.name]) or "none"
                raise ValueError(f"unknown form {{{slot.name}.{form}}}; known forms: {known}")
    if all(isinstance(part, Optional) for part in template.parts):
        raise ValueError("every part is optional, so that nothing may be left; put one outside of [...]")
    if len(template.variants()) > _MAX_VARIANTS:
        raise ValueError(
            f"more than {_MAX_VARIANTS} ways through the optional parts; write several templates"
        )
