import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import to_json
from nerforge.generators.manifests.corpus_counts import CorpusSettings, CorpusSource
from nerforge.generators.manifests.kinds import KINDS, read_whole_manifest
from nerforge.generators.manifests.manifest import (
    SCHEMA_VERSION,
    CommonSettings,
    CommonSource,
    CommonSplit,
    ManifestHead,
    read_manifest,
    read_manifest_head,
)
from nerforge.generators.manifests.manifest_schema import SCHEMA_FILE, manifest_schema
from nerforge.generators.manifests.split_counts import EntitySplit, LabelSplit, SlotSplit
from nerforge.templates.domain import Entity, Sample
from tests.sample_manifests import corpus_manifest, label_manifest, slot_manifest

FEVER = Sample("c-1", "患者发热", (Entity("sym", "发热", 2, 4),))
MANIFESTS = {
    "slots": slot_manifest({"train": {"samples": 2, "entities": {"City": 3}}}),
    "corpus": corpus_manifest([("train", FEVER)]),
    "labels": label_manifest({"train": {"samples": 1, "labels": {"Art": 1}}}),
}


@pytest.fixture(params=list(MANIFESTS))
def manifest(request: pytest.FixtureRequest) -> ManifestHead:
    return MANIFESTS[request.param]


def write(folder: Path, content: bytes | dict[str, Any]) -> Path:
    path = folder / "manifest.json"
    path.write_bytes(content if isinstance(content, bytes) else to_json(content))
    return path


def test_the_shipped_schema_is_that_of_the_structs() -> None:
    assert SCHEMA_FILE.read_bytes() == to_json(manifest_schema()), (
        "run: .venv/bin/python -m nerforge.generators.manifests.manifest_schema"
    )


def test_a_manifest_read_back_is_the_one_that_was_written(manifest: ManifestHead, tmp_path: Path) -> None:
    content = to_json(msgspec.to_builtins(manifest))
    read = read_whole_manifest(write(tmp_path, content))
    assert read == manifest
    assert to_json(msgspec.to_builtins(read)) == content
    assert json.loads(content)["schema_version"] == SCHEMA_VERSION


def test_a_manifest_without_a_version_and_with_unknown_keys_is_read(
    manifest: ManifestHead, tmp_path: Path
) -> None:
    content = msgspec.to_builtins(manifest)
    del content["schema_version"]
    path = write(tmp_path, {**content, "of_tomorrow": 1})
    assert read_whole_manifest(path) == manifest
    assert read_manifest(path).splits.keys() == content["splits"].keys()
    assert read_manifest_head(path).task == manifest.task


@pytest.mark.parametrize("read", [read_manifest_head, read_manifest, read_whole_manifest])
def test_a_later_version_is_refused_with_what_to_do(
    read: Any, manifest: ManifestHead, tmp_path: Path
) -> None:
    later = msgspec.to_builtins(manifest) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(UserError, match=r"manifest\.json: schema_version 2 is later than 1.*; update"):
        read(write(tmp_path, later))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"manifest\.json: .*; generate the data set again"),
        ({"answer_format": "xml"}, r"manifest\.json: .*`task`.*; generate the data set again"),
        ({"task": "power", "answer_format": 3}, r"manifest\.json: .*answer_format.*; generate the data set"),
    ],
    ids=["broken", "no task", "wrong type"],
)
def test_what_is_no_manifest_is_refused_with_what_to_do(
    content: bytes | dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        read_manifest_head(write(tmp_path, content))


def test_only_the_head_has_to_be_whole_for_reading_the_head(tmp_path: Path) -> None:
    path = write(tmp_path, {"task": "power", "answer_format": "xml", "splits": "lost"})
    assert read_manifest_head(path) == ManifestHead(task="power", answer_format="xml")
    with pytest.raises(UserError, match="; generate the data set again"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("common", "kinds"),
    [
        (CommonSettings, [CorpusSettings]),
        (CommonSource, [CorpusSource]),
        (CommonSplit, [EntitySplit, LabelSplit, SlotSplit]),
    ],
)
def test_what_later_stages_read_is_what_is_written_under_these_keys(
    common: type[msgspec.Struct], kinds: list[type[msgspec.Struct]]
) -> None:
    written = {field.name: field.type for kind in kinds for field in msgspec.structs.fields(kind)}
    assert {field.name: field.type for field in msgspec.structs.fields(common)}.items() <= written.items()


def test_every_kind_begins_with_the_head_and_ends_alike() -> None:
    assert {kind.__origin__.__struct_fields__[:7] for kind in KINDS} == {ManifestHead.__struct_fields__}
