r"""`print`: any number of arguments of any type, `sep` and `end`.

>>> nothing()
<BLANKLINE>
after
>>> one(5)
5
>>> several(1, 2.5, "x")
1 2.5 x
>>> kinds()
True False None 1 1.0 s  (1, 2)
>>> floats()
0.30000000000000004 1e+16 1e-05 100.0 nan -inf
>>> separated(1, 2, 3)
1, 2, 3
>>> no_separator("a", "b")
ab
>>> no_end(3)
012!
>>> both(1, 2)
1-2.
1~2
>>> tuples(1, "a")
(1, 'a') (1,) ((1, 'a'), (2.5, None))
>>> strings_within_tuples()
("it's", 'a "b"', 'c\n')
>>> unicode("☕")
é ☕ 日本
>>> blank_lines()
a
<BLANKLINE>
b
>>> negative_zero()
-0.0 0.0
>>> total_time(0.0041)
Total execution time: 0.004 secs
"""

import ovenbird


@ovenbird.jit
def nothing():
    print()
    print("after")


@ovenbird.jit
def one(x):
    print(x)


@ovenbird.jit
def several(a, b, c):
    print(a, b, c)


@ovenbird.jit
def kinds():
    print(True, False, None, 1, 1.0, "s", "", (1, 2))


@ovenbird.jit
def floats():
    print(0.1 + 0.2, 1e16, 1e-5, 100.0, float("nan"), float("-inf"))


@ovenbird.jit
def separated(a, b, c):
    print(a, b, c, sep=", ")


@ovenbird.jit
def no_separator(a, b):
    print(a, b, sep="")


@ovenbird.jit
def no_end(n):
    for i in range(n):
        print(i, end="")
    print("!")


@ovenbird.jit
def both(a, b):
    print(a, b, sep="-", end=".\n")
    print(a, end="~")
    print(b)


@ovenbird.jit
def tuples(a, b):
    print((a, b), (a,), ((a, b), (2.5, None)))


@ovenbird.jit
def strings_within_tuples():
    print(("it's", 'a "b"', "c\n"))


@ovenbird.jit
def unicode(s):
    print("é", s, "日本")


@ovenbird.jit
def blank_lines():
    print("a\n")
    print("b")


@ovenbird.jit
def negative_zero():
    print(-0.0, 0.0)


@ovenbird.jit
def total_time(t):
    print("Total execution time:", round(t, 3), "secs")
