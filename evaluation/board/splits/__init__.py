"""Fixed splits of corpora, and the hashes of the known ones."""
