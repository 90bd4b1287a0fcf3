"""Files whose rows must be found first: tables, workbooks, terminal text, mappings."""
