"""What a user may say of how a file is to be read; whatever is not said is found out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.aligning.offsets import EndConvention, OffsetUnit
from nerforge.templates.tasks.files import FieldPaths

FIELDS = FieldPaths.__struct_fields__
"""What ``--fields`` can name: see ``read_fields``."""
ENDS = (EndConvention.EXCLUSIVE.value, EndConvention.INCLUSIVE.value, EndConvention.OFF_BY_ONE.value)
UNITS = tuple(unit.value for unit in OffsetUnit)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How the files of a corpus are to be read; None and empty stand for what is found out."""

    layout: str | None = None
    """One of ``LAYOUTS``."""
    token_column: int | None = None
    """Of a file of columns, the one that holds the token, counted from 1."""
    tag_column: int | None = None
    """The one that holds the tags, counted from 1."""
    layer: str | None = None
    """Of several layers of annotation the one that is read: its name, or its number from 1."""
    fields: Mapping[str, str] | None = None
    """Where the parts of a row stand: dotted paths by the names of ``FIELDS``."""
    ends: str | None = None
    """What a stated end means: one of ``ENDS``."""
    unit: str | None = None
    """What offsets count: one of ``UNITS``."""

    def __post_init__(self) -> None:
        """Refuse what is out of bounds.

        Raises:
            UsageError: a value is none of those that there are.
        """
        for option, value in (("--token-column", self.token_column), ("--tag-column", self.tag_column)):
            if value is not None and value < 1:
                raise UsageError(f"{option} {value}: columns are counted from 1")
        for option, given, known in (("--ends", self.ends, ENDS), ("--unit", self.unit, UNITS)):
            if given is not None and given not in known:
                raise UsageError(f"{option} {given}: expected one of {', '.join(known)}")
        if unknown := set(self.fields or ()) - set(FIELDS):
            raise UsageError(f"fields: {', '.join(sorted(unknown))}: expected some of {', '.join(FIELDS)}")

    def of_layout(self, layout: str, taken: Iterable[str]) -> dict[str, object]:
        """Give what the reader of a layout is told.

        Args:
            layout: Its name, for the error.
            taken: The options that it takes.

        Raises:
            UsageError: an option is given that it does not take.
        """
        given = {
            name: value
            for name in ("token_column", "tag_column", "layer", "fields")
            if (value := getattr(self, name)) is not None
        }
        if unknown := given.keys() - set(taken):
            options = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(unknown))
            raise UsageError(f"layout {layout} has no {options}; leave it out, or name another --layout")
        return given


def told_reading(
    *,
    layout: str | None = None,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | int | None = None,
    fields: str | Mapping[str, str] | None = None,
    ends: str | None = None,
    unit: str | None = None,
) -> ReadingOptions:
    """Take the options as callers have them: a layer may be a number, and fields a list as of ``--fields``.

    Raises:
        UsageError: a value is none of those that there are.
    """
    return ReadingOptions(
        layout,
        token_column,
        tag_column,
        None if layer is None else str(layer),
        read_fields(fields) if isinstance(fields, str) else fields,
        ends,
        unit,
    )


def read_fields(text: str) -> dict[str, str]:
    """Read ``text=sentence,entities=labels,label=type,start=b,end=e``.

    Dotted paths lead into objects (``data.text``) and lists (``result.0``). Of entities that are lists the
    paths are places: ``label=2,start=0,end=1``.

    Raises:
        UsageError: it is not such a list, or names a part that there is not.
    """
    fields: dict[str, str] = {}
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, path = (part.strip() for part in piece.partition("="))
        if not equals or not path or name not in FIELDS:
            raise UsageError(
                f"--fields: found {piece!r}; expected pairs such as text=sentence,entities=labels, with the "
                f"names {', '.join(FIELDS)}"
            )
        if name in fields:
            raise UsageError(f"--fields: {name} is given twice")
        fields[name] = path
    return fields
