"""Check what a settings file says of one command, and give it as click expects it."""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from nerforge.cli.help.headings import long_name
from nerforge.cli.settings.errors import SettingsError
from nerforge.cli.settings.settings_file import SettingsFile

SHARED = ("data", "engine", "hub", "seed", "task", "track-project")
"""Options that mean the same in every command that has them, and may stand outside a command's table."""
EVERYWHERE = ("quiet", "verbose", "no-color")
_SECRET = re.compile(r"(api[-_]?key|token|password|passwd|secret|credential)s?$", re.IGNORECASE)
_TYPED_ONLY = {
    "trust-remote-code": "it lets code of a model run, so it has to be typed",
    "key-variable": "it says which secret is sent to a server, so it has to be typed",
}
_TELLS_PATH = re.compile(r"FILE|PATH|DIR|FOLDER|TABLES")


def check_commands(settings: SettingsFile, commands: Iterable[str]) -> None:
    """Refuse keys of a file that are neither a command's table nor an option for all commands.

    Raises:
        SettingsError: a key is unknown.
    """
    for key, value in settings.values.items():
        known = key in commands if isinstance(value, dict) else _hyphened(key) in (*SHARED, *EVERYWHERE)
        if not known:
            names = sorted(commands) if isinstance(value, dict) else [*SHARED, *EVERYWHERE]
            kind = "a command" if isinstance(value, dict) else "an option of all commands"
            raise _unknown(settings.place(key), key, kind, names)


def checked_values(
    settings: SettingsFile, path: tuple[str, ...], command: click.Command, ctx: click.Context
) -> dict[str, Any]:
    """Give the values of a command's options that a file holds, by click's names of the options.

    Args:
        settings: The file.
        path: The command as typed, such as ``("generate", "power")``.
        command: The command.
        ctx: Its context, for what converts values.

    Raises:
        SettingsError: a key is unknown, has to be typed, or its value is of a wrong type.
    """
    options = {long_name(x): x for x in command.params if isinstance(x, click.Option)}
    given: dict[str, Any] = {}
    for keys, value in _given(settings, path, set(options)):
        key = _hyphened(keys[-1])
        place = settings.place(*keys)
        if key not in options:
            raise _unknown(place, keys[-1], f"an option of nerforge {' '.join(path)}", list(options))
        if key in _TYPED_ONLY:
            raise SettingsError(f"{place}: {key} may not stand in a file: {_TYPED_ONLY[key]}")
        given[str(options[key].name)] = _converted(options[key], value, ctx, place, settings.folder)
    return given


def _given(
    settings: SettingsFile, path: tuple[str, ...], options: set[str]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give keys and values: those for all commands that this one has, then its own, which win."""
    for key, value in settings.values.items():
        if _hyphened(key) in (*SHARED, *EVERYWHERE) and _hyphened(key) in options:
            yield (key,), value
    table: Any = settings.values
    for at, name in enumerate(path):
        table = table.get(name, {})
        if not isinstance(table, dict):
            place = settings.place(*path[: at + 1])
            raise SettingsError(
                f"{place}: {name}: expected a table, [{'.'.join(path)}]; found {_kind(table)}"
            )
    for key, value in table.items():
        yield (*path, key), value


def _converted(option: click.Option, value: Any, ctx: click.Context, place: str, folder: Path) -> Any:
    """Check a value's type, and let click convert it as if it had been typed."""
    name = long_name(option)
    try:
        words = _words(option, value, folder)
        option.type_cast_value(ctx, words)
    except click.BadParameter as err:
        raise SettingsError(f"{place}: {name}: {err.message}") from err
    for word in words if isinstance(words, list) else [words]:
        key = str(word).partition("=")[0]
        if option.multiple and "=" in str(word) and _SECRET.search(key):
            raise SettingsError(f"{place}: {key} is a secret and may not stand in a file; {_IN_ENVIRONMENT}")
    return words


def _words(option: click.Option, value: Any, folder: Path) -> Any:
    if option.is_flag and option.is_bool_flag:
        if not isinstance(value, bool):
            raise click.BadParameter(f"expected true or false; found {_kind(value)}")
        return value
    if option.multiple:
        return [_word(option, x, folder) for x in (value if isinstance(value, list) else [value])]
    # Of an option whose value may be left out, true says that it is given without one.
    if value is True and isinstance(option.flag_value, (str, int)):
        return option.flag_value
    return _word(option, value, folder)


def _word(option: click.Option, value: Any, folder: Path) -> str:
    if isinstance(value, (bool, list, dict)):
        raise click.BadParameter(f"expected one value; found {_kind(value)}")
    word = str(value)
    is_path = isinstance(option.type, click.Path)
    if is_path or (_TELLS_PATH.search(option.metavar or "") and (folder / word).exists()):
        # Paths in a file are meant from where it is; as short as when they are typed.
        return os.path.relpath(folder / word) if not Path(word).is_absolute() else word
    return word


def _hyphened(key: str) -> str:
    return key.replace("_", "-")


def _kind(value: Any) -> str:
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return f"{names.get(type(value), 'a table')}, {value!r}" if not isinstance(value, dict) else "a table"


_IN_ENVIRONMENT = "keep it in the environment"


def _unknown(place: str, key: str, kind: str, known: list[str]) -> SettingsError:
    if _SECRET.search(key):
        return SettingsError(f"{place}: {key}: secrets may not stand in a file; {_IN_ENVIRONMENT}")
    nearest = get_close_matches(_hyphened(key), known, n=1)
    meant = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(known)}"
    return SettingsError(f"{place}: {key!r} is not {kind}; {meant}")
