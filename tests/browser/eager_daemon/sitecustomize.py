"""The daemon of a desk of tests looks for backfills every second instead of every half minute; no setting says so."""

import sys

if any("dagster-daemon" in word for word in sys.orig_argv):
    from dagster._daemon import controller

    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 1
