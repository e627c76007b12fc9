//! The intermediate representation: typed, structured, with mutable locals.
//!
//! Made by `lower`, changed by `optimise`, read by `encode` and by the interpreter in `ir/eval.rs`.
//! Both Python and wasm have structured control flow, so the IR has too, and a loop stays a loop
//! until the end. Aggregates are gone: an array is a few locals (owner, data address, lengths).
//!
//! Rules that `ir/verify.rs` checks:
//! - An [`Expr`] has no effect and cannot trap, except that it reads memory. Everything that
//!   writes, calls or can fail is a [`Stmt`].
//! - Every local is declared with one [`Ty`]; every operand has the type that its operator wants.
//! - The variable of a `For` is not assigned in its body. Its value after the loop is unspecified.
//! - `Break`/`Continue` name an enclosing label; `Continue` names a loop.
//! - No path runs off the end of a function that has results.

use crate::abi::Import;
use crate::abi::external::External;
use serde::{Deserialize, Serialize};

#[cfg(feature = "front")]
pub mod build;
#[cfg(feature = "front")]
pub mod eval;
#[cfg(feature = "front")]
pub mod measure;
#[cfg(feature = "front")]
pub mod print;
#[cfg(feature = "front")]
pub mod verify;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index into the vector that it numbers.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A function of this module.
    FuncId
);
index!(
    /// A local of one function; parameters come first.
    Local
);
index!(
    /// A `Block`, `Loop` or `For`, unique in its function.
    Label
);
index!(
    /// A place in the source with the calls that were inlined around it.
    LocId
);
index!(
    /// A statement that can raise.
    SiteId
);
index!(
    /// A module-level variable that functions read at run time.
    GlobalId
);

/// Types of locals and values; the four that wasm gives us and that we use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// Booleans (0 or 1), addresses, references.
    I32,
    /// `int`.
    I64,
    /// `float`.
    F64,
    /// Two lanes of 64 bits (library code and the vectoriser only).
    V128,
}

/// How a value lies in memory, and the type it has when loaded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MemTy {
    /// One byte, 0 or 1, loaded as I32.
    Bool,
    /// Signed byte, loaded as I64 (so are all integers below).
    S8,
    /// Unsigned byte.
    U8,
    /// Signed 16 bits.
    S16,
    /// Unsigned 16 bits.
    U16,
    /// Signed 32 bits.
    S32,
    /// Unsigned 32 bits.
    U32,
    /// 64 bits.
    I64,
    /// 32-bit float, loaded as F64.
    F32,
    /// 64-bit float.
    F64,
    /// An address or reference, loaded as I32.
    Ptr,
    /// 16 bytes.
    V128,
}

impl MemTy {
    /// Size in bytes.
    pub fn size(self) -> u32 {
        match self {
            MemTy::Bool | MemTy::S8 | MemTy::U8 => 1,
            MemTy::S16 | MemTy::U16 => 2,
            MemTy::S32 | MemTy::U32 | MemTy::F32 | MemTy::Ptr => 4,
            MemTy::I64 | MemTy::F64 => 8,
            MemTy::V128 => 16,
        }
    }

    /// Type of the value when loaded.
    pub fn ty(self) -> Ty {
        match self {
            MemTy::Bool | MemTy::Ptr => Ty::I32,
            MemTy::S8 | MemTy::U8 | MemTy::S16 | MemTy::U16 | MemTy::S32 | MemTy::U32 | MemTy::I64 => Ty::I64,
            MemTy::F32 | MemTy::F64 => Ty::F64,
            MemTy::V128 => Ty::V128,
        }
    }
}

