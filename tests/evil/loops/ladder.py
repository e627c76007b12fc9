"""No loop, no recursion: each function calls the next one four times.

Without `entry_charge` in `compiler/src/encode/plan.rs`: four to the power of its functions calls cost
nothing.
"""


def f0(x):
    return x * 3 + 1


def f1(x):
    return f0(x) ^ f0(x + 1) ^ f0(x + 2) ^ f0(x + 3)


def f2(x):
    return f1(x) ^ f1(x + 1) ^ f1(x + 2) ^ f1(x + 3)


def f3(x):
    return f2(x) ^ f2(x + 1) ^ f2(x + 2) ^ f2(x + 3)


def f4(x):
    return f3(x) ^ f3(x + 1) ^ f3(x + 2) ^ f3(x + 3)


def f5(x):
    return f4(x) ^ f4(x + 1) ^ f4(x + 2) ^ f4(x + 3)


def f6(x):
    return f5(x) ^ f5(x + 1) ^ f5(x + 2) ^ f5(x + 3)


def f7(x):
    return f6(x) ^ f6(x + 1) ^ f6(x + 2) ^ f6(x + 3)


def f8(x):
    return f7(x) ^ f7(x + 1) ^ f7(x + 2) ^ f7(x + 3)


def f9(x):
    return f8(x) ^ f8(x + 1) ^ f8(x + 2) ^ f8(x + 3)


def f10(x):
    return f9(x) ^ f9(x + 1) ^ f9(x + 2) ^ f9(x + 3)


def f11(x):
    return f10(x) ^ f10(x + 1) ^ f10(x + 2) ^ f10(x + 3)


def f12(x):
    return f11(x) ^ f11(x + 1) ^ f11(x + 2) ^ f11(x + 3)


def f13(x):
    return f12(x) ^ f12(x + 1) ^ f12(x + 2) ^ f12(x + 3)


def f14(x):
    return f13(x) ^ f13(x + 1) ^ f13(x + 2) ^ f13(x + 3)


print(f14(1))
