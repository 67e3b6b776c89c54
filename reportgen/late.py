"""Libraries that take long to import and that a rebuild from kept results never uses: imported when they are first used.

A module writes `from reportgen.late import pd` where it would write `import pandas as pd`; type checkers see no difference.
Whatever is needed while a module is defined (a base class, a decorator) cannot come from here.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["pd", "special"]


class _Late(ModuleType):
    """A module in whose place another is asked; what was found once is found here afterwards."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self.__name__), name)
        if not name.startswith("__"):
            vars(self)[name] = found
        return found


if TYPE_CHECKING:
    import pandas as pd
    from scipy import special
else:
    pd = _Late("pandas")
    special = _Late("scipy.special")
