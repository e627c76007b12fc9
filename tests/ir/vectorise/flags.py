# stage: optimise
# types: int
# Truth values in memory are counted eight at a time.

import numpy as np


def main(n):
    flags = np.ones(n, dtype=np.bool_)
    count = 0
    for i in range(n):
        if flags[i]:
            count += 1
    return count
# ---
# func f0:flags.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:count i64
#   local %3:t i32
#   local %4:t i32
#   local %5:t i32
#   local %6:t i32
#   local %7:split i64
#   local %8:flags i32
#   check i64.ge_s(%0:n, 0) else !0()
#   check i64.le_s(%0:n, 4000000000) else !1()
#   check i32.and(i64.ge_s(%0:n, 0), i64.le_s(%0:n, 4000000000)) else !2()
#   %5:t = call f1:core/memory(%0:n) at L7
#   %4:t = i32.add(%5:t, 16i32)
#   charge i64.shr_s(%0:n, 6)
#   if i64.le_s(%0:n, 1048576) {
#     memory.fill(%4:t, 1, %0:n)
#   } else {
#     call f2:core/bulk(%4:t, 1, %0:n) at L10
#   }
#   %2:count = 0
#   %7:split = 0
#   if i32.and(i64.lt_s(0, %0:n), i64.lt_u(i64.add(%0:n, -64), 4294967296)) {
#     %7:split = i64.and(%0:n, -32)
#     %1:counter = 0
#     loop 'l2 {
#       %8:flags = i32.add(%4:t, i32.wrap_i64(%1:counter))
#       %2:count = i64.add(%2:count, i64.add(i64.add(i64.add(i64.popcnt(load.i64[%8:flags]), i64.popcnt(load.i64[%8:flags + 8])), i64.popcnt(load.i64[%8:flags + 16])), i64.popcnt(load.i64[%8:flags + 24])))
#       %1:counter = i64.add(%1:counter, 32)
#       if i64.lt_s(%1:counter, %7:split) {
#         continue 'l2
#       }
#       break 'l2
#     }
#   }
#   for 'l1 %1:counter in range(%7:split, %0:n, 1) {
#     %6:t = i32.add(%4:t, i32.wrap_i64(%1:counter))
#     %3:t = load.bool[%6:t]
#     %2:count = i64.add(%2:count, i64.extend_i32_u(i32.ne(%3:t, 0i32)))
#   }
#   release %5:t by f3:core/memory
#   return (%2:count)
# }
