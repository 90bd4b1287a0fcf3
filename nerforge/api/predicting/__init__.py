"""``predict``, and what every command that asks a model shares."""
