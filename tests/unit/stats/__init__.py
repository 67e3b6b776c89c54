"""Tests of the mathematics: statuses, options, scans, and the same quantity by two routes."""
