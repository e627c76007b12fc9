# stage: optimise
# types: int
# `x[i]` is loaded once; a square is not negative, so that the root needs no check.

import math

import numpy as np


def main(n):
    x = np.ones(n)
    total = 0.0
    for i in range(n):
        total += math.sqrt(x[i] * x[i])
    return total
# ---
# func f0:square.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:total f64
#   local %3:t f64
#   local %4:t f64
#   local %5:t i32
#   local %6:t i32
#   local %7:t i32
#   local %8:x f64
#   local %9:lanes v128
#   local %10:lanes v128
#   local %11:lanes v128
#   local %12:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %6:t = call f2:core/memory(i64.mul(%0:n, 8)) at L7
#   %5:t = i32.add(%6:t, 16i32)
#   call f1:numpy/_make(%6:t, %5:t, %0:n, 1) at L8
#   %2:total = 0.0
#   %12:split = 0
#   if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)) {
#     %12:split = i64.and(%0:n, -8)
#     %1:counter = 0
#     loop 'l2 {
#       %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %9:lanes = load.v128[%7:t]
#       %10:lanes = f64x2.mul(%9:lanes, %9:lanes)
#       %11:lanes = f64x2.sqrt(%10:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%11:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%11:lanes))
#       %9:lanes = load.v128[%7:t + 16]
#       %10:lanes = f64x2.mul(%9:lanes, %9:lanes)
#       %11:lanes = f64x2.sqrt(%10:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%11:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%11:lanes))
#       %9:lanes = load.v128[%7:t + 32]
#       %10:lanes = f64x2.mul(%9:lanes, %9:lanes)
#       %11:lanes = f64x2.sqrt(%10:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%11:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%11:lanes))
#       %9:lanes = load.v128[%7:t + 48]
#       %10:lanes = f64x2.mul(%9:lanes, %9:lanes)
#       %11:lanes = f64x2.sqrt(%10:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%11:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%11:lanes))
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %12:split) {
#         continue 'l2
#       }
#       break 'l2
#     }
#   }
#   for 'l1 %1:counter in range(%12:split, %0:n, 1) {
#     %7:t = i32.add(%5:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %3:t = load.f64[%7:t]
#     %8:x = f64.mul(%3:t, %3:t)
#     %4:t = f64.sqrt(%8:x)
#     %2:total = f64.add(%2:total, %4:t)
#   }
#   release %6:t by f3:core/memory
#   return (%2:total)
# }
