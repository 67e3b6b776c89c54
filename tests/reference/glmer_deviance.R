# glmer's deviance function followed to its minimum, for glmm.R and moderators_glmm.R.
#
# glmer's optimisers stop up to 1e-4 from the optimum and its Hessian is a plain finite difference: its own deviance function
# is followed here by Newton steps on Richardson derivatives, and the covariance is taken from these. The deviance of
# nAGQ > 1 is counted from the saturated model, that of nAGQ = 1 holds binomial coefficients: both are brought to -2 log-likelihood of
# the people, one row each.

richardson <- list(d = 0.02, eps = 1e-2, r = 5, v = 2, zero.tol = 1e-6)
hessian_at <- function(f, x) numDeriv::hessian(f, x, method.args = richardson)
climb <- function(f, par, thetas = 1) {
  # the first parameters are theta; a theta of zero stays there where moving it does not help
  free <- rep(TRUE, length(par))
  for (k in seq_len(thetas)) if (par[k] < 5e-2) {
    others <- setdiff(which(free), k)
    rest <- function(b) f(replace(replace(par, k, 0), others, b))
    best <- nlminb(par[others], rest, control = list(rel.tol = 1e-14, eval.max = 5000, iter.max = 5000))
    if (best$objective <= f(par) + 1e-9) { par <- replace(replace(par, k, 0), others, best$par); free[k] <- FALSE }
  }
  reduced <- function(x) f(replace(par, free, x))
  H <- hessian_at(reduced, par[free])
  for (step in 1:12) {
    g <- numDeriv::grad(reduced, par[free], method.args = richardson)
    move <- solve(H, g)
    par[free] <- par[free] - move
    if (max(abs(move)) < 1e-11) break
    if (step %% 4 == 0 && max(abs(move)) > 1e-6) H <- hessian_at(reduced, par[free])
  }
  H <- hessian_at(reduced, par[free])
  list(par = par, free = free, covariance = 2 * solve(H), gradient = max(abs(g)), deviance = f(par))
}

# lme4 takes the log determinant of Laplace's approximation from the last iteration but one of its search for the mode: a deviance
# that is wrong by up to 3e-5, and depends on tolPwrss. Here its own formula, with the weights at its own mode.
at_the_mode <- function(f) function(par) {
  f(par)
  e <- environment(f)
  e$pp$updateXwts(e$resp$sqrtWrkWt())
  e$pp$updateDecomp()
  e$resp$Laplace(e$pp$ldL2(), 0, e$pp$sqrL(1))
}

saturated <- function(d, link) {  # log-likelihood of the people if each row had a coefficient
  p <- d$events / d$size
  entropy <- function(k, p) ifelse(k == 0, 0, k * log(p))
  if (link == "logit") sum(entropy(d$events, p) + entropy(d$size - d$events, 1 - p)) else sum(entropy(d$events, d$events) - d$events - lgamma(d$events + 1))
}
coefficients_of_people <- function(d, link) if (link == "logit") sum(lchoose(d$size, d$events)) else 0
