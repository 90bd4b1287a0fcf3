"""A domain: its tables, templates and policies, read from a folder."""
