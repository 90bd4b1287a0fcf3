"""How the labelling loop is printed: what was written and read, and how far annotators agree."""

from collections.abc import Iterator

from nerforge.api.labelling import ImportSummary
from nerforge.api.next_batches import LabelBatch
from nerforge.cli.printing.output import stdout
from nerforge.cli.printing.plain_table import plain_table
from nerforge.evaluation.labelling.agreement.agreement_schema import Agreement, AgreementFigure, SaidBy
from nerforge.evaluation.labelling.tasks.exporting import ExportSummary
from nerforge.foundation.printing import printable

_CAUTION = (
    "alpha and kappa are by character, most of which lie in no entity: they change with how rare and how "
    "long entities are. F1 is the figure to go by (Hripcsak and Rothschild 2005)."
)
_N_CONFUSIONS = 10
_N_SHOWN = 10
_N_EMPTY = 5
_WIDTH = 60


def print_export(summary: ExportSummary) -> None:
    """Print what was written for annotators."""
    _print(_export_lines(summary))


def print_import(summary: ImportSummary) -> None:
    """Print what became of annotations."""
    _print(_import_lines(summary))


def print_agreement(found: Agreement) -> None:
    """Print the figures, those of pairs and labels, and where annotators differ."""
    console = stdout()
    _print(_head_lines(found))
    pairs = plain_table(
        ["annotators", "sentences", "entities", "shared", "F1", "", "boundaries", "", "kappa"]
    )
    for pair in found.pairs:
        pairs.add_row(
            printable(" / ".join(pair.annotators)),
            f"{pair.n_sentences:,}",
            " / ".join(f"{n:,}" for n in pair.n_entities),
            f"{pair.n_shared:,}",
            *_cells(pair.strict),
            *_cells(pair.boundaries),
            _number(pair.kappa),
        )
    labels = plain_table(["label", "entities", "F1", "", "alpha"])
    for one in found.labels:
        labels.add_row(printable(one.label), f"{one.n_entities:,}", *_cells(one.strict), _number(one.alpha))
    for table in (pairs, labels):
        console.print()
        console.print(table, markup=False)
    console.print()
    _print(_difference_lines(found))


def print_batch(batch: LabelBatch) -> None:
    """Print what was chosen, and why the first ones."""
    _print(_batch_lines(batch))


def _print(lines: Iterator[str]) -> None:
    console = stdout()
    for line in lines:
        console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def _export_lines(summary: ExportSummary) -> Iterator[str]:
    counts = summary.counts
    whose = "gold" if summary.model is None else f"predictions of {summary.model}"
    if counts.blank == counts.tasks:
        whose = "nothing but the sentences"
    yield f"{summary.out}: {', '.join(summary.files)} for {summary.tool}, with {whose}"
    yield (
        f"{counts.tasks:,} tasks, {counts.entities:,} entities ({counts.with_score:,} with a score), labels "
        f"{', '.join(summary.labels)}"
    )
    if counts.empty:
        shown = ", ".join(counts.empty[:_N_EMPTY])
        more = ", ..." if len(counts.empty) > _N_EMPTY else ""
        yield f"{len(counts.empty):,} samples without text are no task: {shown}{more}"
    if 0 < counts.blank < counts.tasks:
        yield f"{counts.blank:,} blank tasks, to be labelled from nothing"
    if counts.missing:
        yield f"{counts.missing:,} tasks without a prediction"
    if counts.unreadable:
        yield f"{counts.unreadable:,} tasks whose answer could not be read"
    kept = {
        **{f"entities without a place ({kind})": n for kind, n in sorted(counts.unplaced.items())},
        "values that the sentence says otherwise": counts.other_values,
        **{f"problems of answers ({kind})": n for kind, n in sorted(counts.problems.items())},
    }
    yield from (f"kept in the metadata of their tasks: {n:,} {what}" for what, n in kept.items() if n)
    yield from (f"note: {note}" for note in summary.notes)
    yield f"next: {summary.hint}"


def _import_lines(summary: ImportSummary) -> Iterator[str]:
    counts = summary.resolved
    yield (
        f"{summary.out}: {counts.kept:,} sentences with {counts.entities:,} entities, of "
        f"{summary.read.annotations:,} annotations by {', '.join(summary.annotators)}"
    )
    if counts.by_several:
        yield f"{counts.by_several:,} sentences by several annotators, who differ on {counts.differing:,}"
        yield (
            f"--resolve {summary.rule} dropped {counts.dropped_sentences:,} sentences and "
            f"{counts.dropped_entities:,} entities of others"
            + (f", {counts.ties:,} of them named by just half of the annotators" if counts.ties else "")
        )
    for kind, n in summary.read.kinds.items():
        places = "; ".join(summary.read.places[kind])
        yield f"{n:,} x {kind}: {places}{', ...' if n > len(summary.read.places[kind]) else ''}"


def _batch_lines(batch: LabelBatch) -> Iterator[str]:
    counts = batch.counts
    yield (
        f"{batch.out}: {counts.chosen:,} of {counts.pool:,} sentences, {counts.characters:,} characters, "
        f"seed {batch.seed}"
    )
    passed = {
        "labelled already": counts.labelled,
        "near duplicates of labelled ones": counts.near_labelled,
        "near duplicates of chosen ones": counts.near_chosen,
        "too long for what was left of the budget": counts.too_long,
    }
    yield from (f"passed over: {n:,} {what}" for what, n in passed.items() if n)
    yield from (f"  {example}" for example in counts.examples)
    yield from (f"note: {note}" for note in batch.notes)
    for sample in batch.rows[:_N_SHOWN]:
        yield f"{sample.meta['next']['rank']}. {sample.id}: {sample.text[:_WIDTH]}"
        yield f"  {sample.meta['next']['why']}"


def _head_lines(found: Agreement) -> Iterator[str]:
    yield (
        f"{len(found.annotators)} annotators, {found.n_sentences:,} sentences; {found.n_by_several:,} by "
        f"several of them, {found.n_identical:,} labelled the same by all"
    )
    yield f"F1 of entities, mean of the pairs   {_told(found.strict)}"
    yield f"F1 of boundaries alone              {_told(found.boundaries)}"
    yield f"Krippendorff's alpha                {_number(found.alpha)}"
    yield f"Cohen's kappa, mean of the pairs    {_number(found.kappa)}"
    yield _CAUTION
    yield from (f"note: {note}" for note in found.notes)


def _difference_lines(found: Agreement) -> Iterator[str]:
    for one in found.confusions[:_N_CONFUSIONS]:
        yield f"same span, other label: {one.n:,} x {' / '.join(one.labels)}"
    for difference in found.differences:
        yield f"{difference.id}: {difference.n} differences: {difference.text}"
        yield from (f"  {_said_by(entity)}" for entity in difference.entities)


def _said_by(entity: SaidBy) -> str:
    place = "" if entity.start is None else f" at {entity.start}-{entity.end}"
    return f"{entity.text} ({entity.label}){place}: {', '.join(entity.annotators)}"


def _told(figure: AgreementFigure) -> str:
    return " ".join(_cells(figure)).strip()


def _cells(figure: AgreementFigure) -> tuple[str, str]:
    if figure.low is None or figure.high is None:
        return _number(figure.value), ""
    return _number(figure.value), f"({figure.low:.3f}-{figure.high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
