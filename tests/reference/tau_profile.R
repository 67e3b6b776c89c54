# Profile intervals of tau from lme4's confint(method = "profile"): writes tau_profile.json beside this script.
#
#     Rscript tests/reference/tau_profile.R
# Linear mixed models of data sets of the grid, by the full likelihood, as lme4 profiles models fitted by REML too, without and with sites; logistic and
# Poisson ones of simulated trials whose people stand in the JSON as counts, by Laplace's approximation (nAGQ = 1).

suppressPackageStartupMessages({ library(lme4); library(jsonlite) })
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
interval <- function(fit) {
  p <- profile(fit, which = "theta_", signames = FALSE, devtol = 1e-6)
  unname(confint(p, level = 0.95)[1, ])
}
linear <- lapply(c("3-unequal-large", "6-equal-large", "6-unequal-small", "6-equal-zero", "19-unequal-small"), function(name) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")))
  d$trial <- factor(d$trial)
  fit <- lmer(y ~ 0 + trial + x1 + t + (0 + t | trial), d, REML = FALSE)
  list(name = name, interval = interval(fit))
})
sites <- lapply(c("sites-few", "sites-many", "sites-twelve", "sites-tau-zero"), function(name) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")), na.strings = "NA")
  d$trial <- factor(d$trial); d$site <- factor(paste(d$trial, d$site))
  fit <- lmer(y ~ 0 + trial + x1 + t + (0 + t | trial) + (1 | site), d, REML = FALSE)
  p <- profile(fit, which = "theta_", signames = FALSE, devtol = 1e-6)
  limits <- confint(p, level = 0.95)
  list(name = name, interval = unname(limits[grep("t|trial", rownames(limits), fixed = TRUE), ]))
})
events <- lapply(list(c(1, 0.8), c(2, 0.5), c(3, 0)), function(item) {
  set.seed(item[1]); K <- 8; n <- 150
  trial <- rep(seq_len(K), each = n); t <- rep(0:1, K * n / 2)
  eta <- -0.7 + rnorm(K, 0, 0.4)[trial] + t * (0.4 + rnorm(K, 0, item[2])[trial])
  d <- data.frame(trial, t, event = rbinom(K * n, 1, plogis(eta)), falls = rpois(K * n, exp(eta)))
  d$centred <- d$t - ave(d$t, d$trial); d$trial <- factor(d$trial)
  counts <- aggregate(cbind(event, falls) ~ trial + t, d, sum)
  both <- lapply(c(binomial = "event", poisson = "falls"), function(y) {
    d$y <- d[[y]]
    fit <- glmer(y ~ 0 + trial + t + (0 + centred | trial), d, family = if (y == "event") binomial else poisson, nAGQ = 1)
    interval(fit)
  })
  list(people = n / 2, trial = counts$trial, t = counts$t, event = counts$event, falls = counts$falls, intervals = both)
})
write_json(list(version = as.character(packageVersion("lme4")), linear = linear, sites = sites, events = events),
           file.path(here, "tau_profile.json"), digits = 10, auto_unbox = TRUE, pretty = TRUE)
