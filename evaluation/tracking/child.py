"""The process that sends a report: a message on its input, a receipt on its output.

Trackers' libraries print, ask, wait for servers and end processes; none of that reaches the command.
"""

import os
import sys
from importlib import import_module

import msgspec

from nerforge.evaluation.tracking.records import Receipt, Report, Sender, Target

SENDERS = {
    name: f"nerforge.evaluation.tracking.to_{name}" for name in ("swanlab", "wandb", "tensorboard", "mlflow")
}


class Message(msgspec.Struct, frozen=True):
    """What the child is given."""

    target: Target
    report: Report


class SendReply(msgspec.Struct, frozen=True):
    """What it gives back: a receipt, or what went wrong."""

    receipt: Receipt | None = None
    fault: str = ""


def answer(message: Message) -> SendReply:
    """Send, and say how that ended."""
    try:
        sender: Sender = import_module(SENDERS[message.target.settings.tracker])
        return SendReply(sender.send(message.target, message.report))
    except Exception as err:
        first = next((line.strip() for line in str(err).splitlines() if line.strip()), "")
        return SendReply(fault=f"{type(err).__name__}: {first}" if first else type(err).__name__)


def main() -> None:
    """Read the message, send, write the reply; what libraries print goes to stderr."""
    # Libraries print to stdout, even from C; the reply needs a descriptor that nobody else knows.
    out = os.dup(1)
    os.dup2(2, 1)
    reply = answer(msgspec.json.decode(sys.stdin.buffer.read(), type=Message))
    os.write(out, msgspec.json.encode(reply))
    os.close(out)


if __name__ == "__main__":
    main()
