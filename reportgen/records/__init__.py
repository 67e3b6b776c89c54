"""What a report may say: frozen records, ids, the long results table, rounding and wording.

`numbers` makes a value and its printed text together; `model` holds one frozen record per analysis; `results` flattens
them into one row a number. Neither data nor stats are imported here.
"""
