"""What files are recognised by, and what is said of one that no layout is like."""
