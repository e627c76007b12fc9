"""`continue` must not go round the charge."""

i = 0
while True:
    i += 1
    if i > 3:
        continue
    print(i)
