"""Frames that become wide column by column, and expressions of very many operations.

>>> two_hundred_columns()
(204, 9, 2, 593, 1217)
>>> kinds_of_columns()
14
b
True
0.5 3.5 3
pear
9.875
>>> another_name()
(15, 16, 4, 33)
>>> part_of_wide()
   i    c3   c11
0  3   9.0  33.0
2  4  12.0  44.0
4  5  15.0  55.0
5  9  27.0  99.0
>>> wide_reductions()
a0     53.00
a5     53.00
b5    126.50
x       9.25
dtype: float64
>>> wide_groups()
k
a    22
b    54
c     5
Name: d4, dtype: int64
>>> wide_rows()
[60, 26, 77, 26, 94, 162]
>>> in_a_helper()
(18, 110.5)
>>> chosen(True), chosen(False)
(236, 242)
>>> many_masks()
2    4
5    9
Name: i, dtype: int64
>>> masks_of_numbers()
(6, 4, 3)
>>> sum_of_all_columns()
0    20504.5
1    20101.5
2    20706.0
3    20101.5
4    20907.5
5    21713.5
dtype: float64
>>> long_sum_of_floats()
0     25.250
1    115.375
2    -52.000
3    205.500
4     -0.500
5    179.750
Name: x, dtype: float64
>>> long_with_missing()
0    121.5
1      NaN
2      NaN
3    324.0
4      NaN
5    688.5
Name: x, dtype: float64
>>> divided_by_numbers()
[31, 11, 40, 11, 31, 31]
>>> divides_by_rows_that_are_wanted()
13.0
"""

import ovenbird
import pandas as pd

TENS = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t")
ONES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


@ovenbird.jit
def two_hundred_columns():
    df = pd.read_parquet("data/tiny.parquet")
    n = 0
    for ten in TENS:
        for one in ONES:
            df[ten + one] = df["i"] + n
            n += 1
    return len(df.columns), int(df["a0"].max()), int(df["a1"][3]), int(df["j5"].sum()), int(df["t9"].sum())


@ovenbird.jit
def kinds_of_columns():
    df = pd.read_parquet("data/tiny.parquet", columns=["k", "x"])
    df["doubled"] = df["x"] * 2.0
    df["half"] = df["x"] / 2
    df["large"] = df["x"] > 1.0
    df["fruit"] = "pear"
    df["yes"] = True
    df["letter"] = df["k"]
    df["applied"] = df["x"].apply(lambda x: x + 1.0)
    df["both"] = df["doubled"] + df["half"]
    df["one"] = 1
    df["again"] = df["letter"]
    df["not"] = ~df["large"]
    df["sum"] = df["applied"] + df["one"]
    print(len(df.columns))
    print(df["again"][0])
    print(df["yes"][5])
    print(float(df["x"][0]), float(df["applied"][1] + df["half"][0]), int(df["not"].sum()))
    print(df["fruit"][2])
    print(float(df["sum"][1] + df["both"][1]))


@ovenbird.jit
def another_name():
    df = pd.read_parquet("data/tiny.parquet", columns=["i"])
    for one in ONES:
        df["a" + one] = df["i"] * 2
    for one in ("0", "1", "2", "3"):
        df["b" + one] = df["i"] * 3
    other = df[["i", "a9", "b3"]]
    narrow = len(df.columns)
    df["last"] = df["b3"] + df["a9"]
    other["own"] = other["b3"] * 2
    return narrow, len(df.columns), len(other.columns), int(df["last"][0] + other["own"][0])


@ovenbird.jit
def part_of_wide():
    df = pd.read_parquet("data/tiny.parquet", columns=["i"])
    for one in ONES:
        df["c" + one] = df["i"] * 3.0
    df["c10"] = df["c9"] - df["c0"]
    df["c11"] = df["c3"] + df["c2"] + df["c1"] + df["c10"] + df["i"] * 2
    some = df[df["c11"] > 20.0]
    print(some[["i", "c3", "c11"]])


@ovenbird.jit
def wide_reductions():
    df = pd.read_parquet("data/tiny.parquet", columns=["i", "x"])
    for one in ONES:
        df["a" + one] = df["i"] + 5
    for one in ONES:
        df["b" + one] = df["i"] * 5.5
    print(df[["a0", "a5", "b5", "x"]].sum())


