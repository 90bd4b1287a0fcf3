"""Files read row by row and written whole or not at all, in any encoding, from a pipe or a disk."""
