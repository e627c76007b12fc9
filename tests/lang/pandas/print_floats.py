"""How pandas writes the floats of one column: six digits at most, one format for a column.

>>> whole()
0      1.0
1     20.0
2    300.0
3     -4.0
Name: whole, dtype: float64
>>> tenths()
0     0.10
1     1.25
2    -3.50
3    10.00
Name: tenths, dtype: float64
>>> thirds()
0     0.333333
1     0.666667
2     3.333333
3    33.333333
Name: thirds, dtype: float64
>>> large()
0    1.000000e+10
1    2.500000e+10
2   -1.000000e+09
3    0.000000e+00
Name: large, dtype: float64
>>> huge()
0    1.000000e+20
1    2.000000e-03
2    3.000000e+00
3   -5.000000e+15
Name: huge, dtype: float64
>>> small()
0    1.000000e-07
1    2.500000e-07
2    1.000000e-03
3    0.000000e+00
Name: small, dtype: float64
>>> missing()
0    1.5
1    NaN
2    2.0
3    NaN
Name: missing, dtype: float64
>>> frame()
   whole  tenths     thirds  missing
0    1.0    0.10   0.333333      1.5
1   20.0    1.25   0.666667      NaN
2  300.0   -3.50   3.333333      2.0
3   -4.0   10.00  33.333333      NaN
>>> computed()
0      333.333333
1      666.666667
2     3333.333333
3    33333.333333
Name: thirds, dtype: float64
0     0.142857
1     2.857143
2    42.857143
3    -0.571429
Name: whole, dtype: float64
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def whole():
    print(pd.read_parquet("data/floats.parquet")["whole"])


@ovenbird.jit
def tenths():
    print(pd.read_parquet("data/floats.parquet")["tenths"])


@ovenbird.jit
def thirds():
    print(pd.read_parquet("data/floats.parquet")["thirds"])


@ovenbird.jit
def large():
    print(pd.read_parquet("data/floats.parquet")["large"])


@ovenbird.jit
def huge():
    print(pd.read_parquet("data/floats.parquet")["huge"])


@ovenbird.jit
def small():
    print(pd.read_parquet("data/floats.parquet")["small"])


@ovenbird.jit
def missing():
    print(pd.read_parquet("data/floats.parquet")["missing"])


@ovenbird.jit
def frame():
    df = pd.read_parquet("data/floats.parquet")
    print(df[["whole", "tenths", "thirds", "missing"]])


@ovenbird.jit
def computed():
    df = pd.read_parquet("data/floats.parquet")
    print(df["thirds"] * 1000.0)
    print(df["whole"] / 7)