/// Operators with one operand. Names follow wasm; all are total.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub enum UnOp {
    /// I32 -> I32: 1 if zero.
    I32Eqz,
    /// I64 -> I32: 1 if zero.
    I64Eqz,
    /// I64 -> I64.
    I64Clz,
    /// I64 -> I64.
    I64Ctz,
    /// I64 -> I64.
    I64Popcnt,
    /// I64 -> I32.
    I32WrapI64,
    /// I32 -> I64, sign-extending.
    I64ExtendI32S,
    /// I32 -> I64, zero-extending.
    I64ExtendI32U,
    /// F64 -> F64.
    F64Abs,
    /// F64 -> F64.
    F64Neg,
    /// F64 -> F64.
    F64Ceil,
    /// F64 -> F64.
    F64Floor,
    /// F64 -> F64.
    F64Trunc,
    /// F64 -> F64: to nearest, ties to even.
    F64Nearest,
    /// F64 -> F64.
    F64Sqrt,
    /// I64 -> F64.
    F64ConvertI64S,
    /// F64 -> I64, saturating, NaN to 0.
    I64TruncSatF64S,
    /// F64 -> I64, the bits.
    I64ReinterpretF64,
    /// I64 -> F64, the bits.
    F64ReinterpretI64,
    /// F64 -> F64 through 32 bits (demote and promote).
    F64RoundToF32,
    /// F64 -> V128.
    F64x2Splat,
    /// I64 -> V128.
    I64x2Splat,
    /// V128 -> F64, lane 0 or 1.
    F64x2Extract(u8),
    /// V128 -> I64, lane 0 or 1.
    I64x2Extract(u8),
    /// V128 -> V128.
    F64x2Abs,
    /// V128 -> V128.
    F64x2Neg,
    /// V128 -> V128.
    F64x2Sqrt,
    /// V128 -> V128.
    F64x2Floor,
    /// V128 -> V128.
    F64x2Ceil,
    /// V128 -> V128.
    F64x2Trunc,
    /// V128 -> V128.
    F64x2Nearest,
    /// V128 -> V128.
    I64x2Neg,
    /// V128 -> V128: bitwise not.
    V128Not,
    /// V128 -> I32: 1 if any bit is set.
    V128AnyTrue,
    /// V128 -> I32: the sign bits of the two lanes.
    I64x2Bitmask,
}

/// Operators with two operands. Division and remainder must not be given a zero divisor, nor the
/// pair (minimum, -1): `lower` guards them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "the names are wasm's")]
pub enum BinOp {
    I32Add, I32Sub, I32Mul, I32And, I32Or, I32Xor, I32Shl, I32ShrU,
    I32Eq, I32Ne, I32LtS, I32LtU, I32LeU, I32GtU, I32GeU,
    I64Add, I64Sub, I64Mul, I64DivS, I64DivU, I64RemS, I64RemU,
    I64And, I64Or, I64Xor, I64Shl, I64ShrS, I64ShrU, I64Rotl,
    I64Eq, I64Ne, I64LtS, I64LeS, I64GtS, I64GeS, I64LtU, I64GeU,
    F64Add, F64Sub, F64Mul, F64Div, F64Min, F64Max, F64Copysign,
    F64Eq, F64Ne, F64Lt, F64Le, F64Gt, F64Ge,
    F64x2Add, F64x2Sub, F64x2Mul, F64x2Div, F64x2Min, F64x2Max, F64x2Pmin, F64x2Pmax,
    F64x2Eq, F64x2Ne, F64x2Lt, F64x2Le, F64x2Gt, F64x2Ge,
    I64x2Add, I64x2Sub, I64x2Mul, I64x2Eq, I64x2Ne, I64x2LtS, I64x2GtS, I64x2LeS, I64x2GeS,
    V128And, V128Or, V128Xor, V128AndNot,
}

