"""Records to plots."""
