"""Charts of an indicator as SVG text, for the desk and the site: states with intervals, a map of tiles, the trend.

What belongs here: how figures are drawn. What does not: which figures are drawn, and where the SVG goes.
"""
