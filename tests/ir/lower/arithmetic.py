# stage: lower
# types: int float
# Operands from left to right; an int beside a float becomes a float.


def main(a, b):
    c = a * 2 + 1
    return c + b
# ---
# func f0:arithmetic.main(%0:a i64, %1:b f64) -> (f64) auto {
#   local %2:c i64
#   %2:c = i64.add(i64.mul(%0:a, 2), 1)
#   return (f64.add(f64.convert_i64_s(%2:c), %1:b))
# }
