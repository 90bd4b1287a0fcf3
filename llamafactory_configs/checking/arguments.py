"""The keys, types, choices, templates and models of the installed LLaMA-Factory, cached per version."""

import os
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.llamafactory.environment import without_overrides
from nerforge.foundation.phases import AT_ONCE, phase

EXTRACTION = Path(__file__).with_name("extraction.py")
_SOURCES = {
    "llamafactory": ("hparams/*.py", "data/template.py", "extras/constants.py"),
    "transformers": ("training_args.py", "training_args_seq2seq.py", "trainer_utils.py"),
}
"""The files that decide what is accepted; a change to any of them makes a new cache."""
_TIMEOUT_SECONDS = 180


class Argument(msgspec.Struct, frozen=True):
    """What one key takes."""

    kinds: tuple[str, ...]
    """Of bool, int, float, str, list, dict, none, other."""
    choices: tuple[str, ...] = ()
    """The texts that it takes; any, if empty."""


class KnownArguments(msgspec.Struct, frozen=True):
    """What LLaMA-Factory accepts."""

    arguments: dict[str, Argument]
    templates: tuple[str, ...]
    models: dict[str, str]
    """The template of each chat model that it knows by name."""
    hub_names: dict[str, dict[str, str]] = {}
    """What a model is called on each hub, by any of its names."""

    def template_of(self, model: str) -> str | None:
        """Give the template of a model by its name on a hub, whose case does not matter."""
        lowered = {name.casefold(): template for name, template in self.models.items()}
        return lowered.get(model.casefold())

    def template_of_folder(self, folder: str) -> str | None:
        """Give the template of a model whose folder is called as the model is on a hub."""
        by_folder = {_last_part(name): template for name, template in self.models.items()}
        return by_folder.get(_last_part(folder))

    def without_thinking(self, template: str) -> str:
        """Give the variant of a template in which a model that can think answers at once, if there is one."""
        plain = f"{template}_nothink"
        return plain if plain in self.templates else template


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].casefold()


class Lookup(NamedTuple):
    """The known arguments, or the reason why there are none."""

    known: KnownArguments | None
    reason: str = ""


def cache_file() -> Path | None:
    """Name the cache for what is installed; None where LLaMA-Factory or transformers is not."""
    # Not the version alone: people edit their checkout of LLaMA-Factory, and an upgrade of transformers adds
    # keys.
    stamps = []
    for package, patterns in _SOURCES.items():
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        root = Path(spec.submodule_search_locations[0])
        files = sorted(path for pattern in patterns for path in root.glob(pattern))
        stamps += [f"{path} {path.stat().st_mtime_ns}" for path in (*files, EXTRACTION)]
        with suppress(PackageNotFoundError):
            stamps.append(version(package))
    key = sha256("\n".join(stamps).encode()).hexdigest()[:16]
    return _cache_folder() / f"llamafactory-arguments-{key}.json"


def known_arguments() -> Lookup:
    """Look up what the installed LLaMA-Factory accepts; a first time takes about ten seconds."""
    path = cache_file()
    if path is None:
        return Lookup(None, "LLaMA-Factory is not installed")
    if known := _read(path):
        return Lookup(known)
    content, reason = _extract()
    if content is None:
        return Lookup(None, reason)
    # A cache that cannot be written costs time and nothing else.
    with suppress(OSError):
        write_whole(path, content)
    return Lookup(msgspec.json.decode(content, type=KnownArguments))


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or ""
    return (Path(base) if base else Path("~/.cache").expanduser()) / "nerforge"


def _read(path: Path) -> KnownArguments | None:
    """Read a cache; None for one that is missing, truncated or of another form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=KnownArguments)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


@phase("importing LLaMA-Factory to read its arguments, once: about ten seconds", AT_ONCE)
def _extract() -> tuple[bytes | None, str]:
    """Run the extraction in a process of its own."""
    # Hubs and launchers choose nothing that is read here.
    environment = {
        name: value for name, value in without_overrides(os.environ).items() if not name.startswith("USE_")
    }
    try:
        done = subprocess.run(
            # -P: a file named like a package in the current folder would be imported in its place.
            [sys.executable, "-P", str(EXTRACTION)],
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as err:
        return None, f"LLaMA-Factory's arguments could not be read: {type(err).__name__}"
    if done.returncode == 0:
        with suppress(msgspec.DecodeError):
            msgspec.json.decode(done.stdout, type=KnownArguments)
            return done.stdout, ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return None, f"LLaMA-Factory cannot be imported: {lines[-1] if lines else 'it said nothing'}"
