"""What a file's own labels say of its visits and of its trials, against the mapping."""

from __future__ import annotations

from reportgen.data.columns import Cells, Column
from reportgen.data.contradiction import (
    crossed,
    label_of,
    naming_another,
    note_contradictions,
    note_once,
    note_shared_labels,
    note_versions,
    other_times,
)
from reportgen.data.labelled import first_code, held_by, labelled_values, standing_out
from reportgen.data.notes import Notes, Path
from reportgen.data.visits import visit_meant
from reportgen.spec.mapping import Mapping, TrialColumn, VisitColumn


def note_labels_of_visits(cells: Cells, rule: VisitColumn, mapping: Mapping, notes: Notes, path: Path) -> None:
    """Note labels that name another time than the visit that the mapping gives, as 2: baseline with the label 3 months."""
    here, codes, texts = (*path, "codes"), list(rule.codes), list(rule.codes.values())
    note_versions(cells, codes, notes, here)
    note_shared_labels(cells, codes, notes, here)
    if rule.labels == "ignore":
        return
    meant = [None if text is None else visit_meant(text, mapping) for text in texts]
    bad = other_times([label_of(cells.column, code) for code in codes], meant)
    note_contradictions(cells, codes, ["" if visit is None else visit.label for visit in meant], bad, notes, here)


def note_labels_of_trials(cells: Cells, rule: TrialColumn, notes: Notes) -> None:
    """Note what labels say against the trials of a mapping; without codes, labels that are the names of the trials."""
    path: Path = ("trial", "codes")
    note_versions(cells, rule.codes, notes, path if rule.codes else ("trial", "column"))
    if not rule.codes:
        _note_labels_as_names(cells, rule, notes)
        return
    codes, names = list(rule.codes), list(rule.codes.values())
    note_shared_labels(cells, codes, notes, path)
    if rule.labels != "ignore":
        labels = [label_of(cells.column, code) for code in codes]
        bad = {*crossed(labels, [(name,) for name in names]), *naming_another(labels, names)}
        note_contradictions(cells, codes, names, bad, notes, path)
        _note_split_label(cells, rule, notes)


def _note_labels_as_names(cells: Cells, rule: TrialColumn, notes: Notes) -> None:
    """Where each value names a trial: one label of two codes, and a label among values without."""
    column, held, path = cells.column, held_by(cells), ("trial", "column")
    for label, which in _by_label(column, held).items():
        if len(which) > 1:
            hits = cells.hits(which)
            message = f"{cells.examples(hits)} have one label, and may be two trials"
            hint = f"Say with `codes` which trial each is; both may be '{label}'."
            note_once(notes, message, path, hint, cells.at(hits))
    standing = [standing_out(column, held)] if rule.labels == "check" else []
    text, where = labelled_values([cells], standing) if standing else ("", "")
    if text:
        hint = f"If it is missing, list it: `missing: [{first_code([cells], standing)}]`, and exclude its participants with `keep`; otherwise name the trials with `codes`, or write `labels: values`."
        notes.problem(f"a labelled value among unlabelled ones: {text}, which would be a trial", path, hint, where)


def _note_split_label(cells: Cells, rule: TrialColumn, notes: Notes) -> None:
    """Two codes with one label that the mapping gives to two trials."""
    column, meant = cells.column, cells.column.decoded(rule.codes)
    names = list(rule.codes.values())
    for label, which in _by_label(column, held_by(cells)).items():
        named = {names[meant[i]] for i in which if meant[i] >= 0}
        if len(named) > 1:
            hits = cells.hits(which)
            message = f"{cells.examples(hits)} have one label, and are {len(named)} trials: {', '.join(sorted(named))}"
            hint = f"Correct the codes, if they are one trial ('{label}'); if the mapping is right, write `labels: ignore`."
            note_once(notes, message, ("trial", "codes"), hint, cells.at(hits))


def _by_label(column: Column, held: frozenset[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i in sorted(held):
        if label := column.labels.get(column.keys[i]):
            found.setdefault(label.casefold(), []).append(i)
    return found