/// An expression: no effects, no traps; reads locals and memory.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Expr {
    /// I32 constant.
    I32(i32),
    /// I64 constant.
    I64(i64),
    /// F64 constant, by its bits so that equality is exact.
    F64(u64),
    /// A local.
    Local(Local),
    /// A module-level variable.
    Global(GlobalId),
    /// Address of a byte of the module's static data (I32).
    Data(u32),
    /// Size of memory in bytes (I64).
    MemorySize,
    /// One operand.
    Unary(UnOp, Box<Expr>),
    /// Two operands, left first.
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// A load from `addr + offset` (`addr` is I32).
    Load { mem: MemTy, addr: Box<Expr>, offset: u32 },
    /// `if cond (I32) { then } else { orelse }`, both evaluated.
    Select { cond: Box<Expr>, then: Box<Expr>, orelse: Box<Expr> },
    /// V128: bits of `then` where `mask` is 1, of `orelse` elsewhere.
    Bitselect { then: Box<Expr>, orelse: Box<Expr>, mask: Box<Expr> },
}

/// What a call calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Callee {
    /// A function of this module.
    Func(FuncId),
    /// A host function.
    Import(Import),
    /// A function of the embedder, by its index in [`Module::externals`].
    External(u32),
    /// A `@jit` function of another unit, by its index in [`Module::entries`].
    Entry(u32),
}

/// A statement.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Stmt {
    /// Assigns a local.
    Set(Local, Expr),
    /// Assigns a module-level variable.
    SetGlobal(GlobalId, Expr),
    /// Stores `value` at `addr + offset`.
    Store { mem: MemTy, addr: Expr, offset: u32, value: Expr },
    /// Calls and assigns the results.
    Call { dst: Vec<Local>, callee: Callee, args: Vec<Expr>, loc: LocId },
    /// Two-way branch on an I32.
    If { cond: Expr, then: Vec<Stmt>, orelse: Vec<Stmt> },
    /// A scope that `Break(label)` leaves.
    Block { label: Label, body: Vec<Stmt> },
    /// Repeats for ever; `Continue(label)` starts again, `Break(label)` leaves.
    Loop { label: Label, body: Vec<Stmt> },
    /// `for var in range(start, stop, step)`: bounds evaluated once; `Continue(label)` goes to the
    /// next value. `step` is not zero. `var` is I64.
    For { label: Label, var: Local, start: Expr, stop: Expr, step: i64, body: Vec<Stmt> },
    /// Leaves the named block or loop.
    Break(Label),
    /// Goes on with the named loop.
    Continue(Label),
    /// Leaves the function.
    Return(Vec<Expr>),
    /// Raises: stores `args` (I64, F64 or I32, at most four) for the message, then traps.
    Raise { site: SiteId, args: Vec<Expr> },
    /// Raises unless `cond` (I32) holds.
    Check { cond: Expr, site: SiteId, args: Vec<Expr> },
    /// Python's index rule: `dst = index + len if wrap and index < 0 else index`; raises with the
    /// arguments `(index, len)` unless `0 <= dst < len`.
    Bounds { dst: Local, index: Expr, len: Expr, wrap: bool, site: SiteId },
    /// Adds one to the reference count of the block at this address (I32; 0 is allowed).
    Retain(Expr),
    /// Takes one from the reference count; the last one calls `drop` with the address, which must
    /// free the block.
    Release { value: Expr, drop: FuncId },
    /// Copies `len` (I64) bytes; ranges may overlap.
    MemoryCopy { dst: Expr, src: Expr, len: Expr },
    /// Fills `len` (I64) bytes with the low byte of `value` (I64).
    MemoryFill { dst: Expr, value: Expr, len: Expr },
    /// Grows memory by `pages` (I64) of 64 KiB; `dst` (I64) becomes the old size in pages, or -1.
    MemoryGrow { dst: Local, pages: Expr },
    /// Charges units (I64, not negative) to the CPU budget.
    Charge(Expr),
}

/// A local's declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalDecl {
    /// Its type.
    pub ty: Ty,
    /// A hint for printing; not part of the meaning.
    pub name: String,
}

/// What the inliner should do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inline {
    /// Always, unless recursive.
    Always,
    /// If small or called once.
    Auto,
    /// Never: one copy is enough.
    Never,
    /// Never, and it runs seldom or over little data: compiling its code takes longer than running it.
    Cold,
}

