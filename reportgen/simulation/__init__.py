"""A simulation file in, trial files out: people who meet printed summaries, written the way each mapping reads.

`people` draws who takes part, `targets` makes printed summaries come out exactly, `course` follows them up, `exact`
takes sampling error out, `backwards` and `layout` write what each mapping reads, `formats` makes the bytes.
"""

from __future__ import annotations

from pathlib import PurePath

from reportgen.simulation.course import drafts
from reportgen.simulation.draws import Draws
from reportgen.simulation.exact import exact
from reportgen.simulation.formats import content_of
from reportgen.simulation.layout import sheets_of
from reportgen.simulation.people import drawn_people
from reportgen.simulation.targets import meeting_targets
from reportgen.spec.simulation import SimulationSpec

__all__ = ["simulate"]


def simulate(file: SimulationSpec, seed: int | None = None) -> dict[str, bytes]:
    """Simulate the trial files of a study.

    Parameters
    ----------
    file : SimulationSpec
        A checked simulation file.
    seed : int, optional
        Instead of the one in the file.

    Returns
    -------
    dict of str to bytes
        The content of each file by its name, without folder.

    Raises
    ------
    DataError
        Where a printed summary cannot be met.

    Examples
    --------
    >>> from reportgen.resources import specs_folder
    >>> from reportgen.spec.simulation import load_simulation
    >>> file = load_simulation(specs_folder() / "low-back-pain" / "simulation.yaml")  # doctest: +SKIP
    >>> len(simulate(file))  # doctest: +SKIP
    20
    """
    draws = Draws(file.simulation.simulation.seed if seed is None else seed)
    people = meeting_targets(drawn_people(file, draws), file, draws)
    followed = exact(drafts(people, file, draws), people, file)
    return {
        PurePath(str(sheet.data.file)).name: content_of(sheet)
        for number, item in enumerate(followed)
        for sheet in sheets_of(number, people, item, file, draws)
    }
