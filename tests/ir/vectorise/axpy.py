# stage: optimise
# types: int float
# An element-wise loop runs in two lanes, with the rest after it.

import numpy as np


def main(n, k):
    a = np.ones(n)
    b = np.ones(n)
    for i in range(n):
        b[i] = b[i] + k * a[i]
    return b[0]
# ---
# func f0:axpy.main(%0:n i64, %1:k f64) -> (f64) auto {
#   local %2:counter i64
#   local %3:t f64
#   local %4:t f64
#   local %5:t f64
#   local %6:t i32
#   local %7:t i32
#   local %8:t i32
#   local %9:t i32
#   local %10:t i32
#   local %11:t i32
#   local %12:value f64
#   local %13:t i32
#   local %14:t i64
#   local %15:lanes v128
#   local %16:lanes v128
#   local %17:fixed v128
#   local %18:lanes v128
#   local %19:split i64
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
#   %19:split = 0
#   if i32.and(i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)), i32.or(i64.ge_s(i64.extend_i32_u(%6:t), i64.extend_i32_u(%8:t)), i64.le_s(i64.add(i64.extend_i32_u(%6:t), i64.mul(%0:n, 8)), i64.extend_i32_u(%8:t)))) {
#     %17:fixed = f64x2.splat(%1:k)
#     %19:split = i64.and(%0:n, -8)
#     %2:counter = 0
#     loop 'l2 {
#       %10:t = i32.add(%8:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#       %15:lanes = load.v128[%10:t]
#       %11:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#       %16:lanes = load.v128[%11:t]
#       %18:lanes = f64x2.add(%15:lanes, f64x2.mul(%17:fixed, %16:lanes))
#       store.v128[%10:t] = %18:lanes
#       %15:lanes = load.v128[%10:t + 16]
#       %16:lanes = load.v128[%11:t + 16]
#       %18:lanes = f64x2.add(%15:lanes, f64x2.mul(%17:fixed, %16:lanes))
#       store.v128[%10:t + 16] = %18:lanes
#       %15:lanes = load.v128[%10:t + 32]
#       %16:lanes = load.v128[%11:t + 32]
#       %18:lanes = f64x2.add(%15:lanes, f64x2.mul(%17:fixed, %16:lanes))
#       store.v128[%10:t + 32] = %18:lanes
#       %15:lanes = load.v128[%10:t + 48]
#       %16:lanes = load.v128[%11:t + 48]
#       %18:lanes = f64x2.add(%15:lanes, f64x2.mul(%17:fixed, %16:lanes))
#       store.v128[%10:t + 48] = %18:lanes
#       %2:counter = i64.add(%2:counter, 8)
#       if i64.lt_s(%2:counter, %19:split) {
#         continue 'l2
#       }
#       break 'l2
#     }
#   }
#   for 'l1 %2:counter in range(%19:split, %0:n, 1) {
#     %10:t = i32.add(%8:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#     %3:t = load.f64[%10:t]
#     %11:t = i32.add(%6:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#     %4:t = load.f64[%11:t]
#     %12:value = f64.add(%3:t, f64.mul(%1:k, %4:t))
#     store.f64[%10:t] = %12:value
#   }
#   %14:t = bounds(0, %0:n) wrap else !6
#   %13:t = i32.add(%8:t, i32.wrap_i64(i64.mul(%14:t, 8)))
#   %5:t = load.f64[%13:t]
#   release %7:t by f3:core/memory
#   release %9:t by f3:core/memory
#   return (%5:t)
# }
