"""Check a manifest against the files beside it: counts, prompt, inputs."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.generators.datasets.dataset import ALPACA_NAMES, MANIFEST
from nerforge.generators.manifests.manifest import AnyManifest, CommonSplit, PromptHead, read_manifest
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory

UNREADABLE = fault("D601", "error", "the manifest cannot be read", "generate the folder again")
OTHER_COUNT = fault(
    "D602", "error", "the manifest counts other rows or entities than there are", "generate again"
)
OTHER_HASH = fault(
    "D603", "warning", "an input beside the folder is not the one of the manifest", "generate again"
)
OTHER_PROMPT = fault(
    "D604",
    "error",
    "rows ask otherwise than the manifest's prompt does",
    "generate again; predict asks as rows do",
)


def check_manifest(folder: DatasetDirectory, report: FaultReport) -> None:
    """Check counts, prompt and inputs of a manifest, where there is one."""
    path = folder.path / MANIFEST
    if not path.is_file():
        return
    try:
        manifest = read_manifest(path)
    except UserError as err:
        report.add(UNREADABLE, path, str(err).removeprefix(f"{path}: "))
        return
    for split, name in ALPACA_NAMES.items():
        found, said = folder.sets.get(name), manifest.splits.get(split)
        if found is None or said is None:
            continue
        if len(found.rows) != said.samples:
            report.add(
                OTHER_COUNT,
                path,
                f"{split}: {said.samples:,} samples, {found.path.name} has {len(found.rows):,}",
            )
        _check_gold_counts(path, folder.path / "gold" / f"{split}.jsonl", split, said, report)
        _check_prompt(found, manifest, report)
    _check_inputs(path, manifest, report)


class _GoldLabels(msgspec.Struct):
    class _Entity(msgspec.Struct):
        label: str

    entities: list[_Entity] = []
    label: str | None = None


def _check_gold_counts(path: Path, gold: Path, split: str, said: CommonSplit, report: FaultReport) -> None:
    if not gold.is_file():
        return
    counts: Counter[str] = Counter()
    decoder = msgspec.json.Decoder(_GoldLabels)
    with gold.open("rb") as file:
        for line in file:
            try:
                row = decoder.decode(line)
            except msgspec.DecodeError:
                continue
            counts.update([row.label] if row.label else [entity.label for entity in row.entities])
    expected = said.entities or said.labels
    if counts != Counter(expected):
        label = next(x for x in {*counts, *expected} if counts[x] != expected.get(x, 0))
        said_n, found_n = expected.get(label, 0), counts[label]
        report.add(OTHER_COUNT, path, f"{split}: {said_n:,} of {label}, {gold.name} has {found_n:,}")


def _check_prompt(found: DataSet, manifest: AnyManifest, report: FaultReport) -> None:
    said, settings = manifest.prompt, manifest.settings
    differs = settings.label_order != "fixed" or settings.shots
    if (
        said is None
        or said.varies
        or differs
        or manifest.task == "fudan"
        or manifest.answer_format == "label"
    ):
        return
    known: dict[tuple[str, str], bool] = {}
    for row in found.rows:
        system, user = found.full_prompt(row)
        if found.text(row, "query"):
            asked = (system, found.text(row, "prompt"))
        else:
            asked = (system, user.removesuffix(found.sentence(row)))
        if asked not in known:
            known[asked] = _is_asked_so(said, system, user, asked[1])
        if not known[asked]:
            report.add(OTHER_PROMPT, found.path, repr((system or asked[1])[:60]), row.line)


def _is_asked_so(said: PromptHead, system: str, user: str, instruction: str) -> bool:
    if said.frame is not None:
        return system == (said.frame.system or "") and said.frame.sentence(user) is not None
    asked = system or instruction
    return sha256(asked.encode(errors="replace")).hexdigest() == said.sha256


def _check_inputs(path: Path, manifest: AnyManifest, report: FaultReport) -> None:
    """Compare the hashes of inputs that lie in the folder or beside it, whose paths are not kept."""
    # Several inputs may have one name in different folders: any of their hashes will do.
    by_name: dict[str, set[str | None]] = {}
    for given in manifest.inputs:
        by_name.setdefault(Path(given.name).name, set()).add(given.sha256)
    for name, hashes in by_name.items():
        for folder in (path.parent, path.parent.parent):
            source = folder / name
            if source.is_file() and file_sha256(source) not in hashes:
                report.add(OTHER_HASH, path, str(source))
