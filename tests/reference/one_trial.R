# Reference values of the logistic and the Poisson regression of one trial by R's glm: writes one_trial.json.
#
#     Rscript tests/reference/one_trial.R
#
# from the root of the repository; a second. The people are those of risks.R, trial by trial; for counts the event counts as one in
# an exposure of age / 50. The tests read the committed values and need no R.

suppressPackageStartupMessages(library(jsonlite))
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
control <- glm.control(epsilon = 1e-15, maxit = 100)

fit <- function(set, trial, adjusted, family) {
  d <- read.csv(file.path(here, "data", paste0(set, ".csv")))
  d <- d[d$trial == trial, ]
  formula <- if (adjusted) y ~ t + age else y ~ t
  by_glm <- function(start = NULL) if (family == "binomial") glm(formula, binomial, d, start = start, control = control) else
    glm(formula, poisson, d, offset = log(d$age / 50), start = start, control = control)
  m <- by_glm(coef(by_glm()))  # standard errors are those of the step before the last one: at the maximum from the second start on
  s <- summary(m)$coefficients
  list(data = set, trial = trial, adjusted = adjusted, family = family, estimate = s["t", 1], std_error = s["t", 2],
       slope = if (adjusted) s["age", 1], criterion = -2 * as.numeric(logLik(m)))
}

asked <- expand.grid(set = c("risks-common", "risks-varying"), trial = c("T1", "T2", "T3"), adjusted = c(FALSE, TRUE),
                     family = c("binomial", "poisson"), stringsAsFactors = FALSE)
fits <- Map(fit, asked$set, asked$trial, asked$adjusted, asked$family)
out <- list(made_by = "tests/reference/one_trial.R", R = R.version.string, fits = unname(fits))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = FALSE), file.path(here, "one_trial.json"))
