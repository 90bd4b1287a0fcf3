"""Make alpaca rows and gold of labelled texts, and count them."""

from collections import Counter
from dataclasses import dataclass, field

from nerforge.generators.classification.label_gold import LabelledText, encode_labelled
from nerforge.generators.corpora.statistics.corpus_counter import Histogram, text_lengths
from nerforge.generators.datasets.dataset_writer import DatasetRow
from nerforge.generators.manifests.split_counts import LabelSplit
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.templates.domain import LabelSchema


@dataclass(slots=True)
class LabelReport:
    """What became of one split."""

    samples: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    """Texts by label."""
    options: Counter[int] = field(default_factory=Counter)
    """Texts by the number of labels that their prompts offer."""
    characters: Histogram = field(default_factory=text_lengths)

    def summary(self) -> LabelSplit:
        """Give the counts for the manifest."""
        return LabelSplit(
            samples=self.samples,
            labels=dict(sorted(self.labels.items())),
            options={str(n): count for n, count in sorted(self.options.items())},
            characters=self.characters.counts(),
        )


class LabelRowMaker:
    """Makes the rows of labelled texts."""

    def __init__(self, schema: LabelSchema, asker: PromptWriter) -> None:
        """Take the labels, and what writes the instructions."""
        self.schema = schema
        self.asker = asker

    def report(self) -> LabelReport:
        """Start counting a split."""
        return LabelReport()

    def summary(self, report: LabelReport) -> LabelSplit:
        """Give the counts of a split for the manifest."""
        return report.summary()

    def make(self, sample: LabelledText, report: LabelReport) -> DatasetRow:
        """Make a row whose prompt offers the sample's options, or all labels of the task."""
        options = [self.schema[name] for name in sample.options or self.schema.names]
        report.samples += 1
        report.labels[sample.label] += 1
        report.options[len(options)] += 1
        report.characters.add(len(sample.text))
        answer = self.schema[sample.label].answer
        return DatasetRow(self.asker.row(sample.id, sample.text, answer, options), encode_labelled(sample))
