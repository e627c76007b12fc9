# stage: lower
# types: int
# `for`, `while`, `break` and `continue` stay structured.


def main(n):
    total = 0
    for i in range(n):
        if i == 3:
            continue
        if i == 7:
            break
        total = total + i
    while total > 100:
        total = total - 1
    return total
# ---
# func f0:control.main(%0:n i64) -> (i64) auto {
#   local %1:counter i64
#   local %2:i i64
#   local %3:total i64
#   %3:total = 0
#   block 'l0 {
#     for 'l1 %1:counter in range(0, %0:n, 1) {
#       %2:i = %1:counter
#       if i64.eq(%2:i, 3) {
#         continue 'l1
#       }
#       if i64.eq(%2:i, 7) {
#         break 'l0
#       }
#       %3:total = i64.add(%3:total, %2:i)
#     }
#   }
#   block 'l2 {
#     loop 'l3 {
#       if i32.eqz(i64.gt_s(%3:total, 100)) {
#         break 'l3
#       }
#       %3:total = i64.sub(%3:total, 1)
#     }
#   }
#   return (%3:total)
# }
