# limits: clock=no
"""The clock is a grant."""

import time

print(time.time())
