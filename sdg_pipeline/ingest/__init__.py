"""Official bytes to typed tables: fetch, lock, mirror, unpack, stage, and the register of areas."""