@ovenbird.jit
def wide_groups():
    df = pd.read_parquet("data/tiny.parquet", columns=["k", "i"])
    for one in ONES:
        df["c" + one] = df["i"] + 1
    for one in ONES:
        df["d" + one] = df["c" + one] * 2 + df["i"]
    print(df.groupby("k")["d4"].sum())


@ovenbird.jit
def wide_rows():
    df = pd.read_parquet("data/tiny.parquet", columns=["i"])
    for one in ONES:
        df["c" + one] = df["i"] * 4
    for one in ONES:
        df["d" + one] = df["c" + one] * 4 + 9
    values = df.apply(lambda row: row["d9"] + row["i"], axis=1)
    return [int(v) for v in values]


def wider(df):
    for one in ONES:
        df["more" + one] = df["i"] * 4
    return df


@ovenbird.jit
def in_a_helper():
    df = pd.read_parquet("data/tiny.parquet", columns=["i", "x"])
    for one in ("0", "1", "2", "3", "4", "5"):
        df["c" + one] = df["x"] * 2.0
    df = wider(df)
    return len(df.columns), float(df["more9"].sum() + df["c5"].sum())


@ovenbird.jit
def chosen(yes):
    df = pd.read_parquet("data/tiny.parquet", columns=["i"])
    for one in ONES:
        df["c" + one] = df["i"] * 10
    if yes:
        df["last"] = df["c9"] + 1
    else:
        df["last"] = df["c9"] + 2
    return int(df["last"].sum())


@ovenbird.jit
def many_masks():
    df = pd.read_parquet("data/tiny.parquet")
    mask = df["x"] < 100.0
    for _ in TENS:
        for _ in ONES:
            mask = mask & (df["i"] > 3)
    mask = mask & ~(df["k"] == "a")
    print(df[mask]["i"])


@ovenbird.jit
def masks_of_numbers():
    df = pd.read_parquet("data/tiny.parquet")
    all = df["i"] > 0
    some = df["i"] > 1
    any = df["i"] > 8
    n = 0
    for _ in ("1", "2", "3", "4", "5"):
        for _ in ONES:
            all = all & (df["i"] > -n)
            some = (df["i"] < 10 + n) & some
            n += 1
    for _ in ONES:
        any = any | (df["x"] > 3.0) & (df["i"] % 2 == 1) | (df["i"] % 5 == 4)
    return int(all.sum()), int(some.sum()), int(any.sum())


@ovenbird.jit
def sum_of_all_columns():
    df = pd.read_parquet("data/tiny.parquet", columns=["i"])
    n = 0
    for ten in TENS:
        for one in ONES:
            df[ten + one] = df["i"] + n
            n += 1
    total = df["i"] * 0.5
    for name in df.columns:
        total = total + df[name]
    print(total)


@ovenbird.jit
def long_sum_of_floats():
    x = pd.read_parquet("data/tiny.parquet")["x"]
    total = x * 0.5 - 0.5
    for _ in ONES:
        total = total + x * 1.5 + x * 2.5
        total = total + x - 0.25 + 0.25
    print(total - x * 0.0 + x)


@ovenbird.jit
def long_with_missing():
    x = pd.read_parquet("data/missing.parquet")["x"]
    total = x
    for _ in ONES:
        total = total + x * 2.0 + x * 2.0 + x + x + x + x
    print(total)


@ovenbird.jit
def divided_by_numbers():
    i = pd.read_parquet("data/tiny.parquet")["i"]
    total = i % 2
    for _ in ONES:
        total = total + i % 3 + i // 2 + i % 5 // 2 - i // 3 + (i - i % 2) % 4
    return [int(v) for v in total]


@ovenbird.jit
def divides_by_rows_that_are_wanted():
    """Short of what is long: the rows by which cannot be divided are left out."""
    df = pd.read_parquet("data/tiny.parquet")
    quotient = 36 // (df["i"] - 1)
    for _ in ("1", "2", "3"):
        quotient = quotient + df["i"] * 0
    return float(quotient[df["i"] > 4].sum())
