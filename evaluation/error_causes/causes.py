"""The causes of errors, in the order in which they are looked for: the first that suffices is the error's."""

from enum import StrEnum

from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair
from nerforge.templates.domain import Entity


class Cause(StrEnum):
    """Why an entity was missed, is spurious, or got another label, boundary or value."""

    NO_ANSWER = "no_answer"
    """Missed: there is no answer."""
    TRUNCATED = "truncated"
    """Missed: the answer is truncated before it."""
    UNPARSABLE = "unparsable"
    """Missed: no entity could be read from the answer."""
    UNKNOWN_LABEL = "unknown_label"
    """The answer names it with a label that the task does not have."""
    LOST_IN_READING = "lost_in_reading"
    """Missed: the answer says its value in a piece that was dropped."""
    OTHER_MENTION = "other_mention"
    """The answer has its label and value at another mention, where gold has it not."""
    REPEATED_MENTION = "repeated_mention"
    """Missed: the answer rightly has its label and value at another mention, and nothing at this one."""
    NOT_IN_TEXT = "not_in_text"
    """Predicted, but the sentence does not say it there."""
    NEAR_DUPLICATE = "near_duplicate"
    """A training sentence that is nearly the same has other gold for it."""
    LABELLED_OTHERWISE = "labelled_otherwise"
    """Training mostly gives the surface another label, or one where gold has none."""
    MOSTLY_UNLABELLED = "mostly_unlabelled"
    """Missed: training mostly leaves the surface unlabelled."""
    BOUNDARY_HABIT = "boundary_habit"
    """Training mostly labels a longer or shorter span around the surface."""
    NESTED_IN_TRAINING = "nested_in_training"
    """Missed or spurious: training mostly has the surface as a part of other spans, or around them."""
    AMBIGUOUS = "ambiguous"
    """Training labels the surface as here, and otherwise, too."""
    UNSEEN = "unseen"
    """Training never labels the surface, nor has it as gold does here."""
    AS_IN_TRAINING = "as_in_training"
    """Training shows the surface as gold has it here."""


def surface_of(entity: Entity, text: str) -> str:
    """Give what the sentence says for an entity, or the value where it says none."""
    return entity.text if entity.start is None else text[entity.start : entity.end]


def sides(pair: WrongPair) -> list[Entity]:
    """Give the entities of an error: gold's, the answer's, or both."""
    return [entity for entity in pair if entity is not None]
