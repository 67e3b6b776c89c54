# Reference values of standardised mean differences from metafor and lme4: writes standardised.json beside this script.
#
#     Rscript tests/reference/standardised.R
#
# from the root of the repository; a few seconds. The tests read the committed values and need no R. The effect of a trial is that of
# escalc (measure = "SMD", with the exact factor for small samples) from means and standard deviations of its arms at follow-up; the
# standard deviation is taken as known, so that its standard error is J sqrt(1/n1 + 1/n0), and rma pools these. The one-step model is
# lme4's of y J / SD: at follow-up, by the SD at follow-up; of the change adjusted for the baseline, by the SD at baseline, where the
# baseline is divided as well. Both have one variance ratio, found on lme4's criterion by optimize.

suppressPackageStartupMessages({ library(lme4); library(metafor); library(jsonlite) })
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))

sets <- c("2-unequal-large", "3-equal-large", "6-unequal-large", "6-equal-zero", "19-unequal-small")

divisor <- function(d, values) {  # of each row: its trial's SD, pooled within arms, over J
  one <- function(rows) {
    n <- tapply(values[rows], d$t[rows], length)
    v <- tapply(values[rows], d$t[rows], var)
    df <- sum(n) - 2
    J <- exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
    sqrt(sum((n - 1) * v) / df) / J
  }
  found <- tapply(seq_along(values), d$trial, one)
  as.numeric(found[as.character(d$trial)])
}

each <- function(rows) {
  control <- rows$y[rows$t == 0]
  treated <- rows$y[rows$t == 1]
  n <- c(length(treated), length(control))
  found <- escalc(measure = "SMD", m1i = mean(treated), sd1i = sd(treated), n1i = n[1], m2i = mean(control), sd2i = sd(control), n2i = n[2])
  df <- sum(n) - 2
  J <- exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
  c(found$yi, J * sqrt(sum(1 / n)))
}

one_step <- function(d, formula) {  # one parameter, tau / sigma: lme4's own criterion, by R's own minimiser
  parts <- lFormula(formula, d, REML = TRUE)
  criterion <- do.call(mkLmerDevfun, parts)
  grid <- c(0, 10^seq(-3, 1, length.out = 40))
  near <- which.min(vapply(grid, criterion, 0))
  found <- optimize(criterion, c(grid[max(1, near - 1)], grid[min(length(grid), near + 1)]), tol = 1e-11)
  theta <- if (criterion(0) <= found$objective) 0 else found$minimum
  value <- criterion(theta)
  m <- mkMerMod(environment(criterion), list(par = theta, fval = value, conv = 0, message = ""), parts$reTrms, fr = parts$fr)
  list(estimate = fixef(m)[["t"]], tau2 = (theta * sigma(m))^2, criterion = value)
}

run <- function(set) {
  d <- read.csv(file.path(here, "data", paste0(set, ".csv")))
  d$trial <- factor(d$trial)
  trials <- vapply(split(d, d$trial), each, numeric(2))
  m <- rma(yi = trials[1, ], sei = trials[2, ], method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 100000))
  at_end <- divisor(d, d$y)
  at_start <- divisor(d, d$x1)
  final <- transform(d, z = y / at_end)
  change <- transform(d, z = (y - x1) / at_start, x1 = x1 / at_start)
  list(data = set, n = nrow(d), trials = colnames(trials), estimates = unname(trials[1, ]), std_errors = unname(trials[2, ]),
       pooled = list(estimate = as.numeric(m$beta), std_error = m$se, tau2 = m$tau2),
       final = one_step(final, z ~ 0 + trial + t + (0 + t | trial)),
       change = one_step(change, z ~ 0 + trial + x1 + t + (0 + t | trial)))
}

fits <- lapply(sets, run)
packages <- c("lme4", "metafor")
out <- list(made_by = "tests/reference/standardised.R", R = R.version.string,
            packages = as.list(setNames(vapply(packages, function(p) as.character(packageVersion(p)), ""), packages)))
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE)
writeLines(c(paste0(sub("}$", "", line(out)), ', "fits": ['),
             paste0(vapply(fits, line, ""), c(rep(",", length(fits) - 1), "")), "]}"), file.path(here, "standardised.json"))
