# Reference values of the one-step model from lme4, lmerTest, pbkrtest, nlme and lm: writes one_step.json beside this script.
#
#     Rscript tests/reference/make_data.R && Rscript tests/reference/one_step.R && Rscript tests/reference/two_stage.R
#
# from the root of the repository; about a minute and a half. The tests read the committed values and need no R.
# Debian 12: apt-get install r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-nlme r-cran-metafor r-cran-jsonlite
#
# Every entry of `grid` is one model in the words of reportgen.stats.fit_one_step. All three inferences are read off each lmer
# fit, and the warnings and messages of R are stored with it.

suppressPackageStartupMessages({
  library(lme4); library(lmerTest); library(pbkrtest); library(nlme); library(jsonlite)
})
options(warn = 1)
# Beside this script, wherever it is started from.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))

# ---- the grid -------------------------------------------------------------------------------------------------------------

model <- function(data, ..., adjusters = c("x1", "x2"), moderator = character(), intercept = "stratified",
                  treatment_effect = "random", interaction_effect = "common", covariance = "independent",
                  adjuster_slopes = "common", residual = "common", estimation = "reml", case = NULL) {
  stopifnot(length(list(...)) == 0)
  list(data = data, adjusters = I(adjusters), moderator = I(moderator), intercept = intercept,
       treatment_effect = treatment_effect, interaction_effect = interaction_effect, covariance = covariance,
       adjuster_slopes = adjuster_slopes, residual = residual, estimation = estimation, case = case)
}

shapes <- c("2-equal", "2-unequal", "3-equal", "3-unequal", "6-equal", "6-unequal", "19-equal", "19-unequal")
levels_of_tau <- c("large", "small", "zero")
everywhere <- as.vector(outer(shapes, levels_of_tau, paste, sep = "-"))
large <- paste0(shapes, "-large")
three_up <- setdiff(large, c("2-equal-large", "2-unequal-large"))
levels3 <- c("g_b", "g_c")

grid <- c(
  lapply(everywhere, model),
  lapply(large, model, estimation = "ml"),
  lapply(c("3-equal-zero", "19-unequal-small"), model, estimation = "ml", moderator = "z"),
  lapply(c("2-unequal-large", "3-equal-large", "6-equal-zero", "6-unequal-small", "19-equal-large", "6-scaled"), model,
         moderator = "z"),
  lapply(c("3-unequal-large", "6-equal-large", "6-unequal-zero", "19-unequal-small", "2-equal-small"), model, moderator = levels3),
  lapply(c("6-unequal-large", "19-equal-large", "19-correlated", "6-equal-large"), model, moderator = "z",
         interaction_effect = "random"),
  lapply(c("19-correlated", "6-equal-large", "6-scaled"), model, moderator = "z", interaction_effect = "random",
         covariance = "unstructured"),
  list(model("19-correlated", moderator = "z", interaction_effect = "random", treatment_effect = "common"),
       model("6-equal-small", moderator = "z", interaction_effect = "random", estimation = "ml"),
       model("19-equal-large", moderator = levels3, interaction_effect = "random")),
  lapply(c(three_up, "6-equal-zero", "6-scaled"), model, intercept = "random"),
  lapply(c("6-correlated", "19-correlated", "6-scaled"), model, intercept = "random", covariance = "unstructured"),
  list(model("6-correlated", intercept = "random", covariance = "unstructured", estimation = "ml"),
       model("19-correlated", intercept = "random", covariance = "unstructured", moderator = "z"),
       model("19-correlated", intercept = "random", covariance = "unstructured", moderator = levels3),
       model("19-correlated", intercept = "random", covariance = "unstructured", moderator = "z", interaction_effect = "random"),
       model("19-unequal-large", intercept = "random", moderator = levels3),
       model("6-unequal-large", intercept = "random", treatment_effect = "common"),
       model("19-equal-small", intercept = "random", treatment_effect = "common", estimation = "ml"),
       model("6-scaled", intercept = "random", adjuster_slopes = "stratified")),
  lapply(c("2-unequal-large", "3-equal-large", "6-equal-small", "19-unequal-large"), model, adjuster_slopes = "stratified"),
  list(model("6-equal-large", adjuster_slopes = "stratified", moderator = "z"),
       model("6-unequal-large", adjuster_slopes = "stratified", estimation = "ml", adjusters = "x1")),
  lapply(c("2-equal-large", "3-unequal-zero", "6-unequal-small"), model, treatment_effect = "common"),
  list(model("6-equal-small", treatment_effect = "common", moderator = "z"),
       model("19-equal-small", treatment_effect = "common", moderator = levels3),
       model("6-equal-large", treatment_effect = "common", adjuster_slopes = "stratified"),
       model("6-equal-large", treatment_effect = "common", estimation = "ml"),
       # The moderator is an adjuster already (the baseline of the outcome): it enters once, R drops the second by name.
       model("6-equal-large", moderator = "x1"),
       model("19-unequal-small", moderator = "x1"),
       model("6-equal-large", adjusters = character()),
       model("19-unequal-large", adjusters = character(), moderator = "z")),
  lapply(c("3-heteroscedastic", "6-heteroscedastic", "8-heteroscedastic", "3-unequal-large"), model, residual = "by-trial"),
  list(model("6-heteroscedastic", residual = "by-trial", estimation = "ml"),
       model("6-heteroscedastic", residual = "by-trial", moderator = "z"),
       model("8-heteroscedastic", residual = "by-trial", moderator = levels3),
       model("6-heteroscedastic", residual = "by-trial", treatment_effect = "common"),
       model("8-heteroscedastic", residual = "by-trial", intercept = "random"),
       model("8-heteroscedastic", residual = "by-trial", intercept = "random", covariance = "unstructured"),
       model("8-heteroscedastic", residual = "by-trial", moderator = "z", interaction_effect = "random"),
       model("6-heteroscedastic", residual = "by-trial", adjuster_slopes = "stratified")),
  list(model("5-correlation-plus-one", intercept = "random", covariance = "unstructured", case = "correlation +1"),
       model("5-correlation-minus-one", intercept = "random", covariance = "unstructured", case = "correlation -1"),
       model("5-correlation-minus-one", intercept = "random", covariance = "unstructured", moderator = levels3,
             case = "correlation -1"),
       model("4-collinear", case = "collinear adjuster"),
       model("4-collinear", moderator = "z", case = "collinear adjuster"),
       model("5-one-per-arm", case = "one participant per arm"),
       model("5-one-per-arm", moderator = "z", case = "one participant per arm"),
       model("5-moderator-constant", moderator = "z", case = "moderator constant in a trial"),
       model("5-moderator-constant", moderator = levels3, case = "moderator constant in a trial"),
       model("1-trial", case = "K = 1"),
       model("1-trial", moderator = "z", case = "K = 1"))
)

