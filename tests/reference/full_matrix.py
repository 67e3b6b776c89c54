"""The one-step model by bare matrix algebra: the full n x n covariance, the full design, nothing swept out.

Slow and plain on purpose, and without a line of the package: X holds every fixed column, one dummy per trial included,
V = sum_r gamma_r V_r is written out, and every quantity is its textbook definition. Criterion and generalised least
squares: Harville 1977; Kenward-Roger: Kenward & Roger 1997, equations 4 to 8 and section 3; Satterthwaite: Giesbrecht &
Burns 1985 with the observed information, as lmerTest takes it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


def independent_columns(X: np.ndarray) -> np.ndarray:
    """Which columns are no combination of earlier ones: the later of two alike is dropped, as in R."""
    kept: list[int] = []
    basis = np.empty((X.shape[0], 0))
    for j, column in enumerate(X.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > 1e-9 * np.linalg.norm(column):
            kept.append(j)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return np.array(kept)


@dataclass(frozen=True)
class FullMatrix:
    """One model with given variance parameters.

    `components` are the V_r in order; `gamma` their factors; `treatment` and `products` the places of the coefficients.
    """

    y: np.ndarray
    X: np.ndarray
    components: list[np.ndarray]
    gamma: np.ndarray
    treatment: int
    products: list[int]
    reml: bool = True

    @cached_property
    def V_inv(self) -> np.ndarray:
        return np.linalg.inv(self.V)

    @cached_property
    def V(self) -> np.ndarray:
        return sum(g * component for g, component in zip(self.gamma, self.components, strict=True))

    @cached_property
    def Phi(self) -> np.ndarray:
        return np.linalg.inv(self.X.T @ self.V_inv @ self.X)

    @cached_property
    def P(self) -> np.ndarray:
        H = self.V_inv @ self.X
        return self.V_inv - H @ self.Phi @ H.T

    @cached_property
    def beta(self) -> np.ndarray:
        return self.Phi @ (self.X.T @ (self.V_inv @ self.y))

    @property
    def criterion(self) -> float:
        r = self.y - self.X @ self.beta
        n, p = self.X.shape
        value = np.linalg.slogdet(self.V)[1] + r @ self.V_inv @ r
        if self.reml:
            return float(value + (n - p) * np.log(2 * np.pi) + np.linalg.slogdet(self.X.T @ self.V_inv @ self.X)[1])
        return float(value + n * np.log(2 * np.pi))

    @property
    def score(self) -> np.ndarray:
        """d criterion / d gamma."""
        M = self.P if self.reml else self.V_inv
        Py = self.P @ self.y
        return np.array([np.sum(M * V_r) - Py @ V_r @ Py for V_r in self.components])

    # ---- Kenward and Roger -------------------------------------------------------------------------------------------

    @cached_property
    def _V_inv_V(self) -> list[np.ndarray]:
        return [self.V_inv @ V_r for V_r in self.components]

    @cached_property
    def P_r(self) -> list[np.ndarray]:
        H = self.V_inv @ self.X
        return [-(H.T @ V_r @ H) for V_r in self.components]

    @cached_property
    def _Q(self) -> dict[tuple[int, int], np.ndarray]:
        VH = [V_r @ self.V_inv @ self.X for V_r in self.components]
        return {(r, s): A.T @ self.V_inv @ B for r, A in enumerate(VH) for s, B in enumerate(VH)}

    @cached_property
    def information(self) -> np.ndarray:
        """Expected information on the variance parameters, REML."""
        traces = np.array([[np.sum(A * B.T) for B in self._V_inv_V] for A in self._V_inv_V])
        HP = [self.Phi @ P_r for P_r in self.P_r]
        once = np.array([[np.sum(self.Phi * self._Q[r, s]) for s in range(len(HP))] for r in range(len(HP))])
        return (traces - 2 * once + np.array([[np.sum(A * B.T) for B in HP] for A in HP])) / 2

    @cached_property
    def kenward_roger(self) -> tuple[np.ndarray, np.ndarray]:
        """Adjusted covariance of beta, and W = covariance of the variance parameters from the expected information."""
        Phi, W = self.Phi, np.linalg.inv(self.information)
        middle = sum(W[r, s] * (Q - self.P_r[r] @ Phi @ self.P_r[s]) for (r, s), Q in self._Q.items())
        return Phi + 2 * Phi @ middle @ Phi, W

    def kenward_roger_test(self, places: list[int]) -> tuple[float, float, float]:
        """F after scaling, denominator df and scale for the coefficients at `places`; one place gives t squared."""
        adjusted, W = self.kenward_roger
        L = np.zeros((len(places), self.X.shape[1]))
        L[range(len(places)), places] = 1
        q = len(places)
        Theta = L.T @ np.linalg.inv(L @ self.Phi @ L.T) @ L
        T = [Theta @ self.Phi @ P_r @ self.Phi for P_r in self.P_r]
        pairs = [(r, s) for r in range(len(T)) for s in range(len(T))]
        A1 = sum(W[r, s] * np.trace(T[r]) * np.trace(T[s]) for r, s in pairs)
        A2 = sum(W[r, s] * np.trace(T[r] @ T[s]) for r, s in pairs)
        B = (A1 + 6 * A2) / (2 * q)
        g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
        divisor = 3 * q + 2 * (1 - g)
        c1, c2, c3 = g / divisor, (q - g) / divisor, (q + 2 - g) / divisor
        E = 1 / (1 - A2 / q)
        variance = 2 / q * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
        rho = variance / (2 * E**2)
        df = 4 + (q + 2) / (q * rho - 1)
        scale = df / (E * (df - 2))
        wald = self.beta[places] @ np.linalg.inv(L @ adjusted @ L.T) @ self.beta[places] / q
        return float(scale * wald), float(df), float(scale)

    def kenward_roger_df(self, place: int) -> float:
        """Degrees of freedom of one coefficient: 2 (l'Phi l)^2 / (g'W g), which the test above tends to for q = 1."""
        _, W = self.kenward_roger
        g = np.array([(self.Phi @ P_r @ self.Phi)[place, place] for P_r in self.P_r])
        return float(2 * self.Phi[place, place] ** 2 / (g @ W @ g))

    # ---- Satterthwaite -----------------------------------------------------------------------------------------------

    def satterthwaite_df(self, place: int) -> float:
        """Degrees of freedom of one coefficient from the observed information; for interior parameters only."""
        M = self.P if self.reml else self.V_inv
        Py = self.P @ self.y
        products = [M @ V_r for V_r in self.components]
        ends = [V_r @ Py for V_r in self.components]
        hessian = np.array(
            [
                [-np.sum(A * B.T) + 2 * end_a @ self.P @ end_b for B, end_b in zip(products, ends, strict=True)]
                for A, end_a in zip(products, ends, strict=True)
            ]
        )
        slope = np.array([(self.Phi @ -P_r @ self.Phi)[place, place] for P_r in self.P_r])
        return float(2 * self.Phi[place, place] ** 2 / (slope @ (2 * np.linalg.inv(hessian)) @ slope))


def build(
    arguments: dict,
    options: dict[str, str],
    covariance: np.ndarray,
    sigma2: float | np.ndarray,
    *,
    site_variance: float | None = None,
    without_boundary: bool = False,
) -> FullMatrix:
    """The model of `fit_one_step(**arguments, **options)` with these variance parameters.

    `covariance` is in the order intercept, treatment, products; `sigma2` a number, one per trial in sorted order,
    or those of the control and the intervention arms.
    `site_variance` is that of the sites, `arguments["site"]`, which are named within trials; a trial with one site has it in its
    own intercept, where it has one.
    `without_boundary` leaves out the components whose parameter is zero, as Satterthwaite's method at a boundary needs.
    """
    y, t, trial = arguments["outcome"], arguments["treatment"], arguments["trial"]
    n = y.size
    empty = np.empty((n, 0))
    adjusters = empty if arguments["adjusters"] is None else arguments["adjusters"]
    moderator = empty if arguments["moderator"] is None else arguments["moderator"]
    products = t[:, None] * moderator
    dummies = (trial[:, None] == np.unique(trial)[None, :]).astype(float)
    ones = np.ones((n, 1))

    intercept = ones if options["intercept"] == "random" else dummies
    by_trial = [dummies * x[:, None] for x in adjusters.T]
    slopes = np.hstack(by_trial) if options["adjuster_slopes"] == "stratified" and by_trial else adjusters
    # R puts the trial-by-adjuster columns behind the main effects; which of two collinear columns goes matters.
    before = [intercept, slopes] if options["adjuster_slopes"] == "common" else [intercept]
    after = [slopes] if options["adjuster_slopes"] == "stratified" else []
    parts = [*before, moderator, t[:, None], products, *after]
    X = np.hstack(parts)
    start = sum(part.shape[1] for part in [*before, moderator])
    kept = independent_columns(X)

    random = [
        *([ones] if options["intercept"] == "random" else []),
        *([t[:, None]] if options["treatment_effect"] == "random" else []),
        *([products] if options["interaction_effect"] == "random" else []),
    ]
    Z = np.hstack(random) if random and covariance.size else empty
    same_trial = dummies @ dummies.T
    components, gamma = [], []
    if options.get("residual") == "by-arm":
        components += [np.diag(1 - t), np.diag(t)]
        gamma += list(np.asarray(sigma2, float))
    elif np.ndim(sigma2):
        components += [np.diag(column) for column in dummies.T]
        gamma += list(np.asarray(sigma2, float))
    else:
        components.append(np.eye(n))
        gamma.append(float(sigma2))
    for a in range(Z.shape[1]):
        for b in range(a + 1):
            if a != b and options["covariance"] == "independent":
                continue
            outer = np.outer(Z[:, a], Z[:, b])
            components.append(same_trial * (outer if a == b else outer + outer.T))
            gamma.append(float(covariance[a, b]))
    if site_variance is not None:
        same_site = (arguments["site"][:, None] == arguments["site"][None, :]) & (same_trial > 0)
        if options["intercept"] == "stratified":
            several = np.array([len(set(arguments["site"][trial == own].tolist())) > 1 for own in trial])
            same_site &= several[:, None]
        components.append(same_site.astype(float))
        gamma.append(float(site_variance))
    if without_boundary:
        pairs = [(g, c) for g, c in zip(gamma, components, strict=True) if g != 0]
        gamma, components = [g for g, _ in pairs], [c for _, c in pairs]
    place = {column: i for i, column in enumerate(kept)}
    return FullMatrix(
        y=y,
        X=X[:, kept],
        components=components,
        gamma=np.array(gamma),
        treatment=place[start],
        products=[place[start + 1 + j] for j in range(products.shape[1]) if start + 1 + j in place],
        reml=options["estimation"] == "reml",
    )
