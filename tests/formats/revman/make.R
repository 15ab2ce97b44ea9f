# Writes small.rm5: a review in the layout of RevMan 5 whose stored results are computed by metafor, and where metafor has no
# such method (Mantel-Haenszel with random effects, RevMan's SMD) by the formulas of Deeks & Higgins (2010), "Statistical
# algorithms in Review Manager 5". Made with R 4.2.2 and metafor 3.8-1:  Rscript make.R > small.rm5
suppressMessages(library(metafor))

num <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))
attrs <- function(...) { v <- list(...); paste(sprintf('%s="%s"', names(v), vapply(v, as.character, "")), collapse = " ") }
result <- function(fit, tr, tau2 = fit$tau2, Q = fit$QE, k = fit$k) {
  list(EFFECT_SIZE = num(tr(as.vector(fit$beta))), CI_START = num(tr(fit$ci.lb)), CI_END = num(tr(fit$ci.ub)),
       Z = num(abs(fit$zval)), P_Z = num(fit$pval), CHI2 = num(Q), DF = k - 1,
       P_CHI2 = num(pchisq(Q, k - 1, lower.tail = FALSE)), I2 = num(100 * max(0, 1 - (k - 1) / Q)),
       TAU2 = num(tau2), ESTIMABLE = "YES", STUDIES = k)
}
between <- function(fits) {
  yi <- sapply(fits, function(f) as.vector(f$beta)); vi <- sapply(fits, function(f) f$se^2)
  Q <- rma(yi, vi, method = "FE")$QE
  list(Q = num(Q), P_Q = num(pchisq(Q, length(yi) - 1, lower.tail = FALSE)))
}
element <- function(tag, a, inside = "") cat(sprintf("<%s %s>%s</%s>\n", tag, do.call(attrs, a), paste(inside, collapse = ""), tag))
row <- function(tag, a) sprintf("<%s %s/>\n", tag, do.call(attrs, a))
heads <- function(name, measure = "") paste0(
  "<NAME>", name, "</NAME><GROUP_LABEL_1>Drug</GROUP_LABEL_1><GROUP_LABEL_2>Control</GROUP_LABEL_2>",
  "<GRAPH_LABEL_1>Favours drug</GRAPH_LABEL_1><GRAPH_LABEL_2>Favours control</GRAPH_LABEL_2>",
  if (measure == "") "" else paste0("<EFFECT_MEASURE>", measure, "</EFFECT_MEASURE>"))

studies <- c("Able-1990", "Baker-1995", "Cole-2001", "Dunn-2010")
count_rows <- function(d, w, estimable = TRUE) sapply(seq_len(nrow(d)), function(i) row("DICH_DATA", list(
  STUDY_ID = paste0("STD-", d$id[i]), EVENTS_1 = d$a[i], TOTAL_1 = d$n1[i], EVENTS_2 = d$c[i], TOTAL_2 = d$n2[i], O_E = "0.0",
  ESTIMABLE = ifelse(rep_len(estimable, nrow(d))[i], "YES", "NO"), WEIGHT = num(w[i]), ORDER = i)))
mh_weights <- function(d, measure) {
  z <- with(d, (a == 0 | c == 0 | a == n1 | c == n2)) * 0.5
  a <- d$a + z; b <- d$n1 - d$a + z; c <- d$c + z; e <- d$n2 - d$c + z; N <- a + b + c + e
  w <- switch(measure, OR = b * c / N, RR = c * (a + b) / N, RD = (a + b) * (c + e) / N)
  100 * w / sum(w)
}
mh <- function(d, measure) rma.mh(measure = measure, ai = a, n1i = n1, ci = c, n2i = n2, data = d, correct = FALSE,
                                  add = c(1/2, 1/2), to = c("only0", "only0"), drop00 = c(TRUE, TRUE))
mh_random <- function(d, measure) {
  dat <- escalc(measure = measure, ai = a, n1i = n1, ci = c, n2i = n2, data = d, add = 1/2, to = "only0", drop00 = TRUE)
  dat <- dat[!is.na(dat$yi), ]
  w <- 1 / dat$vi; Q <- sum(w * (dat$yi - as.vector(mh(d, measure)$beta))^2)
  tau2 <- max(0, (Q - (nrow(dat) - 1)) / (sum(w) - sum(w^2) / sum(w)))
  list(fit = rma(yi, vi, data = dat, tau2 = tau2), Q = Q, tau2 = tau2)
}
outcome <- function(tag, no, name, settings, stored, inside, measure = "") element(paste0(tag, "_OUTCOME"), c(
  list(ID = sprintf("CMP-001.%02d", no), NO = no, CI_STUDY = "95", TOTALS = "YES"), settings, stored),
  c(heads(name, measure), inside))

