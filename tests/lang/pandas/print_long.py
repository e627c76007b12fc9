"""More than sixty rows are printed as the first five, dots and the last five.

>>> column()
0      0.0
1      0.5
2      1.0
3      1.5
4      2.0
      ... 
95    47.5
96    48.0
97    48.5
98    49.0
99    49.5
Name: half, Length: 100, dtype: float64
>>> strings()
0      row 0
1      row 1
2      row 2
3      row 3
4      row 4
       ...  
95    row 95
96    row 96
97    row 97
98    row 98
99    row 99
Name: name, Length: 100, dtype: str
>>> frame()
     n  half    name
0    0   0.0   row 0
1    1   0.5   row 1
2    2   1.0   row 2
3    3   1.5   row 3
4    4   2.0   row 4
..  ..   ...     ...
95  95  47.5  row 95
96  96  48.0  row 96
97  97  48.5  row 97
98  98  49.0  row 98
99  99  49.5  row 99
<BLANKLINE>
[100 rows x 3 columns]
>>> exactly_sixty()
0      0
1      1
2      2
3      3
4      4
5      5
6      6
7      7
8      8
9      9
10    10
11    11
12    12
13    13
14    14
15    15
16    16
17    17
18    18
19    19
20    20
21    21
22    22
23    23
24    24
25    25
26    26
27    27
28    28
29    29
30    30
31    31
32    32
33    33
34    34
35    35
36    36
37    37
38    38
39    39
40    40
41    41
42    42
43    43
44    44
45    45
46    46
47    47
48    48
49    49
50    50
51    51
52    52
53    53
54    54
55    55
56    56
57    57
58    58
59    59
Name: n, dtype: int64
>>> mask()
0     False
1     False
2     False
3     False
4     False
      ...  
95     True
96     True
97     True
98     True
99     True
Name: n, Length: 100, dtype: bool
>>> filtered()
    half   n
0    0.0   0
3    1.5   3
6    3.0   6
9    4.5   9
12   6.0  12
15   7.5  15
18   9.0  18
21  10.5  21
24  12.0  24
27  13.5  27
30  15.0  30
33  16.5  33
36  18.0  36
39  19.5  39
42  21.0  42
45  22.5  45
48  24.0  48
51  25.5  51
54  27.0  54
57  28.5  57
60  30.0  60
63  31.5  63
66  33.0  66
69  34.5  69
72  36.0  72
75  37.5  75
78  39.0  78
81  40.5  81
84  42.0  84
87  43.5  87
90  45.0  90
93  46.5  93
96  48.0  96
99  49.5  99
     n  half    name
31  31  15.5  row 31
32  32  16.0  row 32
33  33  16.5  row 33
34  34  17.0  row 34
35  35  17.5  row 35
..  ..   ...     ...
95  95  47.5  row 95
96  96  48.0  row 96
97  97  48.5  row 97
98  98  49.0  row 98
99  99  49.5  row 99
<BLANKLINE>
[69 rows x 3 columns]
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def column():
    print(pd.read_parquet("data/long.parquet")["half"])


@ovenbird.jit
def strings():
    print(pd.read_parquet("data/long.parquet")["name"])


@ovenbird.jit
def frame():
    print(pd.read_parquet("data/long.parquet"))


@ovenbird.jit
def exactly_sixty():
    df = pd.read_parquet("data/long.parquet")
    s = df[df["n"] < 60]["n"]
    print(s)


@ovenbird.jit
def mask():
    df = pd.read_parquet("data/long.parquet")
    print(df["n"] >= 50)


@ovenbird.jit
def filtered():
    df = pd.read_parquet("data/long.parquet")
    print(df[df["n"] % 3 == 0][["half", "n"]])
    print(df[df["n"] > 30])
