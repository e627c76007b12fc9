import ovenbird
import pandas as pd


@ovenbird.jit
def mean_speed():
    df = pd.read_parquet("data/ride.parquet")
    return df["sped"].mean()


print(mean_speed())
