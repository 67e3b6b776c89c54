# Reference values of risk ratios and risk differences from metafor: writes risks.json and data/risks-*.csv.
#
#     Rscript tests/reference/risks.R
#
# from the root of the repository; a few seconds. The tests read the committed values and need no R. Without adjusters the effects
# of the trials are those of escalc from each two-by-two table; with them those of glm, standardised over the people of the trial
# with the delta method written out here. rma pools both (REML, Hartung-Knapp guarded: test = "adhoc"). Of risk ratios a trial without
# events in an arm is left out before; risk differences of such trials are those of escalc, which adds 1/2 to each cell.

suppressPackageStartupMessages({ library(metafor); library(jsonlite) })
options(warn = 1)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(12)

people <- function(sizes, risk, ratio, tau) {
  parts <- lapply(seq_along(sizes), function(k) {
    n <- sizes[k]
    t <- rbinom(n, 1, 0.5)
    age <- round(rnorm(n, 50 + 3 * k, 10))
    eta <- qlogis(risk) + 0.03 * (age - 50) + t * (log(ratio) + rnorm(1, 0, tau)) + rnorm(1, 0, 0.3)
    data.frame(trial = paste0("T", k), t = t, age = age, y = rbinom(n, 1, plogis(eta)))
  })
  do.call(rbind, parts)
}

sets <- list("risks-common" = people(c(200, 150, 300, 120), 0.35, 0.6, 0),
             "risks-varying" = people(c(260, 180, 400, 140, 220, 90), 0.3, 0.7, 0.6),
             "risks-rare" = people(c(150, 120, 60, 220, 180), 0.06, 1.6, 0))
rare <- sets[["risks-rare"]]
rare$y[rare$trial == "T3" & rare$t == 1] <- 0
rare$y[rare$trial == "T2"] <- 0
rare$y[rare$trial == "T3" & rare$t == 0][1:2] <- 1
sets[["risks-rare"]] <- rare
for (name in names(sets)) write.csv(sets[[name]], file.path(here, "data", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)

told <- function(d) {  # whether each arm has people with and without the event
  cells <- table(factor(d$t, 0:1), factor(d$y, 0:1))
  all(cells > 0)
}

enters <- function(d, measure) if (measure == "RD") length(unique(d$t)) == 2 else told(d)

of_table <- function(d, measure) {
  cells <- table(factor(d$t, 0:1), factor(d$y, 0:1))
  found <- escalc(measure = measure, ai = cells[2, 2], bi = cells[2, 1], ci = cells[1, 2], di = cells[1, 1])
  c(found$yi, sqrt(found$vi))
}

standardised <- function(d, measure) {
  if (!told(d)) return(of_table(d, measure))
  fit <- glm(y ~ t + age, family = binomial, data = d, control = glm.control(epsilon = 1e-14, maxit = 100))
  side <- function(value) {
    X <- model.matrix(~ t + age, transform(d, t = value))
    p <- plogis(drop(X %*% coef(fit)))
    list(mean = mean(p), slope = colMeans(p * (1 - p) * X))
  }
  one <- side(1)
  none <- side(0)
  if (measure == "RR") {
    gradient <- one$slope / one$mean - none$slope / none$mean
    estimate <- log(one$mean / none$mean)
  } else {
    gradient <- one$slope - none$slope
    estimate <- one$mean - none$mean
  }
  c(estimate, sqrt(drop(gradient %*% vcov(fit) %*% gradient)))
}

run <- function(set, measure, adjusted) {
  parts <- Filter(function(d) enters(d, measure), split(sets[[set]], sets[[set]]$trial))
  each <- vapply(parts, if (adjusted) standardised else of_table, numeric(2), measure = measure)
  m <- rma(yi = each[1, ], sei = each[2, ], method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 100000))
  common <- rma(yi = each[1, ], sei = each[2, ], method = "FE")
  list(data = set, measure = measure, adjusted = adjusted, trials = names(parts), estimates = each[1, ], std_errors = each[2, ],
       estimate = as.numeric(m$beta), std_error = m$se, p_value = m$pval, lower = m$ci.lb, upper = m$ci.ub, tau2 = m$tau2,
       q = m$QE, i2 = m$I2 / 100, weights = unname(weights(m)) / 100, common = as.numeric(common$beta), common_std_error = common$se,
       # Higgins, Thompson and Spiegelhalter 2009: t with K - 2 df
       prediction = as.numeric(m$beta) + c(-1, 1) * qt(0.975, m$k - 2) * sqrt(m$tau2 + m$se^2))
}

asked <- expand.grid(set = names(sets), measure = c("RR", "RD"), adjusted = c(FALSE, TRUE), stringsAsFactors = FALSE)
fits <- Map(run, asked$set, asked$measure, asked$adjusted)
out <- list(made_by = "tests/reference/risks.R", R = R.version.string,
            packages = list(metafor = as.character(packageVersion("metafor"))))
line <- function(x) toJSON(x, digits = NA, auto_unbox = TRUE)
writeLines(c(paste0(sub("}$", "", line(out)), ', "fits": ['),
             paste0(vapply(unname(fits), line, ""), c(rep(",", length(fits) - 1), "")), "]}"), file.path(here, "risks.json"))
