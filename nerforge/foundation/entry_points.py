"""What other packages add to NERForge, found by their entry points, beside what it ships itself."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module, metadata
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeVar, cast

from nerforge.foundation.errors import UserError, unknown_name

T = TypeVar("T")


class PlugIn(NamedTuple):
    """An entry point of a group of ours, in a package that is installed."""

    name: str
    package: str
    target: str
    """``module:attribute``, or a module."""

    def __str__(self) -> str:
        return f"{self.name!r} of package {self.package} ({self.target})"

    def load(self) -> Any:
        """Import what the entry point names.

        Raises:
            UserError: that fails, whatever the package raises.
        """
        try:
            return load_target(self.target)
        except Exception as err:
            cause = " ".join(f"{type(err).__name__}: {err}".split())
            raise UserError(f"{self} cannot be imported: {cause}; mend or uninstall the package") from err


def registered(group: str) -> Mapping[str, PlugIn]:
    """Find the entry points of a group by name, sorted; none is imported.

    Args:
        group: Such as ``nerforge.engines``.

    Raises:
        UserError: two packages claim a name.
    """
    return _registered(group, tuple(sys.path))


@cache
def _registered(group: str, path: tuple[str, ...]) -> Mapping[str, PlugIn]:
    found: dict[str, PlugIn] = {}
    for point in sorted(_entry_points(path).select(group=group)):
        package = point.dist.name if point.dist else "?"
        plug_in = PlugIn(point.name, package, point.value.partition("[")[0].strip())
        other = found.setdefault(plug_in.name, plug_in)
        if other != plug_in:
            packages = " and ".join(sorted({other.package, plug_in.package}))
            raise UserError(
                f"{plug_in.name!r} is claimed twice in {group}, by {packages}: {other.target} and "
                f"{plug_in.target}; uninstall one of them"
            )
    return found


class Registry(Mapping[str, T]):
    """Things of one kind by name: those that we ship, in their order, then those of other packages by name.

    A thing is imported when it is first asked for; asking for one that nobody has is a ``KeyError``.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        shipped: Mapping[str, T | str],
        attributes: Sequence[str],
        adapt: Callable[[Any], T] | None = None,
    ) -> None:
        """Take what we ship; nothing is imported yet.

        Args:
            kind: What one of them is called in messages.
            group: The group of entry points in which other packages name theirs.
            shipped: Things by name, or where they are imported from: ``module:attribute``, or a module.
            attributes: What each of them must have to be of this kind.
            adapt: Makes one of what another package offers; None where that is one already.
        """
        self.kind = kind
        self.group = group
        self._shipped = shipped
        self._attributes = attributes
        self._adapt = adapt
        self._loaded: dict[str | PlugIn, T] = {}

    def __getitem__(self, name: str) -> T:
        """Give the one of that name.

        Raises:
            KeyError: there is none.
            UserError: it is another package's and cannot be used, or two claim the name.
        """
        source = self._shipped[name] if name in self._shipped else self.plug_ins()[name]
        if not isinstance(source, str | PlugIn):
            return source
        if source not in self._loaded:
            self._loaded[source] = self._load(source)
        return self._loaded[source]

    def __iter__(self) -> Iterator[str]:
        yield from self._shipped
        yield from self.plug_ins()

    def __len__(self) -> int:
        return len(self._shipped) + len(self.plug_ins())

    def __contains__(self, name: object) -> bool:
        return name in self._shipped or name in self.plug_ins()

    def find(self, name: str) -> T:
        """Give the one of a name that the user gave.

        Raises:
            UsageError: there is none; the message lists those that there are.
            UserError: it is another package's and cannot be used, or two claim the name.
        """
        if name not in self.plug_ins() and name not in self._shipped:
            raise unknown_name(self.kind, name, self)
        return self[name]

    def plug_ins(self) -> Mapping[str, PlugIn]:
        """Give those of other packages; none is imported.

        Raises:
            UserError: a package claims a name that we ship, or two packages claim one.
        """
        found = registered(self.group)
        for name in self._shipped.keys() & found.keys():
            raise UserError(
                f"package {found[name].package} claims {name!r} in {self.group}, which is the name of the "
                f"{self.kind} that nerforge ships; uninstall the package"
            )
        return found

    def _load(self, source: str | PlugIn) -> T:
        if isinstance(source, str):
            return cast(T, load_target(source))
        thing = source.load()
        # A class stands for the one that is made of it without arguments.
        thing = _make(source, thing) if isinstance(thing, type) else thing
        if missing := [name for name in self._attributes if not hasattr(thing, name)]:
            raise UserError(f"{source} is no {self.kind}: it lacks {', '.join(missing)}")
        if (name := getattr(thing, "name", source.name)) != source.name:
            raise UserError(f"{source} calls itself {name!r}; one of the two names must be changed")
        return cast(T, thing) if self._adapt is None else self._adapt(thing)


def _make(plug_in: PlugIn, factory: type) -> Any:
    try:
        return factory()
    except TypeError as err:
        raise UserError(f"{plug_in} is a class that cannot be made without arguments: {err}") from err


def records_of(package: str, path: Iterable[str], attribute: str) -> dict[str, str]:
    """Say where the modules of a package keep the records that a ``Registry`` ships, by the modules' names.

    Args:
        package: The package's name.
        path: Its ``__path__``.
        attribute: What the record is called in each of its modules.
    """
    return {module.name: f"{package}.{module.name}:{attribute}" for module in iter_modules(path)}


def load_target(target: str) -> Any:
    """Import what ``module:attribute``, or the name of a module, stands for.

    Raises:
        ImportError: there is no such module, or it cannot be imported.
        AttributeError: it has no such attribute.
    """
    module, _, attributes = target.partition(":")
    thing: Any = import_module(module)
    for attribute in filter(None, attributes.split(".")):
        thing = getattr(thing, attribute)
    return thing


@cache
def _entry_points(path: tuple[str, ...]) -> Any:
    """Read the entry points of all packages on ``path`` once: their files are as many as the packages."""
    return metadata.entry_points()
