# stage: optimise
# types: float float
# A small function disappears into its caller.


def square(x):
    return x * x


def main(x, y):
    return square(x) + square(y)
# ---
# func f0:small.main(%0:x f64, %1:y f64) -> (f64) auto {
#   local %2:t f64
#   local %3:t f64
#   %2:t = f64.mul(%0:x, %0:x)
#   %3:t = f64.mul(%1:y, %1:y)
#   return (f64.add(%2:t, %3:t))
# }
