"""Files are on the disk at the end, and what the disk refuses is told."""

import os
import time

import pytest

from nerforge.generators.slots.writing import syncing
from nerforge.generators.slots.writing.syncing import Syncing


@pytest.fixture
def synced(monkeypatch):
    """Every call of fsync."""
    calls = []
    monkeypatch.setattr(os, "fsync", calls.append)
    monkeypatch.setattr(syncing, "_EVERY", 0.01)
    return calls


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.touch()
    return paths


def test_all_files_are_synced_at_the_end(paths, synced):
    with Syncing(paths):
        assert synced == []
    assert len(set(synced)) == len(synced) == 2


def test_files_are_synced_meanwhile(paths, synced):
    with Syncing(paths) as running:
        running.begin()
        running.begin()
        deadline = time.monotonic() + 10
        while len(synced) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(synced) >= 6


def test_what_the_disk_refused_meanwhile_is_told_at_the_end(paths, synced, monkeypatch):
    def refuse(_):
        synced.append(None)
        if len(synced) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"), Syncing(paths) as running:
        running.begin()
        while not synced:
            time.sleep(0.01)


def test_nothing_is_synced_after_a_failure(paths, synced):
    with pytest.raises(ValueError, match="mine"), Syncing(paths):
        raise ValueError("mine")
    assert synced == []
