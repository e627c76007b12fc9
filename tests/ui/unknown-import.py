import numpy as np
from helpers import clean

print(np.sqroot(2.0))
print(clean(1))
