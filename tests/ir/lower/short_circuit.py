# stage: lower
# types: int int
# The right side of `and` is only evaluated where the left side holds.


def positive(x):
    assert x > 0
    return x > 10


def main(a, b):
    return a > 0 and positive(b)
# ---
# func f0:short_circuit.main(%0:a i64, %1:b i64) -> (i32) auto {
#   local %2:t i32
#   local %3:t i32
#   %3:t = i64.gt_s(%0:a, 0)
#   if %3:t {
#     %2:t = call f1:short_circuit.positive(%1:b) at L0
#     %3:t = %2:t
#   }
#   return (%3:t)
# }
