"""Trustworthy, reproducible reports of individual participant data meta-analyses."""

__version__ = "0.1.0"
