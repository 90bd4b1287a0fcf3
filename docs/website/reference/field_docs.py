"""What stands below the fields of a class: their documentation, which Python itself does not keep."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise

import msgspec


def field_docs(kind: type) -> dict[str, str]:
    """Give the documentation of a class's fields, those of its bases included, by name."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("nerforge."):
            found |= dict(_own(base))
    return found


def _own(kind: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            yield field.target.id, inspect.cleandoc(below.value.value)


def structs_by_name() -> dict[str, type]:
    """Give every struct that was defined, by the name that a JSON schema calls it."""
    found: dict[str, type] = {}
    waiting = [msgspec.Struct]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.__name__, kind)
        waiting += kind.__subclasses__()
    return found
