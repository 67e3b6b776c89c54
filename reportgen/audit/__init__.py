"""Explain, compare and lint saved records (the room is kept for it)."""
