# limits: cpu=1000000000000000 deadline_ms=100
"""The clock stops it before the budget does.

Without `(*flag.guest).store(1` in `host/src/watchdog.rs`: it goes on until its units are used up.
"""

while True:
    pass
