# Reference values of moderators of events from lme4: writes moderators_glmm.json beside this script.
#
#     Rscript tests/reference/moderators_glmm.R ["name of a set"]      (some minutes; with a name, that set into a temporary file)
# Debian 12: apt-get install r-base-core r-cran-lme4 r-cran-numderiv r-cran-jsonlite
#
# A common interaction is fitted with nAGQ = 1 and 7, one that varies with
# nAGQ = 1: of a quantity by a random column of its own, of levels by one for each with the same theta. How glmer's deviance is followed
# to its minimum: glmer_deviance.R.

suppressPackageStartupMessages({ library(lme4); library(jsonlite) })
options(warn = 1)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "glmer_deviance.R"))
wanted <- commandArgs(TRUE)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

# ---- the sets -------------------------------------------------------------------------------------------------------------

sets <- list()
make <- function(seed, name, sizes, risk, link = "logit", levels = 0, tau = 0.4, scatter = 0.4, slopes = "common", share = 0.5) {
  set.seed(seed)
  K <- length(sizes); trial <- rep(seq_len(K), sizes); n <- length(trial)
  t <- unlist(lapply(sizes, function(m) sample(rep(1:0, c(round(m * share), m - round(m * share))))))
  z <- if (levels) sapply(trial, function(k) sample(levels, 1, prob = seq_len(levels) + 0.5 * k)) - 1 else round(rnorm(n, 0.3 * trial, 1), 2)
  x <- round(rnorm(n), 2)
  gamma <- 0.4 + rnorm(K, 0, scatter)
  eta <- (if (link == "logit") qlogis(risk) else log(risk)) + rnorm(K, 0, 0.3)[trial] + 0.3 * x + 0.3 * z + t * (0.4 + rnorm(K, 0, tau)[trial] + gamma[trial] * (z - mean(z)))
  time <- if (link == "log") round(runif(n, 0.5, 2), 1) else rep(1, n)
  y <- if (link == "logit") rbinom(n, 1, plogis(eta)) else rpois(n, time * exp(eta))
  sets[[name]] <<- list(link = link, levels = levels, slopes = slopes, d = data.frame(trial, t, z, x, y, time))
}
make(1, "age, 4 trials", c(90, 80, 70, 60), 0.3)
make(2, "age, 8 trials, scattered", rep(60, 8), 0.3, scatter = 0.7)
make(3, "age, 5 trials, no scatter", rep(70, 5), 0.4, tau = 0, scatter = 0)
make(4, "age, two to one", rep(80, 5), 0.4, share = 2 / 3, scatter = 0.6)
make(5, "sex, 6 trials", rep(80, 6), 0.3, levels = 2, scatter = 0.8)
make(6, "sex, 6 sparse trials", rep(120, 6), 0.08, levels = 2)
make(7, "severity, 6 trials", rep(100, 6), 0.3, levels = 3, scatter = 0.8)
make(8, "age, slopes per trial", c(160, 140, 120), 0.4, slopes = "stratified")
make(9, "counts, age, 5 trials", rep(50, 5), 0.8, "log", scatter = 0.3)
make(10, "counts, sex, 4 trials", rep(60, 4), 0.5, "log", levels = 2, scatter = 0.5)
make(11, "counts, severity, 6 trials", rep(60, 6), 0.7, "log", levels = 3, tau = 0.2, scatter = 0.5)

# ---- fits -----------------------------------------------------------------------------------------------------------------

columns <- function(set) {
  d <- set$d
  z <- if (set$levels) sapply(seq_len(set$levels - 1), function(l) as.numeric(d$z == l)) else as.matrix(d$z)
  mean_of <- function(column) ave(column, d$trial)
  means <- apply(z, 2, mean_of)
  t_centred <- d$t - mean_of(d$t)
  every <- if (set$levels) cbind(1 - rowSums(z), z) else z
  list(z = z, within = z - means, between = sweep(means, 2, colMeans(z)), t_centred = t_centred, varying = t_centred * (every - apply(every, 2, mean_of)))
}

