import pandas as pd

print(len(pd.read_parquet("data/rides.parquet")))
