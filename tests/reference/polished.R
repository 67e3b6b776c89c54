# lme4's optimisers compare values of the criterion and therefore stop where those differ in the last digits, up to 1e-6 from the
# optimum in theta. Here its bobyqa is followed by Newton steps on a Richardson gradient; a component at zero is left there
# if moving it does not help.
polished <- function(fn, par, lower, upper, control) {
  start <- minqa::bobyqa(par, fn, lower, upper, control = list(rhobeg = 0.3, rhoend = 1e-9, maxfun = 1e5))$par
  start <- snap_to_zero(fn, start, lower)
  found <- newton(fn, start, free = !(lower == 0 & start == 0))
  value <- fn(found$par)
  list(par = found$par, fval = value, conv = 0, message = sprintf("Newton: %d steps, gradient %.1e", found$steps, found$gradient))
}
snap_to_zero <- function(fn, par, lower) {
  for (k in which(lower == 0 & par < 1e-3)) {
    zero <- replace(par, k, 0)
    if (fn(zero) <= fn(par) + 1e-10) par <- zero
  }
  par
}
# Wide first steps: the criterion is smooth, and its values carry about 13 digits.
richardson <- list(d = 0.04, eps = 1e-2, r = 5, v = 2, zero.tol = 1e-6)
newton <- function(fn, par, free) {
  steps <- 0
  slope <- 0
  if (any(free)) {
    reduced <- function(x) fn(replace(par, free, x))
    for (steps in 1:8) {
      gradient <- numDeriv::grad(reduced, par[free], method.args = richardson)
      hessian <- numDeriv::hessian(reduced, par[free], method.args = richardson)
      move <- tryCatch(solve(hessian, gradient), error = function(e) MASS::ginv(hessian) %*% gradient)
      par[free] <- par[free] - as.vector(move)
      slope <- max(abs(gradient))
      if (max(abs(move)) < 1e-11) break
    }
  }
  list(par = par, steps = steps, gradient = slope)
}
