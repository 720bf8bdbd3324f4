"""Published releases over HTTP."""