counts <- data.frame(id = studies, a = c(4, 6, 3, 62), n1 = c(123, 306, 231, 13598), c = c(11, 29, 11, 248), n2 = c(139, 303, 220, 12867))
sparse <- data.frame(id = studies, a = c(0, 2, 7, 0), n1 = c(40, 55, 60, 30), c = c(3, 9, 8, 0), n2 = c(42, 50, 61, 31))
means <- data.frame(id = studies[1:3], m1 = c(55, 27, 64), s1 = c(47, 7, 17), n1 = c(155, 31, 75), m2 = c(75, 29, 119), s2 = c(64, 4, 29), n2 = c(156, 32, 71))
log_rank <- data.frame(id = studies[1:3], oe = c(-1.8, -7.4, -3.9), v = c(14.5, 80.6, 30.2))
generic <- data.frame(id = studies, est = c(-0.36, -0.73, -0.10, -0.25), se = c(0.14, 0.17, 0.10, 0.2))

cat('<?xml version="1.0" encoding="UTF-8"?>\n<COCHRANE_REVIEW DOI="" ID="1" MODIFIED="2020-01-01" REVMAN_SUB_VERSION="5.4" REVMAN_VERSION="5" TYPE="INTERVENTION">\n')
cat("<COVER_SHEET><TITLE>An invented review</TITLE></COVER_SHEET>\n<STUDIES_AND_REFERENCES><STUDIES><INCLUDED_STUDIES>\n")
for (s in studies) cat(sprintf('<STUDY ID="STD-%s" NAME="%s" YEAR="%s"><REFERENCE NOTES="" PRIMARY="NO" TYPE="OTHER"><TI>A report</TI></REFERENCE><REFERENCE PRIMARY="YES" TYPE="JOURNAL_ARTICLE"><AU>%s A, Other B</AU><TI>A trial of a drug</TI><SO>Journal of Examples</SO><YR>%s</YR><VL>1</VL><PG>1-9</PG><IDENTIFIERS><IDENTIFIER TYPE="DOI" VALUE="https://doi.org/10.1000/%s"/><IDENTIFIER TYPE="PUBMED" VALUE="PMID: 88%s"/></IDENTIFIERS></REFERENCE></STUDY>\n',
  s, sub("-", " ", s), sub(".*-", "", s), sub("-.*", "", s), sub(".*-", "", s), tolower(s), sub(".*-", "", s)))
cat('</INCLUDED_STUDIES><EXCLUDED_STUDIES><STUDY ID="STD-Eaton-1999" NAME="Eaton 1999" YEAR="1999"/></EXCLUDED_STUDIES></STUDIES></STUDIES_AND_REFERENCES>\n')
cat('<CHARACTERISTICS_OF_STUDIES><CHARACTERISTICS_OF_INCLUDED_STUDIES><INCLUDED_CHAR STUDY_ID="STD-Able-1990"><CHAR_METHODS><P>Randomised</P></CHAR_METHODS></INCLUDED_CHAR></CHARACTERISTICS_OF_INCLUDED_STUDIES><CHARACTERISTICS_OF_EXCLUDED_STUDIES><EXCLUDED_CHAR STUDY_ID="STD-Eaton-1999"><CHAR_REASON_FOR_EXCLUSION><P>Not randomised</P></CHAR_REASON_FOR_EXCLUSION></EXCLUDED_CHAR></CHARACTERISTICS_OF_EXCLUDED_STUDIES></CHARACTERISTICS_OF_STUDIES>\n')
cat('<QUALITY_ITEMS><QUALITY_ITEM ID="QIT-01" NO="1"><NAME>Random sequence generation (selection bias)</NAME><QUALITY_ITEM_DATA><QUALITY_ITEM_DATA_ENTRY RESULT="YES" STUDY_ID="STD-Able-1990"><DESCRIPTION><P>By computer</P></DESCRIPTION></QUALITY_ITEM_DATA_ENTRY><QUALITY_ITEM_DATA_ENTRY RESULT="UNKNOWN" STUDY_ID="STD-Baker-1995"><DESCRIPTION/></QUALITY_ITEM_DATA_ENTRY></QUALITY_ITEM_DATA></QUALITY_ITEM></QUALITY_ITEMS>\n')
cat('<ANALYSES_AND_DATA><COMPARISON ID="CMP-001" NO="1"><NAME>Drug versus control</NAME>\n')

old <- counts[1:2, ]; new <- counts[3:4, ]
fits <- list(mh(old, "RR"), mh(new, "RR")); w <- mh_weights(counts, "RR")
groups <- mapply(function(fit, d, no, name, w) sprintf("<DICH_SUBGROUP %s><NAME>%s</NAME>%s</DICH_SUBGROUP>\n",
  do.call(attrs, c(list(ID = sprintf("CMP-001.01.%02d", no), NO = no), result(fit, exp, 0))), name, paste(count_rows(d, w), collapse = "")),
  fits, list(old, new), 1:2, c("Before 2000", "Since 2000"), list(w[1:2], w[3:4]))
