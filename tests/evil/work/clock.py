# limits: clock=no
"""The clock is a grant.

Without `has_clock` in `host/src/imports/text.rs`: it can measure time.
"""

import time

print(time.time())
