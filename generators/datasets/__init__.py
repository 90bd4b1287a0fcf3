"""A data set on disk: rows, gold, manifest and ``dataset_info.json``."""
