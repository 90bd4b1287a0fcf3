"""Fetch models and data sets from ModelScope or the Hugging Face hub, and check what arrived."""

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.hubs.hub_errors import hub_error, is_offline
from nerforge.foundation.optional import require_extra
from nerforge.foundation.run_folder.contents import MODEL_CONFIG
from nerforge.foundation.run_folder.wholeness import safetensors_fault

Kind = Literal["model", "dataset"]
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_WORDS: Mapping[str, str] = MappingProxyType({"model": "model", "dataset": "data set"})
_NOT_FOR_TRAINING = ("original/*", "*.gguf", "*.onnx", "*.msgpack", "*.h5", "*.tflite")
"""Other forms of a model's weights."""


class RemoteFile(NamedTuple):
    """What a hub says of a file."""

    path: str
    size: int | None
    sha256: str | None
    """None for small files, for which the hubs keep another hash."""


class Hub(NamedTuple):
    """How a hub is asked."""

    title: str
    package: str
    download: Callable[[str, Kind, Path | None, list[str] | None, list[str]], str]
    """Bring a repository, or what patterns name of it, and give its folder."""
    list_files: Callable[[str, Kind], list[RemoteFile]]
    log_in: str


class FetchedFiles(NamedTuple):
    """What was fetched."""

    folder: Path
    n_files: int
    n_bytes: int
    n_hashed: int
    """Files whose SHA-256 is the hub's; the others have the hub's size."""
    is_checked: bool
    """False where the hub could not be asked for sizes and hashes."""


def fetch(
    kind: Kind, name: str, hub_name: str, *, to: Path | None = None, patterns: Iterable[str] = ()
) -> FetchedFiles:
    """Fetch a repository; one that was begun goes on, and one that is there whole is only checked.

    Args:
        kind: What is fetched.
        name: OWNER/NAME.
        hub_name: One of ``HUBS``.
        to: The folder to fetch into; None for the hub's cache, in which LLaMA-Factory looks first.
        patterns: Which files; all that training can use, if empty.

    Raises:
        UsageError: the name has another form.
        UserError: the hub's library is missing, the hub cannot be reached or gives nothing under this name,
            or a file is not what the hub says.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r}: expected OWNER/NAME, as in the address of the page on the hub")
    hub = HUB_CALLS[hub_name]
    require_extra(hub.package, "corpora")
    # A repository may hold the same weights three times: safetensors, GGUF and ONNX.
    wanted, unwanted = list(patterns) or None, list(_NOT_FOR_TRAINING) if kind == "model" else []
    try:
        folder = Path(hub.download(name, kind, to, wanted, unwanted))
    except Exception as err:
        raise hub_error(err, name, _WORDS[kind], hub.title, hub.log_in) from err
    if kind == "model":
        _require_model(folder, name, is_partial=wanted is not None)
    return _check(folder, name, kind, hub)


def _require_model(folder: Path, name: str, *, is_partial: bool) -> None:
    if not is_partial and not (folder / MODEL_CONFIG).is_file():
        raise UserError(f"{name}: holds no config.json, so transformers cannot load it; choose another model")


def _check(folder: Path, name: str, kind: Kind, hub: Hub) -> FetchedFiles:
    """Compare the files of a folder with what the hub says of them."""
    try:
        remote = {file.path: file for file in hub.list_files(name, kind)}
    except Exception:
        remote = {}
    n_bytes = n_hashed = 0
    # A hub's own notes about a download lie in hidden folders.
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    for path in paths:
        known = remote.get(path.relative_to(folder).as_posix())
        n_bytes += path.stat().st_size
        if fault := _fault(path, known):
            raise UserError(f"{path}: {fault}; remove this file and run the same command again")
        n_hashed += known is not None and known.sha256 is not None
    return FetchedFiles(folder, len(paths), n_bytes, n_hashed, bool(remote))


def _fault(path: Path, known: RemoteFile | None) -> str | None:
    size = path.stat().st_size
    if known is not None and known.size is not None and size != known.size:
        return f"has {size} bytes, the hub's file {known.size}"
    if known is not None and known.sha256 is not None:
        return None if file_sha256(path) == known.sha256 else "its SHA-256 is not the hub's"
    return safetensors_fault(path) if path.suffix == ".safetensors" else None


def _download_huggingface(
    name: str, kind: Kind, to: Path | None, wanted: list[str] | None, unwanted: list[str]
) -> str:
    hub: Any = import_module("huggingface_hub")
    return str(
        hub.snapshot_download(
            name, repo_type=kind, local_dir=to, allow_patterns=wanted, ignore_patterns=unwanted
        )
    )


def _list_huggingface(name: str, kind: Kind) -> list[RemoteFile]:
    info = import_module("huggingface_hub").HfApi().repo_info(name, repo_type=kind, files_metadata=True)
    return [
        RemoteFile(file.rfilename, file.size, getattr(file.lfs, "sha256", None)) for file in info.siblings
    ]


def _download_modelscope(
    name: str, kind: Kind, to: Path | None, wanted: list[str] | None, unwanted: list[str]
) -> str:
    """Bring a repository, or take it from the cache where the hub cannot be reached."""
    download: Any = import_module("modelscope.hub.snapshot_download").snapshot_download
    settings: Mapping[str, Any] = {"repo_type": kind, "allow_patterns": wanted, "ignore_patterns": unwanted}
    try:
        return str(download(name, local_dir=None if to is None else str(to), **settings))
    except OSError as err:
        if to is not None or not is_offline(err):
            raise
        return str(download(name, local_files_only=True, **settings))


def _list_modelscope(name: str, kind: Kind) -> list[RemoteFile]:
    api: Any = import_module("modelscope_hub.api").HubApi()
    return [
        RemoteFile(file.path, file.size or None, file.sha256 or None)
        for file in api.list_repo_files(name, kind)
        if file.type != "tree"
    ]


HUB_CALLS: Mapping[str, Hub] = MappingProxyType(
    {
        "huggingface": Hub(
            "the Hugging Face hub",
            "huggingface_hub",
            _download_huggingface,
            _list_huggingface,
            "hf auth login",
        ),
        "modelscope": Hub(
            "ModelScope", "modelscope", _download_modelscope, _list_modelscope, "modelscope login"
        ),
    }
)
