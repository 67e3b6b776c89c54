# Reference values of models with sites within trials, from lme4 with lmerTest and pbkrtest: writes sites.json beside this script,
# and the simulated data as data/sites-*.csv.
#
#     Rscript tests/reference/sites.R
#
# from the root of the repository; some minutes. y ~ 0 + trial + x1 + x2 + t + (0 + t | trial) + (1 | trial:site), or
# (1 | trial) for a random intercept of trials. With maximum likelihood a trial with one site has it in its own fixed intercept,
# so the random intercept is (0 + several | trial:site); by REML both are the same, and the script checks that.

suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
options(warn = 1)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "polished.R"))
tight <- lmerControl(optimizer = polished, check.conv.singular = "ignore", calc.derivs = FALSE)

# `sites` and `people` of each trial; sites differ in size, some have people of one arm only, some people have no site.
simulate <- function(sites, people, omega, tau = 0.5, scale = 1, unknown = 0, even = FALSE) {
  do.call(rbind, lapply(seq_along(sites), function(i) {
    m <- people[i]
    s <- sample(sites[i], m, replace = TRUE, prob = seq_len(sites[i]))
    v <- omega * rnorm(sites[i])
    t <- rbinom(m, 1, if (i %% 3 == 2) 0.6 else 0.5)
    t[1:2] <- 0:1
    x1 <- rnorm(m, 0.3 * rnorm(1))
    x2 <- rbinom(m, 1, 0.45)
    z <- rnorm(m, 0.5 * rnorm(1)) + 0.3 * v[s]
    u <- tau * rnorm(1)
    y <- rnorm(1) + v[s] + 0.5 * x1 + 0.3 * x2 + 0.2 * z + t * (0.6 + u + 0.3 * z)
    e <- rnorm(m)
    y <- y + (if (even) e - ave(e, s) else e)
    site <- ifelse(runif(m) < unknown, "", sprintf("S%d", s))
    data.frame(trial = sprintf("T%02d", i), site, t, x1 = round(x1, 3), x2, z = round(z, 3), y = round(scale * y, 3))
  }))
}
write_set <- function(name, d) {
  write.csv(d[sample(nrow(d)), ], file.path(here, "data", paste0("sites-", name, ".csv")), row.names = FALSE, quote = FALSE)
}
set.seed(20261201)
write_set("few", simulate(c(2, 3, 2, 4), c(40, 60, 30, 80), 0.8))
write_set("many", simulate(c(12, 20, 8, 15, 10), c(60, 90, 40, 70, 60), 0.6))
write_set("one-in-some", simulate(c(1, 6, 1, 8, 5, 1), c(30, 60, 40, 70, 50, 24), 0.9))
write_set("zero", simulate(c(4, 5, 6, 3), c(40, 50, 60, 40), 0))
write_set("tau-zero", simulate(c(4, 5, 6, 3, 7), c(40, 50, 60, 40, 50), 0.7, tau = 0))
write_set("two-trials", simulate(c(6, 9), c(60, 110), 0.8))
write_set("one-trial", simulate(10, 120, 0.8))
write_set("scaled", simulate(c(5, 7, 4, 6), c(50, 70, 40, 60), 0.5, scale = 17))
write_set("unknown", simulate(c(3, 6, 5, 4, 8), c(50, 60, 50, 40, 80), 0.7, unknown = 0.1))
write_set("twelve", simulate(rep(c(3, 6), 6), rep(c(24, 40), 6), 0.5, tau = 0.8))
write_set("even", simulate(c(4, 5, 6, 3), c(40, 50, 60, 40), 0, even = TRUE))  # sites that differ less than chance: a variance of zero

read <- function(name) {
  d <- read.csv(file.path(here, "data", paste0("sites-", name, ".csv")), na.strings = character())
  d$trial <- factor(d$trial)
  d$site <- interaction(d$trial, d$site, drop = TRUE)
  d$several <- as.numeric(ave(as.integer(d$site), d$trial, FUN = function(s) length(unique(s))) > 1)
  # the columns of the within reading
  d$zbar <- ave(d$z, d$trial) - mean(d$z)
  d$w <- d$z - ave(d$z, d$trial)
  d$tw <- d$t * d$w
  d$tb <- d$t * d$zbar
  d
}