one <- function(set, reading, nAGQ, varying) {
  d <- set$d; d$trial <- factor(d$trial); parts <- columns(set)
  q <- ncol(parts$z); r <- ncol(parts$varying)
  centred <- if (reading == "within") parts$within else sweep(parts$z, 2, colMeans(parts$z))
  d$m <- centred; d$tm <- d$t * centred; d$tb <- d$t * parts$between; d$zt <- parts$t_centred
  for (k in seq_len(r)) d[[paste0("w", k)]] <- parts$varying[, k]
  own <- if (set$slopes == "stratified") "trial:x + trial:m" else "x + m"
  random <- paste(c("(0 + zt | trial)", if (varying) sprintf("(0 + w%d | trial)", seq_len(r))), collapse = " + ")
  formula <- as.formula(paste("y ~ 0 + trial + t +", own, if (reading == "within") "+ tb", "+ tm +", random))
  control <- glmerControl(tolPwrss = 1e-10, optimizer = "bobyqa", optCtrl = list(maxfun = 1e5))
  model <- glFormula(formula, d, if (set$link == "logit") binomial() else poisson(), offset = if (set$link == "log") log(d$time))
  f <- do.call(mkGlmerDevfun, c(model, list(control = control)))
  optimizeGlmer(f, optimizer = "bobyqa")
  f <- updateGlmerDevfun(f, model$reTrms, nAGQ = nAGQ)
  deviance <- if (nAGQ == 1) at_the_mode(f) else f
  thetas <- 1 + varying
  whole <- function(par) deviance(c(par[1], if (varying) rep(par[2], r), par[-seq_len(thetas)]))
  names <- c("tau", if (varying) "tau_interaction", colnames(model$X))
  plain <- glm(y ~ 0 + ., cbind(data.frame(y = d$y), model$X), family = if (set$link == "logit") binomial() else poisson(), offset = if (set$link == "log") log(d$time))
  best <- NULL
  for (start in c(0.2, 0.8)) {
    found <- nlminb(c(rep(start, thetas), coef(plain)), whole, lower = c(rep(0, thetas), rep(-Inf, ncol(model$X))), control = list(rel.tol = 1e-14, eval.max = 5000, iter.max = 5000))
    if (is.null(best) || found$objective < best$objective) best <- found
  }
  found <- climb(whole, best$par, thetas)
  inside <- names[found$free]
  dimnames(found$covariance) <- list(inside, inside)
  value <- setNames(found$par, names)
  gamma <- grep("^tm", names, value = TRUE); across <- grep("^tb", names, value = TRUE)
  rows <- data.frame(events = d$y, size = d$time)
  effects <- function(which) if (length(which)) list(estimate = I(unname(value[which])), std_error = I(unname(sqrt(diag(found$covariance)[which]))))
  list(reading = reading, nodes = nAGQ, varying = varying, gamma = effects(gamma), across = effects(across),
       wald = as.numeric(value[gamma] %*% solve(found$covariance[gamma, gamma], value[gamma])) / q, theta = value[["t"]], theta_error = sqrt(found$covariance["t", "t"]),
       tau = value[["tau"]], tau_interaction = if (varying) value[["tau_interaction"]] else 0,
       criterion = found$deviance + if (nAGQ == 1) 0 else -2 * saturated(rows, set$link), gradient = found$gradient)
}

if (length(wanted)) sets <- sets[names(sets) %in% wanted]
out <- parallel::mclapply(names(sets), mc.cores = as.integer(Sys.getenv("CORES", "2")), mc.preschedule = FALSE, FUN = function(name) {
  set <- sets[[name]]
  cells <- expand.grid(reading = c("within", "naive"), nodes = c(1, 7, 0), stringsAsFactors = FALSE)
  fits <- Map(function(reading, nodes) one(set, reading, max(nodes, 1), nodes == 0), cells$reading, cells$nodes)
  cat(name, format(Sys.time(), "%H:%M:%S"), "\n")
  c(list(name = name, link = set$link, levels = set$levels, slopes = set$slopes), as.list(set$d), list(fits = unname(fits)))
})
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE, null = "null", na = "string")
head <- list(made_by = "tests/reference/moderators_glmm.R", R = R.version.string, packages = list(lme4 = as.character(packageVersion("lme4"))))
path <- if (length(wanted)) tempfile(tmpdir = dirname(tempdir()), fileext = ".json") else file.path(here, "moderators_glmm.json")
writeLines(c(paste0(sub("}$", "", line(head)), ', "sets": ['), paste0(vapply(out, line, ""), c(rep(",", length(out) - 1), "")), "]}"), path)
cat(length(out), "data sets in", path, "\n")
