# stage: optimise
# types: int
# Where `i * i` cannot overflow, the remainder needs no correction.


def main(n):
    total = 0
    for i in range(n):
        total += i * i % 10
    return total
# ---
# func f0:remainder.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:total i64
#   local %3:a i64
#   local %4:r i64
#   local %5:split i64
#   local %6:split i64
#   %2:total = 0
#   if i64.le_s(%0:n, 2147483648) {
#     %5:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#     if i64.lt_s(0, %5:split) {
#       %1:counter = 0
#       loop 'l11 {
#         %3:a = i64.mul(%1:counter, %1:counter)
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 1), i64.add(%1:counter, 1))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 2), i64.add(%1:counter, 2))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 3), i64.add(%1:counter, 3))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 4), i64.add(%1:counter, 4))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 5), i64.add(%1:counter, 5))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 6), i64.add(%1:counter, 6))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 7), i64.add(%1:counter, 7))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         %2:total = i64.add(%2:total, %4:r)
#         %1:counter = i64.add(%1:counter, 8)
#         if i64.lt_s(%1:counter, %5:split) {
#           continue 'l11
#         }
#         break 'l11
#       }
#     }
#     for 'l12 %1:counter in range(%5:split, %0:n, 1) {
#       %3:a = i64.mul(%1:counter, %1:counter)
#       %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#       %2:total = i64.add(%2:total, %4:r)
#     }
#   } else {
#     %6:split = select(i64.lt_s(0, %0:n), i64.and(%0:n, -8), 0)
#     if i64.lt_s(0, %6:split) {
#       %1:counter = 0
#       loop 'l21 {
#         %3:a = i64.mul(%1:counter, %1:counter)
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 1), i64.add(%1:counter, 1))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 2), i64.add(%1:counter, 2))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 3), i64.add(%1:counter, 3))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 4), i64.add(%1:counter, 4))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 5), i64.add(%1:counter, 5))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 6), i64.add(%1:counter, 6))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %3:a = i64.mul(i64.add(%1:counter, 7), i64.add(%1:counter, 7))
#         %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#         if i64.lt_s(%4:r, 0) {
#           %4:r = i64.add(%4:r, 10)
#         }
#         %2:total = i64.add(%2:total, %4:r)
#         %1:counter = i64.add(%1:counter, 8)
#         if i64.lt_s(%1:counter, %6:split) {
#           continue 'l21
#         }
#         break 'l21
#       }
#     }
#     for 'l22 %1:counter in range(%6:split, %0:n, 1) {
#       %3:a = i64.mul(%1:counter, %1:counter)
#       %4:r = i64.sub(i64.sub(%3:a, i64.shl(i64.div_s(%3:a, 10), 1)), i64.shl(i64.div_s(%3:a, 10), 3))
#       if i64.lt_s(%4:r, 0) {
#         %4:r = i64.add(%4:r, 10)
#       }
#       %2:total = i64.add(%2:total, %4:r)
#     }
#   }
#   return (%2:total)
# }
