# stage: optimise
# types: int
# The fields of a list are read once, before the loop.


def main(n):
    xs = [1, 2, 3]
    total = 0
    for i in range(n):
        total += len(xs)
    return total
# ---
# func f0:list_header.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:total i64
#   local %3:t i32
#   local %4:t i32
#   local %5:t i32
#   local %6:t i32
#   local %7:t i32
#   local %8:hoisted i64
#   local %9:fixed v128
#   local %10:sum v128
#   local %11:split i64
#   %6:t = call f1:core/memory(24) at L2
#   %7:t = call f1:core/memory(24) at L2
#   store.i64[%7:t + 16] = 0
#   store.i64[%7:t + 24] = 3
#   store.ptr[%7:t + 32] = %6:t
#   %3:t = i32.add(load.ptr[%7:t + 32], 16i32)
#   store.i64[%3:t] = 1
#   %4:t = i32.add(load.ptr[%7:t + 32], 24i32)
#   store.i64[%4:t] = 2
#   %5:t = i32.add(load.ptr[%7:t + 32], 32i32)
#   store.i64[%5:t] = 3
#   store.i64[%7:t + 16] = 3
#   %2:total = 0
#   %8:hoisted = load.i64[%7:t + 16]
#   %11:split = 0
#   if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -8), 1073741824)) {
#     %9:fixed = i64x2.splat(%8:hoisted)
#     %10:sum = i64x2.splat(0)
#     %11:split = i64.and(%0:n, -8)
#     %1:counter = 0
#     loop 'l2 {
#       %10:sum = i64x2.add(%10:sum, %9:fixed)
#       %10:sum = i64x2.add(%10:sum, %9:fixed)
#       %10:sum = i64x2.add(%10:sum, %9:fixed)
#       %10:sum = i64x2.add(%10:sum, %9:fixed)
#       %1:counter = i64.add(%1:counter, 8)
#       if i64.lt_s(%1:counter, %11:split) {
#         continue 'l2
#       }
#       break 'l2
#     }
#     %2:total = i64.add(i64x2.extract[0](%10:sum), i64x2.extract[1](%10:sum))
#   }
#   for 'l1 %1:counter in range(%11:split, %0:n, 1) {
#     %2:total = i64.add(%2:total, %8:hoisted)
#   }
#   release %7:t by f3:release list[int]
#   return (%2:total)
# }
