"""Find runs in a store of MLflow, by its own library."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ALLOW_FILES = {"MLFLOW_ALLOW_FILE_STORE": "true"}
"""Later versions of MLflow 3 open a store of plain files only with this; it needs no database package."""
_N_RUNS = 2


def folder_uri(folder: Path) -> str:
    """Give the address of a store in a folder."""
    return folder.absolute().as_uri()


def is_folder(uri: str) -> bool:
    """Tell whether a store is a folder of plain files."""
    return urlsplit(uri).scheme in ("", "file")


@contextmanager
def open_store(uri: str) -> Iterator[Any]:
    """Give a client of a store, without changing what other code of this process uses."""
    before = {name: os.environ.get(name) for name in ALLOW_FILES}
    os.environ.update(ALLOW_FILES if is_folder(uri) else {})
    try:
        # MLflow warns of its own deprecations on import, which a user cannot act on.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mlflow import MlflowClient

            yield MlflowClient(tracking_uri=uri)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def find_run(uri: str, experiment: str, tag: str, value: str) -> str | None:
    """Give the id of the latest run of an experiment that has a tag; None where there is none to be found.

    A store that cannot be reached counts as one that holds no such run.
    """
    if find_spec("mlflow") is None or (is_folder(uri) and not Path(unquote(urlsplit(uri).path)).is_dir()):
        return None
    try:
        with open_store(uri) as client:
            return search_run(client, experiment, f"tags.`{tag}` = '{value}'")
    except Exception:  # whatever the library raises, the caller says that no run was found
        return None


def search_run(client: Any, experiment: str, condition: str) -> str | None:
    """Give the id of the latest run of an experiment that meets a condition; None where none does."""
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return None
    runs = client.search_runs([found.experiment_id], condition, max_results=_N_RUNS)
    return str(runs[0].info.run_id) if runs else None
