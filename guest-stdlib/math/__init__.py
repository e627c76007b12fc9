"""Constants of the `math` module; its functions are the files beside this one."""

pi = 3.141592653589793
e = 2.718281828459045
tau = 6.283185307179586
inf = 1e999
nan = inf - inf
