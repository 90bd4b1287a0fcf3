"""``generate`` and ``load_data``: data sets of every kind of source."""
