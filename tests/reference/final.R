# Reference values of outcomes at follow-up from lme4 and pbkrtest: writes final.json beside this script.
#
#     Rscript tests/reference/final.R
#
# from the root of the repository; a few seconds. The tests read the committed values and need no R. y is the value at
# follow-up, x1 that at baseline; the change is y - x1.

suppressPackageStartupMessages({ library(lme4); library(pbkrtest); library(jsonlite) })
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "polished.R"))

sets <- c("2-unequal-large", "3-equal-large", "6-unequal-large", "6-equal-zero", "19-unequal-small")
models <- list(final = y ~ 0 + trial + t + (0 + t | trial),
               "final, baseline" = y ~ 0 + trial + x1 + t + (0 + t | trial),
               "change, baseline" = change ~ 0 + trial + x1 + t + (0 + t | trial))

run <- function(set, name) {
  d <- read.csv(file.path(here, "data", paste0(set, ".csv")))
  d$trial <- factor(d$trial)
  d$change <- d$y - d$x1
  control <- lmerControl(optimizer = "polished", calc.derivs = FALSE, boundary.tol = 0, check.conv.singular = "ignore")
  m <- suppressMessages(eval(bquote(lmer(.(models[[name]]), data = d, REML = TRUE, control = control))))
  adjusted <- vcovAdj(m)
  l <- as.numeric(names(fixef(m)) == "t")
  df <- Lb_ddf(l, vcov(m), adjusted)
  se <- sqrt(as.numeric(l %*% adjusted %*% l))
  estimate <- fixef(m)[["t"]]
  list(data = set, model = name, n = nobs(m), estimate = estimate, std_error = se, df = df,
       p_value = 2 * pt(-abs(estimate / se), df), tau2 = as.numeric(VarCorr(m)$trial), criterion = as.numeric(-2 * logLik(m)))
}

fits <- unlist(lapply(sets, function(set) lapply(names(models), function(name) run(set, name))), recursive = FALSE)
packages <- c("lme4", "pbkrtest")
out <- list(made_by = "tests/reference/final.R", R = R.version.string,
            packages = as.list(setNames(vapply(packages, function(p) as.character(packageVersion(p)), ""), packages)))
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE)
writeLines(c(paste0(sub("}$", "", line(out)), ', "fits": ['),
             paste0(vapply(fits, line, ""), c(rep(",", length(fits) - 1), "")), "]}"), file.path(here, "final.json"))
