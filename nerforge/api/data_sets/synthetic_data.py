"""Write a data set of sentences from slot tables and templates."""

from dataclasses import replace
from pathlib import Path

from nerforge.api.data_sets.data_sources import POWER, SHARE, DataReport, SplitSource, Words
from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.charts import draw_stats
from nerforge.generators.slots.generate import SlotOptions, generate_slots


def write_synthetic(source: str | Path, dataset: DatasetOptions, words: Words) -> DataReport:
    """Write synthetic sentences of the power domain, or of a domain's folder.

    Raises:
        UserError: the words, a file of the domain or the output folder cannot be used, or there are not as
            many sentences.
    """
    if words["rows"] is None:
        raise UsageError(f"generate {source}: give rows, the number of rows in all splits together")
    dataset = replace(dataset, dev=_share("dev", words["dev"]), test=_share("test", words["test"]))
    manifest = generate_slots(_slot_options(source, words), dataset, words["on_progress"])
    return DataReport(manifest, draw_stats(manifest, dataset.out) if words["stats"] else [])


def _share(split: str, given: SplitSource) -> float:
    if given is None:
        return SHARE
    if not isinstance(given, int | float):
        raise UsageError(f"{split} {given!r}: expected a share of the rows, such as {SHARE}")
    return float(given)


def _slot_options(source: str | Path, words: Words) -> SlotOptions:
    noise = words["noise"]
    return SlotOptions(
        n_rows=words["rows"],
        **_domain_words(source, words),
        templates=_path(words["templates"]),
        only_templates=words["only_templates"],
        only_dates=words["only_dates"],
        ambiguous=words["ambiguous"],
        split=words["split"],
        negatives=words["negatives"],
        # A domain without a list has all of its channels; an empty list is none of them.
        noise={"all": None, "none": ()}[noise] if noise in ("all", "none") else noise,
        min_count=words["min_count"],
        reference_day=words["reference_day"],
        n_workers=words["workers"],
    )


def _domain_words(source: str | Path, words: Words) -> Words:
    if source == POWER:
        gazetteer = words["gazetteer"]
        # The power domain calls its gazetteer `places`, and its first level `city`.
        tables = {} if gazetteer is None else {"places": Path(gazetteer)}
        return {"tables": tables, "only": {"city": words["cities"]}}
    tables = {name: Path(file) for name, file in (words["tables"] or {}).items()}
    return {"domain": Path(source), "tables": tables, "only": words["only"] or {}}


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
