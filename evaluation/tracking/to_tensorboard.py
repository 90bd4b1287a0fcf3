"""Send to TensorBoard: an event file more in the folder of the training's own."""

import time
from typing import Any

from nerforge.evaluation.tracking.records import Receipt, Report, Target


def send(target: Target, report: Report) -> Receipt:
    """Add scalars by step, and the samples as texts."""
    folder = str(target.settings.folder)
    writer = _open(folder)
    for point in report.points:
        for key, value in point.metrics.items():
            writer.add_scalar(key, value, point.step)
    for samples in report.samples:
        writer.add_text(samples.key, _as_markdown(samples.as_text()), samples.step)
    if report.facts:
        writer.add_text(f"nerforge/{report.source}", _as_markdown(report.facts_as_text()), report.last_step)
    writer.close()
    return Receipt(f"{folder} (tensorboard --logdir shows it)")


def _as_markdown(text: str) -> str:
    """Indent the lines, which keeps tags and line ends as they are."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _open(folder: str) -> Any:
    """Open TensorBoard's own writer, which needs no torch; tensorboardX where there is only that."""
    try:
        return _Writer(folder)
    except ModuleNotFoundError:
        from tensorboardX import SummaryWriter

        return SummaryWriter(folder)


class _Writer:
    """Writes the events that torch.utils.tensorboard writes."""

    def __init__(self, folder: str) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.events, self.summaries = event_pb2, summary_pb2
        self.file = EventFileWriter(folder, filename_suffix=".nerforge")

    def add_scalar(self, key: str, value: float, step: int) -> None:
        item = self.summaries.Summary.Value(tag=key, simple_value=value)
        self._add(self.summaries.Summary(value=[item]), step)

    def add_text(self, key: str, text: str, step: int) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        self._add(text_pb(f"{key}/text_summary", text), step)

    def _add(self, summary: Any, step: int) -> None:
        self.file.add_event(self.events.Event(step=step, wall_time=time.time(), summary=summary))

    def close(self) -> None:
        self.file.close()
