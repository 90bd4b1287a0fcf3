"""Read the spans that any model predicts, in the layouts that programs write, and match them to gold."""

from nerforge.evaluation.span_files.reading import SPANS, SpanPredictions, read_spans
from nerforge.evaluation.span_files.recognition import Recognised, recognise_spans, span_layouts

__all__ = ["SPANS", "Recognised", "SpanPredictions", "read_spans", "recognise_spans", "span_layouts"]
