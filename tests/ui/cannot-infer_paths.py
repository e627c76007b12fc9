def f(flag):
    if flag:
        x = 1
    else:
        x = "one"
    return x


f(True)
