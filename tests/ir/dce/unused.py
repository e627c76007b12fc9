# stage: optimise
# types: int
# What nothing reads is not computed.


def main(x):
    unused = x * 17
    if x > 0 and False:
        unused = 3
    return x
# ---
# func f0:unused.main(%0:x i64) -> (i64) auto {
#   return (%0:x)
# }
