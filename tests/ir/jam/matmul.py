# stage: optimise
# types: int
# Four rows of the second factor at a time: each place of the result is loaded and stored once for them.

import numpy as np


def main(n):
    a = np.ones((n, n))
    c = np.zeros((n, n))
    for k in range(n):
        factor = a[0, k]
        for j in range(n):
            c[0, j] += factor * a[k, j]
    return c[0, 0]
# ---
# func f0:matmul.main(%0:n i64) -> (f64) auto {
#   local %1:counter i64
#   local %2:counter i64
#   local %3:t f64
#   local %4:t f64
#   local %5:t f64
#   local %6:t f64
#   local %7:t i32
#   local %8:t i32
#   local %9:total i64
#   local %10:t i32
#   local %11:size i64
#   local %12:t i32
#   local %13:t i32
#   local %14:t i64
#   local %15:t i32
#   local %16:t i32
#   local %17:value f64
#   local %18:t i32
#   local %19:t i64
#   local %20:in_bounds i32
#   local %21:jam i32
#   local %22:edge i64
#   local %23:edge i64
#   local %24:edge i64
#   local %25:edge i64
#   local %26:edge i64
#   local %27:edge i64
#   local %28:edge i64
#   local %29:edge i64
#   local %30:edge i64
#   local %31:edge i64
#   local %32:edge i64
#   local %33:t i32
#   local %34:t f64
#   local %35:t i32
#   local %36:t f64
#   local %37:t i32
#   local %38:t f64
#   local %39:value f64
#   local %40:t i32
#   local %41:t f64
#   local %42:t i32
#   local %43:t f64
#   local %44:value f64
#   local %45:t i32
#   local %46:t f64
#   local %47:t i32
#   local %48:t f64
#   local %49:value f64
#   local %50:row i32
#   local %51:row i32
#   local %52:row i32
#   local %53:row i32
#   local %54:row i32
#   local %55:row i32
#   local %56:row i32
#   local %57:lanes v128
#   local %58:lanes v128
#   local %59:fixed v128
#   local %60:lanes v128
#   local %61:lanes v128
#   local %62:fixed v128
#   local %63:lanes v128
#   local %64:lanes v128
#   local %65:fixed v128
#   local %66:lanes v128
#   local %67:lanes v128
#   local %68:fixed v128
#   local %69:lanes v128
#   local %70:split i64
#   local %71:lanes v128
#   local %72:lanes v128
#   local %73:fixed v128
#   local %74:lanes v128
#   local %75:split i64
#   local %76:lanes v128
#   local %77:lanes v128
#   local %78:fixed v128
#   local %79:lanes v128
#   local %80:split i64
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   %9:total = %0:n
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   check i64.ge_s(%0:n, 0) else !3()
#   check i64.le_s(%0:n, 4000000000) else !4()
#   %9:total = i64.mul(%0:n, %0:n)
#   check i32.and(i64.ge_s(%9:total, 0), i64.le_s(%9:total, 4000000000)) else !5()
#   %8:t = call f3:core/memory(i64.mul(%9:total, 8)) at L10
#   %7:t = i32.add(%8:t, 16i32)
#   call f1:numpy/_make(%8:t, %7:t, %0:n, %0:n, 1) at L11
#   check i64.ge_s(%0:n, 0) else !6()
#   check i64.le_s(%0:n, 4000000000) else !7()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !8()
#   check i64.ge_s(%0:n, 0) else !9()
#   check i64.le_s(%0:n, 4000000000) else !10()
#   check i32.and(i64.ge_s(%9:total, 0), i64.le_s(%9:total, 4000000000)) else !11()
#   %11:size = i64.mul(%9:total, 8)
#   %12:t = call f2:numpy/_make(%11:size) at L21
#   %10:t = i32.add(%12:t, 16i32)
#   %20:in_bounds = i64.le_s(1, %0:n)
#   if %20:in_bounds {
#     %1:counter = 0
#     loop 'l5 {
#       if i64.ge_s(%1:counter, %0:n) {
#         break 'l5
#       }
#       %21:jam = i64.ge_u(i64.sub(%0:n, %1:counter), 4)
#       if %21:jam {
#         %22:edge = i64.extend_i32_u(%10:t)
#         %23:edge = i64.add(i64.add(%22:edge, i64.mul(i64.add(%0:n, -1), 8)), 8)
#         %24:edge = i64.extend_i32_u(i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8))))
#         %25:edge = i64.extend_i32_u(i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8))))
#         %26:edge = i64.add(i64.add(%25:edge, i64.mul(i64.add(%0:n, -1), 8)), 8)
#         %27:edge = i64.extend_i32_u(i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 1), %0:n), 8))))
#         %28:edge = i64.add(i64.add(%27:edge, i64.mul(i64.add(%0:n, -1), 8)), 8)
#         %29:edge = i64.extend_i32_u(i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 2), %0:n), 8))))
#         %30:edge = i64.add(i64.add(%29:edge, i64.mul(i64.add(%0:n, -1), 8)), 8)
#         %31:edge = i64.extend_i32_u(i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 3), %0:n), 8))))
#         %32:edge = i64.add(i64.add(%31:edge, i64.mul(i64.add(%0:n, -1), 8)), 8)
#         %21:jam = i32.and(i32.and(i32.and(i32.and(i32.and(i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -4), 1073741824)), i32.or(i64.le_s(i64.add(%24:edge, 32), %22:edge), i64.le_s(%23:edge, %24:edge))), i32.or(i64.le_s(%26:edge, %22:edge), i64.le_s(%23:edge, %25:edge))), i32.or(i64.le_s(%28:edge, %22:edge), i64.le_s(%23:edge, %27:edge))), i32.or(i64.le_s(%30:edge, %22:edge), i64.le_s(%23:edge, %29:edge))), i32.or(i64.le_s(%32:edge, %22:edge), i64.le_s(%23:edge, %31:edge)))
#       }
#       if %21:jam {
#         %33:t = i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#         %34:t = load.f64[%33:t]
#         %40:t = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 1), 8)))
#         %41:t = load.f64[i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 8]
#         %45:t = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 2), 8)))
#         %46:t = load.f64[i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 16]
#         %14:t = 0
#         %13:t = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.add(%1:counter, 3), 8)))
#         %3:t = load.f64[i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8))) + 24]
#         %50:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#         %51:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 1), %0:n), 8)))
#         %52:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 2), %0:n), 8)))
#         %53:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(i64.add(%1:counter, 3), %0:n), 8)))
#         %70:split = 0
#         if i32.and(i32.and(i32.and(i32.and(i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)), i32.or(i64.ge_s(i64.extend_i32_u(%50:row), i64.extend_i32_u(%10:t)), i64.le_s(i64.add(i64.extend_i32_u(%50:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%10:t)))), i32.or(i64.ge_s(i64.extend_i32_u(%51:row), i64.extend_i32_u(%10:t)), i64.le_s(i64.add(i64.extend_i32_u(%51:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%10:t)))), i32.or(i64.ge_s(i64.extend_i32_u(%52:row), i64.extend_i32_u(%10:t)), i64.le_s(i64.add(i64.extend_i32_u(%52:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%10:t)))), i32.or(i64.ge_s(i64.extend_i32_u(%53:row), i64.extend_i32_u(%10:t)), i64.le_s(i64.add(i64.extend_i32_u(%53:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%10:t)))) {
#           %59:fixed = f64x2.splat(%34:t)
#           %62:fixed = f64x2.splat(%41:t)
#           %65:fixed = f64x2.splat(%46:t)
#           %68:fixed = f64x2.splat(%3:t)
#           %70:split = i64.and(%0:n, -8)
#           %2:counter = 0
#           loop 'l7 {
#             %35:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %57:lanes = load.v128[%35:t]
#             %37:t = i32.add(%50:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %58:lanes = load.v128[%37:t]
#             %60:lanes = f64x2.add(%57:lanes, f64x2.mul(%59:fixed, %58:lanes))
#             %42:t = i32.add(%51:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %61:lanes = load.v128[%42:t]
#             %63:lanes = f64x2.add(%60:lanes, f64x2.mul(%62:fixed, %61:lanes))
#             %47:t = i32.add(%52:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %64:lanes = load.v128[%47:t]
#             %66:lanes = f64x2.add(%63:lanes, f64x2.mul(%65:fixed, %64:lanes))
#             %15:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %16:t = i32.add(%53:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %67:lanes = load.v128[%16:t]
#             %69:lanes = f64x2.add(%66:lanes, f64x2.mul(%68:fixed, %67:lanes))
#             store.v128[%15:t] = %69:lanes
#             %57:lanes = load.v128[%35:t + 16]
#             %58:lanes = load.v128[%37:t + 16]
#             %60:lanes = f64x2.add(%57:lanes, f64x2.mul(%59:fixed, %58:lanes))
#             %61:lanes = load.v128[%42:t + 16]
#             %63:lanes = f64x2.add(%60:lanes, f64x2.mul(%62:fixed, %61:lanes))
#             %64:lanes = load.v128[%47:t + 16]
#             %66:lanes = f64x2.add(%63:lanes, f64x2.mul(%65:fixed, %64:lanes))
#             %67:lanes = load.v128[%16:t + 16]
#             %69:lanes = f64x2.add(%66:lanes, f64x2.mul(%68:fixed, %67:lanes))
#             store.v128[%15:t + 16] = %69:lanes
#             %57:lanes = load.v128[%35:t + 32]
#             %58:lanes = load.v128[%37:t + 32]
#             %60:lanes = f64x2.add(%57:lanes, f64x2.mul(%59:fixed, %58:lanes))
#             %61:lanes = load.v128[%42:t + 32]
#             %63:lanes = f64x2.add(%60:lanes, f64x2.mul(%62:fixed, %61:lanes))
#             %64:lanes = load.v128[%47:t + 32]
#             %66:lanes = f64x2.add(%63:lanes, f64x2.mul(%65:fixed, %64:lanes))
#             %67:lanes = load.v128[%16:t + 32]
#             %69:lanes = f64x2.add(%66:lanes, f64x2.mul(%68:fixed, %67:lanes))
#             store.v128[%15:t + 32] = %69:lanes
#             %57:lanes = load.v128[%35:t + 48]
#             %58:lanes = load.v128[%37:t + 48]
#             %60:lanes = f64x2.add(%57:lanes, f64x2.mul(%59:fixed, %58:lanes))
#             %61:lanes = load.v128[%42:t + 48]
#             %63:lanes = f64x2.add(%60:lanes, f64x2.mul(%62:fixed, %61:lanes))
#             %64:lanes = load.v128[%47:t + 48]
#             %66:lanes = f64x2.add(%63:lanes, f64x2.mul(%65:fixed, %64:lanes))
#             %67:lanes = load.v128[%16:t + 48]
#             %69:lanes = f64x2.add(%66:lanes, f64x2.mul(%68:fixed, %67:lanes))
#             store.v128[%15:t + 48] = %69:lanes
#             %2:counter = i64.add(%2:counter, 8)
#             if i64.lt_s(%2:counter, %70:split) {
#               continue 'l7
#             }
#             break 'l7
#           }
#         }
#         for 'l6 %2:counter in range(%70:split, %0:n, 1) {
#           %35:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %36:t = load.f64[%35:t]
#           %37:t = i32.add(%50:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %38:t = load.f64[%37:t]
#           %39:value = f64.add(%36:t, f64.mul(%34:t, %38:t))
#           %42:t = i32.add(%51:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %43:t = load.f64[%42:t]
#           %44:value = f64.add(%39:value, f64.mul(%41:t, %43:t))
#           %47:t = i32.add(%52:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %48:t = load.f64[%47:t]
#           %49:value = f64.add(%44:value, f64.mul(%46:t, %48:t))
#           %15:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %4:t = %49:value
#           %16:t = i32.add(%53:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %5:t = load.f64[%16:t]
#           %17:value = f64.add(%49:value, f64.mul(%3:t, %5:t))
#           store.f64[%15:t] = %17:value
#         }
#         %1:counter = i64.add(%1:counter, 4)
#       } else {
#         %14:t = 0
#         %13:t = i32.add(%7:t, i32.wrap_i64(i64.mul(%1:counter, 8)))
#         %3:t = load.f64[%13:t]
#         %54:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#         %75:split = 0
#         if i32.and(i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)), i32.or(i64.ge_s(i64.extend_i32_u(%54:row), i64.extend_i32_u(%10:t)), i64.le_s(i64.add(i64.extend_i32_u(%54:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%10:t)))) {
#           %73:fixed = f64x2.splat(%3:t)
#           %75:split = i64.and(%0:n, -8)
#           %2:counter = 0
#           loop 'l8 {
#             %15:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %71:lanes = load.v128[%15:t]
#             %16:t = i32.add(%54:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#             %72:lanes = load.v128[%16:t]
#             %74:lanes = f64x2.add(%71:lanes, f64x2.mul(%73:fixed, %72:lanes))
#             store.v128[%15:t] = %74:lanes
#             %71:lanes = load.v128[%15:t + 16]
#             %72:lanes = load.v128[%16:t + 16]
#             %74:lanes = f64x2.add(%71:lanes, f64x2.mul(%73:fixed, %72:lanes))
#             store.v128[%15:t + 16] = %74:lanes
#             %71:lanes = load.v128[%15:t + 32]
#             %72:lanes = load.v128[%16:t + 32]
#             %74:lanes = f64x2.add(%71:lanes, f64x2.mul(%73:fixed, %72:lanes))
#             store.v128[%15:t + 32] = %74:lanes
#             %71:lanes = load.v128[%15:t + 48]
#             %72:lanes = load.v128[%16:t + 48]
#             %74:lanes = f64x2.add(%71:lanes, f64x2.mul(%73:fixed, %72:lanes))
#             store.v128[%15:t + 48] = %74:lanes
#             %2:counter = i64.add(%2:counter, 8)
#             if i64.lt_s(%2:counter, %75:split) {
#               continue 'l8
#             }
#             break 'l8
#           }
#         }
#         for 'l4 %2:counter in range(%75:split, %0:n, 1) {
#           %15:t = i32.add(%10:t, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %4:t = load.f64[%15:t]
#           %16:t = i32.add(%54:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %5:t = load.f64[%16:t]
#           %17:value = f64.add(%4:t, f64.mul(%3:t, %5:t))
#           store.f64[%15:t] = %17:value
#         }
#         %1:counter = i64.add(%1:counter, 1)
#       }
#     }
#   } else {
#     for 'l1 %1:counter in range(0, %0:n, 1) {
#       %14:t = bounds(0, %0:n) wrap else !12
#       %13:t = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.add(i64.mul(%14:t, %0:n), %1:counter), 8)))
#       %3:t = load.f64[%13:t]
#       %55:row = i32.add(%10:t, i32.wrap_i64(i64.mul(i64.mul(%14:t, %0:n), 8)))
#       %56:row = i32.add(%7:t, i32.wrap_i64(i64.mul(i64.mul(%1:counter, %0:n), 8)))
#       %80:split = 0
#       if i32.and(i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)), i32.or(i64.ge_s(i64.extend_i32_u(%56:row), i64.extend_i32_u(%55:row)), i64.le_s(i64.add(i64.extend_i32_u(%56:row), i64.mul(%0:n, 8)), i64.extend_i32_u(%55:row)))) {
#         %78:fixed = f64x2.splat(%3:t)
#         %80:split = i64.and(%0:n, -8)
#         %2:counter = 0
#         loop 'l9 {
#           %15:t = i32.add(%55:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %76:lanes = load.v128[%15:t]
#           %16:t = i32.add(%56:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#           %77:lanes = load.v128[%16:t]
#           %79:lanes = f64x2.add(%76:lanes, f64x2.mul(%78:fixed, %77:lanes))
#           store.v128[%15:t] = %79:lanes
#           %76:lanes = load.v128[%15:t + 16]
#           %77:lanes = load.v128[%16:t + 16]
#           %79:lanes = f64x2.add(%76:lanes, f64x2.mul(%78:fixed, %77:lanes))
#           store.v128[%15:t + 16] = %79:lanes
#           %76:lanes = load.v128[%15:t + 32]
#           %77:lanes = load.v128[%16:t + 32]
#           %79:lanes = f64x2.add(%76:lanes, f64x2.mul(%78:fixed, %77:lanes))
#           store.v128[%15:t + 32] = %79:lanes
#           %76:lanes = load.v128[%15:t + 48]
#           %77:lanes = load.v128[%16:t + 48]
#           %79:lanes = f64x2.add(%76:lanes, f64x2.mul(%78:fixed, %77:lanes))
#           store.v128[%15:t + 48] = %79:lanes
#           %2:counter = i64.add(%2:counter, 8)
#           if i64.lt_s(%2:counter, %80:split) {
#             continue 'l9
#           }
#           break 'l9
#         }
#       }
#       for 'l3 %2:counter in range(%80:split, %0:n, 1) {
#         %15:t = i32.add(%55:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#         %4:t = load.f64[%15:t]
#         %16:t = i32.add(%56:row, i32.wrap_i64(i64.mul(%2:counter, 8)))
#         %5:t = load.f64[%16:t]
#         %17:value = f64.add(%4:t, f64.mul(%3:t, %5:t))
#         store.f64[%15:t] = %17:value
#       }
#     }
#   }
#   %19:t = bounds(0, %0:n) wrap else !13
#   %18:t = i32.add(%10:t, i32.wrap_i64(i64.mul(i64.add(i64.mul(%19:t, %0:n), %19:t), 8)))
#   %6:t = load.f64[%18:t]
#   release %8:t by f5:core/memory
#   release %12:t by f5:core/memory
#   return (%6:t)
# }
