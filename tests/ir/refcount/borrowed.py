# stage: optimise
# types: str
# A parameter is borrowed: looking at it counts nothing.


def main(text):
    return len(text) + len(text)
# ---
# func f0:borrowed.main(%0:text i32) -> (i64) auto {
#   local %1:t i64
#   local %2:t i64
#   %1:t = load.i64[i32.add(%0:text, 8i32)]
#   %2:t = load.i64[i32.add(%0:text, 8i32)]
#   return (i64.add(%1:t, %2:t))
# }
