"""Constants and element types of NumPy; its functions are the files beside this one."""

from intrinsics import storage

pi = 3.141592653589793
e = 2.718281828459045
euler_gamma = 0.5772156649015329
inf = 1e308 * 10.0
nan = inf - inf
newaxis = None

float64 = storage("float64")
double = storage("float64")
float32 = storage("float32")
single = storage("float32")
int64 = storage("int64")
int_ = storage("int64")
intp = storage("int64")
int32 = storage("int32")
int16 = storage("int16")
int8 = storage("int8")
uint32 = storage("uint32")
uint16 = storage("uint16")
uint8 = storage("uint8")
bool_ = storage("bool")
