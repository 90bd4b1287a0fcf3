"""Read the tags of sequence labelling: ``王 B-PER``, ``毅 I-PER`` line by line, and ``王/B-PER 毅/I-PER``."""

import re
from collections.abc import Iterator

from nerforge.templates.answers.answer_reading import AnswerReading
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.domain import PartKind

# A token and its tag, in a line of their own or in a row; an index may stand before the token.
_TAGGED = re.compile(
    r"(?:^|(?<=\s))(?:\d{1,4}[.:、]?[ \t]+)?(?P<token>\S{1,40}?)(?:[ \t]{1,4}|[/|:：])"
    r"(?:(?P<sign>[BIMESLU])[-_](?P<name>[^\s/|,，]{1,20})|(?P<other>O))(?=\s|[,，]\s?|$)",
    re.MULTILINE,
)
_MIN_TAGGED = 2
_STARTS = frozenset("BSU")


def read_bio(body: str, evidence: Evidence) -> AnswerReading:
    """Read tokens with tags; nothing where fewer than two have one of a known label."""
    reading = AnswerReading(evidence)
    tagged = list(_TAGGED.finditer(body))
    labels = [evidence.label(found["name"]) for found in tagged if found["name"]]
    if len(labels) < _MIN_TAGGED or None in labels:
        return reading
    for found in tagged:
        reading.mark(PartKind.FRAME, found.span())
    for run in _runs(tagged):
        label = evidence.label(run[0]["name"])
        at = run[0].start("token"), run[-1].end("token")
        if label is not None:
            reading.add(label, run[0].span("name"), _joined(run, evidence), at)
            for found in run:
                reading.mark(PartKind.LABEL, found.span("name"))
    return reading.in_other_format(body)


def _runs(tagged: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield the tokens of each entity: a beginning, and what goes on with its label."""
    run: list[re.Match[str]] = []
    for found in tagged:
        goes_on = found["name"] and run and found["name"] == run[-1]["name"] and found["sign"] not in _STARTS
        if run and not goes_on:
            yield run
            run = []
        if found["name"]:
            run.append(found)
    if run:
        yield run


def _joined(run: list[re.Match[str]], evidence: Evidence) -> str:
    """Join tokens as the sentence has them: with blanks between English words."""
    tokens = [found["token"].removeprefix("##") for found in run]
    spaced = " ".join(tokens)
    return spaced if evidence.says(spaced) and spaced in evidence.text else "".join(tokens)
