"""How far a demo has come: a demo that was killed resumes, one that was made otherwise starts over.

Every stage leaves its result whole or not at all, or resumes by itself; ``demo.json`` holds what they were
made with and how long each took.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole

STAGES = ("generate", "train", "predict_base", "predict_adapter", "ask")
"""In their order; a demo with all of them is complete."""
PARTS = ("data", "run")
"""The folders that a demo makes."""
_MARKER = "demo.json"


class _Marker(msgspec.Struct, omit_defaults=True):
    """The file that makes a folder a demo's."""

    nerforge_demo: dict[str, float]
    """Seconds of each stage that is complete."""
    settings_sha256: str | None = None
    """None in the demos of versions that did not resume."""


@dataclass(frozen=True, slots=True)
class DemoState:
    """The stages of the demo in a folder that are complete."""

    out: Path
    settings_sha256: str
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock seconds of each complete stage; of a stage that was killed, only those since it resumed."""

    @contextmanager
    def stage(self, name: str) -> Iterator[bool]:
        """Time a stage and note that it is complete.

        Yields:
            Whether it was complete before.
        """
        start = time.monotonic()
        yield name in self.seconds
        self.seconds.setdefault(name, round(time.monotonic() - start, 1))
        self.write()

    def write(self) -> None:
        """Write the state to the folder."""
        write_whole(
            self.out / _MARKER, to_json(msgspec.to_builtins(_Marker(self.seconds, self.settings_sha256)))
        )


def open_demo(out: Path, settings_sha256: str, notify: Callable[[str], None]) -> DemoState:
    """Resume the demo in a folder, or begin one there; a complete demo, or one made otherwise, is replaced.

    Args:
        out: The folder.
        settings_sha256: Of everything that the demo's results follow from.
        notify: Told what becomes of an earlier demo.

    Raises:
        UserError: the folder holds something that is no demo.
    """
    state = DemoState(out, settings_sha256)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / _MARKER).is_file():
            raise UserError(f"{out}: is not empty and not an earlier demo; choose another --out")
        # A demo.json of somebody else has no such field and is refused, with all that lies beside it.
        before = read_json(out / _MARKER, _Marker)
        if reason := _stale(before, settings_sha256):
            notify(f"{out}: {reason}; starting over")
            _clear(out)
        else:
            state.seconds.update(before.nerforge_demo)
            notify(f"{out}: resuming an incomplete demo{_complete(before)}")
    # First of all, so that a demo which is killed leaves a folder that the next one may resume.
    state.write()
    return state


def _stale(before: _Marker, settings_sha256: str) -> str | None:
    """Say why an earlier demo is of no use; None where it can be resumed."""
    if before.settings_sha256 != settings_sha256:
        return "holds a demo of other settings or another version"
    if all(stage in before.nerforge_demo for stage in STAGES):
        return "holds a complete demo"
    return None


def _complete(before: _Marker) -> str:
    names = [stage for stage in STAGES if stage in before.nerforge_demo]
    return f"; complete: {', '.join(names)}" if names else ""


def _clear(out: Path) -> None:
    """Remove what an earlier demo made; anything else in the folder stays."""
    for name in PARTS:
        if (out / name).exists():
            shutil.rmtree(out / name)
