"""What is too long for `make test`: mutated inputs by the thousand and builds killed on the way. Run by `make hard`."""

from __future__ import annotations

import os

SEED = int(os.environ.get("REPORTGEN_SEED", "1"))
