"""Mend answered names that the sentence says: their values, and labels that do not fit those beside them."""

from collections.abc import Sequence

from nerforge.evaluation.grounding.findings import ChangeKind, MarkKind
from nerforge.evaluation.grounding.hierarchy import NameLink
from nerforge.evaluation.grounding.mending.answer_edit import AnswerEdit
from nerforge.evaluation.grounding.mending.chains import Chain, Mention
from nerforge.evaluation.grounding.mending.linking import FUZZY, Linker
from nerforge.templates.domain import Entity


def mend_mentions(edit: AnswerEdit, chains: Sequence[Chain], linker: Linker) -> None:
    """Give each mention the label and the value of the node that its words name on its chain's paths."""
    for chain in chains:
        for mention in chain.mentions:
            _mend(edit, chain, mention)
        for level, at in list(chain.unknown.items()):
            _mend_unknown(edit, chain, level, at, linker)


def _mend(edit: AnswerEdit, chain: Chain, mention: Mention) -> None:
    entity = edit.given[mention.at]
    fitting = [link for link in mention.linked.all_links if link.node in chain.nodes]
    links = [link for link in fitting if edit.label(link) == entity.label] or fitting
    values = {(edit.label(link), link.node[-1]) for link in links}
    if (entity.label, entity.text) in values or len(values) != 1:
        return
    mended = Entity(*values.pop(), *mention.span)
    if mended in edit.kept:
        edit.change(mention.at, None, ChangeKind.DROPPED, f"the answer has {mended.text!r} there already")
    elif not edit.may_rename(mended):
        paths = dict.fromkeys("/".join(link.node) for link in links)
        edit.note(MarkKind.OTHER_NAME, mended.label, entity.text, paths)
    else:
        edit.change(mention.at, mended, *_why(edit, entity, mended, links))


def _why(
    edit: AnswerEdit, entity: Entity, mended: Entity, links: Sequence[NameLink]
) -> tuple[ChangeKind, str]:
    if mended.label != entity.label:
        return ChangeKind.RELABELLED, f"the table has it here as {mended.label} only"
    nodes = {link.node for link in links}
    form = next((x.form for x in edit.table.links(entity.text) if x.node in nodes), None)
    form = form or (FUZZY if any(link.form == FUZZY for link in links) else None)
    if form:
        return ChangeKind.RENAMED, f"the table's name for it ({form})"
    return ChangeKind.CORRECTED, f"the sentence says {edit.text[mended.start : mended.end]!r}"


def _mend_unknown(edit: AnswerEdit, chain: Chain, level: int, at: int, linker: Linker) -> None:
    """Take an unknown name for a misspelling of what its neighbours lead to, else for a contradiction."""
    entity, agreed = edit.given[at], chain.agreed(level)
    if level >= chain.depth or agreed is None:
        return
    mended = Entity(entity.label, agreed, entity.start, entity.end)
    is_near = any(linker.is_near(entity.text, node[: level + 1]) for node in chain.readings)
    if entity.text == agreed or (is_near and not edit.may_rename(mended)):
        return
    if is_near:
        edit.change(at, mended, ChangeKind.RENAMED, f"the table's name for it ({FUZZY})")
    else:
        chain.in_conflict = True
