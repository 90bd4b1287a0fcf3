"""The user's cache: what is in it comes back whole, or not at all."""

import os

import pytest

from nerforge.foundation.files.caching import SWITCH, Cache, cache_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, str(tmp_path / "cache"))
    return tmp_path / "cache" / "things"


def test_what_was_written_is_read(folder):
    Cache("things", 1_000).write("a", b"content")
    assert Cache("things", 1_000).read("a") == b"content"
    assert [path.name for path in folder.iterdir()] == ["a"]


def test_what_was_not_written_is_not_there(folder):
    assert Cache("things", 1_000).read("a") is None
    assert not folder.exists()


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["empty", "truncated", "another byte"])
def test_a_damaged_entry_is_not_read_and_can_be_written_again(folder, damage):
    cache = Cache("things", 1_000)
    cache.write("a", b"content")
    stored = (folder / "a").read_bytes()
    (folder / "a").write_bytes(stored[:-1] + b"?" if damage is None else damage)
    assert cache.read("a") is None
    cache.write("a", b"content")
    assert cache.read("a") == b"content"


def test_the_entries_used_last_are_kept(folder):
    cache = Cache("things", 1_000)
    for age, key in enumerate("abc"):
        cache.write(key, bytes(250))
        os.utime(folder / key, (1_000_000 + age, 1_000_000 + age))
    cache.read("a")
    cache.write("d", bytes(250))
    assert sorted(path.name for path in folder.iterdir()) == ["a", "c", "d"]


def test_an_entry_larger_than_the_cache_is_not_stored(folder):
    cache = Cache("things", 100)
    cache.write("a", bytes(101))
    assert cache.read("a") is None


def test_temporary_files_that_a_killed_writer_left_are_removed(folder):
    cache = Cache("things", 1_000)
    cache.write("a", b"content")
    for name, modified in ((".b.1", 1_000_000), (".c.2", None)):
        (folder / name).write_bytes(b"half")
        if modified:
            os.utime(folder / name, (modified, modified))
    cache.write("d", b"content")
    assert sorted(path.name for path in folder.iterdir()) == [".c.2", "a", "d"]


@pytest.mark.parametrize("blocked", ["", "things"], ids=["the cache", "its folder"])
def test_a_cache_that_cannot_be_written_is_ignored(tmp_path, monkeypatch, blocked):
    monkeypatch.setenv(SWITCH, str(tmp_path / "cache"))
    path = tmp_path / "cache" / blocked
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"a file")
    cache = Cache("things", 1_000)
    cache.write("a", b"content")
    assert cache.read("a") is None


def test_a_folder_in_place_of_an_entry_is_ignored(folder):
    (folder / "a").mkdir(parents=True)
    cache = Cache("things", 1_000)
    cache.write("a", b"content")
    assert cache.read("a") is None


def test_a_cache_that_is_off_stores_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(SWITCH, "off")
    Cache("things", 1_000).write("a", b"content")
    assert cache_folder() is None
    assert list(tmp_path.iterdir()) == []


def test_the_cache_lies_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "nerforge"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "nerforge"
