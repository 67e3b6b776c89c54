"""Arrays in, fits out: mathematics only."""
