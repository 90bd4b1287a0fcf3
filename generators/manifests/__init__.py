"""``manifest.json``: what a data set was made from, with what settings, and what its splits hold."""
