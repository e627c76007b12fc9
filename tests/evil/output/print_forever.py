"""Lines without end.

Without `charge_output` in `host/src/imports/text.rs`: the host keeps all of it.
"""

while True:
    print("all work and no play")
