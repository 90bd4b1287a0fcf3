"""Join a Ray cluster, and share its machines out among workers."""

import logging
import os
import re
import socket
from collections.abc import Sequence
from typing import Any

from nerforge.evaluation.engines import Devices
from nerforge.foundation.errors import UserError

_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
_LOG_LEVELS = {
    "ray.data": logging.WARNING,
    "ray.data._internal.progress": logging.ERROR,
    "ray.data._internal.execution.streaming_executor_state": logging.CRITICAL,
}
"""What remains says that a cluster has no room at the moment."""
_CONNECT_SECONDS = 10
_HOST_AND_PORT = re.compile(r"(?:ray://)?(?P<host>[^/]+):(?P<port>\d+)")


def connect() -> None:
    """Join the cluster of ``RAY_ADDRESS``, or start Ray on this machine alone.

    Raises:
        UserError: the cluster cannot be reached.
    """
    import ray

    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    address = os.environ.get("RAY_ADDRESS") or "local"
    _require_reachable(address)
    local: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, logging_level=logging.WARNING, log_to_driver=False, **local)
    except (ConnectionError, ValueError, RuntimeError) as err:
        raise UserError(f"Ray at {address} cannot be reached: {last_line(err)}; see RAY_ADDRESS") from err


def _require_reachable(address: str) -> None:
    """Knock at the head's port: Ray itself goes on trying for minutes.

    Raises:
        UserError: nobody answers.
    """
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None:
        return
    try:
        with socket.create_connection((match["host"].strip("[]"), int(match["port"])), _CONNECT_SECONDS):
            return
    except (OSError, OverflowError) as err:
        raise UserError(f"Ray at {address} cannot be reached: {err}; see RAY_ADDRESS") from err


def configure_ray_data() -> None:
    """Keep Ray Data quiet, and let it go on where a chunk fails."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    # A chunk that cannot be answered costs its own rows only; they are reported as failures.
    context.max_errored_blocks = -1
    for name, level in _LOG_LEVELS.items():
        logging.getLogger(name).setLevel(level)


def resources_of_worker(
    nodes: Sequence[dict[str, Any]], devices: Devices, *, needs_gpus: bool
) -> dict[str, Any]:
    """Say what a worker holds: its GPUs, or its share of the CPUs.

    Raises:
        UserError: so many workers do not fit.
    """
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    gpus = [int(node.get("GPU", 0)) for node in alive]
    if needs_gpus or any(gpus):
        if sum(n // devices.tensor_parallel for n in gpus) < devices.data_parallel:
            raise UserError(
                f"the Ray cluster has GPUs {gpus} on its machines; {devices.data_parallel} workers with "
                f"{devices.tensor_parallel} on one machine each do not fit"
            )
        return {"num_gpus": devices.tensor_parallel}
    return {"num_cpus": _cpus_a_worker([int(node.get("CPU", 0)) for node in alive], devices.data_parallel)}


def _cpus_a_worker(cpus: Sequence[int], n_workers: int) -> int:
    """Give the most CPUs that each of some workers can have; a worker lives on one machine."""
    for share in range(max(cpus, default=0), 0, -1):
        if sum(n // share for n in cpus) >= n_workers:
            return share
    raise UserError(f"the Ray cluster has {sum(cpus)} CPUs; {n_workers} workers do not fit")


def last_line(err: Exception) -> str:
    """Give what an error of Ray says last, which is where its cause stands."""
    return (str(err).strip() or type(err).__name__).rpartition("\n")[2]
