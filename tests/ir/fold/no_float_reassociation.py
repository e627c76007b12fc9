# stage: optimise
# types: float
# Floats keep their order: x + 0.1 + 0.2 is not x + 0.3.


def main(x):
    return x + 0.1 + 0.2 + x * 0.0
# ---
# func f0:no_float_reassociation.main(%0:x f64) -> (f64) auto {
#   return (f64.add(f64.add(f64.add(%0:x, 0.1), 0.2), f64.mul(%0:x, 0.0)))
# }
