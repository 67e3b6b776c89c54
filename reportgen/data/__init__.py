"""Trial files in, one pooled repository out."""

from reportgen.data.availability import availability
from reportgen.data.pool import read_repository
from reportgen.data.repository import FileInfo, LedgerLine, Repository, TrialInfo

__all__ = ["FileInfo", "LedgerLine", "Repository", "TrialInfo", "availability", "read_repository"]
