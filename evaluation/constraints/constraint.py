"""What answers are constrained to: a format, its task's labels, and the values that may be completed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec

from nerforge.evaluation.constraints.grammar import Grammar
from nerforge.evaluation.constraints.grouped_grammar import GroupedGrammar
from nerforge.evaluation.constraints.inline_grammars import BracketGrammar, InlineGrammar, XmlGrammar
from nerforge.evaluation.constraints.line_grammar import LineGrammar
from nerforge.evaluation.constraints.list_grammars import ListGrammar
from nerforge.evaluation.constraints.sentence_values import SentenceValues, Tables, ValueTables
from nerforge.foundation.errors import UsageError, UserError
from nerforge.templates.domain import LabelSchema

_Maker = Callable[[str, LabelSchema, SentenceValues], InlineGrammar | ListGrammar]
_MAKERS: dict[str, _Maker] = {
    "json": LineGrammar,
    "xml": XmlGrammar,
    "bracket": BracketGrammar,
    "grouped": GroupedGrammar,
    "occurrence": partial(LineGrammar, is_numbered=True),
}
OWN_TABLES = "own"
"""In place of a name of tables: those that a data set was generated from, or that come with its task."""
NO_TABLES = "none"
"""In place of a name of tables: answers complete nothing."""
LONGEST = 400
"""Characters of a sentence: engines compile grammars by recursion, and longer ones overflow a usual stack."""
_VERSION = 1
"""Of the grammars; raised when they allow other answers than before."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Gives the grammar of the answers about a sentence: all of them are read as clean."""

    answer_format: str
    tables: ValueTables

    @property
    def schema(self) -> LabelSchema:
        """The labels that answers may name."""
        return self.tables.schema

    def grammar(self, text: str, before: str = "", *, longest: int = LONGEST) -> Grammar:
        """Make the grammar of one sentence.

        Args:
            text: The sentence.
            before: May stand before the answer, such as an empty thought.
            longest: Characters that a sentence may have.

        Raises:
            UserError: the sentence is too long, or cannot be written in UTF-8.
        """
        if len(text) > longest:
            raise UserError(
                f"{text[:40]!r}: has {len(text):,} characters, and answers are constrained to at most "
                f"{longest:,}; generate the data with --max-chars, or predict without --constrain"
            )
        try:
            text.encode()
        except UnicodeEncodeError as err:
            raise UserError(
                f"{text[:40]!r}: holds half of a surrogate pair at character {err.start}, which no model "
                "can copy; mend the sentence, or predict without --constrain"
            ) from err
        return _MAKERS[self.answer_format](text, self.schema, self.tables.of_sentence(text)).build(before)

    def settings(self) -> dict[str, Any]:
        """Give what tells this constraint from another, for the settings of files of answers."""
        labels = [
            (label.name, label.answer, label.inferable, label.normaliser is not None)
            for label in self.schema.labels
        ]
        shape = (labels, self.schema.nested, self.schema.empty_sentence, self.tables.tables)
        return {
            "version": _VERSION,
            "format": self.answer_format,
            "sha256": sha256(msgspec.json.encode(shape)).hexdigest(),
        }


def make_constraint(
    answer_format: str | None, schema: LabelSchema, tables: Tables | None = None
) -> Constraint:
    """Constrain answers to a format and the labels of a task.

    Args:
        answer_format: The format's name; None where answers are none of entities.
        schema: The labels.
        tables: Values by label that answers may complete, or that the sentence may say in another form.

    Raises:
        UsageError: there are no grammars for the format.
        UserError: a table is of no label of the task, or has too many values.
    """
    if answer_format not in _MAKERS:
        raise UsageError(
            f"--constrain knows the answer formats {', '.join(_MAKERS)}, "
            f"not {answer_format or 'classes of texts'}"
        )
    return Constraint(answer_format, ValueTables(schema, tables or {}))
