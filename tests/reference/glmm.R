# Reference values of generalised linear mixed models of events from lme4 and metafor: writes glmm.json beside this script.
#
#     Rscript tests/reference/glmm.R ["name of a set"]      (some four minutes on two cores, CORES=4 for more; with a name, those sets into a temporary file)
# Debian 12: apt-get install r-base-core r-cran-lme4 r-cran-metafor r-cran-numderiv r-cran-jsonlite
#
# A set holds rows of (trial, arm, adjusters) with events and people (binary) or exposure (counts). Trials in which nobody or
# everybody has the event have an infinite intercept in glmer and are left out here, as the package does by itself.
# How glmer's deviance is followed to its minimum, and brought to that of the people: glmer_deviance.R.

suppressPackageStartupMessages({ library(lme4); library(metafor); library(jsonlite) })
options(warn = 1)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "glmer_deviance.R"))
wanted <- commandArgs(TRUE)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

# ---- the sets -------------------------------------------------------------------------------------------------------------

sets <- list()
add <- function(name, link, d, adjusters = character(), slopes = "common") {
  d <- d[order(d$trial, d$t), ]
  total <- tapply(d$events, d$trial, sum); size <- tapply(d$size, d$trial, sum)
  tells <- total > 0 & (link == "log" | total < size)
  sets[[name]] <<- list(link = link, d = d[d$trial %in% names(tells)[tells], ], adjusters = adjusters, slopes = slopes)
}
arms <- function(e1, n1, e0, n0) data.frame(trial = rep(seq_along(e1), 2), t = rep(1:0, each = length(e1)), events = c(e1, e0), size = c(n1, n0))

bcg <- dat.bcg
add("bcg", "logit", with(bcg, arms(tpos, tpos + tneg, cpos, cpos + cneg)))
add("nielweise2007", "logit", with(dat.nielweise2007, arms(ai, n1i, ci, n2i)))
add("nielweise2008", "log", with(dat.nielweise2008, arms(x1i, t1i, x2i, t2i)))
add("hine1989", "logit", with(dat.hine1989, arms(ai, n1i, ci, n2i)))
add("hahn2001", "logit", with(dat.hahn2001, arms(ai, n1i, ci, n2i)))
add("linde2005", "logit", with(dat.linde2005[1:14, ], arms(ai, n1i, ci, n2i)))
add("hart1999", "log", with(dat.hart1999, arms(x1i, t1i, x2i, t2i)))

