"""Simulation file to trial files (the room is kept for it)."""
