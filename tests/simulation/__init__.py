"""Sizes and power of tests by simulation, printed as tables."""
