"""Compiles the kernels of a pooled analysis before they are needed: some ten seconds after installation, once.

numba compiles a kernel when it is first called and keeps it on disk; it holds its process while it does. In: nothing.
Out: kernels on disk, for every process. Method: each function calls kernels as an analysis does, on a few numbers. The
two share no kernel, so that two processes may compile side by side, while a third one reads the data.
"""

from __future__ import annotations

import numpy as np

from reportgen.stats.crossproducts import CrossProducts, columns
from reportgen.stats.design import Options
from reportgen.stats.one_step import fit_cross_products


def compile_cross_products() -> None:
    """Compile what reads participants."""
    columns([0.0, 1.0, 3.0, 2.0], [0, 1, 0, 1], [1, 1, 2, 2]).cross_products()


def compile_likelihood() -> None:
    """Compile what finds the variances of a model from cross-products."""
    trials = 3
    moments = np.array([[[1.0, 0.5], [0.5, 4.0 + trial]] for trial in range(trials)])
    products = CrossProducts(
        labels=np.arange(trials),
        size=np.full(trials, 4),
        arms=np.full((trials, 2), 2),
        missing=np.zeros(trials, np.int64),
        mean=np.full((trials, 2), 0.5),
        centred=moments,
        adjusters=0,
        moderators=0,
    )
    fit_cross_products(products, Options())
