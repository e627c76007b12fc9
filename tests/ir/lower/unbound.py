# stage: lower
# types: int
# A variable that may be unassigned has a flag.


def main(n):
    if n > 0:
        x = n
    return x
# ---
# func f0:unbound.main(%0:n i64) -> (i64) auto {
#   local %1:x i64
#   local %2:assigned i32
#   if i64.gt_s(%0:n, 0) {
#     %1:x = %0:n
#     %2:assigned = 1i32
#   }
#   check %2:assigned else !0()
#   return (%1:x)
# }
