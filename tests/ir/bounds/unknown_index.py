# stage: optimise
# types: int int
# An index that is not known keeps its check.

import numpy as np


def main(n, k):
    a = np.zeros(n)
    return a[k]
# ---
# func f0:unknown_index.main(%0:n i64, %1:k i64) -> (f64) auto {
#   local %2:t f64
#   local %3:t i32
#   local %4:size i64
#   local %5:t i32
#   local %6:t i32
#   local %7:t i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %4:size = i64.mul(%0:n, 8)
#   %5:t = call f1:numpy/_make(%4:size) at L6
#   %3:t = i32.add(%5:t, 16i32)
#   %7:t = bounds(%1:k, %0:n) wrap else !3
#   %6:t = i32.add(%3:t, i32.wrap_i64(i64.mul(%7:t, 8)))
#   %2:t = load.f64[%6:t]
#   release %5:t by f4:core/memory
#   return (%2:t)
# }
