"""The likelihood of a model with one random column, as a function of one number.

In: cross-products per trial with F swept out: A_0 = sum R'R over R = (X, y), c_i = R'z and u_i = z'z for the random
column z. Out: lambda = tau2/sigma2, and estimates with standard errors and degrees of freedom at it.
    A(lambda) = A_0 - sum lambda d_i c_i c_i',  d_i = 1/(1 + lambda u_i)
    B2 = sum d^2 cc' = -A',  B3 = sum u d^3 cc' = A''/2
Method: the derivative of the criterion is looked at on a coarse grid, each interval in which it turns from negative to
positive is polished by Newton's method within its bracket, and lambda = 0 wins where the criterion there is not larger.
Kenward and Roger's matrices are combinations of A, B2 and B3 (as lambda u d = 1 - d), so that they cost no further pass.
All kernels allocate nothing; they share the work arrays that their caller makes.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .compiled import leaf

# Grid of lambda x max(u): tau2 over the error variance of the largest trial's own effect. Beside a large trial that alone
# speaks for lambda = 0, small ones that differ may have a valley of their own. In 35,000 simulated data sets, 169 of them
# with two valleys, the deeper one was always found; where it was missed elsewhere, they differed by less than 0.001.
GRID = np.array([1.5, 6.0, 24.0])
RECORD = 10  # length of what an evaluation reports; slopes on the grid are kept behind it
# Newton stops at steps below this share of lambda; the estimates then move by less than 1e-10 of their error.
STEP = 1e-9
COLLINEAR = 1e-11


def packed(m: int) -> int:
    """Length of a packed lower triangle, padded to whole vector registers."""
    return -(-(m * (m + 1) // 2) // 4) * 4


@leaf
def _weigh(lam, a0, g, u, sums):  # type: ignore[no-untyped-def]
    """A, B2 and B3 at lambda, packed, in sums[0], sums[1] and sums[2]."""
    length = a0.shape[0]
    for h in range(length):
        sums[0, h] = a0[h]
        sums[1, h] = 0.0
        sums[2, h] = 0.0
    for i in range(u.shape[0]):
        d = 1.0 / (1.0 + lam * u[i])
        w1 = lam * d
        w2 = d * d
        w3 = u[i] * w2 * d
        for h in range(length):
            x = g[i, h]
            sums[0, h] -= w1 * x
            sums[1, h] += w2 * x
            sums[2, h] += w3 * x


@leaf
def factor(a, p, root, inverse_root):  # type: ignore[no-untyped-def]
    """Cholesky factor of packed A over (X, y), and the inverse of its part over X.

    Returns log|A_xx|, the residual sum of squares, and whether all pivots over X are sound.
    """
    log_det = 0.0
    product = 1.0
    sound = True
    for k in range(p + 1):
        at = k * (k + 1) // 2
        for h in range(k):
            to = h * (h + 1) // 2
            value = a[at + h]
            for j in range(h):
                value -= root[at + j] * root[to + j]
            root[at + h] = value * inverse_root[h, h]
        pivot = a[at + k]
        for j in range(k):
            pivot -= root[at + j] * root[at + j]
        if k == p:
            return log_det + np.log(product), pivot, sound
        if not pivot > COLLINEAR * a[at + k]:
            sound = False
            return 0.0, 0.0, sound
        product *= pivot
        if product > 1e150 or product < 1e-150:
            log_det += np.log(product)
            product = 1.0
        diagonal = 1.0 / np.sqrt(pivot)
        root[at + k] = pivot * diagonal
        inverse_root[k, k] = diagonal
        for h in range(k):
            value = 0.0
            for j in range(h, k):
                value -= root[at + j] * inverse_root[j, h]
            inverse_root[k, h] = value * diagonal
    return 0.0, 0.0, False


@partial(leaf, inline="always")  # 5 % of a scan
def _residual_weights(root, inverse_root, p, r):  # type: ignore[no-untyped-def]
    """r = (-b, 1), where b = A_xx^-1 A_xy.

    A_xx^-1 = M'M with M the inverse of the Cholesky factor, so that b = M' (last row of the factor).
    """
    last = p * (p + 1) // 2
    for k in range(p):
        value = 0.0
        for j in range(k, p):
            value += inverse_root[j, k] * root[last + j]
        r[k] = -value
    r[p] = 1.0


@leaf
def _times(packed_matrix, vector, m, out):  # type: ignore[no-untyped-def]
    """Symmetric packed matrix times vector over its first m rows."""
    for k in range(m):
        out[k] = 0.0
    at = 0
    for k in range(m):
        for h in range(k):
            x = packed_matrix[at + h]
            out[k] += x * vector[h]
            out[h] += x * vector[k]
        out[k] += packed_matrix[at + k] * vector[k]
        at += k + 1


@leaf
def _form(packed_matrix, vector, m):  # type: ignore[no-untyped-def]
    """Quadratic form of a symmetric packed matrix over its first m rows."""
    total = 0.0
    at = 0
    for k in range(m):
        value = 0.5 * packed_matrix[at + k] * vector[k]
        for h in range(k):
            value += packed_matrix[at + h] * vector[h]
        total += 2.0 * value * vector[k]
        at += k + 1
    return total


@leaf
def _rss_slopes(sums, inverse_root, r, p, br):  # type: ignore[no-untyped-def]
    """First and second derivative of the residual sum of squares in lambda."""
    _times(sums[2], r, p + 1, br)
    rss2 = 0.0
    for k in range(p + 1):
        rss2 += 2.0 * r[k] * br[k]
    _times(sums[1], r, p + 1, br)
    rss1 = 0.0
    for k in range(p + 1):
        rss1 -= r[k] * br[k]
    for k in range(p):
        value = 0.0
        for j in range(k + 1):
            value += inverse_root[k, j] * br[j]
        rss2 -= 2.0 * value * value
    return rss1, rss2


@leaf
def _traces(sums, inverse_root, p, left):  # type: ignore[no-untyped-def]
    """tr A^-1 B2, tr (A^-1 B2)^2 and tr A^-1 B3."""
    tr2 = 0.0
    tr22 = 0.0
    tr3 = 0.0
    # traces of A^-1 B are those of the symmetric M B M'
    at = 0
    for k in range(p):
        for h in range(p):
            left[k, h] = 0.0
    for i in range(p):
        for j in range(i + 1):
            x = sums[1, at]
            at += 1
            for k in range(i, p):
                left[k, j] += inverse_root[k, i] * x
            if j < i:
                for k in range(j, p):
                    left[k, i] += inverse_root[k, j] * x
    for k in range(p):
        for h in range(k + 1):
            value = 0.0
            for j in range(h + 1):
                value += left[k, j] * inverse_root[h, j]
            if h < k:
                tr22 += 2.0 * value * value
            else:
                tr22 += value * value
                tr2 += value
        tr3 += _form(sums[2], inverse_root[k], k + 1)
    return tr2, tr22, tr3


@leaf
def _log_variances(lam, v):  # type: ignore[no-untyped-def]
    """log|V| with its first and second derivative in lambda."""
    log_v = 0.0
    product = 1.0
    h1 = 0.0
    h2 = 0.0
    for i in range(v.shape[0]):
        f = 1.0 + lam * v[i]
        e = v[i] / f
        h1 += e
        h2 -= e * e
        product *= f
        if product > 1e150:
            log_v += np.log(product)
            product = 1.0
    log_v += np.log(product)
    return log_v, h1, h2


@leaf
def evaluate(lam, a0, g, u, v, nu, reml, p, work, out):  # type: ignore[no-untyped-def]
    """Criterion without its constants and its two derivatives in lambda, into out; False where A_xx is singular.

    out: 0 criterion, 1-2 derivatives, 3 RSS, 4-5 RSS' and RSS'', 6 tr A^-1 B2, 7 tr (A^-1 B2)^2, 8 tr A^-1 B3,
    9 second derivative without RSS
    """
    sums, root, inverse_root, left, r, br = work
    _weigh(lam, a0, g, u, sums)
    log_det, rss, sound = factor(sums[0], p, root, inverse_root)
    if not sound:
        return False
    _residual_weights(root, inverse_root, p, r)
    rss1, rss2 = _rss_slopes(sums, inverse_root, r, p, br)
    tr2, tr22, tr3 = _traces(sums, inverse_root, p, left)
    log_v, h1, h2 = _log_variances(lam, v)
    if reml:
        log_v += log_det
        h1 -= tr2
        h2 += 2.0 * tr3 - tr22
    ratio = rss1 / rss
    out[0] = nu * np.log(rss) + log_v
    out[1] = nu * ratio + h1
    out[2] = nu * (rss2 / rss - ratio * ratio) + h2
    out[3] = rss
    out[4] = rss1
    out[5] = rss2
    out[6] = tr2
    out[7] = tr22
    out[8] = tr3
    out[9] = h2
    return True


@leaf
def _slope(lam, a0, g, u, v, nu, reml, p, work, out):  # type: ignore[no-untyped-def]
    """Criterion and first derivative alone, into out[0] and out[1]; False where A_xx is singular."""
    sums, root, inverse_root, _, r, br = work
    length = a0.shape[0]
    a = sums[0]
    b = sums[1]
    for h in range(length):
        a[h] = a0[h]
        b[h] = 0.0
    log_v = 0.0
    product = 1.0
    h1 = 0.0
    for i in range(u.shape[0]):
        d = 1.0 / (1.0 + lam * u[i])
        w1 = lam * d
        w2 = d * d
        for h in range(length):
            a[h] -= w1 * g[i, h]
            b[h] += w2 * g[i, h]
        f = 1.0 + lam * v[i]
        h1 += v[i] * d if reml else v[i] / f
        product *= f
        if product > 1e150:
            log_v += np.log(product)
            product = 1.0
    log_det, rss, sound = factor(a, p, root, inverse_root)
    if not sound:
        return False
    _residual_weights(root, inverse_root, p, r)
    _times(b, r, p + 1, br)
    rss1 = 0.0
    for k in range(p + 1):
        rss1 -= r[k] * br[k]
    if reml:
        log_v += log_det
        # tr A^-1 B2 = sum over the rows of M of (M B2 M')_kk
        for k in range(p):
            h1 -= _form(b, inverse_root[k], k + 1)
    out[0] = nu * np.log(rss) + log_v + np.log(product)
    out[1] = nu * rss1 / rss + h1
    return True


@leaf
def minimise(a0, g, u, v, nu, reml, p, warm, grid, work, out):  # type: ignore[no-untyped-def]
    """lambda at the minimum of the criterion; work and out are left as evaluated there. grid: as `GRID`.

    Returns lambda, evaluations, Newton steps, brackets searched, and 1 converged, 0 not, -1 A_xx singular.
    """
    if not _slope(0.0, a0, g, u, v, nu, reml, p, work, out):
        return 0.0, 1, 0, 0, -1
    points = grid.shape[0]
    largest = 0.0
    for i in range(u.shape[0]):
        largest = max(largest, u[i])
    unit = 1.0 / largest if largest > 0.0 else 1.0
    slopes = out[RECORD:]
    best = 0.0
    best_value = out[0]
    slopes[0] = out[1]
    for j in range(points):
        _slope(unit * grid[j], a0, g, u, v, nu, reml, p, work, out)
        slopes[1 + j] = out[1]
    evaluations = 1 + points
    current = -1.0  # where work and out stand in full
    steps = 0
    brackets = 0
    state = 1
    low = 0.0
    low_slope = slopes[0]
    j = 0
    while j < points or (low_slope < 0.0 and low < 1e12 * unit):
        if j < points:
            high = unit * grid[j]
            high_slope = slopes[1 + j]
        else:
            # towards infinity the criterion rises, or is flat: go on until it does
            high = 20.0 * low
            _slope(high, a0, g, u, v, nu, reml, p, work, out)
            evaluations += 1
            high_slope = out[1]
            current = -1.0
        j += 1
        if low_slope < 0.0 <= high_slope:
            brackets += 1
            lam, value, count, done = _polish(low, high, warm, a0, g, u, v, nu, reml, p, work, out)
            current = lam
            evaluations += count
            steps += count
            if value < best_value:
                best = lam
                best_value = value
                state = done
        low = high
        low_slope = high_slope
    if low_slope < 0.0 and out[0] < best_value - 1e-9:
        best = low
        state = 0
    if current != best:
        evaluate(best, a0, g, u, v, nu, reml, p, work, out)
        evaluations += 1
    return best, evaluations, steps, brackets, state


@leaf
def _polish(low, high, warm, a0, g, u, v, nu, reml, p, work, out):  # type: ignore[no-untyped-def]
    """Root of the derivative in (low, high), where it is negative at low and positive at high."""
    lam = warm
    if not low < warm < high:
        lam = np.sqrt(low * high) if low > 0.0 else 0.3 * high
    count = 0
    before = 0.0
    before_slope = 0.0
    before_bend = 0.0
    while count < 100:
        evaluate(lam, a0, g, u, v, nu, reml, p, work, out)
        count += 1
        slope = out[1]
        bend = out[2]
        if slope < 0.0:
            low = lam
        else:
            high = lam
        new = lam - slope / bend if bend > 0.0 else -1.0
        gap = slope - before_slope
        if bend > 0.0 and before_bend > 0.0 and gap * (lam - before) > 0.0 and np.abs(slope) < 0.1 * np.abs(gap):
            # lambda as a cubic in the derivative through the last two points (inverse Hermite): order 2.7, not 2
            f = -slope / gap
            new = lam - slope / bend
            new += f * f * (gap / bend + gap / before_bend - 2.0 * (lam - before)) * f
            new += f * f * (2.0 * gap / bend + gap / before_bend - 3.0 * (lam - before))
        before = lam
        before_slope = slope
        before_bend = bend
        if np.abs(new - lam) <= STEP * lam or high - low <= 1e-14 * high:
            return lam, out[0], count, 1
        if not low < new < high:
            # Newton in log lambda: far out the criterion is a line in it
            bend = slope + lam * bend
            new = lam * np.exp(-slope / bend) if bend > 0.0 else -1.0
            if not low < new < high:
                new = np.sqrt(low * high) if low > 0.0 else 0.1 * high
        lam = new
    return lam, out[0], count, 0


@leaf
def uncertainty(lam, j, u, nu, contrasts, p, method, work, out):  # type: ignore[no-untyped-def]
    """Squared standard error and df of coefficient j, where `work` and `out` stand at lambda.

    method: 0 normal, 1 Satterthwaite, 2 Kenward-Roger. A df of -1 says that the data do not inform lambda.
    """
    sums, _, inverse_root, left, _, br = work
    sigma2 = out[3] / nu
    a = left[0]  # column j of A_xx^-1
    for k in range(p):
        a[k] = 0.0
        for i in range(max(j, k), p):
            a[k] += inverse_root[i, j] * inverse_root[i, k]
    v = a[j]
    if method == 0:
        return sigma2 * v, np.inf
    _times(sums[1], a, p, br)
    q2 = 0.0
    for k in range(p):
        q2 += a[k] * br[k]
    if method == 1:
        if lam == 0.0:
            return sigma2 * v, nu
        d11 = out[5] / sigma2 + out[9]
        d12 = -out[4] / sigma2
        g1 = q2 / v
        determinant = d11 * nu - d12 * d12
        return sigma2 * v, determinant / (g1 * g1 * nu - 2.0 * g1 * d12 + d11)
    h = 0.0
    for k in range(p):
        value = 0.0
        for i in range(k + 1):
            value += inverse_root[k, i] * br[i]
        h += value * value
    _times(sums[2], a, p, br)
    q33 = 0.0
    for k in range(p):
        q33 += a[k] * br[k]
    q3 = q2 - lam * q33
    tr2 = out[6]
    tr22 = out[7]
    tr33 = out[8]
    tr3 = tr2 - lam * tr33
    t11 = contrasts - u.shape[0]
    t12 = 0.0
    t22 = 0.0
    for i in range(u.shape[0]):
        d = 1.0 / (1.0 + lam * u[i])
        t11 += d * d
        t12 += d * d * u[i]
        t22 += d * d * u[i] * u[i]
    i11 = 0.5 * (t11 - 2.0 * (p - lam * (tr2 + tr3)) + p - 2.0 * lam * tr2 + lam * lam * tr22)
    i12 = 0.5 * (t12 - 2.0 * tr3 + tr2 - lam * tr22)
    i22 = 0.5 * (t22 - 2.0 * tr33 + tr22)
    determinant = i11 * i22 - i12 * i12
    if not i22 > 1e-9 * t22 or not determinant > 1e-12 * i11 * i22:
        return sigma2 * v, -1.0
    w11 = i22 / determinant
    w12 = -i12 / determinant
    w22 = i11 / determinant
    m11 = (v - lam * (q2 + q3)) - (v - 2.0 * lam * q2 + lam * lam * h)
    m12 = q3 - (q2 - lam * h)
    m22 = q33 - h
    g1 = v - lam * q2
    spread = w11 * g1 * g1 + 2.0 * w12 * g1 * q2 + w22 * q2 * q2
    adjusted = v + 2.0 * (w11 * m11 + 2.0 * w12 * m12 + w22 * m22)
    return sigma2 * adjusted, 2.0 * v * v / spread


def record() -> Any:
    """What an evaluation reports, and the slopes at zero and on the grid."""
    return np.zeros(RECORD + 1 + len(GRID))


def work_arrays(p: int) -> tuple[Any, ...]:
    """Scratch space of the kernels for p columns."""
    return (
        np.zeros((3, packed(p + 1))),
        np.zeros(packed(p + 1)),
        np.zeros((p, p)),
        np.zeros((p, p)),
        np.zeros(p + 1),
        np.zeros(p + 1),
    )
