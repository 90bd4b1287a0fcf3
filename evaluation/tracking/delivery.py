"""Send reports so that no tracker can harm the work: in a process of its own, with a limit, never raising."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from nerforge.evaluation.tracking.child import Message, SendReply
from nerforge.evaluation.tracking.records import Receipt, Report, Target
from nerforge.evaluation.tracking.targets import TrackOptions, fault_of, find_targets
from nerforge.foundation.printing import printable
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.foundation.trackers.login import without_secrets
from nerforge.foundation.trackers.settings import read_tracking, write_tracking

SECONDS = 180.0
"""That sending may take; the work is on disk long before."""
_OF_TRAINING = (
    *("SWANLAB_RUN_ID", "SWANLAB_RESUME", "SWANLAB_PROJECT"),
    *("WANDB_RUN_ID", "WANDB_RESUME", "MLFLOW_RUN_ID"),
)
"""Variables that would name another run or project than the one that was found."""
_ERROR_EXCERPT = 300


def deliver(
    run: Path | None, beside: Path, options: TrackOptions, make_report: Callable[[], Report]
) -> Iterator[str]:
    """Send a report to every tracker of a run, and say of each where it went, or why it did not.

    Args:
        run: The folder of the training run; None where there is none.
        beside: A folder for logs, where there is no run.
        options: What the user asks for.
        make_report: Makes the report; called only where there is a tracker.
    """
    try:
        # The report is expensive and the work is done: nothing is read for a tracker that cannot be reached.
        targets = find_targets(run, beside, options)
        report = make_report() if any(fault_of(target) is None for target in targets) else None
    except Exception as err:  # whatever is wrong with a tracker's files, the work is done
        yield _failed("tracker", str(err) or type(err).__name__)
        return
    for target in targets:
        tracker = target.settings.tracker
        fault = fault_of(target)
        if fault is None and report is not None:
            yield f"{tracker}: sending samples and figures"
            reply = send(target, report)
            fault = reply.fault or None
            if reply.receipt is not None:
                yield f"{tracker}: sent to {reply.receipt.where}"
                _remember(run, tracker, reply.receipt)
        if fault is not None:
            yield _failed(tracker, fault)


def _failed(tracker: str, fault: str) -> str:
    said = printable(without_secrets(" ".join(fault.split())))
    short = said if len(said) <= _ERROR_EXCERPT else f"{said[:_ERROR_EXCERPT]}..."
    return f"warning: {tracker}: nothing was sent: {short}; what was asked for is on disk"


def send(target: Target, report: Report, *, seconds: float = SECONDS) -> SendReply:
    """Send in a process that has no terminal, and is killed with all that it started when its time is up."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_TRAINING}
    environment |= {"SWANLAB_INTERACTIVE": "false", "WANDB_SILENT": "true"}
    command = [sys.executable, "-P", "-m", "nerforge.evaluation.tracking.child"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        # Without a controlling terminal, nothing can ask for a key.
        start_new_session=True,
    ) as child:
        try:
            out, said = child.communicate(msgspec.json.encode(Message(target, report)), seconds)
        except subprocess.TimeoutExpired:
            _kill(child)
            return SendReply(fault=f"no answer within {seconds:.0f} s")
        except BaseException:
            _kill(child)
            raise
    try:
        return msgspec.json.decode(out, type=SendReply)
    except msgspec.DecodeError:
        return SendReply(fault=_last_line(said) or f"its library ended with exit code {child.returncode}")


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _last_line(said: bytes) -> str:
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _remember(run: Path | None, tracker: str, receipt: Receipt) -> None:
    """Keep the id of a run that was made, so that the next evaluation goes on in it."""
    if run is None or receipt.evaluation_id is None or not (run / TRAIN_YAML).is_file():
        return
    with suppress(OSError):
        tracking = read_tracking(run)
        tracking.evaluations[tracker] = receipt.evaluation_id
        write_tracking(run, tracking)
