# stage: optimise
# types: int
# The address of the row is computed before the loop over the columns.

import numpy as np


def main(n):
    a = np.ones((n, n))
    total = 0.0
    for j in range(n):
        total += a[n - 1, j]
    return total
# ---
# func f0:row.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:total f64
#   local %3:t f64
#   local %4:t i32
#   local %5:t i32
#   local %6:total i64
#   local %7:index i64
#   local %8:t i32
#   local %9:t i64
#   local %10:place i64
#   local %11:in_bounds i32
#   local %12:row i32
#   local %13:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   %6:total = %0:n
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   check i64.ge_s(%0:n, 0) else !3()
#   check i64.le_s(%0:n, 4000000000) else !4()
#   %6:total = i64.mul(%0:n, %0:n)
#   check i32.and(i64.ge_s(%6:total, 0), i64.le_s(%6:total, 4000000000)) else !5()
#   %5:t = call f2:core/memory(i64.mul(%6:total, 8)) at L10
#   %4:t = i32.add(%5:t, 16i32)
#   call f1:numpy/_make(%5:t, %4:t, %0:n, %0:n, 1) at L11
#   %2:total = 0.0
#   %10:place = select(i64.lt_s(i64.add(%0:n, -1), 0), i64.add(i64.add(%0:n, -1), %0:n), i64.add(%0:n, -1))
#   %11:in_bounds = i32.and(i64.ge_s(%10:place, 0), i64.lt_s(%10:place, %0:n))
#   if %11:in_bounds {
#     %12:row = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.mul(%10:place, %0:n), 8)))
#     %13:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#     if i64.lt_s(0, %13:split) {
#       %1:counter = 0
#       loop 'l11 {
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8)))]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 1), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 8]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 2), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 16]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 3), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 24]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 4), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 32]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 5), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 40]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 6), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 48]
#         %2:total = f64.add(%2:total, %3:t)
#         %7:index = i64.add(%0:n, -1)
#         %9:t = %10:place
#         %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(i64.add(%1:counter, 7), 8)))
#         %3:t = load.f64[i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8))) + 56]
#         %2:total = f64.add(%2:total, %3:t)
#         %1:counter = i64.add(%1:counter, 8)
#         if i64.lt_s(%1:counter, %13:split) {
#           continue 'l11
#         }
#         break 'l11
#       }
#     }
#     for 'l12 %1:counter in range(%13:split, %0:n, 1) {
#       %7:index = i64.add(%0:n, -1)
#       %9:t = %10:place
#       %8:t = i32.add(%12:row, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %3:t = load.f64[%8:t]
#       %2:total = f64.add(%2:total, %3:t)
#     }
#   } else {
#     for 'l1 %1:counter in range(0, %0:n, 1) {
#       %7:index = i64.add(%0:n, -1)
#       %9:t = bounds(%7:index, %0:n) wrap else !6
#       %8:t = i32.add(%4:t, i32.wrap_i64(i64.mul(i64.add(i64.mul(%9:t, %0:n), %1:counter), 8)))
#       %3:t = load.f64[%8:t]
#       %2:total = f64.add(%2:total, %3:t)
#     }
#   }
#   release %5:t by f3:core/memory
#   return (%2:total)
# }
