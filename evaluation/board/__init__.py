"""A board: what anybody's predictions score on fixed splits, rebuilt from what is stored of them."""
