import pandas as pd

print(pd.read_parquet("../lang/pandas/data/ride.parquet")["power"].sum())
