"""What can be asked: the ways to write a query, and the answer that each has."""
