"""A format that asks for a trillion spaces.

Without `NESTED_SPEC` in `compiler/src/parse/unsupported.rs`: a width that is computed asks for a trillion
bytes.
"""

n = 10**12
print(len(f"{7:{n}}"))
