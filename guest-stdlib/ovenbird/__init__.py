"""The package that marks functions for compilation: `jit` is known to the compiler."""
