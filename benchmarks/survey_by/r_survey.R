# R's survey package: Rscript r_survey.R RECORDS.csv ANSWERS.csv REPEATS
# What is timed: svyby over the domains, with the records in memory and the design declared (which takes part of a second
# more). Prints the shortest time, in seconds.
suppressPackageStartupMessages(library(survey))
given <- commandArgs(TRUE)
text <- c("state", "sex", "age", "stratum", "psu")
records <- read.csv(given[1], colClasses = setNames(rep("factor", length(text)), text))
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = records)
seconds <- replicate(as.integer(given[3]), system.time(
  found <<- svyby(~literate, ~state + sex + age, design, svymean, na.rm = TRUE))[["elapsed"]])
answers <- data.frame(found[c("state", "sex", "age")], value = sprintf("%.17g", coef(found)), error = sprintf("%.17g", SE(found)))
write.csv(answers, given[2], row.names = FALSE, quote = FALSE)
cat(min(seconds), "\n")
