#
# Computes the pooled results of the report again with the R package metafor, and compares them with those of trialpool, number
# by number. Run it as  Rscript recompute.R  with metafor installed; it needs nothing else, for the data stand below. yi are
# effects on the scale of analysis (logarithms for ratios), vi their sampling variances, as the report derives them for each study.

suppressPackageStartupMessages(library(metafor))

tolerance <- 1e-6   # relative
near_zero <- 1e-9   # absolute: an estimator that stops a hair above 0 has found 0
exact <- list(threshold = 1e-12, maxiter = 10000, tol = 1e-12)
tests <- c(HK = "knha", "HK-floor" = "adhoc", "HK-wider" = "knha", Wald = "z", t = "t", KR = "z", PL = "z", HC = "z")
compared <- 0
largest <- 0
differing <- character()
answers <- list()

compare <- function(analysis, what, metafor, trialpool) {
  for (number in names(trialpool)) {
    theirs <- unname(metafor[number])
    ours <- unname(trialpool[number])
    difference <- abs(theirs - ours)
    if (!is.na(difference) && (number == "p" || difference > near_zero)) difference <- difference / abs(ours)
    compared <<- compared + 1
    if (is.na(difference) || difference > tolerance) {
      differing <<- c(differing, sprintf("%s, %s, %s: metafor %.10g, trialpool %.10g", analysis, what, number, theirs, ours))
    } else {
      largest <<- max(largest, difference)
    }
  }
  if (what == "pooled") answers[[analysis]] <<- metafor
}

half_width <- function(se, df, level) qt(1 - (1 - level / 100) / 2, df) * se

# the fit at the stated estimator of tau2; three of them are had from generalised Q statistics with weights that are given, and
# two are iterations whose fixed point is the estimate of Paule and Mandel
fitted_by <- function(x, tau2, test, level) {
  if (tau2 %in% c("DLIT", "SJIT")) tau2 <- "PM"
  if (tau2 == "GENQM" && !requireNamespace("CompQuadForm", quietly = TRUE)) stop("GENQM needs the R package CompQuadForm")
  given <- function(value) rma(yi, vi, data = x, tau2 = value, test = test, level = level)
  by_q <- function(method, w) rma(yi, vi, weights = w, data = x, method = method, control = exact)$tau2
  suppressWarnings(
    if (tau2 == "common" || nrow(x) == 1) rma(yi, vi, data = x, method = "FE", test = "z", level = level)
    else if (tau2 %in% c("GENQ", "GENQM")) given(by_q(tau2, 1 / sqrt(x$vi)))
    else if (tau2 == "DL2") given(by_q("GENQ", 1 / (x$vi + rma(yi, vi, data = x, method = "DL")$tau2)))
    else if (tau2 %in% c("ML", "REML")) highest(x, tau2, test, level)
    else rma(yi, vi, data = x, method = tau2, test = test, level = level, control = exact))
}

# a likelihood can have more than one maximum: the highest from several starting points
highest <- function(x, tau2, test, level) {
  starts <- c(list(NULL), as.list(c(0.1, 1, 4) * var(x$yi)))
  fits <- lapply(starts, function(start) try(rma(yi, vi, data = x, method = tau2, test = test, level = level,
                                                 control = c(exact, list(tau2.init = start))), silent = TRUE))
  fits <- Filter(function(fit) !inherits(fit, "try-error"), fits)
  fits[[which.max(sapply(fits, logLik))]]
}

