import pandas as pd

print(pd.read_parquet("nowhere.parquet")["a"].sum())
