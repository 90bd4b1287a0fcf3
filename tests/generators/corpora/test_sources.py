"""Sources: local paths, and data sets in the hubs' caches; no test touches a network."""

import importlib
import os
import tomllib
from pathlib import Path

import pytest

from nerforge.foundation import optional
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora import sources
from nerforge.generators.corpora.sources import resolve_source

ROOT = Path(__file__).resolve().parents[3]
COMMIT = "0" * 39 + "1"


def fill(folder, files):
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    return folder


def test_a_pipe_is_refused_as_it_can_be_read_only_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=r"pipe: is a pipe, and a corpus is read several times; save it"):
        resolve_source(str(tmp_path / "pipe"))


def test_a_local_path_is_itself(tmp_path):
    assert resolve_source(str(tmp_path)) == tmp_path


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none/here.jsonl/x", "no such file or folder$"),
        ("owner/name", "write modelscope:owner/name or hf:owner/name"),
        ("C:/none", "no such file or folder$"),
    ],
    ids=["a path", "a name on a hub", "a drive"],
)
def test_a_path_that_is_not_there_is_named(source, message):
    with pytest.raises(UserError, match=f"{source}: .*{message}"):
        resolve_source(source)


@pytest.mark.parametrize("source", ["hf:name", "modelscope:", "hf:a/b/c", "hf:a/b:../c", "hf:a/b c"])
def test_a_name_of_another_form_is_refused(source):
    with pytest.raises(UsageError, match=r"expected (hf|modelscope):OWNER/NAME"):
        resolve_source(source)


@pytest.mark.parametrize("kind", ["hf", "modelscope"])
def test_a_missing_library_is_named_with_an_extra_that_there_is(monkeypatch, kind):
    monkeypatch.setattr(optional, "find_spec", lambda package: None)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    with pytest.raises(UserError, match=rf"is not installed; .*\[({'|'.join(extras)})\]"):
        resolve_source(f"{kind}:owner/name")


@pytest.fixture
def hf_cache(tmp_path, monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants", reason="needs the corpora extra")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    def cached(*files):
        folder = tmp_path / "datasets--owner--name"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text(COMMIT, encoding="utf-8")
        return fill(folder / "snapshots" / COMMIT, files)

    return cached


@pytest.fixture
def modelscope_cache(tmp_path, monkeypatch):
    pytest.importorskip("modelscope", reason="needs the train extra")
    module = importlib.import_module("modelscope.hub.snapshot_download")
    real = module.snapshot_download

    def offline(*args, local_files_only=False, **options):
        if not local_files_only:
            raise ConnectionError("https://hub.invalid/?token=secret")
        return real(*args, local_files_only=True, cache_dir=tmp_path, **options)

    def cached(*files):
        return fill(tmp_path / "datasets" / "owner--name" / "snapshots" / "master", files)

    # The library reads MODELSCOPE_CACHE only once, and tries again for seconds where it finds no network.
    monkeypatch.setattr(module, "snapshot_download", offline)
    hub = sources._HUBS["modelscope"]._replace(list_files=offline)
    monkeypatch.setattr(sources, "_HUBS", {"modelscope": hub})
    return cached


@pytest.fixture(params=["hf", "modelscope"])
def hub(request):
    return request.param, request.getfixturevalue(f"{request.param}_cache")


@pytest.mark.whole
@pytest.mark.parametrize(
    ("files", "asked", "found"),
    [
        (["README.md", "a.jsonl", ".gitattributes"], "", "a.jsonl"),
        (["a.jsonl", "b.jsonl"], ":b.jsonl", "b.jsonl"),
        (["a/dev.txt", "a/train.txt"], ":a/dev.txt", "a/dev.txt"),
        (["a/dev.txt", "b.txt"], ":a", "a"),
        (["README.md", "data/train-00000-of-00001.parquet"], "", "."),
        (["dataset_dict.json", "train/state.json"], "", "."),
    ],
    ids=["the only file", "a file", "a file in a folder", "a folder", "Parquet", "a saved data set"],
)
def test_what_is_in_the_cache_needs_no_network(hub, files, asked, found):
    kind, cached = hub
    folder = cached(*files)
    assert resolve_source(f"{kind}:owner/name{asked}").resolve() == (folder / found).resolve()


@pytest.mark.whole
def test_a_file_that_is_not_there_is_named_with_those_that_are(hub):
    kind, cached = hub
    cached("b.jsonl", "a.jsonl")
    with pytest.raises(
        UserError, match=r"c\.jsonl: no such file in .*cannot be reached.*: a\.jsonl, b\.jsonl$"
    ):
        resolve_source(f"{kind}:owner/name:c.jsonl")


def test_a_choice_among_several_files_is_left_to_the_user(hub):
    kind, cached = hub
    cached("b.jsonl", "a.jsonl", "README.md")
    with pytest.raises(
        UserError, match=rf"holds 2 files of data; .*{kind}:owner/name:FILE.*: README\.md, a\."
    ):
        resolve_source(f"{kind}:owner/name")


def test_without_network_and_cache_the_hub_is_named(hub):
    kind, _ = hub
    with pytest.raises(
        UserError, match=r"owner/none: .* cannot be reached, and .* is not in its cache"
    ) as caught:
        resolve_source(f"{kind}:owner/none")
    assert "secret" not in str(caught.value)


class NotExistError(Exception):
    """As the hubs' libraries name it."""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            NotExistError("?token=secret"),
            "no such data set on ModelScope, or it is not public; .*modelscope login",
        ),
        (RuntimeError("?token=secret"), r"gave an error \(RuntimeError\)"),
    ],
    ids=["not there", "something else"],
)
def test_what_a_hub_answers_is_told_without_its_secrets(monkeypatch, error, message):
    def fail(name, file):
        raise OSError("?token=secret") from error

    def fail_plainly(name, file):
        raise error

    hub = sources._HUBS["modelscope"]
    fails = fail if isinstance(error, NotExistError) else fail_plainly
    monkeypatch.setattr(optional, "find_spec", lambda package: package)
    monkeypatch.setattr(sources, "_HUBS", {"modelscope": hub._replace(download=fails)})
    with pytest.raises(UserError, match=message) as caught:
        resolve_source("modelscope:owner/name")
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_named_with_those_on_the_hub(tmp_path, monkeypatch):
    names = [f"{number:02}.jsonl" for number in range(22)]
    hub = sources._HUBS["hf"]._replace(
        download=lambda name, file: str(tmp_path), list_files=lambda name: names
    )
    monkeypatch.setattr(optional, "find_spec", lambda package: package)
    monkeypatch.setattr(sources, "_HUBS", {"hf": hub})
    with pytest.raises(
        UserError, match=r"x: no such file in owner/name on .*: 00\.jsonl, .*19\.jsonl and 2 more$"
    ):
        resolve_source("hf:owner/name:x")
