"""Readers of labelled corpora, by task: JSONL with entity texts and offsets that may lie."""

from generators.corpora.span_jsonl import ReadReport, read_span_jsonl

CORPUS_TASKS = ("ccfbdci", "cmeee")
"""The tasks whose published corpora have the span JSONL layout."""

__all__ = ["CORPUS_TASKS", "ReadReport", "read_span_jsonl"]
