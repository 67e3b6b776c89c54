# Reference values of the three readings of an interaction from lme4, lmerTest and pbkrtest: writes moderators.json beside this
# script.
#
#     Rscript tests/reference/moderators.R
#
# from the root of the repository; half a minute. Data as in one_step.R. The columns are written out: the moderator less its mean
# of the trial, the means of the trials less the mean of all people, and the products of both with treatment.

suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
# lmerTest's default optimiser stops early; this one is followed as far as it goes
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e5),
                     check.conv.singular = "ignore", calc.derivs = FALSE)

columns <- function(d, kind) if (kind == "z") cbind(z = d$z) else cbind(g_b = d$g == "b", g_c = d$g == "c") * 1
means <- function(m, trial) apply(m, 2, function(v) ave(v, trial))
minus <- function(m, row) sweep(as.matrix(m), 2, row)

one <- function(fit, names) {
  at <- match(names, names(fixef(fit)))
  each <- lapply(at, function(i) {
    l <- replace(numeric(length(fixef(fit))), i, 1)
    r <- if (inherits(fit, "lmerModLmerTest")) contest1D(fit, l, ddf = "Kenward-Roger") else NULL
    if (is.null(r)) {
      s <- summary(fit)$coefficients[names(fixef(fit))[i], ]
      list(estimate = s[[1]], std_error = s[[2]], df = fit$df.residual)
    } else list(estimate = r$Estimate, std_error = r$`Std. Error`, df = r$df)
  })
  joint <- NULL
  if (length(at) > 1) {
    L <- diag(length(fixef(fit)))[at, ]
    j <- contestMD(fit, L, ddf = "Kenward-Roger")
    joint <- list(statistic = j$`F value`, df_num = j$NumDF, df_den = j$DenDF)
  }
  list(each = each, joint = joint)
}
fixef.lm <- function(object, ...) coef(object)[!is.na(coef(object))]

readings <- function(name, kind, adjusters = c("x1", "x2")) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")))
  d$trial <- factor(d$trial)
  m <- columns(d, kind)
  zbar <- means(m, d$trial)
  q <- ncol(m)
  w <- m - zbar
  b <- minus(zbar, colMeans(m))
  # the treatment effect is read where the moderator is 0.5, or in level b
  there <- w - rep(if (kind == "z") 0.5 - mean(d$z) else c(1, 0) - colMeans(m), each = nrow(d))
  put <- function(prefix, columns) {colnames(columns) <- paste0(prefix, seq_len(q)); columns}
  d <- cbind(d, put("m", m), put("tm", d$t * m), put("w", w), put("tw", d$t * w), put("tb", d$t * b), put("tv", d$t * there))
  model <- function(terms) lmer(reformulate(c("0", "trial", adjusters, terms, "t", "(0 + t | trial)"), "y"), d, control = tight)
  label <- function(prefix) paste0(prefix, seq_len(q))
  across <- nlevels(d$trial) >= q + 2
  out <- list(data = name, moderator = kind, adjusters = I(adjusters), naive = one(model(c(label("m"), label("tm"))), label("tm")))
  if (across) {
    fit <- model(c(label("w"), label("tw"), label("tb")))
    out$within <- one(fit, label("tw"))
    out$across <- one(fit, label("tb"))
    out$at <- one(model(c(label("w"), label("tv"), label("tb"))), "t")
  } else {
    # an effect of treatment for each trial, written by R: value and residual degrees of freedom
    fit <- lm(reformulate(c("0", "trial", adjusters, label("w"), "trial:t", label("tw")), "y"), d)
    s <- summary(fit)$coefficients
    out$within <- list(each = lapply(label("tw"), function(n) list(estimate = s[n, 1], std_error = s[n, 2], df = fit$df.residual)))
    if (q > 1) {
      without <- lm(reformulate(c("0", "trial", adjusters, label("w"), "trial:t"), "y"), d)
      a <- anova(without, fit)
      out$within$joint <- list(statistic = a$F[2], df_num = a$Df[2], df_den = fit$df.residual)
    }
  }
  out
}

sets <- c("19-unequal-small", "6-unequal-large", "6-equal-zero", "3-unequal-large", "2-unequal-large")
grid <- expand.grid(name = sets, kind = c("z", "g"), stringsAsFactors = FALSE)
values <- Map(readings, grid$name, grid$kind)
# the moderator is an adjuster already: R drops the second by name
values <- c(unname(values), list(readings("6-unequal-large", "z", adjusters = c("x1", "z"))))
versions <- lapply(c("lme4", "lmerTest", "pbkrtest"), function(p) as.character(packageVersion(p)))
names(versions) <- c("lme4", "lmerTest", "pbkrtest")
write_json(list(R = R.version.string, versions = versions, values = values), file.path(here, "moderators.json"),
           auto_unbox = TRUE, digits = 15, pretty = 1)
