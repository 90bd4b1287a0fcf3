"""Which queries are drawn, and into which split."""
