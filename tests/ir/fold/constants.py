# stage: optimise
# types: int
# Constants are folded, also through a call.


def scale(x, factor):
    if factor == 1:
        return x
    return x * factor


def main(x):
    return scale(x, 1) + scale(x, 3 + 4)
# ---
# func f0:constants.main(%0:x i64) -> (i64) auto {
#   local %1:t i64
#   %1:t = i64.mul(%0:x, 7)
#   return (i64.add(%0:x, %1:t))
# }
