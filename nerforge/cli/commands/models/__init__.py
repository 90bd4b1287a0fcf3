"""Commands that fetch, describe and merge models; data sets of a hub are fetched as models are."""
