"""From a published value back to the bytes of its source; terminal, desk and site read it."""
