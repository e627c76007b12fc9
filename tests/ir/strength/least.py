# stage: optimise
# types: int
# The least and its place without a branch.

import numpy as np


def main(n):
    x = np.ones(n)
    least = 1e300
    place = 0
    for i in range(n):
        value = x[i]
        if value < least:
            least = value
            place = i
    return place
# ---
# func f0:least.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:least f64
#   local %3:place i64
#   local %4:t f64
#   local %5:t i32
#   local %6:t i32
#   local %7:t i32
#   local %8:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %6:t = call f2:core/memory(i64.mul(%0:n, 8)) at L7
#   %5:t = i32.add(%6:t, 16i32)
#   call f1:numpy/_make(%6:t, %5:t, %0:n, 1) at L8
#   %2:least = 1e300
#   %3:place = 0
#   %8:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#   if i64.lt_s(0, %8:split) {
#     %1:counter = 0
#     loop 'l10 {
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8)))]
#       %3:place = select(f64.lt(%4:t, %2:least), %1:counter, %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 1), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 8]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 1), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 2), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 16]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 2), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 3), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 24]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 3), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 4), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 32]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 4), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 5), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 40]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 5), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 6), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 48]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 6), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 7), 8)))
#       %4:t = load.f64[i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 56]
#       %3:place = select(f64.lt(%4:t, %2:least), i64.add(%1:counter, 7), %3:place)
#       %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %8:split) {
#         continue 'l10
#       }
#       break 'l10
#     }
#   }
#   for 'l11 %1:counter in range(%8:split, %0:n, 1) {
#     %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %4:t = load.f64[%7:t]
#     %3:place = select(f64.lt(%4:t, %2:least), %1:counter, %3:place)
#     %2:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%2:least), f64x2.splat(%4:t)))
#   }
#   release %6:t by f3:core/memory
#   return (%3:place)
# }
