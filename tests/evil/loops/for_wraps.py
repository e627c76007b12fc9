"""The last step goes beyond the largest int.

Without `compare what is left` in `compiler/src/encode/control.rs` the variable wraps round, and it never
ends.
"""

for i in range(9_223_372_036_854_775_000, 9_223_372_036_854_775_807, 600):
    print(i)