fitted_by_r <- function(data, moderator = "", intercept = "stratified", covariance = "independent", treatment_effect = "random",
                        adjuster_slopes = "common", estimation = "reml") {
  d <- read(data)
  trials <- nlevels(d$trial)
  beside <- if (adjuster_slopes == "stratified") c("trial:x1", "trial:x2") else c("x1", "x2")
  intercepts <- if (intercept == "random") "1" else if (trials > 1) c("0", "trial") else "1"
  interaction <- if (moderator == "plain") c("z", "t:z") else if (moderator == "within") c("w", "tw", "tb")
  of_trials <- if (trials == 1) NULL
    else if (intercept == "random" && treatment_effect == "common") "(1 | trial)"
    else if (intercept == "random") (if (covariance == "unstructured") "(1 + t | trial)" else c("(1 | trial)", "(0 + t | trial)"))
    else if (treatment_effect == "random") "(0 + t | trial)"
  of_sites <- if (intercept == "random") "(1 | site)" else "(0 + several | site)"
  model <- function(last) reformulate(c(intercepts, beside, "t", interaction, of_trials, last), "y")
  fit <- lmerTest::lmer(model(of_sites), d, REML = estimation == "reml", control = tight)
  if (estimation == "reml" && intercept != "random") {
    plain <- lmerTest::lmer(model("(1 | site)"), d, control = tight)
    stopifnot(all.equal(fixef(plain)[["t"]], fixef(fit)[["t"]], tolerance = 1e-7),
              all.equal(vcov(plain)["t", "t"], vcov(fit)["t", "t"], tolerance = 1e-7))
  }
  wanted <- c("t", if (moderator == "plain") "t:z" else if (moderator == "within") "tw")
  beta <- fixef(fit)
  names(beta) <- sub("^z:t$", "t:z", names(beta))
  at <- match(wanted, names(beta))
  adjusted <- if (estimation == "reml") vcovAdj(fit) else NULL
  each <- lapply(at, function(i) {
    l <- replace(numeric(length(beta)), i, 1)
    s <- contest1D(fit, l, ddf = "Satterthwaite")
    out <- list(name = names(beta)[i], estimate = beta[[i]], unadjusted = sqrt(vcov(fit)[i, i]), satterthwaite = s[["df"]])
    if (estimation == "reml") out <- c(out, list(std_error = sqrt(adjusted[i, i]), df = Lb_ddf(l, vcov(fit), adjusted)))
    out
  })
  found <- as.data.frame(VarCorr(fit))
  of <- function(group, name) {
    v <- found$vcov[grepl(group, found$grp) & found$var1 %in% name & is.na(found$var2)]
    if (length(v)) sum(v) else NULL
  }
  list(data = data, moderator = moderator, intercept = intercept, covariance = covariance, treatment_effect = treatment_effect,
       adjuster_slopes = adjuster_slopes, estimation = estimation, criterion = -2 * as.numeric(logLik(fit)),
       sigma2 = sigma(fit)^2, tau2 = of("^trial", "t"), site_variance = of("^site", c("several", "(Intercept)")),
       singular = isSingular(fit, tol = 1e-6), each = each)
}

sets <- c("few", "many", "one-in-some", "zero", "tau-zero", "two-trials", "one-trial", "scaled", "unknown", "twelve", "even")
values <- c(
  lapply(sets, fitted_by_r),
  lapply(sets, fitted_by_r, moderator = "plain"),
  lapply(setdiff(sets, c("two-trials", "one-trial")), fitted_by_r, moderator = "within"),
  lapply(c("few", "many", "one-in-some", "zero", "one-trial", "twelve", "even"), fitted_by_r, estimation = "ml"),
  lapply(c("many", "one-in-some", "tau-zero"), fitted_by_r, intercept = "random"),
  list(fitted_by_r("twelve", intercept = "random", covariance = "unstructured"),
       fitted_by_r("one-in-some", intercept = "random", treatment_effect = "common"),
       fitted_by_r("few", treatment_effect = "common"),
       fitted_by_r("unknown", treatment_effect = "common", moderator = "plain"),
       fitted_by_r("many", adjuster_slopes = "stratified"),
       fitted_by_r("scaled", adjuster_slopes = "stratified", moderator = "plain")))
versions <- lapply(c("lme4", "lmerTest", "pbkrtest"), function(p) as.character(packageVersion(p)))
names(versions) <- c("lme4", "lmerTest", "pbkrtest")
write_json(list(R = R.version.string, versions = versions, values = values), file.path(here, "sites.json"),
           auto_unbox = TRUE, digits = 15, pretty = 1)
