"""The engine of a sweep: loaded when the first row is to be answered, changed from adapter to adapter."""

import gc
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from nerforge.evaluation.engines import ENGINES, Engine, ModelSpec, Request, Result, load_engine
from nerforge.foundation.errors import UserError
from nerforge.foundation.phases import phase


class SweepEngine:
    """Answers the rows of a part with one model after the other.

    A base is loaded once for all of its adapters. It is loaded anew for another model, and where the engine
    cannot put another adapter on it.
    """

    def __init__(self, name: str, spec: ModelSpec, on_answers: Callable[[int], None]) -> None:
        """Prepare; nothing is loaded yet.

        Args:
            name: The engine's name.
            spec: The first model.
            on_answers: Told how many rows were answered.
        """
        self.name = name
        self.spec = spec
        self.ids: Collection[str] = ()
        self.seconds = 0.0
        """That answering took since ``aim``, without loading."""
        self.n_loads = 0
        self._on_answers = on_answers
        self._engine: Engine | None = None
        self._loaded: ModelSpec | None = None

    def aim(self, spec: ModelSpec, ids: Collection[str]) -> None:
        """Answer with another model from now on, and only the rows of these ids."""
        self.spec, self.ids, self.seconds = spec, ids, 0.0

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on."""
        self.spec = replace(self.spec, adapter=adapter)

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[Sequence[Result]]:
        """Yield the results of the rows that are wanted.

        Raises:
            UserError: the model or its adapter cannot be loaded.
        """
        wanted = [request for request in requests if request.id in self.ids]
        if not wanted:
            return
        engine = self._ready()
        start = time.monotonic()
        for results in engine.predict(wanted, batch_size):
            self.seconds += time.monotonic() - start
            self._on_answers(len(results))
            yield results
            start = time.monotonic()
        self.seconds += time.monotonic() - start

    def _ready(self) -> Engine:
        if self._engine is None or self._loaded != self.spec:
            if not self._swap():
                self._load()
            self._loaded = self.spec
        assert self._engine is not None
        return self._engine

    def _swap(self) -> bool:
        """Put the adapter on the base that is loaded; False where that cannot be."""
        if self._engine is None or self._loaded is None or not ENGINES[self.name].swaps_adapters:
            return False
        # An adapter fits only the base that it was trained on, loaded in the same way.
        if replace(self._loaded, adapter=None) != replace(self.spec, adapter=None):
            return False
        try:
            self._engine.use_adapter(self.spec.adapter)
        except (UserError, NotImplementedError):
            # A fresh engine may still take it, and says better what is wrong if it does not.
            return False
        return True

    def _load(self) -> None:
        with phase(f"starting the {self.name} engine"):
            # The model before goes first: there may be no memory for both.
            self._engine = self._loaded = None
            gc.collect()
            self._engine = load_engine(self.name, self.spec)
        self.n_loads += 1
