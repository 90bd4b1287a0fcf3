"""Where in the rows of a data set the sentence stands, as its manifest tells."""

from pathlib import Path
from typing import NamedTuple

from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import PromptHead, read_manifest_head
from nerforge.generators.rows.row_shapes import AnyShapeRow
from nerforge.templates.frames import PromptFrame


class SentencePlaces(NamedTuple):
    """What is known of the place of sentences in rows."""

    frame: PromptFrame | None = None
    """What rows say around it; None where no manifest tells."""
    varies: bool = False
    """Whether rows may say something else around it."""

    def asks_about(self, user: str, sentence: str, column: str = "") -> bool:
        """Return whether a row asks about a sentence.

        Args:
            user: The row's user turn.
            sentence: The sentence.
            column: What the row holds in a column of its own for the sentence, as older sets and those of
                others do. Where prompts differ from row to row, the sentence may stand anywhere.
        """
        if column:
            return column == sentence
        if self.frame is None or self.varies:
            return sentence in user
        # Equality, not `in`: a sentence that is part of another would be found in that one's row too.
        return user == self.frame.user_turn(sentence)

    def guess(self, user: str, column: str = "") -> str:
        """Give the sentence of a row where the manifest tells its place, or else the last line."""
        if column:
            return column
        found = self.frame.sentence(user) if self.frame else None
        return user.rsplit("\n", 1)[-1] if found is None else found

    def frame_of(self, row: AnyShapeRow, sentence: str) -> PromptFrame | None:
        """Give what a row says around its sentence; None where it does not hold it."""
        turns = row.turns()
        # Prompts that differ from row to row end alike; the sentence is looked for there first, as an example
        # in the prompt may say the same.
        behind = self.frame.behind if self.frame else ""
        if turns.user.endswith(f"{sentence}{behind}"):
            before = turns.user[: len(turns.user) - len(behind) - len(sentence)]
        elif (at := turns.user.rfind(sentence)) >= 0:
            before, behind = turns.user[:at], turns.user[at + len(sentence) :]
        else:
            return None
        return PromptFrame(turns.system, before, behind)


def sentence_places(data: Path) -> SentencePlaces:
    """Read from a dataset directory where the sentences of its rows stand.

    Raises:
        UserError: its manifest cannot be read.
    """
    if not (data / MANIFEST).is_file():
        return SentencePlaces()
    head = read_manifest_head(data / MANIFEST).prompt or PromptHead()
    return SentencePlaces(head.frame, head.varies)
