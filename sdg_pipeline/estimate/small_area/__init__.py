"""Estimates for areas whose samples are too small for direct ones: a model of areas, and what is said of it.

Five modules know arrays only: the model (fay_herriot), the scale of its proportions (proportions), and three about it.
These are the sampling variances that it takes as known (variance_function), the agreement of its areas with the survey
(benchmarking), and its checks (model_checks). ``estimates`` joins them to the survey.
"""
