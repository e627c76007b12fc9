"""The border between the host and functions: what comes in as blocks of memory becomes arrays and frames, and
results are taken apart. The compiler calls `call` and `rows`; its `border.rs` says how the blocks are described.
A class whose objects can be results has a method `__give__`.
"""
