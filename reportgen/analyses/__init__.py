"""Where study file, data and statistics meet: one module per method."""
