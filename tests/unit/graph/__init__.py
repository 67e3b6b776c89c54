"""What runs, when, and what does not."""