# people: trials of given sizes, risk (or rate), log ratio, tau, share in the intervention arm
draw <- function(sizes, risk, effect, tau, share = 0.5, link = "logit", x = NULL, slope = 0, slope_sd = 0, spread = 0.4) {
  K <- length(sizes); trial <- rep(seq_len(K), sizes); n <- length(trial)
  t <- unlist(lapply(sizes, function(m) sample(rep(1:0, c(round(m * share), m - round(m * share))))))
  phi <- (if (link == "logit") qlogis(risk) else log(risk)) + rnorm(K, 0, spread)
  covariate <- if (is.null(x)) numeric(n) else if (x == "sex") rbinom(n, 1, 0.4) else round(rnorm(n, 0.2 * trial, 1), 3)
  eta <- phi[trial] + t * (effect + rnorm(K, 0, tau)[trial]) + covariate * (slope + rnorm(K, 0, slope_sd)[trial])
  time <- if (link == "log") round(runif(n, 0.5, 2), 2) else rep(1, n)
  events <- if (link == "logit") rbinom(n, 1, plogis(eta)) else rpois(n, time * exp(eta))
  data.frame(trial, t, x = covariate, events, size = time)
}
counted <- function(d, by = c("trial", "t")) aggregate(d[c("events", "size")], d[by], sum)
make <- function(seed, name, ..., x = NULL, link = "logit", slopes = "common", keep = FALSE) {
  set.seed(seed)
  d <- draw(..., x = x, link = link)
  adjusters <- if (is.null(x)) character() else "x"
  if (!keep) d <- counted(d, c("trial", "t", adjusters))
  add(name, link, d, adjusters, slopes)
}
make(1, "2 large", c(800, 600), 0.3, 0.5, 0.4)
make(2, "2 small", c(60, 40), 0.3, 0.8, 0.2)
make(3, "3, tau 1", c(300, 200, 150), 0.25, 0.3, 1)
make(4, "3, tau 0", c(300, 200, 150), 0.25, 0.3, 0)
make(5, "4 sparse", c(120, 150, 90, 200), 0.04, 0.9, 0.3)
make(6, "5, one to two", rep(150, 5), 0.2, 0.5, 0.4, share = 2 / 3)
make(7, "5 of very unequal size", c(2400, 300, 100, 60, 40), 0.2, 0.5, 0.3)
make(8, "8", rep(300, 8), 0.2, 0.7, 0.35)
make(9, "8 sparse", rep(120, 8), 0.05, 0.7, 0.5)
make(10, "8, risk 50 %", rep(200, 8), 0.5, -1, 0.6)
make(11, "14 small", rep(40, 14), 0.3, 0.5, 0.5)
make(12, "14 large", rep(1500, 14), 0.1, 0.3, 0.2)
make(13, "14 very sparse", rep(100, 14), 0.02, 0.8, 0)
make(14, "25", round(seq(30, 400, length.out = 25)), 0.15, 0.4, 0.3)
make(15, "40", rep(80, 40), 0.2, 0.5, 0.4)
make(16, "40 sparse", rep(60, 40), 0.04, 0.5, 0.3)
make(17, "6, tau 2", rep(100, 6), 0.4, 0.5, 2)
make(18, "4, adjusted for sex", rep(150, 4), 0.3, 0.5, 0.4, x = "sex", slope = 0.6)
make(19, "8, adjusted for sex", rep(250, 8), 0.1, 0.5, 0.3, x = "sex", slope = -0.5, share = 0.6)
make(20, "3, adjusted for age", c(120, 90, 60), 0.4, 0.6, 0.6, x = "age", slope = 0.5, keep = TRUE)
make(21, "6, adjusted for age", rep(70, 6), 0.3, 0.6, 0.5, x = "age", slope = 0.8, keep = TRUE)
make(22, "3, slopes per trial", c(160, 130, 110), 0.4, 0.6, 0.5, x = "age", slope = 0.5, slope_sd = 0.4, slopes = "stratified", keep = TRUE)
make(23, "counts, 3", c(80, 60, 50), 0.5, -0.4, 0.4, link = "log")
make(24, "counts, 8", rep(60, 8), 1.5, 0.3, 0.3, link = "log")
make(25, "counts, 8 sparse", rep(80, 8), 0.04, 0.6, 0.3, link = "log")
make(26, "counts, 20", rep(50, 20), 0.6, -0.3, 0.25, link = "log")
make(27, "counts, tau 0", rep(60, 5), 0.8, -0.3, 0, link = "log")
make(28, "counts, adjusted for age", rep(50, 4), 0.7, -0.4, 0.5, x = "age", slope = 0.4, link = "log", keep = TRUE)
make(29, "counts, adjusted for sex", rep(90, 5), 0.7, -0.4, 0.5, x = "sex", slope = 0.4, link = "log")
make(30, "counts, large", rep(2000, 6), 1, 0.2, 0.15, link = "log")

# ---- fits -----------------------------------------------------------------------------------------------------------------

