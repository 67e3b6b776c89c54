"""The door from a fit to a record: what a report may say of people passes here, and nothing else makes a value of a record.

In: numbers of a fit, counts, settings, and the policy's `minimum_cell`. Out: `Value`s.
"""
