"""How drawn queries become bytes, fast and in any number of processes."""