/// A function.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Name for printing and for the wasm name section.
    pub name: String,
    /// How many of the locals are parameters (they come first).
    pub params: u32,
    /// Result types.
    pub results: Vec<Ty>,
    /// All locals; those that are not parameters start as zero.
    pub locals: Vec<LocalDecl>,
    /// The body.
    pub body: Vec<Stmt>,
    /// Labels handed out so far.
    pub labels: u32,
    /// Inlining wish.
    pub inline: Inline,
}

impl Function {
    /// Type of a local.
    pub fn ty(&self, local: Local) -> Ty {
        self.locals[local.index()].ty
    }

    /// Declares a new local.
    pub fn new_local(&mut self, ty: Ty, name: &str) -> Local {
        self.locals.push(LocalDecl { ty, name: name.to_owned() });
        Local(self.locals.len() as u32 - 1)
    }

    /// Hands out a new label.
    pub fn new_label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels - 1)
    }
}

/// A place in a typed function, and the place that it was inlined into.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Loc {
    /// Index of the function in the unit's typed program.
    pub func: u32,
    /// Index of the position in that function.
    pub node: u32,
    /// The call that the code was inlined at.
    pub parent: Option<LocId>,
}

/// A statement that can raise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Site {
    /// The exception's name: `IndexError`.
    pub exception: String,
    /// How the message is made.
    pub message: Message,
    /// Where.
    pub loc: LocId,
}

/// How an exception's message is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A template in which `{0}`..`{3}` are the site's arguments (integers in decimal, floats as
    /// Python's `repr`).
    Template(String),
    /// Argument 0 is the address of a string block (0: no message).
    Dynamic,
}

/// A module-level variable that lives at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GlobalDecl {
    /// Its type.
    pub ty: Ty,
    /// A hint for printing.
    pub name: String,
}

/// A `@jit` function of another unit that this module calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryDecl {
    /// Import name: the unit's number in the program.
    pub name: String,
    /// Parameter types.
    pub params: Vec<Ty>,
    /// Result types.
    pub results: Vec<Ty>,
}

/// A module: one unit of compilation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Module {
    /// Functions; [`FuncId`] indexes them.
    pub functions: Vec<Function>,
    /// Exported functions by name.
    pub exports: Vec<(String, FuncId)>,
    /// Functions of the embedder that are called.
    pub externals: Vec<External>,
    /// Functions of other units that are called.
    pub entries: Vec<EntryDecl>,
    /// Module-level variables.
    pub globals: Vec<GlobalDecl>,
    /// Static data: string blocks, tables. Placed by the host; [`Expr::Data`] is an offset in it.
    pub data: Vec<u8>,
    /// Statements that can raise.
    pub sites: Vec<Site>,
    /// Places.
    pub locs: Vec<Loc>,
}

impl Module {
    /// Signature of a callee: parameter and result types.
    pub fn signature(&self, callee: Callee) -> (Vec<Ty>, Vec<Ty>) {
        match callee {
            Callee::Func(id) => {
                let f = &self.functions[id.index()];
                (f.locals[..f.params as usize].iter().map(|l| l.ty).collect(), f.results.clone())
            }
            Callee::Import(import) => (import.params().to_vec(), import.results().to_vec()),
            Callee::External(index) => self.externals[index as usize].signature.scalars(),
            Callee::Entry(index) => {
                let e = &self.entries[index as usize];
                (e.params.clone(), e.results.clone())
            }
        }
    }
}

