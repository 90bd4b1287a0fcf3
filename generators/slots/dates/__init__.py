"""Date expressions and the days that they mean."""
