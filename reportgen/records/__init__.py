"""What a report may say: frozen records, ids, the long results table, rounding and wording."""
