"""Read the spans that any model predicts, in the layouts that programs write, and match them to gold."""

from nerforge.evaluation.span_files.recognition import SpanLayoutChoice, recognise_spans, span_layouts
from nerforge.evaluation.span_files.span_predictions import SPANS, SpanPredictions, read_spans

__all__ = ["SPANS", "SpanLayoutChoice", "SpanPredictions", "read_spans", "recognise_spans", "span_layouts"]
