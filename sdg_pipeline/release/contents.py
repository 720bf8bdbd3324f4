"""Where callers of ``release.build`` find ``Contents``.

It is defined in ``publish``, since the writers take it and may not know ``release``.
"""

from sdg_pipeline.publish.contents import Contents

__all__ = ["Contents"]