pooled <- function(x, tau2, ci, level, prediction) {
  k <- nrow(x)
  test <- if (ci == "HK-IQWiG") "knha" else tests[[ci]]
  fit <- fitted_by(x, tau2, test, level)
  if (ci == "HK-IQWiG" && k > 1) {
    by_dl <- fitted_by(x, "DL", "z", 95)
    narrower <- half_width(fit$se, k - 1, 95) < half_width(by_dl$se, Inf, 95)
    if (narrower) fit <- fitted_by(x, tau2, "adhoc", level)
  }
  found <- c(estimate = as.vector(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, p = fit$pval,
             tau2 = fit$tau2, Q = fit$QE, I2 = fit$I2 / 100)
  if (ci == "HK-wider" && k > 1) {
    wald <- fitted_by(x, tau2, "z", level)
    found["ci_low"] <- min(fit$ci.lb, wald$ci.lb)
    found["ci_high"] <- max(fit$ci.ub, wald$ci.ub)
    found["p"] <- max(fit$pval, wald$pval)
  }
  if (ci == "HC" && k > 1) {
    hc <- hc(fit)   # its limits are searched to four or five decimals, and so not compared
    found[c("estimate", "se")] <- c(hc$beta, hc$se)
  }
  df <- c(t = k - 1, HTS = k - 2, normal = Inf)[[prediction]]
  half <- if (df > 0) half_width(sqrt(fit$tau2 + found[["se"]]^2), df, level) else NA
  c(found, prediction_low = found[["estimate"]] - half, prediction_high = found[["estimate"]] + half)
}

mantel_haenszel <- function(x, measure, level) {
  fit <- suppressWarnings(rma.mh(measure = measure, ai = events_t, n1i = n_t, ci = events_c, n2i = n_c, data = x,
                                 level = level, correct = FALSE))
  c(estimate = as.vector(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, p = fit$pval, Q = fit$QE,
    I2 = fit$I2 / 100)
}

peto <- function(x, level) {
  fit <- suppressWarnings(rma.peto(ai = events_t, n1i = n_t, ci = events_c, n2i = n_c, data = x, level = level))
  c(estimate = as.vector(fit$beta), se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub, p = fit$pval, Q = fit$QE,
    I2 = fit$I2 / 100)
}

from_counts <- function(analysis, x, measure) {
  again <- escalc(measure = measure, ai = events_t, n1i = n_t, ci = events_c, n2i = n_c, data = x[c("events_t", "n_t", "events_c", "n_c")],
                  add = 1/2, to = if (measure == "PETO") "none" else "only0")
  for (i in seq_len(nrow(x))) {
    compare(analysis, paste0("effect of ", x$study[i]), c(yi = again$yi[i], vi = again$vi[i]), c(yi = x$yi[i], vi = x$vi[i]))
  }
}

between <- function(groups, tau2, ci) {
  fits <- lapply(groups, fitted_by, tau2 = tau2, test = "z", level = 95)
  means <- if (ci == "HC") lapply(groups, fitted_by, tau2 = "common", test = "z", level = 95) else fits
  test <- rma(sapply(means, function(f) as.vector(f$beta)), sapply(fits, function(f) f$se)^2, method = "FE")
  c(Q = test$QE, p = test$QEp)
}

between_mh <- function(groups, measure) {
  fits <- lapply(groups, mantel_haenszel, measure = measure, level = 95)
  test <- rma(sapply(fits, function(f) f[["estimate"]]), sapply(fits, function(f) f[["se"]])^2, method = "FE")
  c(Q = test$QE, p = test$QEp)
}

with_one_tau2 <- function(groups, tau2, ci, level) {
  x <- do.call(rbind, lapply(seq_along(groups), function(i) cbind(groups[[i]][c("yi", "vi")], group = i)))
  x$group <- factor(x$group)
  test <- if (ci == "t") "z" else tests[[ci]]   # t: each group with as many degrees of freedom as it has studies, less one
  fit <- suppressWarnings(
    if (nlevels(x$group) > 1) rma(yi, vi, mods = ~ group - 1, data = x, method = tau2, test = test, level = level, control = exact)
    else rma(yi, vi, data = x, method = tau2, test = test, level = level, control = exact))
  levels <- lapply(seq_along(groups), function(i) c(estimate = fit$beta[i], se = fit$se[i], ci_low = fit$ci.lb[i],
                                                    ci_high = fit$ci.ub[i], p = fit$pval[i], tau2 = fit$tau2))
  if (ci == "t") levels <- lapply(seq_along(groups), function(i) {
    found <- levels[[i]]
    df <- if (nrow(groups[[i]]) > 1) nrow(groups[[i]]) - 1 else Inf
    half <- half_width(found[["se"]], df, level)
    found[c("ci_low", "ci_high", "p")] <- c(found[["estimate"]] + c(-1, 1) * half, 2 * pt(-abs(found[["estimate"]] / found[["se"]]), df))
    found
  })
  if (nlevels(x$group) > 1) {
    difference <- rma(yi, vi, mods = ~ group, data = x, method = tau2, test = test, control = exact)
    levels$test <- c(p = difference$QMp)
  }
  levels
}

egger <- function(x) {
  test <- regtest(x$yi, x$vi, model = "lm")
  c(statistic = test$zval, p = test$pval, limit = test$est)
}

show <- function(analysis, log) {
  found <- answers[[analysis]][c("estimate", "ci_low", "ci_high")]
  if (log) found <- exp(found)
  cat(sprintf("%s: %.4f (%.4f to %.4f)\n", analysis, found[1], found[2], found[3]))
}

finish <- function() {
  cat(sprintf("%d numbers compared, metafor %s: ", compared, packageVersion("metafor")))
  if (length(differing) == 0) {
    cat(sprintf("all agree within %g (largest relative difference %.1e).\n", tolerance, largest))
  } else {
    cat(sprintf("%d differ.\n", length(differing)))
    cat(differing, sep = "\n")
    quit(status = 1)
  }
}
