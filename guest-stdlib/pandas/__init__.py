"""pandas: frames and columns of Parquet datasets.

A column is an expression over columns of a file: nothing is read before a value is needed, and then
only the columns that the expression names, batch by batch. A long expression is worked out in parts, as
soon as it is one. The column names and types of a frame are
part of its type, so a wrong name is an error before the program runs.
"""