impl UnOp {
    /// Operand and result type.
    pub fn types(self) -> (Ty, Ty) {
        use Ty::{F64, I32, I64, V128};
        match self {
            UnOp::I32Eqz => (I32, I32),
            UnOp::I64Eqz | UnOp::I32WrapI64 => (I64, I32),
            UnOp::I64Clz | UnOp::I64Ctz | UnOp::I64Popcnt => (I64, I64),
            UnOp::I64ExtendI32S | UnOp::I64ExtendI32U => (I32, I64),
            UnOp::F64Abs
            | UnOp::F64Neg
            | UnOp::F64Ceil
            | UnOp::F64Floor
            | UnOp::F64Trunc
            | UnOp::F64Nearest
            | UnOp::F64Sqrt
            | UnOp::F64RoundToF32 => (F64, F64),
            UnOp::F64ConvertI64S | UnOp::F64ReinterpretI64 => (I64, F64),
            UnOp::I64TruncSatF64S | UnOp::I64ReinterpretF64 => (F64, I64),
            UnOp::F64x2Splat => (F64, V128),
            UnOp::I64x2Splat => (I64, V128),
            UnOp::F64x2Extract(_) => (V128, F64),
            UnOp::I64x2Extract(_) => (V128, I64),
            UnOp::F64x2Abs
            | UnOp::F64x2Neg
            | UnOp::F64x2Sqrt
            | UnOp::F64x2Floor
            | UnOp::F64x2Ceil
            | UnOp::F64x2Trunc
            | UnOp::F64x2Nearest
            | UnOp::I64x2Neg
            | UnOp::V128Not => (V128, V128),
            UnOp::V128AnyTrue | UnOp::I64x2Bitmask => (V128, I32),
        }
    }
}

impl BinOp {
    /// Operand type (both) and result type.
    #[rustfmt::skip]
    pub fn types(self) -> (Ty, Ty) {
        use Ty::{F64, I32, I64, V128};
        match self {
            BinOp::I32Add | BinOp::I32Sub | BinOp::I32Mul | BinOp::I32And | BinOp::I32Or | BinOp::I32Xor
            | BinOp::I32Shl | BinOp::I32ShrU | BinOp::I32Eq | BinOp::I32Ne | BinOp::I32LtS | BinOp::I32LtU
            | BinOp::I32LeU | BinOp::I32GtU | BinOp::I32GeU => (I32, I32),
            BinOp::I64Add | BinOp::I64Sub | BinOp::I64Mul | BinOp::I64DivS | BinOp::I64DivU | BinOp::I64RemS
            | BinOp::I64RemU | BinOp::I64And | BinOp::I64Or | BinOp::I64Xor | BinOp::I64Shl | BinOp::I64ShrS
            | BinOp::I64ShrU | BinOp::I64Rotl => (I64, I64),
            BinOp::I64Eq | BinOp::I64Ne | BinOp::I64LtS | BinOp::I64LeS | BinOp::I64GtS | BinOp::I64GeS
            | BinOp::I64LtU | BinOp::I64GeU => (I64, I32),
            BinOp::F64Add | BinOp::F64Sub | BinOp::F64Mul | BinOp::F64Div | BinOp::F64Min | BinOp::F64Max
            | BinOp::F64Copysign => (F64, F64),
            BinOp::F64Eq | BinOp::F64Ne | BinOp::F64Lt | BinOp::F64Le | BinOp::F64Gt | BinOp::F64Ge => (F64, I32),
            BinOp::F64x2Add | BinOp::F64x2Sub | BinOp::F64x2Mul | BinOp::F64x2Div | BinOp::F64x2Min
            | BinOp::F64x2Max | BinOp::F64x2Pmin | BinOp::F64x2Pmax | BinOp::F64x2Eq | BinOp::F64x2Ne
            | BinOp::F64x2Lt | BinOp::F64x2Le | BinOp::F64x2Gt | BinOp::F64x2Ge | BinOp::I64x2Add
            | BinOp::I64x2Sub | BinOp::I64x2Mul | BinOp::I64x2Eq | BinOp::I64x2Ne | BinOp::I64x2LtS
            | BinOp::I64x2GtS | BinOp::I64x2LeS | BinOp::I64x2GeS | BinOp::V128And | BinOp::V128Or
            | BinOp::V128Xor | BinOp::V128AndNot => (V128, V128),
        }
    }
}
