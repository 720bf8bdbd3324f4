"""Estimates from the records of a survey, each with its sampling error.

Every statistic is brought to one form: the score of a record, the derivative of the estimate by the record's weight.
The variance of any statistic is then that of a total of scores, computed in one place (variance). Source: Demnati and
Rao (2004). Linearization variance estimators for survey data. Survey Methodology 30, 17-26.
"""
