"""Offers ``Contents`` to the callers of ``release.build``.

``publish`` defines it, because the writers take it and may not import ``release``.
"""

from sdg_pipeline.publish.contents import Contents

__all__ = ["Contents"]
