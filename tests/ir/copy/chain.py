# stage: optimise
# types: int
# Copies of copies become uses of the first.


def main(x):
    a = x
    b = a
    c = b
    return c + a
# ---
# func f0:chain.main(%0:x i64) -> (i64) auto {
#   return (i64.add(%0:x, %0:x))
# }
