"""The last step goes beyond the largest int."""

for i in range(9_223_372_036_854_775_000, 9_223_372_036_854_775_807, 600):
    print(i)
