"""Where a report or a set of trial files goes: nothing that the user wrote is ever lost on the way.

`mark` lists what was written, `place` judges a folder before it is replaced, `staging` builds beside it and exchanges
the two, `lock` keeps two builds apart, and `trial_files` writes among the user's own files.
"""
