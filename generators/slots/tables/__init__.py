"""Slot tables: CSV, TSV and XLSX files of values, read with every fault of them."""
