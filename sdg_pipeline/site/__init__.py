"""The static site: pages of the release in force for everybody, written into ``data/site``.

What belongs here: what pages show, their templates, their words, and how they are written. What does not: how a figure
is drawn (charts), how it is computed (estimate), and how the pages are served (serve).
"""