# Every combination of the options with one residual variance, on one data set.
choices <- expand.grid(intercept = c("stratified", "random"), treatment_effect = c("random", "common"),
                       interaction_effect = c("common", "random"), covariance = c("independent", "unstructured"),
                       adjuster_slopes = c("common", "stratified"), estimation = c("reml", "ml"), stringsAsFactors = FALSE)
grid <- c(grid, lapply(seq_len(nrow(choices)), function(i) do.call(model, c("19-correlated", choices[i, ], moderator = "z"))))

# ---- the model in the formulas of R -----------------------------------------------------------------------------------------

read_set <- function(name) {
  d <- read.csv(file.path(here, "data", paste0(name, ".csv")))
  d$trial <- factor(d$trial)
  d$g_b <- as.numeric(d$g == "b")
  d$g_c <- as.numeric(d$g == "c")
  for (m in c("x1", "z", "g_b", "g_c")) d[[paste0("t_", m)]] <- d$t * d[[m]]
  d
}

fixed_terms <- function(s) {
  one_trial <- s$data == "1-trial"
  c(if (s$intercept == "random" || one_trial) "1" else c("0", "trial"),
    if (s$adjuster_slopes == "stratified") paste0("trial:", s$adjusters) else s$adjusters,
    s$moderator, "t", products(s))
}
products <- function(s) if (length(s$moderator)) paste0("t_", s$moderator) else character()
fixed_formula <- function(s) reformulate(fixed_terms(s), response = "y")

random_columns <- function(s) {
  if (s$data == "1-trial") return(character())
  as.character(c(if (s$intercept == "random") "1", if (s$treatment_effect == "random") "t",
                 if (s$interaction_effect == "random") products(s)))
}
bar <- function(columns) sprintf("(%s | trial)", paste(if ("1" %in% columns) columns else c("0", columns), collapse = " + "))
random_terms <- function(s) {
  columns <- random_columns(s)
  if (s$covariance == "unstructured") bar(columns) else vapply(columns, bar, "")
}

# ---- optimisation: as far as the criterion can be followed --------------------------------------------------------------------

source(file.path(here, "polished.R"))

fit_lmer <- function(s, d) {
  f <- as.formula(paste(deparse1(fixed_formula(s)), "+", paste(random_terms(s), collapse = " + ")))
  control <- lmerControl(optimizer = "polished", calc.derivs = FALSE, boundary.tol = 0, check.conv.singular = "ignore")
  # The formula and the data stand in the call itself, because lmerTest and pbkrtest evaluate it again.
  eval(bquote(lmerTest::lmer(.(f), data = d, REML = .(s$estimation == "reml"), control = control)))
}

