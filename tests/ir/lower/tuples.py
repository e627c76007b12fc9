# stage: lower
# types: int float
# A tuple is its parts: no memory.


def swap(a, b):
    return b, a


def main(a, b):
    x, y = swap(a, b)
    return x
# ---
# func f0:tuples.main(%0:a i64, %1:b f64) -> (f64) auto {
#   local %2:tuple f64
#   local %3:tuple i64
#   local %4:x f64
#   local %5:y i64
#   local %6:t f64
#   local %7:t i64
#   %6:t, %7:t = call f1:tuples.swap(%0:a, %1:b) at L0
#   %2:tuple = %6:t
#   %3:tuple = %7:t
#   %4:x = %2:tuple
#   %5:y = %3:tuple
#   return (%4:x)
# }
