# Reference values of the interaction of treatment with a covariate of trials, from lme4 with pbkrtest, and of the same question in two
# stages from metafor: writes trial_covariates.json beside this script.
#
#     Rscript tests/reference/trial_covariates.R
#
# from the root of the repository; half a minute. Data as in one_step.R; the covariates follow from the number i of the trial: a year,
# 1990 + 3 (7 i mod 11), and a risk of bias, high where i mod 3 is 2, unclear where it is 1 and low elsewhere.
# y ~ 0 + trial + x1 + x2 + t + t:year + (0 + t | trial).

suppressPackageStartupMessages({library(lme4); library(pbkrtest); library(metafor); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "polished.R"))
tight <- lme4::lmerControl(optimizer = polished, check.conv.singular = "ignore", calc.derivs = FALSE)
read <- function(name) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")))
  i <- as.integer(sub("^T", "", d$trial))
  d$trial <- factor(d$trial)
  d$year <- 1990 + 3 * ((7 * i) %% 11)
  d$high <- (i %% 3 == 2) * 1
  d$unclear <- (i %% 3 == 1) * 1
  d
}

one_step <- function(name, covariate, stratified = FALSE) {
  d <- read(name)
  columns <- if (covariate == "year") "year" else c("unclear", "high")
  for (v in columns) d[[paste0("t", v)]] <- d$t * (d[[v]] - mean(d[[v]]))
  beside <- if (stratified) c("trial:x1", "trial:x2") else c("x1", "x2")
  fit <- lmer(reformulate(c("0", "trial", beside, "t", paste0("t", columns), "(0 + t | trial)"), "y"), d, control = tight)
  adjusted <- vcovAdj(fit)
  beta <- fixef(fit)
  at <- match(paste0("t", columns), names(beta))
  each <- lapply(at, function(k) {
    l <- replace(numeric(length(beta)), k, 1)
    list(estimate = beta[[k]], std_error = sqrt(adjusted[k, k]), df = Lb_ddf(l, vcov(fit), adjusted))
  })
  joint <- NULL
  if (length(at) > 1) {
    L <- diag(length(beta))[at, ]
    kr <- pbkrtest:::.KR_adjust(adjusted, vcov(fit), L, beta, rep(0, length(beta)))
    joint <- list(statistic = unname(kr[["FstatU"]] * kr[["F.scaling"]]), df_den = unname(kr[["ddf"]]))
  }
  list(data = name, covariate = covariate, slopes = if (stratified) "stratified" else "common",
       criterion = -2 * as.numeric(logLik(fit)), tau2 = as.data.frame(VarCorr(fit))$vcov[1], singular = isSingular(fit, tol = 1e-6),
       each = each, joint = joint)
}

# the effects of trials by analysis of covariance, and their regression on the year by REML with Knapp and Hartung's test
two_stage <- function(name) {
  d <- read(name)
  each <- do.call(rbind, lapply(split(d, d$trial), function(s) {
    fit <- summary(lm(y ~ x1 + x2 + t, s))$coefficients["t", ]
    data.frame(yi = fit[["Estimate"]], sei = fit[["Std. Error"]], year = s$year[1])
  }))
  fit <- rma(yi, sei = sei, mods = ~ year, data = each, method = "REML", test = "knha",
             control = list(threshold = 1e-10, maxiter = 1000))
  list(data = name, estimate = fit$beta[["year", 1]], std_error = fit$se[2], df = fit$dfs, tau2 = fit$tau2)
}

sets <- c("6-equal-large", "6-unequal-small", "6-equal-zero", "19-unequal-small", "19-equal-large", "3-equal-large", "8-heteroscedastic")
values <- c(lapply(sets, one_step, "year"), lapply(setdiff(sets, "3-equal-large"), one_step, "bias"),
            lapply(c("6-equal-large", "8-heteroscedastic"), one_step, "year", stratified = TRUE))
versions <- lapply(c("lme4", "pbkrtest", "metafor"), function(p) as.character(packageVersion(p)))
names(versions) <- c("lme4", "pbkrtest", "metafor")
write_json(list(R = R.version.string, versions = versions, one_step = values,
                two_stage = lapply(c("6-equal-large", "19-equal-large", "8-heteroscedastic"), two_stage)),
           file.path(here, "trial_covariates.json"), auto_unbox = TRUE, digits = 15, pretty = 1)
