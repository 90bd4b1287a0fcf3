"""What commands print: tables, phases, progress."""
