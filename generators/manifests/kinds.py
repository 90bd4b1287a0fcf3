"""The kinds of manifests that are written, and reading one whole, whichever kind it is of."""

from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.generators.manifests.corpus_counts import CorpusSettings, CorpusSource
from nerforge.generators.manifests.manifest import Manifest, read_as
from nerforge.generators.manifests.slot_counts import SlotSettings, SlotSource
from nerforge.generators.manifests.split_counts import EntitySplit, LabelSplit, SlotSplit
from nerforge.templates.tasks.files import PLAIN_LABEL

SlotManifest = Manifest[SlotSettings, SlotSource, SlotSplit]
CorpusManifest = Manifest[CorpusSettings, CorpusSource, EntitySplit]
LabelManifest = Manifest[CorpusSettings, CorpusSource, LabelSplit]
KINDS = (SlotManifest, CorpusManifest, LabelManifest)


class _KindSettings(msgspec.Struct):
    domain: str | UnsetType = UNSET
    """Of synthetic data alone."""


class _KindOfManifest(msgspec.Struct):
    answer_format: str
    settings: _KindSettings


def read_whole_manifest(path: Path) -> SlotManifest | CorpusManifest | LabelManifest:
    """Read all of a manifest.

    Raises:
        UserError: it cannot be read, is no manifest of a data set, or is of a later version.
    """
    # Manifests do not name their kind: those of synthetic data alone have settings.domain.
    found = read_as(path, _KindOfManifest)
    if found.settings.domain is not UNSET:
        return read_as(path, SlotManifest)
    if found.answer_format == PLAIN_LABEL:
        return read_as(path, LabelManifest)
    return read_as(path, CorpusManifest)
