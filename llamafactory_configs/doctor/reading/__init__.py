"""Data sets as the doctor reads them."""
