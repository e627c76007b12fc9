# stage: lower
# types: int
# An exception is a site with its operands.


def main(n):
    if n < 0:
        raise ValueError("negative")
    return n
# ---
# func f0:raise.main(%0:n i64) -> (i64) auto {
#   if i64.lt_s(%0:n, 0) {
#     raise !0(data[0])
#   }
#   return (%0:n)
# }
