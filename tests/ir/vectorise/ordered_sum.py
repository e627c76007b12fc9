# stage: optimise
# types: int
# A float sum that the user wrote as a loop keeps its order.

import numpy as np


def main(n):
    a = np.ones(n)
    total = 0.0
    for i in range(n):
        total += a[i]
    return total
# ---
# func f0:ordered_sum.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:total f64
#   local %3:t f64
#   local %4:t i32
#   local %5:t i32
#   local %6:t i32
#   local %7:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %5:t = call f2:core/memory(i64.mul(%0:n, 8)) at L7
#   %4:t = i32.add(%5:t, 16i32)
#   call f1:numpy/_make(%5:t, %4:t, %0:n, 1) at L8
#   %2:total = 0.0
#   %7:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#   if i64.lt_s(0, %7:split) {
#     %1:counter = 0
#     loop 'l10 {
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8)))]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 1), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 8]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 2), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 16]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 3), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 24]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 4), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 32]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 5), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 40]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 6), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 48]
#       %2:total = f64.add(%2:total, %3:t)
#       %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 7), 8)))
#       %3:t = load.f64[i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 56]
#       %2:total = f64.add(%2:total, %3:t)
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %7:split) {
#         continue 'l10
#       }
#       break 'l10
#     }
#   }
#   for 'l11 %1:counter in range(%7:split, %0:n, 1) {
#     %6:t = i32.add(%4:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %3:t = load.f64[%6:t]
#     %2:total = f64.add(%2:total, %3:t)
#   }
#   release %5:t by f3:core/memory
#   return (%2:total)
# }