# ---- what is read off a fit -------------------------------------------------------------------------------------------------

two_sided <- function(estimate, std_error, df) 2 * pt(-abs(estimate / std_error), df)
row_for <- function(estimate, std_error, df) list(estimate = estimate, std_error = std_error, df = df,
                                                 p_value = two_sided(estimate, std_error, df))
contrast <- function(names, which) as.numeric(names == which)
joint_contrast <- function(names, which) t(vapply(which, contrast, numeric(length(names)), names = names))

kenward_roger <- function(m, s) {
  beta <- fixef(m)
  plain <- vcov(m)
  adjusted <- vcovAdj(m)
  one <- function(name) {
    l <- contrast(names(beta), name)
    row_for(sum(l * beta), sqrt(as.numeric(l %*% adjusted %*% l)), Lb_ddf(l, plain, adjusted))
  }
  out <- list(effect = one("t"), interaction = lapply(products(s), one))
  if (length(products(s)) > 1) {
    stats <- KRmodcomp(m, joint_contrast(names(beta), products(s)))$stats
    out$joint <- list(statistic = stats$Fstat, df_num = stats$ndf, df_den = stats$ddf, scale = stats$F.scaling,
                      p_value = stats$p.value)
  }
  out
}

satterthwaite <- function(m, s) {
  one <- function(name) {
    r <- contest1D(m, contrast(names(fixef(m)), name), ddf = "Satterthwaite")
    list(estimate = r$Estimate, std_error = r[["Std. Error"]], df = r$df, p_value = r[["Pr(>|t|)"]])
  }
  out <- list(effect = one("t"), interaction = lapply(products(s), one))
  if (length(products(s)) > 1) {
    r <- contestMD(m, joint_contrast(names(fixef(m)), products(s)), ddf = "Satterthwaite")
    out$joint <- list(statistic = r[["F value"]], df_num = r$NumDF, df_den = r$DenDF, scale = 1, p_value = r[["Pr(>F)"]])
  }
  out
}

# Estimates with t or normal inference from a plain covariance matrix.
wald <- function(beta, V, s, df) {
  one <- function(name) row_for(beta[[name]], sqrt(V[name, name]), df)
  out <- list(effect = one("t"), interaction = lapply(products(s), one))
  if (length(products(s)) > 1) {
    b <- beta[products(s)]
    value <- as.numeric(b %*% solve(V[products(s), products(s)], b)) / length(b)
    out$joint <- list(statistic = value, df_num = length(b), df_den = df, scale = 1,
                      p_value = if (is.finite(df)) pf(value, length(b), df, lower.tail = FALSE)
                                else pchisq(value * length(b), length(b), lower.tail = FALSE))
  }
  out
}

read_lmer <- function(s, d) {
  m <- fit_lmer(s, d)
  groups <- lapply(VarCorr(m), function(v) matrix(v, nrow(v), dimnames = dimnames(v)))
  names_of <- unlist(lapply(groups, rownames), use.names = FALSE)
  G <- as.matrix(Matrix::bdiag(groups))
  list(engine = "lme4", formula = deparse1(formula(m)), criterion = as.numeric(-2 * logLik(m)), sigma2 = sigma(m)^2,
       random = I(names_of), covariance = G, singular = isSingular(m), optimiser = m@optinfo$message %||% "",
       inference = list(
         "kenward-roger" = if (s$estimation == "reml") kenward_roger(m, s),
         satterthwaite = satterthwaite(m, s),
         normal = wald(fixef(m), as.matrix(vcov(m)), s, Inf)))
}
`%||%` <- function(a, b) if (is.null(a)) b else a

read_lm <- function(s, d) {
  f <- fixed_formula(s)
  m <- lm(f, d)
  kept <- !is.na(coef(m))
  beta <- coef(m)[kept]
  V <- vcov(m)[kept, kept]
  sigma2 <- sigma(m)^2
  ml <- s$estimation == "ml"
  if (ml) {
    V <- V * df.residual(m) / nobs(m)
    sigma2 <- sigma2 * df.residual(m) / nobs(m)
  }
  exact <- wald(beta, V, s, df.residual(m))
  list(engine = "lm", formula = deparse1(f), criterion = as.numeric(-2 * logLik(m, REML = !ml)), sigma2 = sigma2,
       random = I(character()), covariance = matrix(0, 0, 0), singular = FALSE, optimiser = "",
       inference = list("kenward-roger" = if (!ml) exact, satterthwaite = if (!ml) exact, normal = wald(beta, V, s, Inf)))
}

