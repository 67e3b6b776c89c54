# Simulated trials for the reference grid of the one-step model: one small CSV per data set in data/.
#
#     Rscript tests/reference/make_data.R        (from the root of the repository; the CSVs are committed)
#
# Numbers are rounded before they are written, so that R and Python read the same ones. Columns: trial, t (0/1), x1 and x2
# (adjusters), z (continuous moderator, its mean differs between trials), g (three levels, a/b/c), y (improvement).
# Names of the data sets: <trials>-<equal|unequal>-<tau large|small|zero>, and the boundary cases by what they are.

RNGkind("Mersenne-Twister", "Inversion", "Rejection")
# Beside this script, wherever it is started from.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
folder <- file.path(here, "data")
dir.create(folder, showWarnings = FALSE)

sizes <- list(
  "2-equal" = rep(60, 2), "2-unequal" = c(24, 120),
  "3-equal" = rep(44, 3), "3-unequal" = c(16, 30, 110),
  "6-equal" = rep(32, 6), "6-unequal" = c(8, 14, 22, 40, 60, 90),
  "19-equal" = rep(16, 19), "19-unequal" = c(6, 6, 8, 8, 8, 10, 10, 10, 10, 12, 12, 14, 16, 16, 20, 24, 30, 40, 60)
)
tau <- c(large = 0.8, small = 0.3, zero = 0)

# One trial after the other: y = phi_i + 0.5 x1 + 0.3 x2 + 0.2 z + level + t (0.6 + u_i + (0.3 + v_i) z) + e, times `scale`.
simulate <- function(n, tau, slope_sd = 0.3 * tau, rho = 0, intercept_sd = 1, sigma = rep(1, length(n)), scale = 1) {
  trials <- lapply(seq_along(n), function(i) {
    m <- n[i]
    a <- rnorm(1)
    u <- tau * (rho * a + sqrt(1 - rho^2) * rnorm(1))
    v <- slope_sd * rnorm(1)
    treated <- round(m * if (i %% 3 == 2) 0.6 else 0.5)
    t <- sample(rep(0:1, c(m - treated, treated)))
    x1 <- rnorm(m, 0.3 * rnorm(1))
    x2 <- rbinom(m, 1, 0.45)
    z <- rnorm(m, 0.5 * rnorm(1)) + 0.3 * x1
    g <- sample(c("a", "b", "c"), m, replace = TRUE, prob = c(0.4, 0.35, 0.25))
    y <- intercept_sd * a + 0.5 * x1 + 0.3 * x2 + 0.2 * z + c(a = 0, b = 0.2, c = -0.1)[g] +
      t * (0.6 + u + (0.3 + v) * z) + rnorm(m, 0, sigma[i])
    data.frame(trial = sprintf("T%02d", i), t, x1 = round(x1, 3), x2, z = round(z, 3), g, y = round(scale * y, 3))
  })
  do.call(rbind, trials)
}

# Rows are written in a shuffled order: nothing may depend on trials being contiguous.
write_set <- function(name, data) {
  data <- data[sample(nrow(data)), ]
  write.csv(data, file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

set.seed(20210519)
for (shape in names(sizes)) {
  for (level in names(tau)) write_set(paste(shape, level, sep = "-"), simulate(sizes[[shape]], tau[[level]]))
}

# Outcome on a 0-100-like scale, correlated intercepts and effects, variances that differ between trials.
write_set("6-scaled", simulate(sizes[["6-unequal"]], 0.6, rho = 0.5, scale = 17))
write_set("6-correlated", simulate(rep(40, 6), 0.7, rho = 0.6))
write_set("19-correlated", simulate(rep(18, 19), 0.7, slope_sd = 0.5, rho = -0.5))
write_set("3-heteroscedastic", simulate(c(40, 60, 80), 0.8, sigma = c(0.6, 1, 1.8)))
write_set("6-heteroscedastic", simulate(c(20, 30, 40, 40, 50, 60), 0.8, sigma = c(0.5, 0.8, 1, 1.2, 1.6, 2), intercept_sd = 1.5))
write_set("8-heteroscedastic", simulate(rep(c(24, 36), 4), 0.5, sigma = rep(c(0.7, 1.4), 4), intercept_sd = 1.5))

# The correlation of intercept and effect is estimated as +1, or -1.
set.seed(1)
write_set("5-correlation-plus-one", simulate(rep(40, 5), 0.8, rho = 1))
set.seed(11)
write_set("5-correlation-minus-one", simulate(rep(40, 5), 0.8, rho = -1))
set.seed(20220101)

# x2 = 2 x1 - 1 exactly (x1 with few digits), so the second adjuster says nothing new.
collinear <- simulate(rep(30, 4), 0.6)
collinear$x2 <- 2 * collinear$x1 - 1
write_set("4-collinear", collinear)

# Two trials with one participant in each arm.
pairs <- simulate(c(2, 2, 30, 40, 50), 0.6)
pairs$t[pairs$trial == "T01"] <- 0:1
pairs$t[pairs$trial == "T02"] <- 0:1
write_set("5-one-per-arm", pairs)

# Everybody in one trial has the same moderator value, everybody in another the same level.
constant <- simulate(rep(34, 5), 0.6)
constant$z[constant$trial == "T02"] <- 1.25
constant$g[constant$trial == "T03"] <- "a"
write_set("5-moderator-constant", constant)

write_set("1-trial", simulate(90, 0))