one <- function(set, coding, nAGQ) {
  d <- set$d
  d$trial <- factor(d$trial)
  people <- if (set$link == "logit") d$size else rep(1, nrow(d))
  share <- tapply(d$t * people, d$trial, sum) / tapply(people, d$trial, sum)
  d$z <- if (coding == "centred") d$t - share[d$trial] else d$t
  own <- set$slopes == "stratified"
  covariates <- if (!length(set$adjusters)) "" else if (own) "trial:x +" else "x +"
  left <- if (set$link == "logit") "cbind(events, size - events)" else "events"
  formula <- as.formula(paste(left, "~ 0 + trial +", covariates, "t", if (nAGQ > 0) "+ (0 + z | trial)"))
  family <- if (set$link == "logit") binomial() else poisson()
  offset <- if (set$link == "log") log(d$size)
  d$offset <- offset
  if (nAGQ == 0) {
    m <- glm(formula, family, d, offset = offset, control = glm.control(epsilon = 1e-15, maxit = 100))
    s <- summary(m)$coefficients
    return(list(coding = coding, nodes = 0, estimate = coef(m)[["t"]], std_error = s["t", 2], tau = 0,
                criterion = -2 * as.numeric(logLik(m)) + 2 * coefficients_of_people(d, set$link), slope = if (length(set$adjusters) && !own) coef(m)[["x"]]))
  }
  control <- glmerControl(tolPwrss = 1e-10, optimizer = "bobyqa", optCtrl = list(maxfun = 1e5))
  parts <- glFormula(formula, d, family, offset = offset)
  f <- do.call(mkGlmerDevfun, c(parts, list(control = control)))
  stage1 <- optimizeGlmer(f, optimizer = "bobyqa")
  f <- updateGlmerDevfun(f, parts$reTrms, nAGQ = nAGQ)
  stage2 <- optimizeGlmer(f, optimizer = "bobyqa", stage = 2, start = list(theta = max(stage1$par[1], 0.3)), control = list(maxfun = 1e5, rhobeg = 0.02, rhoend = 1e-8))
  found <- climb(if (nAGQ == 1) at_the_mode(f) else f, stage2$par)
  names <- c("tau", colnames(parts$X))
  inside <- names[found$free]
  dimnames(found$covariance) <- list(inside, inside)
  common <- intersect(c("t", "x"), inside)
  shift <- if (nAGQ == 1) 2 * coefficients_of_people(d, set$link) else -2 * saturated(d, set$link)
  value <- setNames(found$par, names)
  list(coding = coding, nodes = nAGQ, estimate = value[["t"]], std_error = sqrt(found$covariance["t", "t"]), tau = value[["tau"]],
       tau_std_error = if (found$free[1]) sqrt(found$covariance["tau", "tau"]), criterion = found$deviance + shift,
       slope = if ("x" %in% common) value[["x"]], covariance = found$covariance[common, common, drop = FALSE],
       intercepts = unname(value[grepl("^trial[0-9]+$", names)]), gradient = found$gradient)
}

# Random intercept in the control arms, as rma.glmm fits it, but with derivatives that do not blur the standard error.
control_risk <- function(b, link) {
  b$trial <- factor(b$trial)
  left <- if (link == "logit") "cbind(events, size - events)" else "events"
  parts <- glFormula(as.formula(paste(left, "~ 1 + (1 | trial)")), b, if (link == "logit") binomial() else poisson(), offset = if (link == "log") log(b$size))
  f <- do.call(mkGlmerDevfun, c(parts, list(control = glmerControl(tolPwrss = 1e-10, optimizer = "bobyqa"))))
  optimizeGlmer(f, optimizer = "bobyqa")
  f <- updateGlmerDevfun(f, parts$reTrms, nAGQ = 7)
  found <- climb(f, optimizeGlmer(f, optimizer = "bobyqa", stage = 2, start = list(theta = 0.5), control = list(maxfun = 1e5, rhobeg = 0.02, rhoend = 1e-8))$par)
  last <- sum(found$free)
  list(estimate = found$par[2], std_error = sqrt(found$covariance[last, last]), tau = found$par[1])
}

