# Reference values of two-stage pooling from metafor: writes two_stage.json beside this script.
#
#     Rscript tests/reference/two_stage.R        (from the root of the repository; needs r-cran-metafor and r-cran-jsonlite)
#
# Fisher scoring stops by default when tau2 moves by less than 1e-5, uniroot at eps^(1/4) and never looks for a tau2 above 100 or
# ten times the estimate: all tightened or widened here.

suppressPackageStartupMessages({ library(metafor); library(jsonlite) })
options(warn = 1)
# Beside this script, wherever it is started from.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))

sets <- list()
add <- function(name, yi, sei) sets[[name]] <<- list(yi = round(yi, 4), sei = round(sei, 4))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(41)
draw <- function(sei, tau, mu = 2) rnorm(length(sei), mu, sqrt(sei^2 + tau^2))

add("two equal", c(1.2, 3.9), c(0.8, 0.8))
add("two unequal", c(1.2, 2.9), c(0.3, 1.1))
add("two alike", c(2.1, 2.3), c(0.7, 0.9))
add("three", c(0.4, 2.2, 3.6), c(0.5, 0.7, 0.6))
add("three, one dominates", c(1.8, 2.9, -0.4), c(0.15, 0.9, 1.2))
add("three alike", c(2.0, 2.1, 1.9), c(0.5, 0.6, 0.9))
sei <- round(runif(5, 0.4, 1.5), 3);  add("five, tau 1", draw(sei, 1), sei)
sei <- round(runif(5, 0.4, 1.5), 3);  add("five, tau 0", draw(sei, 0), sei)
sei <- round(runif(8, 0.3, 1.0), 3);  add("eight, tau 0.6", draw(sei, 0.6), sei)
sei <- round(runif(8, 0.3, 1.0), 3);  add("eight, tau 5", draw(sei, 5), sei)
sei <- round(exp(runif(14, -2.5, 1)), 3);  add("fourteen, precisions far apart", draw(sei, 0.5), sei)
sei <- round(runif(19, 0.4, 2.0), 3);  add("nineteen, tau 0.8", draw(sei, 0.8), sei)
sei <- round(runif(19, 0.4, 2.0), 3);  add("nineteen, tau 0", draw(sei, 0), sei)
sei <- round(runif(19, 0.4, 2.0), 3);  add("nineteen, in thousandths", draw(sei, 1.5) / 1000 * 7, sei / 1000 * 7)
sei <- round(runif(6, 40, 160), 1);  add("six, in hundreds", draw(sei, 90, 300), sei)
# One trial far more precise than the others, as far as metafor's own sums over n x n matrices keep their digits.
add("one trial in thousandths", c(0.9, 8.4, 2.0), c(0.0046, 3.73, 2.9))
add("too alike: empty interval of tau2", 2 + c(-1, 1, 0, 2, -2, 1, -1, 0, 1, -1) / 100, rep(c(0.5, 0.7), 5))

said <- character()
quietly <- function(expr) withCallingHandlers(expr, warning = function(w) {
  said <<- c(said, conditionMessage(w)); invokeRestart("muffleWarning")
})

one <- function(set, method, test) {
  said <<- character()
  m <- quietly(rma(yi = set$yi, sei = set$sei, method = method, test = test,
                   control = list(threshold = 1e-14, maxiter = 100000, tol = 1e-14)))
  profile <- quietly(confint(m, control = list(tol = 1e-14, maxiter = 10000, tau2.max = 1e5 * (m$tau2 + max(set$sei^2)))))$random
  K <- m$k
  list(method = method, test = test, estimate = as.numeric(m$beta), std_error = m$se, df = if (test == "z") Inf else K - 1,
       p_value = m$pval, lower = m$ci.lb, upper = m$ci.ub, tau2 = m$tau2, q = m$QE, q_df = K - 1, q_p_value = m$QEp,
       i2 = m$I2 / 100, h2 = m$H2, tau2_interval = unname(profile["tau^2", 2:3]), i2_interval = unname(profile["I^2(%)", 2:3]) / 100,
       # Higgins, Thompson and Spiegelhalter 2009: t with K - 2 df, not the K - 1 that metafor takes with knha and adhoc.
       prediction = if (K > 2) as.numeric(m$beta) + c(-1, 1) * qt(0.975, K - 2) * sqrt(m$tau2 + m$se^2) else NULL,
       weights = unname(weights(m)) / 100, score = score_at(m, set), said = I(unique(said)))
}
# Slope of -2 log REML in tau2 where metafor stopped: how far from its optimum the reference itself is.
score_at <- function(m, set) {
  w <- 1 / (set$sei^2 + m$tau2)
  mu <- sum(w * set$yi) / sum(w)
  sum(w) - sum(w^2) / sum(w) - sum(w^2 * (set$yi - mu)^2)
}

fits <- lapply(names(sets), function(name) {
  set <- sets[[name]]
  cells <- expand.grid(method = c("REML", "DL", "PM"), test = c("adhoc", "knha", "z"), stringsAsFactors = FALSE)
  list(name = name, estimates = set$yi, std_errors = set$sei, pooled = Map(function(m, t) one(set, m, t), cells$method, cells$test) |> unname())
})
out <- list(made_by = "tests/reference/two_stage.R", R = R.version.string,
            packages = list(metafor = as.character(packageVersion("metafor"))), sets = fits)
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE, null = "null", na = "string")
head <- sub("}$", "", line(out[names(out) != "sets"]))
writeLines(c(paste0(head, ', "sets": ['), paste0(vapply(fits, line, ""), c(rep(",", length(fits) - 1), "")), "]}"),
           file.path(here, "two_stage.json"))
cat(length(fits), "data sets\n")
