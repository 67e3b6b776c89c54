"""How searches for subgroups do where the truth is known: data sets, one search of each, and what many of them say.

In: the cells of an evaluation file. Out: tasks for a graph, and one record without any of the simulated people.
`data_sets` draws people and outcomes as arrays (the trials of `reportgen.simulation` are files that a study reads, and
cost a thousand times as much), `judged` searches one of them, `outcomes` holds what came out of many,
`evaluation_tasks` lays out the work and `record` sums it up.
"""

from reportgen.evaluation.evaluation_tasks import CHUNK, Laid, evaluation_tasks, outcomes_of
from reportgen.evaluation.record import PRINTED, evaluation_record

__all__ = ["CHUNK", "PRINTED", "Laid", "evaluation_record", "evaluation_tasks", "outcomes_of"]
