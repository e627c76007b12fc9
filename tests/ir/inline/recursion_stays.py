# stage: optimise
# types: int
# A recursive function is a call.


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main(n):
    return fib(n)
# ---
# func f0:recursion_stays.main(%0:n i64) -> (i64) auto {
#   local %1:t i64
#   %1:t = call f1:recursion_stays.fib(%0:n) at L0
#   return (%1:t)
# }
