"""What a row asks a model: the prompt, with labels and examples in the order of this row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.generators.rows.row_shapes import ALPACA, ROW_SHAPES, RowShape, RowTurns, TrainerRow
from nerforge.templates.domain import Label
from nerforge.templates.frames import PromptFrame
from nerforge.templates.prompts import Example, Prompt

LABEL_ORDERS = {
    "fixed": "every prompt lists the labels as the task does",
    "shuffled": "every row has an order of its own, drawn by seed and id",
}
MAX_EXAMPLE = 200
"""Characters of the texts that are shown as examples, unless training holds only longer ones."""
_N_ORDERS = 5_040
"""Orders of labels that are kept rendered: all of up to seven."""


@dataclass(frozen=True, slots=True)
class PromptVariation:
    """How prompts differ from row to row."""

    label_order: str = "fixed"
    shots: int = 0
    """Training samples that every prompt shows with their answers."""

    def __post_init__(self) -> None:
        """Refuse invalid values."""
        if self.label_order not in LABEL_ORDERS:
            raise unknown_name("label order", self.label_order, LABEL_ORDERS)
        if self.shots < 0:
            raise UsageError(f"--shots {self.shots}: must be at least 0")


@dataclass(frozen=True, slots=True)
class ExamplePool:
    """Training samples to draw examples from, those without entities apart."""

    telling: Sequence[Example]
    empty: Sequence[Example] = ()

    def draw(self, n: int, but: str, rng: Random) -> list[Example]:
        """Draw examples of different texts, of which at most one in three has no entities.

        Args:
            n: How many; the pool must hold one more.
            but: A text that is not to be among them, as it is the one that is asked about.
            rng: Draws them.
        """
        # Of 3 examples at most one is empty; where only 2 of the others are left, one has to be.
        telling, empty = (_draw(kind, n, but, rng) for kind in (self.telling, self.empty))
        n_empty = max(min(rng.randint(0, n // 3), len(empty)), n - len(telling))
        drawn = telling[: n - n_empty] + empty[:n_empty]
        rng.shuffle(drawn)
        return drawn


def make_pool(examples: Iterable[tuple[Example, bool]], shots: int) -> ExamplePool:
    """Sort examples into a pool, each text once; short ones only, if there are enough of them.

    Args:
        examples: Each with whether it has entities.
        shots: How many a prompt shows.

    Raises:
        UsageError: there are too few.
    """
    distinct = {example.text: (example, tells) for example, tells in examples}
    short = {text: shown for text, shown in distinct.items() if len(text) <= MAX_EXAMPLE}
    shown = (short if len(short) > shots else distinct).values()
    if len(shown) <= shots:
        raise UsageError(f"--shots {shots}: training holds only {len(shown)} different texts to draw from")
    return ExamplePool(*([example for example, tells in shown if tells is kind] for kind in (True, False)))


@dataclass(slots=True)
class PromptWriter:
    """Writes the turns of each row."""

    prompt: Prompt
    seed: int = 0
    asking: PromptVariation = field(default_factory=PromptVariation)
    shape: RowShape = ROW_SHAPES[ALPACA]
    pool: ExamplePool | None = None
    varies: bool = False
    """Whether a row was asked otherwise than the prompt says by default."""

    def __post_init__(self) -> None:
        """Refuse a prompt that does not show what differs.

        Raises:
            UsageError: it lists no labels though their order differs, or no examples.
        """
        labels = self.prompt.task.schema.labels
        is_listed = self.prompt.fill(labels[::-1]) != self.prompt.frame
        if self.asking.label_order != "fixed" and len(labels) > 1 and not is_listed:
            raise UsageError(
                f"prompt {self.prompt.name!r} lists no labels, so there is no order to shuffle; "
                "omit --label-order, or choose another --prompt"
            )
        if self.asking.shots and self.prompt.fill(examples=[Example("句", "答")]) == self.prompt.frame:
            raise UsageError(
                f"prompt {self.prompt.name!r} shows no examples; let it go through `examples`, "
                "omit --shots, or choose another --prompt"
            )

    def row(self, row_id: str, text: str, answer: str, labels: Sequence[Label] | None = None) -> TrainerRow:
        """Make a row; its prompt lists all labels of the task, unless others are given."""
        frame = self._frame(row_id, text, labels)
        self.varies = self.varies or frame != self.prompt.frame
        return self.shape.write(RowTurns(frame.system, frame.user_turn(text), answer))

    def _frame(self, row_id: str, text: str, labels: Sequence[Label] | None) -> PromptFrame:
        is_fixed = self.asking.label_order == "fixed"
        if is_fixed and self.pool is None and labels is None:
            return self.prompt.frame
        listed = self.prompt.task.schema.labels if labels is None else tuple(labels)
        # By id, not by position: a row keeps its order of labels when others are added or dropped.
        rng = Random(f"{self.seed}-{row_id}")
        in_order = listed if is_fixed else tuple(rng.sample(listed, len(listed)))
        if self.pool is None:
            return _filled(self.prompt, in_order)
        return self.prompt.fill(in_order, self.pool.draw(self.asking.shots, text, rng))


@lru_cache(maxsize=_N_ORDERS)
def _filled(prompt: Prompt, labels: tuple[Label, ...]) -> PromptFrame:
    return prompt.fill(labels)


def _draw(examples: Sequence[Example], n: int, but: str, rng: Random) -> list[Example]:
    # One more than needed, in case the text that is asked about is among them.
    drawn = rng.sample(examples, min(n + 1, len(examples)))
    return [example for example in drawn if example.text != but][:n]
