"""Where a corpus comes from: a local path, or a data set on ModelScope or the Hugging Face hub."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.spooling import STDIN, refuse_read_once
from nerforge.foundation.hubs.hub_errors import hub_error, is_offline
from nerforge.foundation.optional import require_extra

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_HIDDEN = re.compile(r"(^|/)\.")
_NO_DATA = re.compile(r"(^|/)(README|LICENSE|NOTICE)[^/]*$|\.(md|py|png|jpe?g|gif|sha256)$", re.IGNORECASE)
_SAVED = ("dataset_dict.json", "state.json")
_N_LISTED = 20


class _Hub(NamedTuple):
    title: str
    package: str
    download: Callable[[str, str | None], str]
    """Bring a data set, or one file of it, and give its folder."""
    list_files: Callable[[str], list[str]]
    log_in: str
    """The command that makes private data sets readable."""


def resolve_source(source: str) -> Path:
    """Find the file or folder of a corpus, after a download where it is on a hub.

    Without a file, a data set must hold one file of data, or be saved by the ``datasets`` library or in
    Parquet.

    Args:
        source: A path, ``modelscope:OWNER/NAME[:FILE]`` or ``hf:OWNER/NAME[:FILE]``.

    Raises:
        UsageError: the name of a data set has another form.
        UserError: there is no such path, data set or file in it, the hub cannot be reached, or its library
            is not installed.
    """
    kind, colon, rest = source.partition(":")
    # "C:\data" has a colon too, and is no hub.
    if not colon or kind not in _HUBS:
        return _local(source)
    name, _, file = rest.partition(":")
    # A file of a data set must not lead out of its folder in the cache.
    if not _NAME.fullmatch(name) or ".." in file.split("/"):
        raise UsageError(f"{source}: expected {kind}:OWNER/NAME or {kind}:OWNER/NAME:FILE")
    hub = _HUBS[kind]
    require_extra(hub.package, "corpora")
    folder = _download(hub, name, file or None)
    return _chosen_file(hub, name, folder, file) if file else _only_data(f"{kind}:{name}", folder)


def _local(source: str) -> Path:
    path = Path(source)
    refuse_read_once(path, "a corpus")
    if path.exists():
        return path
    if source == STDIN:
        raise UserError("-: stdin is read once, and a corpus several times; save it to a file first")
    if path.is_symlink():
        raise UserError(f"{source}: is a broken link: it leads to {path.readlink()}, which is not there")
    hint = ""
    if _NAME.fullmatch(source):
        hint = f"; for a data set on a hub write {' or '.join(f'{kind}:{source}' for kind in _HUBS)}"
    raise UserError(f"{source}: no such file or folder{hint}")


def _download(hub: _Hub, name: str, file: str | None) -> Path:
    try:
        return Path(hub.download(name, file))
    except Exception as err:
        raise hub_error(err, name, "data set", hub.title, hub.log_in) from err


def _chosen_file(hub: _Hub, name: str, folder: Path, file: str) -> Path:
    path = folder / file
    if path.exists():
        return path
    try:
        there, where = hub.list_files(name), f"{name} on {hub.title}"
    except Exception:
        there, where = _files(folder), f"what is in the cache of {name} ({hub.title} cannot be reached)"
    raise UserError(f"{file}: no such file in {where}; there is: {_listed(there)}")


def _only_data(source: str, folder: Path) -> Path:
    files = _files(folder)
    if any(name in files for name in _SAVED) or any(name.endswith(".parquet") for name in files):
        return folder
    data = [name for name in files if not _NO_DATA.search(name)]
    if len(data) != 1:
        raise UserError(
            f"{source}: holds {len(data) or 'no'} files of data; expected one; "
            f"write {source}:FILE with one of: {_listed(files)}"
        )
    return folder / data[0]


def _files(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not _HIDDEN.search(name))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else ""
    return ", ".join(sorted(names)[:_N_LISTED]) + more if names else "nothing"


def _patterns(file: str | None) -> list[str] | None:
    # The file, or all files of a folder of this name.
    return None if file is None else [file, f"{file}/*"]


def _download_hf(name: str, file: str | None) -> str:
    hub: Any = import_module("huggingface_hub")
    return str(hub.snapshot_download(name, repo_type="dataset", allow_patterns=_patterns(file)))


def _list_hf(name: str) -> list[str]:
    return list(import_module("huggingface_hub").HfApi().list_repo_files(name, repo_type="dataset"))


def _download_modelscope(name: str, file: str | None) -> str:
    """Bring a data set, or take it from the cache where the hub cannot be reached."""
    download: Any = import_module("modelscope.hub.snapshot_download").snapshot_download
    try:
        return str(download(name, repo_type="dataset", allow_patterns=_patterns(file)))
    except OSError as err:
        if not is_offline(err):
            raise
        return str(download(name, repo_type="dataset", local_files_only=True))


def _list_modelscope(name: str) -> list[str]:
    api: Any = import_module("modelscope_hub.api").HubApi()
    return [entry.path for entry in api.list_repo_files(name, "dataset")]


_HUBS: Mapping[str, _Hub] = MappingProxyType(
    {
        "modelscope": _Hub(
            "ModelScope", "modelscope", _download_modelscope, _list_modelscope, "modelscope login"
        ),
        "hf": _Hub("the Hugging Face hub", "huggingface_hub", _download_hf, _list_hf, "hf auth login"),
    }
)