pooled_by_metafor <- function(set) {
  if (length(set$adjusters)) return(NULL)
  d <- set$d; a <- d[d$t == 1, ]; b <- d[d$t == 0, ]
  tight <- list(glmerCtrl = list(tolPwrss = 1e-10, optimizer = "bobyqa", optCtrl = list(maxfun = 1e5, rhobeg = 0.02, rhoend = 1e-9)))
  odds <- set$link == "logit"
  glmm <- function(coding) {
    m <- if (odds) rma.glmm(measure = "OR", ai = a$events, n1i = a$size, ci = b$events, n2i = b$size, model = "UM.FS", coding = coding, control = tight)
         else rma.glmm(measure = "IRR", x1i = a$events, t1i = a$size, x2i = b$events, t2i = b$size, model = "UM.FS", coding = coding, control = tight)
    list(coding = coding, estimate = as.numeric(m$beta), std_error = m$se, tau2 = m$tau2)
  }
  risk <- if (odds) rma.glmm(measure = "PLO", xi = b$events, ni = b$size, control = tight) else rma.glmm(measure = "IRLN", xi = b$events, ti = b$size, control = tight)
  y <- if (odds) escalc("OR", ai = a$events, n1i = a$size, ci = b$events, n2i = b$size, add = 0, to = "none")
       else escalc("IRR", x1i = a$events, t1i = a$size, x2i = b$events, t2i = b$size, add = 0, to = "none")
  y$vi[!is.finite(y$vi)] <- NA
  y$yi[is.na(y$vi)] <- NA
  two <- if (sum(!is.na(y$vi)) > 1) { m <- suppressWarnings(rma(yi = as.numeric(y$yi), vi = y$vi, method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 100000)))
    list(estimate = as.numeric(m$beta), std_error = m$se, tau2 = m$tau2, q = m$QE, trials = m$k) }
  list(glmm = lapply(c(1, 1 / 2), glmm), control_risk = list(estimate = as.numeric(risk$beta), std_error = risk$se, tau2 = risk$tau2, glmer = control_risk(b, set$link)), two_stage = two)
}

said <- character()
quietly <- function(expr) withCallingHandlers(expr, warning = function(w) { said <<- c(said, conditionMessage(w)); invokeRestart("muffleWarning") },
                                              message = function(m) { said <<- c(said, conditionMessage(m)); invokeRestart("muffleMessage") })
tried <- function(expr) tryCatch(quietly(expr), error = function(e) { said <<- c(said, conditionMessage(e)); NULL })

if (length(wanted)) sets <- sets[names(sets) %in% wanted]
out <- parallel::mclapply(names(sets), mc.cores = as.integer(Sys.getenv("CORES", "2")), mc.preschedule = FALSE, FUN = function(name) {
  set <- sets[[name]]
  said <<- character()
  cells <- rbind(data.frame(coding = "centred", nodes = 0), expand.grid(coding = c("centred", "as-given"), nodes = c(1, 7), stringsAsFactors = FALSE))
  fits <- Map(function(coding, nodes) quietly(one(set, coding, nodes)), cells$coding, cells$nodes)
  cat(name, format(Sys.time(), "%H:%M:%S"), "\n")
  list(name = name, link = set$link, slopes = set$slopes, trial = set$d$trial, treatment = set$d$t, events = set$d$events, size = set$d$size,
       x = if (length(set$adjusters)) set$d$x, fits = unname(fits), metafor = tried(pooled_by_metafor(set)), said = I(unique(said)))
})
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE, null = "null", na = "string")
head <- list(made_by = "tests/reference/glmm.R", R = R.version.string,
             packages = list(lme4 = as.character(packageVersion("lme4")), metafor = as.character(packageVersion("metafor")), metadat = as.character(packageVersion("metadat"))))
path <- if (length(wanted)) tempfile(tmpdir = dirname(tempdir()), fileext = ".json") else file.path(here, "glmm.json")
writeLines(c(paste0(sub("}$", "", line(head)), ', "sets": ['), paste0(vapply(out, line, ""), c(rep(",", length(out) - 1), "")), "]}"), path)
cat(length(out), "data sets in", path, "\n")