# Residual variance by trial. Only estimates, their plain standard errors and the criterion come from here: nlme has neither
# Kenward-Roger nor Satterthwaite. nlme stops early too; its tightest settings still leave the variances to about 1e-5.
read_nlme <- function(s, d) {
  columns <- random_columns(s)
  f <- fixed_formula(s)
  method <- toupper(s$estimation)
  weights <- varIdent(form = ~ 1 | trial)
  if (!length(columns)) {
    m <- eval(bquote(gls(.(f), d, weights = weights, method = .(method),
                         control = glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500))))
    beta <- coef(m)
    V <- m$varBeta
    G <- matrix(0, 0, 0)
  } else {
    random <- as.formula(paste("~", paste(if ("1" %in% columns) columns else c("0", columns), collapse = " + ")))
    structure <- if (s$covariance == "unstructured" || length(columns) == 1) pdSymm(random) else pdDiag(random)
    m <- eval(bquote(lme(.(f), d, random = list(trial = structure), weights = weights, method = .(method),
                         control = lmeControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 1000, msMaxIter = 1000, niterEM = 200,
                                              msVerbose = FALSE, opt = "nlminb"))))
    beta <- fixef(m)
    V <- m$varFix
    G <- as.matrix(pdMatrix(m$modelStruct$reStruct)$trial) * m$sigma^2
  }
  dimnames(V) <- list(names(beta), names(beta))
  ratio <- coef(m$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)
  list(engine = "nlme", formula = deparse1(f), criterion = as.numeric(-2 * logLik(m)),
       sigma2 = as.list((m$sigma * ratio[levels(d$trial)])^2), random = I(columns), covariance = unname(G), singular = FALSE,
       optimiser = "", inference = list(normal = wald(beta, V, s, Inf)))
}

# ---- run ------------------------------------------------------------------------------------------------------------------

name_of <- function(s) {
  parts <- c(s$data, if (s$intercept == "random") "random-intercept", if (s$treatment_effect == "common") "common-effect",
             if (length(s$moderator)) paste(s$moderator, collapse = "+"),
             if (s$interaction_effect == "random") "random-interaction", if (s$covariance == "unstructured") "unstructured",
             if (s$adjuster_slopes == "stratified") "stratified-slopes", if (s$residual == "by-trial") "residual-by-trial",
             if (!length(s$adjusters)) "no-adjuster", if (s$estimation == "ml") "ml")
  paste(parts, collapse = " ")
}

run <- function(s) {
  said <- character()
  d <- read_set(s$data)
  reader <- if (s$residual == "by-trial") read_nlme else if (length(random_columns(s))) read_lmer else read_lm
  began <- Sys.time()
  result <- tryCatch(
    withCallingHandlers(reader(s, d),
      warning = function(w) { said <<- c(said, paste("warning:", conditionMessage(w))); invokeRestart("muffleWarning") },
      message = function(m) { said <<- c(said, paste("message:", trimws(conditionMessage(m)))); invokeRestart("muffleMessage") }),
    error = function(e) { said <<- c(said, paste("error:", conditionMessage(e))); list(engine = "failed") })
  cat(sprintf("%-75s %6.1f s  %s\n", name_of(s), as.numeric(Sys.time() - began, units = "secs"), paste(unique(said), collapse = "; ")))
  c(list(name = name_of(s)), s, list(result = result, said = I(unique(said))))
}

if (sys.nframe() == 0) {
  grid <- grid[!duplicated(vapply(grid, name_of, ""))]
  only <- commandArgs(trailingOnly = TRUE)
  if (length(only)) grid <- Filter(function(s) grepl(only[1], name_of(s)), grid)
  fits <- lapply(grid, run)
  packages <- c("lme4", "lmerTest", "pbkrtest", "nlme", "numDeriv", "minqa")
  out <- list(made_by = "tests/reference/one_step.R", R = R.version.string,
              packages = as.list(setNames(vapply(packages, function(p) as.character(packageVersion(p)), ""), packages)), fits = fits)
  target <- if (length(only)) tempfile(fileext = ".json") else file.path(here, "one_step.json")
  # A line a fit: small, and a difference shows which.
  line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE, null = "null", na = "string")
  head <- sub("}$", "", line(out[names(out) != "fits"]))
  writeLines(c(paste0(head, ', "fits": ['), paste0(vapply(fits, line, ""), c(rep(",", length(fits) - 1), "")), "]}"), target)
  cat(length(fits), "fits in", target, "\n")
}
