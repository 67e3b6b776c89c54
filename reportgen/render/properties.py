"""What a file of Word or Excel says of itself: title, authors, subject, keywords, state and day, as the PDF has them.

In: an appendix. Out: the core properties of its documents. They know no clock: without a date of the study the day is always the
same, so that equal appendices give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reportgen.records.model import StudyRecord
from reportgen.render.appendix import Appendix
from reportgen.render.word_elements import legal

WITHOUT_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
"""The day of documents of a study without a date."""
KEYWORDS = ("individual participant data", "meta-analysis")
"""Those of a study that names none."""
LONGEST = 255
"""Letters of a property that programs read and libraries write."""


@dataclass(frozen=True, slots=True)
class Properties:
    """Core properties of a file; those that are empty are left out.

    Attributes
    ----------
    title, subject : str
    authors, keywords : tuple of str
    state : str
        "Simulated data", "Draft", or nothing.
    day : datetime
        When the file was made and changed.
    """

    title: str
    subject: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    state: str = ""
    day: datetime = WITHOUT_CLOCK

    def words(self) -> dict[str, str]:
        """Return the texts by their names in the core properties of Office Open XML, each no longer than programs read.

        Examples
        --------
        >>> Properties("A study", authors=("Ann", "Bo"), state="Draft").words()
        {'title': 'A study', 'subject': '', 'author': 'Ann; Bo', 'keywords': '', 'comments': 'Draft'}
        """
        texts = {
            "title": self.title,
            "subject": self.subject,
            "author": "; ".join(self.authors),
            "keywords": ", ".join(self.keywords),
            "comments": self.state,
        }
        return {name: legal(text)[:LONGEST] for name, text in texts.items()}


def properties_of(appendix: Appendix) -> Properties:
    """Return what the documents of an appendix say of themselves."""
    study = appendix.study
    return Properties(
        study.title.text + (" (simulated data)" if study.simulated else ""),
        ": ".join(text for text in (appendix.kind, study.subtitle.text) if text),
        tuple(author.text for author in study.authors),
        tuple(word.text for word in study.keywords) or KEYWORDS,
        state_of(study),
        day_of(study),
    )


def state_of(study: StudyRecord) -> str:
    """Return what every page says of a report that is not the final one, or not of patients: "Simulated data · Draft"."""
    states = (("Simulated data", study.simulated), ("Draft", study.profile == "draft"))
    return " · ".join(word for word, holds in states if holds)


def day_of(study: StudyRecord) -> datetime:
    """Return the date of the study, or the day of those without one."""
    return datetime.fromisoformat(study.date.text).replace(tzinfo=UTC) if study.date else WITHOUT_CLOCK
