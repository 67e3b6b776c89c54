"""Where a report goes, and what may never be lost on the way."""
