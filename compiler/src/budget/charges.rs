//! Bytes of memory that are charged for what compiling makes. Constants, and no sizes of Rust types, so that a program
//! takes the same on every machine.
//!
//! They are chosen by measurement, on programs of many shapes that grow in one direction, so that what the process takes
//! at a time stays below three times what is charged; see `SECURITY.md`. What is kept beside a thing is in
//! its charge: names, places, the copies that a pass makes, what the code generator knows of each instruction.

/// A byte of source text.
pub const SOURCE_BYTE: u64 = 4;
/// A token: the parser's tree and ours.
pub const TOKEN: u64 = 200;
/// A typed expression or statement.
pub const TYPED: u64 = 160;
/// A variable of a typed function.
pub const VARIABLE: u64 = 160;
/// A node of the type of an expression or a variable that is more than one value. Types are shared; this is for what
/// lowering makes of them, before it is counted.
pub const TYPE_NODE: u64 = 8;
/// An operation of the intermediate representation.
pub const OPERATION: u64 = 256;
/// A local of the intermediate representation.
pub const LOCAL: u64 = 160;
/// A byte of wasm in the code generator.
pub const WASM_BYTE: u64 = 128;
/// A crossing in the register allocator.
pub const CROSSING: u64 = 64;
