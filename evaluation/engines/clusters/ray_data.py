"""The ``ray`` and ``ray-vllm`` engines: copies of another engine on the machines of a Ray cluster.

Ray Data hands out the rows and starts dead workers again. Every machine needs this package, the same Python
and Ray, and the model and adapter at the same path. Run on a CPU with several workers; not run on a GPU.
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.engines import (
    Devices,
    Engine,
    Failure,
    ModelSpec,
    Prediction,
    Request,
    Result,
    load_engine,
)
from nerforge.evaluation.engines.clusters import ray_cluster
from nerforge.evaluation.engines.clusters.ray_cluster import last_line
from nerforge.evaluation.engines.encoding import require_folder
from nerforge.foundation.errors import UserError
from nerforge.foundation.hubs.hub_names import is_folder
from nerforge.foundation.phases import AT_ONCE, phase

_CHUNK_ROWS = 1024
"""Rows that a worker is handed at a time, at most: what is lost with a worker, or with this process."""
_CHUNKS_A_WORKER = 4
"""So that no worker idles for long at the end."""
_MIN_CHUNK_ROWS = 16
_RETRIES = 3
"""How often Ray starts a dead worker again, and asks a chunk again whose worker died."""


class RayEngine:
    """Workers with a copy of the model each; they live as long as one ``predict``."""

    inner: ClassVar[str] = "hf"
    """The engine in each worker."""
    needs_gpus: ClassVar[bool] = False

    def __init__(self, spec: ModelSpec) -> None:
        """Check what can be checked without a cluster.

        Raises:
            UserError: there is no such model or adapter.
        """
        require_folder("model", spec.model)
        # Workers may stand in another folder.
        self.spec = replace(spec, model=_absolute(spec.model))
        self.use_adapter(spec.adapter)

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on; the next workers load it with the base.

        Raises:
            UserError: there is no such adapter.
        """
        if adapter is not None:
            require_folder("adapter", adapter)
            adapter = _absolute(adapter)
        self.spec = replace(self.spec, adapter=adapter)

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        """Yield the predictions chunk by chunk as workers end them.

        Raises:
            UserError: the cluster cannot be reached or is too small, or a worker cannot load the model.
        """
        if not requests:
            return
        import ray

        is_ours = not ray.is_initialized()
        # Ray prints the deaths of workers to stdout, which is for results.
        with redirect_stdout(sys.stderr):
            if is_ours:
                with phase("connecting to Ray", AT_ONCE):
                    ray_cluster.connect()
            try:
                yield from self._predict(requests, batch_size)
            finally:
                if is_ours:
                    ray.shutdown()

    def _predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        import ray

        missing = {request.id for request in requests}
        try:
            for batch in self._answers(requests, batch_size).iter_batches(
                batch_size=None, batch_format="pyarrow"
            ):
                results = [_result(row) for row in batch.to_pylist()]
                missing.difference_update(result.id for result in results)
                if results:
                    yield results
        except ray.exceptions.RayError as err:
            raise UserError(
                f"Ray stopped: {last_line(err)}; the answers so far are kept, run the same command again"
            ) from err
        # Ray drops a chunk whose worker died again and again.
        if missing:
            yield [Failure(row_id, "the worker died", _RETRIES + 1) for row_id in sorted(missing)]

    def _answers(self, requests: Sequence[Request], batch_size: int) -> Any:
        import ray

        n_workers = self.spec.devices.data_parallel
        resources = ray_cluster.resources_of_worker(
            ray.nodes(), self.spec.devices, needs_gpus=self.needs_gpus
        )
        ray_cluster.configure_ray_data()
        # Rows of like length go together, the longest first, so that memory runs out early.
        rows = sorted(requests, key=lambda request: -len(request.prompt))
        n_rows = max(_MIN_CHUNK_ROWS, min(_CHUNK_ROWS, -(-len(rows) // (n_workers * _CHUNKS_A_WORKER))))
        with warnings.catch_warnings():
            # Ray 2.64 takes the limits of retries elsewhere; the extra stays below it.
            warnings.simplefilter("ignore", DeprecationWarning)
            return ray.data.from_arrow(_chunks(rows, n_rows)).map_batches(
                _Worker,
                fn_constructor_args=(
                    self.inner,
                    replace(self.spec, devices=_one_copy(self.spec.devices)),
                    batch_size,
                ),
                batch_size=n_rows,
                batch_format="pyarrow",
                # A chunk that waits at a worker is lost with it as often as the one that kills it.
                compute=ray.data.ActorPoolStrategy(size=n_workers, max_tasks_in_flight_per_actor=1),
                max_restarts=_RETRIES,
                max_task_retries=_RETRIES,
                **resources,
            )


class RayVllmEngine(RayEngine):
    """Workers with vLLM on their GPUs."""

    inner = "vllm"
    needs_gpus = True


class _Worker:
    """One copy of the model; Ray Data makes it once and calls it with one chunk after another."""

    def __init__(self, engine: str, spec: ModelSpec, batch_size: int) -> None:
        self._batch_size = batch_size
        self._engine: Engine | None = None
        self._fault = ""
        try:
            self._engine = load_engine(engine, spec)
        except UserError as err:
            # Raised here, it would reach the user as the death of a worker.
            self._fault = str(err)

    def __call__(self, chunk: Any) -> Any:
        import pyarrow

        rows = [_row(result) for result in self._answer([Request(**row) for row in chunk.to_pylist()])]
        return pyarrow.Table.from_pylist(rows, schema=_schema())

    def _answer(self, requests: Sequence[Request]) -> list[Result]:
        if self._engine is None:
            return [Failure("", self._fault)]
        results: list[Result] = []
        error = "the engine gave no answer"
        try:
            for group in self._engine.predict(requests, self._batch_size):
                results += group
        except Exception as err:
            # What was answered before is worth more than where it failed.
            error = f"{type(err).__name__}: {err}"
        done = {result.id for result in results}
        return [*results, *(Failure(request.id, error) for request in requests if request.id not in done)]


def _chunks(rows: Sequence[Request], n_rows: int) -> list[Any]:
    import pyarrow

    schema = pyarrow.schema([(name, pyarrow.string()) for name in Request._fields])
    return [
        pyarrow.Table.from_pylist([row._asdict() for row in rows[start : start + n_rows]], schema=schema)
        for start in range(0, len(rows), n_rows)
    ]


def _schema() -> Any:
    import pyarrow

    names = ("id", "output", "finish", "logprobs", "error")
    return pyarrow.schema([*((name, pyarrow.string()) for name in names), ("n_attempts", pyarrow.int64())])


def _row(result: Result) -> dict[str, Any]:
    row = result._asdict()
    # As text, since a chunk of failures alone would have a column of no type.
    if row.get("logprobs") is not None:
        row["logprobs"] = msgspec.json.encode(row["logprobs"]).decode()
    return row


def _result(row: dict[str, Any]) -> Result:
    """Read a row of a worker's answer.

    Raises:
        UserError: the worker could not load its engine.
    """
    if not row["id"]:
        raise UserError(f"a Ray worker cannot answer: {row['error']}")
    if row["error"] is not None:
        return Failure(row["id"], row["error"], row["n_attempts"])
    logprobs = None if row["logprobs"] is None else msgspec.json.decode(row["logprobs"], type=TokenLogprobs)
    return Prediction(row["id"], row["output"], row["finish"], logprobs)


def _one_copy(devices: Devices) -> Devices:
    return replace(devices, data_parallel=1)


def _absolute(name: str) -> str:
    return str(Path(name).absolute()) if is_folder(name) else name
