# Reference values of the interaction that varies between trials, quantities and levels, and of a residual variance per arm,
# from lme4 with pbkrtest, and nlme: writes sound.json beside this script.
#
#     Rscript tests/reference/sound.R
#
# from the root of the repository; a minute. Data as in one_step.R. The random column of a quantity is t (z - mean of the trial);
# of levels there is one for each level, t (1[level] - share in the trial), all with one variance. lme4 has no formula for these:
# its parts are put together with the columns in place of those of a random intercept.

suppressPackageStartupMessages({library(lme4); library(pbkrtest); library(nlme); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "polished.R"))
tight <- lme4::lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e5),
                           check.conv.singular = "ignore", calc.derivs = FALSE)
read <- function(name) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")))
  d$trial <- factor(d$trial)
  d
}
minus <- function(m, row) sweep(as.matrix(m), 2, row)
label <- function(prefix, q) paste0(prefix, seq_len(q))
put <- function(prefix, columns) {columns <- as.matrix(columns); colnames(columns) <- label(prefix, ncol(columns)); columns}

# columns of slopes: one a trial where it has ten people for each, else one for all small trials together
slopes <- function(d, names) {
  n <- table(d$trial)
  own <- names(n)[n >= 10 * length(names)]
  out <- NULL
  for (v in names) {
    for (k in own) out <- cbind(out, d[[v]] * (d$trial == k))
    if (length(own) < length(n)) out <- cbind(out, d[[v]] * !(d$trial %in% own))
  }
  list(columns = put("s", out), sharing = I(setdiff(names(n), own)))
}

varying <- function(name, kind, stratified) {
  d <- read(name)
  m <- if (kind == "z") cbind(d$z) else cbind(d$g == "b", d$g == "c") * 1
  q <- ncol(m)
  zbar <- apply(m, 2, function(v) ave(v, d$trial))
  w <- m - zbar
  b <- minus(zbar, colMeans(m))
  every <- if (kind == "z") w else {a <- (d$g == "a") * 1; cbind(w, a - ave(a, d$trial))}
  d <- cbind(d, put("w", w), put("tw", d$t * w), put("tb", d$t * b))
  beside <- c("x1", "x2", label("w", q))
  sharing <- I(character())
  if (stratified) {
    s <- slopes(d, beside)
    d <- cbind(d, s$columns)
    beside <- colnames(s$columns)
    sharing <- s$sharing
  }
  across <- if (nlevels(d$trial) >= q + 2) label("tb", q) else NULL
  treatment <- if (is.null(across)) "trial:t" else "t"
  base <- c("0", "trial", beside, treatment, label("tw", q), across, if (!is.null(across)) "(0 + t | trial)")
  # a random intercept for each trial and column, whose columns are then exchanged for our own
  r <- ncol(every)
  d$unit <- factor(rep_len(seq_len(nlevels(d$trial) * r), nrow(d)), levels = seq_len(nlevels(d$trial) * r))
  form <- lFormula(reformulate(c(base, "(1 | unit)"), "y"), d, control = tight)
  k <- which(names(form$reTrms$cnms) == "unit")
  Z <- do.call(cbind, lapply(levels(d$trial), function(i) every * d$t * (d$trial == i)))
  rows <- (form$reTrms$Gp[k] + 1):form$reTrms$Gp[k + 1]
  form$reTrms$Zt[rows, ] <- Matrix::Matrix(t(Z), sparse = TRUE)
  form$reTrms$Ztlist[[k]] <- Matrix::Matrix(t(Z), sparse = TRUE)
  devfun <- do.call(mkLmerDevfun, form)
  lower <- environment(devfun)$lower
  found <- polished(devfun, rep(1, length(lower)), lower, rep(Inf, length(lower)))
  theta <- found$par
  fit <- mkMerMod(environment(devfun), found, form$reTrms, fr = form$fr)
  adjusted <- vcovAdj(fit)
  beta <- fixef(fit)
  at <- match(label("tw", q), names(beta))
  each <- lapply(at, function(i) {
    l <- matrix(replace(numeric(length(beta)), i, 1), 1)
    list(estimate = beta[[i]], std_error = sqrt(adjusted[i, i]), df = Lb_ddf(c(l), vcov(fit), adjusted))
  })
  joint <- NULL
  if (q > 1) {
    L <- diag(length(beta))[at, ]
    # as pbkrtest's KRmodcomp does, from the same parts
    kr <- pbkrtest:::.KR_adjust(adjusted, vcov(fit), L, beta, rep(0, length(beta)))
    joint <- list(statistic = unname(kr[["FstatU"]] * kr[["F.scaling"]]), df_den = unname(kr[["ddf"]]))
  }
  list(data = name, moderator = kind, slopes = if (stratified) "stratified" else "common", sharing = sharing,
       criterion = found$fval, sigma2 = sigma(fit)^2, psi = theta[k]^2, singular = any(theta < 1e-4), each = each, joint = joint)
}

by_arm <- function(name, stratified) {
  d <- read(name)
  beside <- if (stratified) c("trial:x1", "trial:x2") else c("x1", "x2")
  fit <- lme(reformulate(c("0", "trial", beside, "t"), "y"), d, random = ~ 0 + t | trial, weights = varIdent(form = ~ 1 | t),
             control = lmeControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500))
  s <- coef(fit$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[c("0", "1")]
  list(data = name, slopes = if (stratified) "stratified" else "common", criterion = -2 * as.numeric(logLik(fit)),
       estimate = fixef(fit)[["t"]], std_error = sqrt(vcov(fit)["t", "t"]), sigma2 = unname((fit$sigma * s)^2),
       tau2 = as.numeric(getVarCov(fit))[1])
}

sets <- c("19-unequal-small", "6-unequal-large", "6-equal-zero", "3-unequal-large")
grid <- expand.grid(name = sets, kind = c("z", "g"), stratified = c(FALSE, TRUE), stringsAsFactors = FALSE)
values <- unname(Map(varying, grid$name, grid$kind, grid$stratified))
arms <- unname(Map(by_arm, rep(c("6-unequal-large", "6-equal-zero", "8-heteroscedastic"), 2), rep(c(FALSE, TRUE), each = 3)))
versions <- lapply(c("lme4", "pbkrtest", "nlme"), function(p) as.character(packageVersion(p)))
names(versions) <- c("lme4", "pbkrtest", "nlme")
write_json(list(R = R.version.string, versions = versions, varying = values, by_arm = arms), file.path(here, "sound.json"),
           auto_unbox = TRUE, digits = 15, pretty = 1)
