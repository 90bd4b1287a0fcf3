import json
import struct
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.hubs import fetching
from nerforge.foundation.hubs.fetching import Hub, RemoteFile, fetch

HEADER = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
WEIGHTS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(4)
FILES = {"config.json": b"{}", "model.safetensors": WEIGHTS, "sub/merges.txt": b"ab"}


class FakeHub:
    """A hub in memory."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.remote = [
            RemoteFile(path, len(content), sha256(content).hexdigest() if path.startswith("model") else None)
            for path, content in FILES.items()
        ]
        self.error: Exception | None = None
        self.is_offline = False
        self.calls: list[Any] = []

    def download(self, name: str, kind: str, to: Path, wanted: Any, unwanted: Any) -> str:
        self.calls.append((name, kind, wanted))
        if self.error is not None:
            raise self.error
        for path, content in self.files.items():
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            (to / path).write_bytes(content)
        (to / ".cache").mkdir(exist_ok=True)
        (to / ".cache" / "notes").touch()
        return str(to)

    def list_files(self, name: str, kind: str) -> list[RemoteFile]:
        if self.is_offline:
            raise ConnectionError
        return self.remote


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub()
    # json stands for the hub's library: something that is installed.
    calls = Hub("the Fake hub", "json", fake.download, fake.list_files, "fake login")
    monkeypatch.setattr(fetching, "HUB_CALLS", {"huggingface": calls, "modelscope": calls})
    return fake


def test_a_model_is_fetched_and_checked_by_size_and_hash(hub: FakeHub, tmp_path: Path) -> None:
    fetched = fetch("model", "some/model", "huggingface", to=tmp_path)
    assert fetched == (tmp_path, 3, 4 + len(WEIGHTS), 1, True)
    assert hub.calls == [("some/model", "model", None)]


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("config.json", b"{ }", "has 3 bytes, the hub's file 2"),
        ("model.safetensors", WEIGHTS[:-1] + b"x", "its SHA-256 is not the hub's"),
    ],
    ids=["size", "hash"],
)
def test_a_file_that_is_not_the_hubs_is_an_error(
    path: str, content: bytes, message: str, hub: FakeHub, tmp_path: Path
) -> None:
    hub.files[path] = content
    with pytest.raises(UserError, match=f"{path}: {message}; remove this file and run the same command"):
        fetch("model", "some/model", "huggingface", to=tmp_path)


def test_what_is_in_a_cache_is_used_offline_and_weights_are_still_looked_at(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.is_offline = True
    assert fetch("model", "some/model", "huggingface", to=tmp_path).is_checked is False
    hub.files["model.safetensors"] = WEIGHTS[:-1]
    with pytest.raises(UserError, match=r"model\.safetensors: \d+ bytes, its header says"):
        fetch("model", "some/model", "huggingface", to=tmp_path)


def test_a_repository_without_a_model_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    del hub.files["config.json"]
    with pytest.raises(UserError, match=r"holds no config\.json"):
        fetch("model", "some/model", "huggingface", to=tmp_path)
    assert fetch("dataset", "some/set", "huggingface", to=tmp_path).n_files == 2


def error_called(name: str, base: type[Exception] = Exception) -> Exception:
    error: Exception = type(name, (base,), {})("https://user:TOKEN@hub")
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            error_called("LocalEntryNotFoundError"),
            "the Fake hub cannot be reached, and the model is not in its cache",
        ),
        (error_called("ConnectionError", OSError), "the Fake hub cannot be reached"),
        (error_called("RepositoryNotFoundError"), "no such model on the Fake hub, or it is not public"),
        (error_called("GatedRepoError"), "accept its terms on its page, and log in with: fake login"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (error_called("Strange"), r"gave an error \(Strange\)"),
    ],
    ids=["offline", "connection", "missing", "gated", "disk", "unknown"],
)
def test_an_error_of_a_hub_is_said_in_words_without_its_own(
    error: Exception, message: str, hub: FakeHub, tmp_path: Path
) -> None:
    hub.error = error
    with pytest.raises(UserError, match=message) as caught:
        fetch("model", "some/model", "modelscope", to=tmp_path)
    assert "TOKEN" not in str(caught.value)


@pytest.mark.parametrize("name", ["model", "a/b/c", "a/../b", "a b/c", ""])
def test_a_name_has_an_owner(name: str, hub: FakeHub) -> None:
    with pytest.raises(UsageError, match="expected OWNER/NAME"):
        fetch("model", name, "huggingface")
    assert hub.calls == []


def test_a_library_of_a_hub_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda package: None)
    with pytest.raises(
        UserError, match=r"modelscope is not installed; run: pip install 'nerforge\[corpora\]'"
    ):
        fetch("model", "some/model", "modelscope")


def test_the_commands_print_the_folder_and_how_it_was_checked(hub: FakeHub, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["fetch-model", "some/model", "--to", str(tmp_path / "m")])
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'm'}\n")
    assert "3 files, 0.0 MB; checked: 1 of them by SHA-256, the others by size" in done.stderr
    done = CliRunner().invoke(
        main, ["fetch-data", "some/set", "--to", str(tmp_path / "d"), "--file", "*.txt"]
    )
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'd'}\n")
    assert hub.calls[-1] == ("some/set", "dataset", ["*.txt"])


def test_the_real_library_finds_a_model_in_its_cache_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants", reason="needs the corpora extra")
    revision = "0123456789012345678901234567890123456789"
    root = tmp_path / "hub" / "models--some--model"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(revision)
    for path, content in FILES.items():
        target = root / "snapshots" / revision / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fetched = fetch("model", "some/model", "huggingface")
    assert (fetched.folder.name, fetched.n_files, fetched.is_checked) == (revision, 3, False)
    with pytest.raises(
        UserError, match="the Hugging Face hub cannot be reached, and the model is not in its cache"
    ):
        fetch("model", "some/other", "huggingface")
