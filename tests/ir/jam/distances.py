# stage: optimise
# types: int
# Four sums at a time, each in its order; no store, so no condition.

import numpy as np


def main(n):
    points = np.ones((n, n))
    least = 1e300
    nearest = 0
    for c in range(n):
        distance = 0.0
        for d in range(n):
            difference = points[0, d] - points[c, d]
            distance += difference * difference
        if distance < least:
            least = distance
            nearest = c
    return nearest
# ---
# func f0:distances.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:difference f64
#   local %3:distance f64
#   local %4:least f64
#   local %5:nearest i64
#   local %6:counter i64
#   local %7:t f64
#   local %8:t f64
#   local %9:t i32
#   local %10:t i32
#   local %11:total i64
#   local %12:t i32
#   local %13:t i64
#   local %14:t i32
#   local %15:in_bounds i32
#   local %16:jam i32
#   local %17:distance f64
#   local %18:t i32
#   local %19:t f64
#   local %20:t i32
#   local %21:t f64
#   local %22:difference f64
#   local %23:distance f64
#   local %24:t i32
#   local %25:t f64
#   local %26:t i32
#   local %27:t f64
#   local %28:difference f64
#   local %29:distance f64
#   local %30:t i32
#   local %31:t f64
#   local %32:t i32
#   local %33:t f64
#   local %34:difference f64
#   local %35:row i32
#   local %36:row i32
#   local %37:row i32
#   local %38:row i32
#   local %39:row i32
#   local %40:row i32
#   local %41:lanes v128
#   local %42:lanes v128
#   local %43:lanes v128
#   local %44:lanes v128
#   local %45:lanes v128
#   local %46:lanes v128
#   local %47:lanes v128
#   local %48:lanes v128
#   local %49:lanes v128
#   local %50:lanes v128
#   local %51:lanes v128
#   local %52:lanes v128
#   local %53:lanes v128
#   local %54:lanes v128
#   local %55:lanes v128
#   local %56:lanes v128
#   local %57:split i64
#   local %58:lanes v128
#   local %59:lanes v128
#   local %60:lanes v128
#   local %61:lanes v128
#   local %62:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   %11:total = %0:n
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   check i64.ge_s(%0:n, 0) else !3()
#   check i64.le_s(%0:n, 4000000000) else !4()
#   %11:total = i64.mul(%0:n, %0:n)
#   check i32.and(i64.ge_s(%11:total, 0), i64.le_s(%11:total, 4000000000)) else !5()
#   %10:t = call f2:core/memory(i64.mul(%11:total, 8)) at L10
#   %9:t = i32.add(%10:t, 16i32)
#   call f1:numpy/_make(%10:t, %9:t, %0:n, %0:n, 1) at L11
#   %4:least = 1e300
#   %5:nearest = 0
#   %15:in_bounds = i64.le_s(1, %0:n)
#   if %15:in_bounds {
#     %1:counter = 0
#     loop 'l5 {
#       if i64.ge_s(%1:counter, %0:n) {
#         break 'l5
#       }
#       %16:jam = i64.ge_u(i64.sub(%0:n, %1:counter), 4)
#       if %16:jam {
#         %17:distance = 0.0
#         %23:distance = 0.0
#         %29:distance = 0.0
#         %3:distance = 0.0
#         %35:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#         %36:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 1), %0:n), 8)))
#         %37:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 2), %0:n), 8)))
#         %38:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 3), %0:n), 8)))
#         %57:split = 0
#         if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)) {
#           %57:split = i64.and(%0:n, -2)
#           %6:counter = 0
#           loop 'l7 {
#             %18:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %41:lanes = load.v128[%18:t]
#             %20:t = i32.add(%35:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %42:lanes = load.v128[%20:t]
#             %43:lanes = f64x2.sub(%41:lanes, %42:lanes)
#             %44:lanes = f64x2.mul(%43:lanes, %43:lanes)
#             %17:distance = f64.add(%17:distance, f64x2.extract[0](%44:lanes))
#             %17:distance = f64.add(%17:distance, f64x2.extract[1](%44:lanes))
#             %24:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %45:lanes = load.v128[%24:t]
#             %26:t = i32.add(%36:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %46:lanes = load.v128[%26:t]
#             %47:lanes = f64x2.sub(%45:lanes, %46:lanes)
#             %48:lanes = f64x2.mul(%47:lanes, %47:lanes)
#             %23:distance = f64.add(%23:distance, f64x2.extract[0](%48:lanes))
#             %23:distance = f64.add(%23:distance, f64x2.extract[1](%48:lanes))
#             %30:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %49:lanes = load.v128[%30:t]
#             %32:t = i32.add(%37:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %50:lanes = load.v128[%32:t]
#             %51:lanes = f64x2.sub(%49:lanes, %50:lanes)
#             %52:lanes = f64x2.mul(%51:lanes, %51:lanes)
#             %29:distance = f64.add(%29:distance, f64x2.extract[0](%52:lanes))
#             %29:distance = f64.add(%29:distance, f64x2.extract[1](%52:lanes))
#             %13:t = 0
#             %12:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %53:lanes = load.v128[%12:t]
#             %14:t = i32.add(%38:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %54:lanes = load.v128[%14:t]
#             %55:lanes = f64x2.sub(%53:lanes, %54:lanes)
#             %56:lanes = f64x2.mul(%55:lanes, %55:lanes)
#             %3:distance = f64.add(%3:distance, f64x2.extract[0](%56:lanes))
#             %3:distance = f64.add(%3:distance, f64x2.extract[1](%56:lanes))
#             %6:counter = i64.add(%6:counter, 2)
#             if i64.lt_s(%6:counter, %57:split) {
#               continue 'l7
#             }
#             break 'l7
#           }
#         }
#         for 'l6 %6:counter in range(%57:split, %0:n, 1) {
#           %18:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %19:t = load.f64[%18:t]
#           %20:t = i32.add(%35:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %21:t = load.f64[%20:t]
#           %22:difference = f64.sub(%19:t, %21:t)
#           %17:distance = f64.add(%17:distance, f64.mul(%22:difference, %22:difference))
#           %24:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %25:t = load.f64[%24:t]
#           %26:t = i32.add(%36:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %27:t = load.f64[%26:t]
#           %28:difference = f64.sub(%25:t, %27:t)
#           %23:distance = f64.add(%23:distance, f64.mul(%28:difference, %28:difference))
#           %30:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %31:t = load.f64[%30:t]
#           %32:t = i32.add(%37:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %33:t = load.f64[%32:t]
#           %34:difference = f64.sub(%31:t, %33:t)
#           %29:distance = f64.add(%29:distance, f64.mul(%34:difference, %34:difference))
#           %13:t = 0
#           %12:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %7:t = load.f64[%12:t]
#           %14:t = i32.add(%38:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %8:t = load.f64[%14:t]
#           %2:difference = f64.sub(%7:t, %8:t)
#           %3:distance = f64.add(%3:distance, f64.mul(%2:difference, %2:difference))
#         }
#         %5:nearest = select(f64.lt(%17:distance, %4:least), %1:counter, %5:nearest)
#         %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%17:distance)))
#         %5:nearest = select(f64.lt(%23:distance, %4:least), i64.add(%1:counter, 1), %5:nearest)
#         %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%23:distance)))
#         %5:nearest = select(f64.lt(%29:distance, %4:least), i64.add(%1:counter, 2), %5:nearest)
#         %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%29:distance)))
#         %5:nearest = select(f64.lt(%3:distance, %4:least), i64.add(%1:counter, 3), %5:nearest)
#         %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%3:distance)))
#         %1:counter = i64.add(%1:counter, 4)
#       } else {
#         %3:distance = 0.0
#         %39:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#         %62:split = 0
#         if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)) {
#           %62:split = i64.and(%0:n, -8)
#           %6:counter = 0
#           loop 'l8 {
#             %13:t = 0
#             %12:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %58:lanes = load.v128[%12:t]
#             %14:t = i32.add(%39:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#             %59:lanes = load.v128[%14:t]
#             %60:lanes = f64x2.sub(%58:lanes, %59:lanes)
#             %61:lanes = f64x2.mul(%60:lanes, %60:lanes)
#             %3:distance = f64.add(%3:distance, f64x2.extract[0](%61:lanes))
#             %3:distance = f64.add(%3:distance, f64x2.extract[1](%61:lanes))
#             %58:lanes = load.v128[%12:t + 16]
#             %59:lanes = load.v128[%14:t + 16]
#             %60:lanes = f64x2.sub(%58:lanes, %59:lanes)
#             %61:lanes = f64x2.mul(%60:lanes, %60:lanes)
#             %3:distance = f64.add(%3:distance, f64x2.extract[0](%61:lanes))
#             %3:distance = f64.add(%3:distance, f64x2.extract[1](%61:lanes))
#             %58:lanes = load.v128[%12:t + 32]
#             %59:lanes = load.v128[%14:t + 32]
#             %60:lanes = f64x2.sub(%58:lanes, %59:lanes)
#             %61:lanes = f64x2.mul(%60:lanes, %60:lanes)
#             %3:distance = f64.add(%3:distance, f64x2.extract[0](%61:lanes))
#             %3:distance = f64.add(%3:distance, f64x2.extract[1](%61:lanes))
#             %58:lanes = load.v128[%12:t + 48]
#             %59:lanes = load.v128[%14:t + 48]
#             %60:lanes = f64x2.sub(%58:lanes, %59:lanes)
#             %61:lanes = f64x2.mul(%60:lanes, %60:lanes)
#             %3:distance = f64.add(%3:distance, f64x2.extract[0](%61:lanes))
#             %3:distance = f64.add(%3:distance, f64x2.extract[1](%61:lanes))
#             %6:counter = i64.add(%6:counter, 8)
#             if i64.lt_s(%6:counter, %62:split) {
#               continue 'l8
#             }
#             break 'l8
#           }
#         }
#         for 'l4 %6:counter in range(%62:split, %0:n, 1) {
#           %13:t = 0
#           %12:t = i32.add(%9:t, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %7:t = load.f64[%12:t]
#           %14:t = i32.add(%39:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#           %8:t = load.f64[%14:t]
#           %2:difference = f64.sub(%7:t, %8:t)
#           %3:distance = f64.add(%3:distance, f64.mul(%2:difference, %2:difference))
#         }
#         %5:nearest = select(f64.lt(%3:distance, %4:least), %1:counter, %5:nearest)
#         %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%3:distance)))
#         %1:counter = i64.add(%1:counter, 1)
#       }
#     }
#   } else {
#     for 'l1 %1:counter in range(0, %0:n, 1) {
#       %3:distance = 0.0
#       %40:row = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#       for 'l3 %6:counter in range(0, %0:n, 1) {
#         %13:t = bounds(0, %0:n) wrap else !6
#         %12:t = i32.add(%9:t, i32.wrap_i64(i64.mul(i64.add(i64.mul(%13:t, %0:n), %6:counter), 8)))
#         %7:t = load.f64[%12:t]
#         %14:t = i32.add(%40:row, i32.wrap_i64(i64.mul(%6:counter, 8)))
#         %8:t = load.f64[%14:t]
#         %2:difference = f64.sub(%7:t, %8:t)
#         %3:distance = f64.add(%3:distance, f64.mul(%2:difference, %2:difference))
#       }
#       %5:nearest = select(f64.lt(%3:distance, %4:least), %1:counter, %5:nearest)
#       %4:least = f64x2.extract[0](f64x2.pmin(f64x2.splat(%4:least), f64x2.splat(%3:distance)))
#     }
#   }
#   release %10:t by f3:core/memory
#   return (%5:nearest)
# }
