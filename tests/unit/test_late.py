"""What a rebuild from kept results never uses is not imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("matplotlib", "numba", "pandas", "scipy", "weasyprint")
LAYING_OUT = f"""
import sys
import reportgen.pipeline, reportgen.analyses, reportgen.provenance, reportgen.render.artefacts, reportgen.targets.html
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.slow
def test_laying_out_and_composing_import_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", LAYING_OUT], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_late_library_is_the_library() -> None:
    import pandas
    from scipy import special

    from reportgen import late

    assert late.pd.DataFrame is pandas.DataFrame and late.special.ndtr is special.ndtr
