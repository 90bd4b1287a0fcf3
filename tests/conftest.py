"""Settings and fixtures for every test."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from tests import forked, slot_sets

# The examples are the same in every run, so that a red build is red again when someone looks into it.
settings.register_profile("nerforge", deadline=None, derandomize=True)
# `make fast` looks at few examples of what has no number of its own; `make test` and CI at a hundred.
settings.register_profile("fast", settings.get_profile("nerforge"), max_examples=20)
settings.load_profile("nerforge")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end."""
    minutes: Counter[Path] = Counter()
    for item in items:
        if slow := item.get_closest_marker("slow"):
            minutes[item.path] = max(minutes[item.path], slow.kwargs.get("minutes", 1))
    items.sort(key=lambda item: -minutes[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the train extra where it is not installed; test files do not import it to find out."""
    if item.get_closest_marker("train") and find_spec("llamafactory") is None:
        pytest.skip("needs the train extra")


@pytest.fixture(scope="session", autouse=True)
def slot_sets_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the sets of ``tests.slot_sets`` where all workers of this session find them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "slot_sets"
    folder.mkdir(exist_ok=True)
    os.environ[slot_sets.FOLDER] = str(folder)


class PidFile:
    """A file to which a process writes its number."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wait(self) -> int:
        """Wait until the number is there."""
        deadline = time.monotonic() + 20
        while not self.path.exists() or not self.path.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return int(self.path.read_text())

    def is_running(self) -> bool:
        """Tell whether the process runs; one that has ended may be kept for a parent that never asks."""
        try:
            stat = Path(f"/proc/{self.wait()}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def wait_for_end(self) -> None:
        """Wait until the process has ended."""
        deadline = time.monotonic() + 5
        while self.is_running():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="session", autouse=True)
def a_cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache out of the tests; processes that they start inherit this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NERFORGE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def pid_file(tmp_path: Path) -> PidFile:
    return PidFile(tmp_path / "pid")


@pytest.fixture
def forked_llamafactory() -> Iterator[None]:
    """Fork llamafactory-cli from a process that has imported it, for the length of a test."""
    with forked.llamafactory():
        yield


@pytest.fixture(autouse=True)
def no_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep phases off stderr: they come by the clock, and tests compare whole messages."""

    @contextmanager
    def show_nothing(name: str, console: object) -> Iterator[None]:
        yield

    monkeypatch.setattr("nerforge.cli.printing.phase_display.showing_phases", show_nothing)
