"""The options that name a tracker of experiments, and a run in it."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NamedTuple

import click

from nerforge.cli.printing.printed_lines import print_message
from nerforge.evaluation.tracking.targets import OF_RUN, TRACKER_CHOICES, TrackOptions

Command = Callable[..., None]
_NAMES = ("project", "name", "description")


class TrackerNames(NamedTuple):
    """What the user calls a run in its tracker."""

    project: str | None = None
    name: str | None = None
    description: str | None = None


def tracker_name_options(command: Command) -> Command:
    """Add the options that name a run in its tracker; the command gets them as ``named``."""

    @wraps(command)
    def call(**given: Any) -> None:
        names = TrackerNames(*(given.pop(f"track_{name}") for name in _NAMES))
        command(named=names, **given)

    call = click.option("--track-description", metavar="TEXT", help="What the tracker shows with it.")(call)
    call = click.option("--track-name", metavar="NAME", help="The run's name in its tracker.")(call)
    return click.option("--track-project", metavar="NAME", help="The project (MLflow: experiment) there.")(
        call
    )


def tracking_options(command: Command) -> Command:
    """Add the options that say where results are tracked; the command gets them as ``tracking``."""

    @wraps(command)
    def call(track: str, track_samples: int, named: TrackerNames, **given: Any) -> None:
        command(tracking=TrackOptions(track, *named, track_samples), **given)

    samples = click.option(
        "--track-samples",
        type=click.IntRange(min=0),
        default=TrackOptions().n_samples,
        show_default=True,
        help="Answers to send as texts, the same ones of every checkpoint.",
    )
    track = click.option(
        "--track",
        type=click.Choice(TRACKER_CHOICES),
        default=OF_RUN,
        show_default=True,
        help="Where to send samples and figures: the run's own tracker, none, or another.",
    )
    return track(tracker_name_options(samples(call)))


def tell_tracked(lines: Iterable[str]) -> None:
    """Print what was sent where; it is no result, so it goes to stderr."""
    for line in lines:
        print_message(line)
