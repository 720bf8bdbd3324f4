# Answers of R's survey package. Rscript survey.R FOLDER...; each folder holds what support/r_survey.py wrote:
#   columns.txt    names of columns: weight, stratum, psu, fpc (PSUs in the population, Inf: no correction), dimensions,
#                  measures
#   records.f64    their values, column after column, as little-endian doubles (nothing is lost as in decimal text)
#   asks.tsv       what is asked
# and gets estimates.tsv, where %.17g gives doubles back to the last bit.
suppressPackageStartupMessages(library(survey))
options(survey.adjust.domain.lonely = FALSE)  # only strata of one PSU in the whole sample are lonely
options(survey.drop.replicates = FALSE)  # if those of strata taken whole are left out, totals of domains go wrong

read_records <- function(folder) {
  names <- readLines(file.path(folder, "columns.txt"))
  path <- file.path(folder, "records.f64")
  values <- readBin(path, "double", file.size(path) / 8, endian = "little")
  records <- as.data.frame(matrix(values, ncol = length(names)))
  setNames(records, names)
}

# qrule "math", the smallest value at which at least p of the weight is reached. R 4.1.1's own differs in one case, which
# is a slip in survey:::qs: where p lies within the weight of the very first record it gives the second value.
smallest <- function(x, w, p) {
  x <- x[w != 0]
  w <- w[w != 0]
  o <- order(x)
  reached <- cumsum(w[o])
  value <- x[o][which(reached >= p * sum(w))[1]]
  if (reached[1] <= p * sum(w)) stopifnot(identical(value, survey:::qrule_math(x, w, p)))
  value
}

t_interval <- function(s, df) as.vector(confint(s, df = df))

deff_of <- function(s) if (is.null(attr(s, "deff"))) NA else as.vector(attr(s, "deff"))

proportion <- function(formula, part, df, ask) {
  s <- svymean(formula, part, deff = ask$deff)
  by <- function(method) {
    found <- tryCatch(svyciprop(formula, part, method = method, df = df), error = function(e) NULL)
    if (is.null(found)) c(NA, NA) else as.vector(attr(found, "ci"))
  }
  # "xlogit" is the delta method on the logit, exact; "logit" the same by a fitted model, to its convergence
  c(coef(s), SE(s), df, deff_of(s), t_interval(s, df), by("xlogit"), by("logit"), by("beta"))
}

quantile_of <- function(part, ask, df) {
  q <- svyquantile(reformulate(ask$of), part, ask$p, qrule = smallest, interval.type = "mean", df = df)[[1]]
  part$variables$reached <- as.numeric(part$variables[[ask$of]] <= q[1])
  reached <- svymean(~reached, part, deff = ask$deff)
  c(q[1], q[4], df, deff_of(reached), q[2], q[3], t_interval(reached, df), rep(NA, 4))
}

of_weights <- list(
  quantile = function(x, w, p) { o <- order(x); x[o][which(cumsum(w[o]) >= p * sum(w))[1]] },
  gini = function(x, w, p) { o <- order(x); x <- x[o]; w <- w[o]
    sum(x * w * (2 * cumsum(w) - w - sum(w))) / (sum(w) * sum(x * w)) })

# Of replicates: what R has no scores for is given as a function of the weights.
by_replicates <- function(part, ask) {
  s <- withReplicates(part, function(w, data) of_weights[[ask$statistic]](data[[ask$of]], w, ask$p))
  c(coef(s), SE(s), degf(part), rep(NA, 9))
}

estimate <- function(part, ask) {
  if (ask$replicated == "yes" && ask$statistic %in% names(of_weights)) return(by_replicates(part, ask))
  df <- degf(part)
  formula <- reformulate(ask$of)
  if (ask$statistic == "prop") return(proportion(formula, part, df, ask))
  if (ask$statistic == "quantile") return(quantile_of(part, ask, df))
  s <- switch(ask$statistic,
    total = svytotal(formula, part, deff = ask$deff),
    mean = svymean(formula, part, deff = ask$deff),
    ratio = svyratio(formula, reformulate(ask$over), part, deff = ask$deff))
  c(coef(s), SE(s), df, deff_of(s), t_interval(s, df), rep(NA, 6))
}

# Rows of each domain that have what is asked of: subset() and na.rm = TRUE come to the same. Those of a ratio have a part
# in it: who asks for children of five in school takes the subset of children of five.
domains <- function(variables, ask) {
  by <- if (nzchar(ask$by)) strsplit(ask$by, ",")[[1]] else character()
  keys <- if (length(by)) do.call(paste, c(unname(variables[by]), sep = ",")) else rep("all", nrow(variables))
  asked <- c(ask$of, if (nzchar(ask$over)) ask$over)
  complete <- complete.cases(variables[asked])
  if (nzchar(ask$over)) complete <- complete & (variables[[ask$of]] != 0 | variables[[ask$over]] != 0)
  lapply(split(seq_len(nrow(variables)), keys), function(rows) rows[complete[rows]])
}

answer <- function(design, ask) {
  options(survey.lonely.psu = ask$lonely)
  ask$deff <- if (ask$deff == "yes") "replace" else FALSE
  ask$p <- as.numeric(ask$p)
  found <- domains(design$variables, ask)
  lines <- lapply(names(found), function(key) {
    rows <- found[[key]]
    part <- design[rows, ]
    weighted <- sum(weights(part) != 0)
    error <- ""
    values <- rep(NA_real_, 12)
    if (weighted) values <- tryCatch(as.numeric(suppressWarnings(estimate(part, ask))), error = function(e) {
      error <<- gsub("[[:space:]]+", " ", conditionMessage(e))
      values
    })
    paste(c(ask$name, key, sprintf("%.17g", c(values, length(rows), weighted)), error), collapse = "\t")
  })
  unlist(lines)
}

for (folder in commandArgs(TRUE)) {
  records <- read_records(folder)
  fpc <- if (any(is.finite(records$fpc))) ~fpc else NULL
  records$fpc[!is.finite(records$fpc)] <- 1e18  # of Inf the jackknife makes NaN
  # nest makes factors of PSUs, with which R is ten times as slow: only where codes are reused between strata
  reused <- nrow(unique(records[c("stratum", "psu")])) > length(unique(records$psu))
  design <- svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, fpc = fpc, data = records, nest = reused, check.strata = FALSE)
  asks <- read.delim(file.path(folder, "asks.tsv"), colClasses = "character", na.strings = character())
  options(survey.lonely.psu = "certainty")
  replicated <- if (any(asks$replicated == "yes")) as.svrepdesign(design, type = "JKn", mse = TRUE)
  lines <- lapply(split(asks, seq_len(nrow(asks))), function(ask) {
    answer(if (ask$replicated == "yes") replicated else design, as.list(ask))
  })
  writeLines(unlist(lines), file.path(folder, "estimates.tsv"))
}
