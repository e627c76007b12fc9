# stage: optimise
# types: int
# What is added is computed in lanes, and added in order.

import numpy as np


def main(n):
    x = np.ones(n)
    y = np.ones(n)
    total = 0.0
    for i in range(n):
        total += abs(x[i] - y[i]) * x[i]
    return total
# ---
# func f0:ordered_distance.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:total f64
#   local %3:t f64
#   local %4:t f64
#   local %5:t f64
#   local %6:t i32
#   local %7:t i32
#   local %8:t i32
#   local %9:t i32
#   local %10:t i32
#   local %11:t i32
#   local %12:x f64
#   local %13:lanes v128
#   local %14:lanes v128
#   local %15:lanes v128
#   local %16:lanes v128
#   local %17:lanes v128
#   local %18:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %7:t = call f2:core/memory(i64.mul(%0:n, 8)) at L7
#   %6:t = i32.add(%7:t, 16i32)
#   call f1:numpy/_make(%7:t, %6:t, %0:n, 1) at L8
#   check i64.ge_s(%0:n, 0) else !3()
#   check i64.le_s(%0:n, 4000000000) else !4()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !5()
#   %9:t = call f2:core/memory(i64.mul(%0:n, 8)) at L16
#   %8:t = i32.add(%9:t, 16i32)
#   call f1:numpy/_make(%9:t, %8:t, %0:n, 1) at L17
#   %2:total = 0.0
#   %18:split = 0
#   if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)) {
#     %18:split = i64.and(%0:n, -8)
#     %1:counter = 0
#     loop 'l2 {
#       %10:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %13:lanes = load.v128[%10:t]
#       %11:t = i32.add(%8:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#       %14:lanes = load.v128[%11:t]
#       %15:lanes = f64x2.sub(%13:lanes, %14:lanes)
#       %16:lanes = f64x2.abs(%15:lanes)
#       %17:lanes = f64x2.mul(%16:lanes, %13:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%17:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%17:lanes))
#       %13:lanes = load.v128[%10:t + 16]
#       %14:lanes = load.v128[%11:t + 16]
#       %15:lanes = f64x2.sub(%13:lanes, %14:lanes)
#       %16:lanes = f64x2.abs(%15:lanes)
#       %17:lanes = f64x2.mul(%16:lanes, %13:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%17:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%17:lanes))
#       %13:lanes = load.v128[%10:t + 32]
#       %14:lanes = load.v128[%11:t + 32]
#       %15:lanes = f64x2.sub(%13:lanes, %14:lanes)
#       %16:lanes = f64x2.abs(%15:lanes)
#       %17:lanes = f64x2.mul(%16:lanes, %13:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%17:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%17:lanes))
#       %13:lanes = load.v128[%10:t + 48]
#       %14:lanes = load.v128[%11:t + 48]
#       %15:lanes = f64x2.sub(%13:lanes, %14:lanes)
#       %16:lanes = f64x2.abs(%15:lanes)
#       %17:lanes = f64x2.mul(%16:lanes, %13:lanes)
#       %2:total = f64.add(%2:total, f64x2.extract[0](%17:lanes))
#       %2:total = f64.add(%2:total, f64x2.extract[1](%17:lanes))
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %18:split) {
#         continue 'l2
#       }
#       break 'l2
#     }
#   }
#   for 'l1 %1:counter in range(%18:split, %0:n, 1) {
#     %10:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %3:t = load.f64[%10:t]
#     %11:t = i32.add(%8:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#     %4:t = load.f64[%11:t]
#     %12:x = f64.sub(%3:t, %4:t)
#     %5:t = f64.abs(%12:x)
#     %2:total = f64.add(%2:total, f64.mul(%5:t, %3:t))
#   }
#   release %7:t by f3:core/memory
#   release %9:t by f3:core/memory
#   return (%2:total)
# }
