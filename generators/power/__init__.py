"""Synthetic power-domain queries from slot tables and templates."""
