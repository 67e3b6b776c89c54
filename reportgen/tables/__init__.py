"""Records to table models."""
