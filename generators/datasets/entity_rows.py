"""Make alpaca rows and gold of samples with entities, and count them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from nerforge.generators.datasets.dataset_writer import DatasetRow
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.generators.manifests.split_counts import EntitySplit
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.templates.answers import CannotEncodeError, is_lossless, load_format
from nerforge.templates.domain import LabelSchema, Sample


@dataclass(slots=True)
class EntityReport:
    """What became of one split."""

    samples: int = 0
    without_entities: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    """Entities by label."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Entities by kind: extracted, normalised, inferred."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Samples that the answer format cannot carry, by reason."""
    offsets_not_recoverable: int = 0
    """Samples kept whose answer, read back, gives other spans than gold: the ceiling of strict scores."""

    def count(self, sample: Sample, schema: LabelSchema, *, is_lossless: bool) -> None:
        """Count a sample that is written."""
        self.samples += 1
        self.without_entities += not sample.entities
        self.offsets_not_recoverable += not is_lossless
        for entity in sample.entities:
            self.entities[entity.label] += 1
            self.kinds[schema.kind(entity, sample.text)] += 1

    def summary(self) -> EntitySplit:
        """Give the counts for the manifest."""
        return EntitySplit(
            samples=self.samples,
            without_entities=self.without_entities,
            entities=dict(sorted(self.entities.items())),
            kinds=dict(sorted(self.kinds.items())),
            dropped=dict(sorted(self.dropped.items())),
            offsets_not_recoverable=self.offsets_not_recoverable,
        )


class EntityRowMaker:
    """Makes the rows of samples with entities."""

    def __init__(
        self, schema: LabelSchema, answer_format: str, asker: PromptWriter, formats: Sequence[str] = ()
    ) -> None:
        """Take how rows are written.

        Args:
            schema: The labels.
            answer_format: How answers are written.
            asker: Writes the instructions.
            formats: Other formats that must be able to carry a sample, too.
        """
        self.schema = schema
        self.asker = asker
        self._coders = {name: load_format(name) for name in (answer_format, *formats)}

    def report(self) -> EntityReport:
        """Start counting a split."""
        return EntityReport()

    def summary(self, report: EntityReport) -> EntitySplit:
        """Give the counts of a split for the manifest."""
        return report.summary()

    def make(self, sample: Sample, report: EntityReport) -> DatasetRow | None:
        """Make a row with the first format's answer, unless one of the formats cannot carry the sample."""
        answers: list[str] = []
        for name, coder in self._coders.items():
            try:
                answers.append(coder.encode(sample, self.schema))
            except CannotEncodeError as err:
                # Only a format besides the first one is named: it is not the one the row is written in.
                report.dropped[f"{name}: {err}" if answers else str(err)] += 1
                return None
        coder, answer = next(iter(self._coders.values())), answers[0]
        report.count(sample, self.schema, is_lossless=is_lossless(coder, sample, answer, self.schema))
        [gold] = encode_gold([sample])
        return DatasetRow(self.asker.row(sample.id, sample.text, answer), gold)
