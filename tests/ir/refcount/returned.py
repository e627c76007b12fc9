# stage: optimise
# types: str str bool
# A parameter that is returned is counted once.


def main(a, b, first):
    if first:
        return a
    return b
# ---
# func f0:returned.main(%0:a i32, %1:b i32, %2:first i32) -> (i32) auto {
#   if %2:first {
#     retain %0:a
#     return (%0:a)
#   }
#   retain %1:b
#   return (%1:b)
# }
