# The numbers of short-term FFbHR, overall comparison, from the people that audit.py reads out of the raw files: writes audit.json
# beside this script.
#
#     python -m tests.reference.audit people.csv && Rscript tests/reference/audit.R people.csv
#
# from the root of the repository; about a minute. The pooled effect and those of the first two subgroups with Kenward-Roger
# (pbkrtest); the interaction of treatment with every cut of baseline FFbHR and of age, by lme4 (estimate and standard error).

suppressPackageStartupMessages({library(lme4); library(pbkrtest); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
people <- read.csv(commandArgs(TRUE)[1])
people$trial <- factor(people$trial)
source(file.path(here, "polished.R"))
exact <- lmerControl(optimizer = "polished", calc.derivs = FALSE, boundary.tol = 0, check.conv.singular = "ignore")
model <- function(d, terms) {
  f <- reformulate(c("0", "trial", "before", terms, "(0 + treatment | trial)"), "change")
  # in the call itself, because pbkrtest evaluates it again
  eval(bquote(lmer(.(f), d, control = exact)))
}

effect <- function(d) {
  fit <- model(d, "treatment")
  at <- names(fixef(fit)) == "treatment"
  list(n = nrow(d), estimate = fixef(fit)[[which(at)]], std_error = sqrt(as.matrix(vcovAdj(fit))[at, at]),
       df = get_Lb_ddf(fit, at * 1), tau2 = VarCorr(fit)$trial[1, 1], sigma2 = sigma(fit)^2)
}

cuts <- function(column) {
  known <- people[!is.na(people[[column]]), ]
  t(sapply(head(sort(unique(known[[column]])), -1), function(cut) {
    known$low <- as.numeric(known[[column]] <= cut)
    fit <- model(known, c("low", "treatment", "treatment:low"))
    at <- grep(":", names(fixef(fit)))
    # where one side of an arm is empty there is no such interaction
    if (length(at)) c(cut, fixef(fit)[[at]], sqrt(as.matrix(vcov(fit))[at, at])) else c(cut, NA, NA)
  }))
}

made <- list(
  versions = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), pbkrtest = as.character(packageVersion("pbkrtest"))),
  pooled = effect(people),
  low = effect(people[people$before <= 54.17, ]),
  high = effect(people[people$before > 54.17, ]),
  cuts = list(before = cuts("before"), age = cuts("age"))
)
write(toJSON(made, digits = 12, auto_unbox = TRUE, na = "null"), file.path(here, "audit.json"))
