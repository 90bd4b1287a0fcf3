"""Synthetic sentences with gold entities, from slot tables and templates."""
