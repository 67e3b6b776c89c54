"""Trial files in, one pooled repository out."""
