"""Read an answer to an inline prompt in which no entity is tagged."""

from nerforge.templates.answers.base import judge, unparsable
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.json_objects import read_json
from nerforge.templates.answers.statements.json_statements import StatedEntities
from nerforge.templates.answers.statements.other_layouts import read_lines, unread_marks
from nerforge.templates.answers.statements.saying_nothing import says_nothing
from nerforge.templates.answers.tagged.alignment import align_loosely
from nerforge.templates.answers.tagged.loose_tags import label_names
from nerforge.templates.answers.tagged.tag_reading import TagReading
from nerforge.templates.answers.tagged.tags import MarkedText
from nerforge.templates.domain import Answer, Outcome, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.placing import ground
from nerforge.templates.mentions.statements import excerpt

_MIN_COPY = 0.8
"""Share of the sentence that an answer without tags must copy to say that there is no entity."""


def read_untagged(body: str, wrapping: list[Problem], tags: TagReading, evidence: Evidence) -> Answer:
    """Read an answer whose tags, if it has any, name no entity of the task."""
    problems, words = [*wrapping, *tags.problems], tags.plain
    if tags.echo_end:
        body = words = body[tags.echo_end :].strip()
        if not body:
            return unparsable(*problems, Problem(ProblemKind.NO_ANSWER))
    sentence, plain = evidence.folded, fold(words)
    is_copy = bool(sentence) and sentence in plain
    if not (is_copy and sentence == plain) and (other := _other_format(body, wrapping, tags, evidence)):
        return other
    kinds = set() if tags.echo_end else {problem.kind for problem in tags.problems}
    if tags.says_nothing or any(kind.loses for kind in kinds):
        if not (tags.says_nothing or kinds & {ProblemKind.UNKNOWN_LABEL, ProblemKind.CUT_OFF}):
            problems.append(Problem(ProblemKind.TEXT_DRIFT, excerpt(words)))
        return Answer((), judge(0, problems, says_nothing=tags.says_nothing), tuple(problems))
    if is_copy or says_nothing(body):
        kind = ProblemKind.TEXT_DRIFT if is_copy and sentence == plain else ProblemKind.CHATTER
        return Answer((), Outcome.EMPTY, (*problems, Problem(kind, excerpt(words))))
    return _changed_copy(words, problems, evidence)


def _changed_copy(body: str, problems: list[Problem], evidence: Evidence) -> Answer:
    """Read an answer without tags that is neither the sentence nor says that there is no entity."""
    sentence, plain = evidence.folded, fold(body)
    if plain and sentence.startswith(plain):
        return unparsable(*problems, Problem(ProblemKind.CUT_OFF, excerpt(body)))
    if marks := unread_marks(body, evidence.text, evidence.schema):
        return unparsable(*problems, *(Problem(ProblemKind.BAD_TAG, mark) for mark in marks))
    names = {found[0] for found in label_names(evidence.schema).finditer(body)}
    if unread := [name for name in sorted(names) if not evidence.says(name)]:
        problems += [Problem(ProblemKind.UNREAD, name) for name in unread]
        return unparsable(*problems)
    drifted = align_loosely(MarkedText(body), evidence.text, evidence.schema)
    problems.append(Problem(ProblemKind.TEXT_DRIFT, excerpt(body)))
    if drifted.coverage >= _MIN_COPY and len(plain) < 2 * len(sentence):
        return Answer((), Outcome.EMPTY, tuple(problems))
    return unparsable(*problems)


def _other_format(body: str, wrapping: list[Problem], tags: TagReading, evidence: Evidence) -> Answer | None:
    """Read an answer that is written in another of the formats; None if it is not."""
    found = read_json(body, evidence)
    read = StatedEntities(found.statements, found.problems, found.says_nothing, found.is_grouped)
    if read.says_nothing and not read.statements:
        kept = [problem for problem in [*wrapping, *read.problems] if not problem.kind.loses]
        return Answer((), Outcome.EMPTY, (*kept, Problem(ProblemKind.OTHER_FORMAT)))
    if read.statements:
        problems = [*wrapping, Problem(ProblemKind.OTHER_FORMAT), *read.problems]
    else:
        read = read_lines(body, evidence.text, evidence.schema)
        problems = [*wrapping, *read.problems]
    if not read.statements:
        return None
    grounded = ground(read.statements, evidence.text, evidence.schema)
    unread = [p for p in tags.problems if p.kind in (ProblemKind.UNKNOWN_LABEL, ProblemKind.UNREAD)]
    problems += [*grounded.problems, *unread]
    outcome = judge(len(grounded.entities), problems, says_nothing=False, is_loop=grounded.is_loop)
    return Answer(tuple(grounded.entities), outcome, tuple(problems), tuple(grounded.groundings))
