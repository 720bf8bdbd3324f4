"""Typed tables to indicator values: expressions, plan, compiled SQL, and the engine that runs it."""