outcome("DICH", 1, "Infection", list(METHOD = "MH", RANDOM = "NO", EFFECT_MEASURE = "RR", CI_TOTAL = "95", SUBGROUPS = "YES"),
        c(result(mh(counts, "RR"), exp, 0), between(fits)), groups)
r <- mh_random(sparse, "OR"); w <- weights(r$fit)
outcome("DICH", 2, "Death", list(METHOD = "MH", RANDOM = "YES", EFFECT_MEASURE = "OR", CI_TOTAL = "90"),
        modifyList(result(r$fit, exp, r$tau2, r$Q), list(CI_START = num(exp(predict(r$fit, level = 90)$ci.lb)), CI_END = num(exp(predict(r$fit, level = 90)$ci.ub)))),
        count_rows(sparse, c(w, 0), c(TRUE, TRUE, TRUE, FALSE)))
p <- rma.peto(ai = a, n1i = n1, ci = c, n2i = n2, data = sparse)
outcome("DICH", 3, "Death by Peto", list(METHOD = "PETO", RANDOM = "NO", EFFECT_MEASURE = "PETO_OR", CI_TOTAL = "95"), result(p, exp, 0, k = 3),
        count_rows(sparse, ifelse(is.na(weights(p)), 0, weights(p)), c(TRUE, TRUE, TRUE, FALSE)))
d <- mh(counts, "RD")
outcome("DICH", 4, "Infection as a difference", list(METHOD = "MH", RANDOM = "NO", EFFECT_MEASURE = "RD", CI_TOTAL = "95"), result(d, identity, 0),
        count_rows(counts, mh_weights(counts, "RD")))
mean_rows <- function(w) sapply(seq_len(nrow(means)), function(i) with(means[i, ], row("CONT_DATA", list(
  STUDY_ID = paste0("STD-", id), MEAN_1 = m1, SD_1 = s1, TOTAL_1 = n1, MEAN_2 = m2, SD_2 = s2, TOTAL_2 = n2, ESTIMABLE = "YES", WEIGHT = num(w[i])))))
m <- rma(escalc("MD", m1i = m1, sd1i = s1, n1i = n1, m2i = m2, sd2i = s2, n2i = n2, data = means), method = "DL")
outcome("CONT", 5, "Length of stay", list(RANDOM = "YES", EFFECT_MEASURE = "MD", UNITS = "days", CI_TOTAL = "95"), result(m, identity), mean_rows(weights(m)))
g <- with(means, { N <- n1 + n2; s <- sqrt(((n1 - 1) * s1^2 + (n2 - 1) * s2^2) / (N - 2)); g <- (m1 - m2) / s * (1 - 3 / (4 * N - 9))
  data.frame(yi = g, vi = N / (n1 * n2) + g^2 / (2 * (N - 3.94))) })
m <- rma(g$yi, g$vi, method = "FE")
outcome("CONT", 6, "Length of stay, standardised", list(RANDOM = "NO", EFFECT_MEASURE = "SMD", CI_TOTAL = "95"), result(m, identity, 0), mean_rows(weights(m)))
m <- rma(oe / v, 1 / v, data = log_rank, method = "FE")
outcome("IPD", 7, "Survival", list(METHOD = "EXP_O_E_VAR", RANDOM = "NO", CI_TOTAL = "95"), result(m, exp, 0),
  sapply(1:3, function(i) with(log_rank[i, ], row("IPD_DATA", list(STUDY_ID = paste0("STD-", id), EVENTS_1 = 0, TOTAL_1 = 0, EVENTS_2 = 0, TOTAL_2 = 0,
    O_E = oe, VAR = v, ESTIMABLE = "YES", WEIGHT = num(weights(m)[i]))))), "Hazard Ratio")
m <- rma(est, se^2, data = generic, method = "DL")
outcome("IV", 8, "Progression", list(METHOD = "IV", RANDOM = "YES", LOG_DATA = "YES", CI_TOTAL = "95"), result(m, exp),
  sapply(1:4, function(i) with(generic[i, ], row("IV_DATA", list(STUDY_ID = paste0("STD-", id), ESTIMATE = est, SE = se, TOTAL_1 = 50, TOTAL_2 = 48,
    ESTIMABLE = "YES", WEIGHT = num(weights(m)[i]))))), "Hazard Ratio")
cat('<OTHER_OUTCOME ID="CMP-001.09" NO="9"><NAME>Cost</NAME></OTHER_OUTCOME>\n</COMPARISON></ANALYSES_AND_DATA>\n</COCHRANE_REVIEW>\n')
