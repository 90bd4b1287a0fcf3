"""Mistype a name: one character for another that sounds or looks like it."""

from collections.abc import Collection, Mapping

from nerforge.generators.slots.language.pieces import Piece
from nerforge.generators.slots.randomness import key


def mistype(
    piece: Piece, labels: Collection[str], confusions: Mapping[str, tuple[str, ...]], taken: Collection[str]
) -> Piece | None:
    """Give a piece with one character mistyped in a mention, or None where there is no way to.

    The entity keeps its value: what the sentence says is one more way of saying it.

    Args:
        piece: The piece as it should be.
        labels: Labels whose mentions may be mistyped.
        confusions: For a character, those that people type in its place.
        taken: Texts that mean something else.
    """
    places = [
        (entity, at)
        for entity in piece.entities
        if entity.label in labels and entity.start is not None and entity.end is not None
        for at in range(entity.start, entity.end)
        if piece.text[at] in confusions
    ]
    drawn = key("typo", piece.text) if places else 0
    first, turn = drawn % max(len(places), 1), drawn // max(len(places), 1)
    for entity, at in places[first:] + places[:first]:
        others = confusions[piece.text[at]]
        for other in others[turn % len(others) :] + others[: turn % len(others)]:
            text = piece.text[:at] + other + piece.text[at + 1 :]
            if text not in taken and text[entity.start : entity.end] not in taken:
                return piece._replace(text=text)
    return None
