"""Answers that state value and label: JSON, lines, tables, prose."""
