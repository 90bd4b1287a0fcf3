"""Ask a model about queries with known answers, and judge what it says."""

from pathlib import Path

from nerforge.evaluation.chatting.query_cases import JudgedCase, ground_cases, judge, read_cases
from nerforge.evaluation.chatting.session import ChatSession
from nerforge.foundation.errors import UsageError
from nerforge.templates.answers import load_format

ALONE = "alone"
CONSTRAINED = "constrained"
GROUNDED = "grounded"
BOTH = "both"
"""The constrained answers, grounded."""


def answer_cases(
    session: ChatSession, path: Path, constrained: ChatSession | None = None
) -> dict[str, list[JudgedCase]]:
    """Ask about each case; by what was done to the answers, the judged cases.

    Args:
        session: Whom to ask; with a grounder, its answers are judged as they are and grounded.
        path: The cases; see ``read_cases``.
        constrained: The same model under a constraint, which is asked too.

    Raises:
        UsageError: the session asks for a label of each text.
        UserError: the cases cannot be read, or the engine cannot answer.
    """
    asking = session.asking
    if asking.answer_format is None:
        raise UsageError("--cases is for entities; the data set asks for a label of each text")
    answer_format = load_format(asking.answer_format)
    cases = read_cases(path, answer_format, asking.task.schema)
    queries = [case.text for case in cases]
    # Asked without grounding: the same answers are judged without it and with it.
    judged = {ALONE: list(judge(cases, ChatSession(asking, session.engine).ask(queries)))}
    if constrained is not None:
        judged[CONSTRAINED] = list(judge(cases, ChatSession(asking, constrained.engine).ask(queries)))
    if session.grounder is not None:
        for asked, grounded in ((ALONE, GROUNDED), (CONSTRAINED, BOTH)):
            if asked in judged:
                judged[grounded] = list(ground_cases(judged[asked], session.grounder, answer_format))
    return judged
