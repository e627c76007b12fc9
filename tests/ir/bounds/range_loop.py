# stage: optimise
# types: int
# A loop over the length needs no checks; the one over `n` is made twice, with and without.

import numpy as np


def main(n):
    a = np.zeros(10)
    total = 0.0
    for i in range(len(a)):
        total += a[i]
    for i in range(n):
        total += a[i]
    return total
# ---
# func f0:range_loop.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:total f64
#   local %3:counter i64
#   local %4:t f64
#   local %5:t f64
#   local %6:t i32
#   local %7:t i32
#   local %8:t i32
#   local %9:t i32
#   local %10:t i64
#   local %11:in_bounds i32
#   local %12:split i64
#   local %13:split i64
#   %7:t = call f1:numpy/_make(80) at L2
#   %6:t = i32.add(%7:t, 16i32)
#   %2:total = 0.0
#   %13:split = 8
#   if i64.lt_s(0, %13:split) {
#     %1:counter = 0
#     loop 'l23 {
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8)))]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 1), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 8]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 2), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 16]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 3), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 24]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 4), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 32]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 5), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 40]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 6), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 48]
#       %2:total = f64.add(%2:total, %4:t)
#       %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 7), 8)))
#       %4:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 56]
#       %2:total = f64.add(%2:total, %4:t)
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %13:split) {
#         continue 'l23
#       }
#       break 'l23
#     }
#   }
#   for 'l24 %1:counter in range(%13:split, 10, 1) {
#     %8:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %4:t = load.f64[%8:t]
#     %2:total = f64.add(%2:total, %4:t)
#   }
#   %11:in_bounds = i64.le_s(%0:n, 10)
#   if %11:in_bounds {
#     %12:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#     if i64.lt_s(0, %12:split) {
#       %3:counter = 0
#       loop 'l13 {
#         %10:t = %3:counter
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8)))]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 1)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 1), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 8]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 2)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 2), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 16]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 3)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 3), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 24]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 4)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 4), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 32]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 5)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 5), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 40]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 6)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 6), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 48]
#         %2:total = f64.add(%2:total, %5:t)
#         %10:t = i64.add(%3:counter, 7)
#         %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(i64.add(%3:counter, 7), 8)))
#         %5:t = load.f64[i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8))) + 56]
#         %2:total = f64.add(%2:total, %5:t)
#         %3:counter = i64.add(%3:counter, 8)
#         if i64.lt_s(%3:counter, %12:split) {
#           continue 'l13
#         }
#         break 'l13
#       }
#     }
#     for 'l14 %3:counter in range(%12:split, %0:n, 1) {
#       %10:t = %3:counter
#       %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%3:counter, 8)))
#       %5:t = load.f64[%9:t]
#       %2:total = f64.add(%2:total, %5:t)
#     }
#   } else {
#     for 'l3 %3:counter in range(0, %0:n, 1) {
#       %10:t = bounds(%3:counter, 10) wrap else !0
#       %9:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%10:t, 8)))
#       %5:t = load.f64[%9:t]
#       %2:total = f64.add(%2:total, %5:t)
#     }
#   }
#   release %7:t by f3:core/memory
#   return (%2:total)
# }
