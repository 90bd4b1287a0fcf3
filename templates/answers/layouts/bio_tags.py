"""Read the tags of sequence labelling: ``王 B-PER``, ``毅 I-PER`` line by line, and ``王/B-PER 毅/I-PER``."""

import re
from collections.abc import Iterator

from nerforge.templates.answers.answer_reading import AnswerReading
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.domain import PartKind, ProblemKind

_TAG = r"(?:(?P<sign>[BIMESLU])[-_](?P<name>[^\s/|,，]{1,20})|(?P<other>O))"
# An index may stand before the token; in a line of its own, all before the tag is the token.
_IN_LINES = re.compile(
    rf"^[ \t]{{0,9}}(?:\d{{1,4}}[.:、]?[ \t]+)?(?P<token>[^\n]{{1,60}}?)"
    rf"[ \t]{{0,4}}(?:[ \t]|[/|:：][ \t]?){_TAG}[ \t\r]{{0,9}}$",
    re.MULTILINE,
)
_IN_A_ROW = re.compile(rf"(?:^|(?<=\s))(?P<token>\S{{1,40}}?)[/|]{_TAG}(?=\s|[,，]\s?|$)", re.MULTILINE)
_LIKE_A_TAG = re.compile(r"[BIMESLU][-_]")
_TAG_IN_TOKEN = re.compile(r"(?<![A-Za-z0-9])[BIMESLU][-_]([^\s/|,，]{1,20})")
_MIN_TAGGED = 2
_STARTS = frozenset("BSU")

_Run = tuple[list[re.Match[str]], str]
"""The tokens of an entity, and its value."""


def read_bio(body: str, evidence: Evidence) -> AnswerReading:
    """Read tokens with tags; nothing where fewer than two have one, or the sentence says no value of them."""
    reading = AnswerReading(evidence)
    # Few answers hold anything like a tag.
    if _LIKE_A_TAG.search(body) is None:
        return reading
    found = max((list(x.finditer(body)) for x in (_IN_LINES, _IN_A_ROW)), key=len)
    tagged = [x for x in found if x["name"]]
    runs = [(run, _joined(run, evidence)) for run in _runs(found)]
    is_said = any(evidence.label(run[0]["name"]) and evidence.says(value) for run, value in runs)
    if is_said and _are_tagged(tagged, evidence):
        for one in found:
            reading.mark(PartKind.FRAME, one.span())
        _state(runs, evidence, reading)
    return reading.in_other_format(body)


def _are_tagged(found: list[re.Match[str]], evidence: Evidence) -> bool:
    """Tell whether there are tokens enough, and none of them holds a tag itself, as IL-6 does not."""
    inside = (name for x in found for name in _TAG_IN_TOKEN.findall(x["token"]))
    return len(found) >= _MIN_TAGGED and not any(map(evidence.label, inside))


def _state(runs: list[_Run], evidence: Evidence, reading: AnswerReading) -> None:
    for run, value in runs:
        label, at = evidence.label(run[0]["name"]), (run[0].start("token"), run[-1].end("token"))
        if label is None:
            reading.problem(ProblemKind.UNKNOWN_LABEL, f"{run[0]['name']}: {value}", run[0].span("name"), at)
        else:
            reading.add(label, run[0].span("name"), value, at)


def _runs(found: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield the tokens of each entity: a beginning, and what goes on with its label."""
    run: list[re.Match[str]] = []
    for one in found:
        goes_on = one["name"] and run and one["name"] == run[-1]["name"] and one["sign"] not in _STARTS
        if run and not goes_on:
            yield run
            run = []
        if one["name"]:
            run.append(one)
    if run:
        yield run


def _joined(run: list[re.Match[str]], evidence: Evidence) -> str:
    """Join tokens as the sentence has them: with blanks between English words."""
    tokens = [one["token"].removeprefix("##") for one in run]
    spaced = " ".join(tokens)
    return spaced if spaced in evidence.text else "".join(tokens)
