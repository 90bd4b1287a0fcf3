"""Where JSON of any names keeps its sentences and entities."""
