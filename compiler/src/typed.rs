//! The typed program: monomorphic, every expression has a type, all library code included.
//!
//! Made by `infer`, read by `lower`. It is also what the level-1 cache key is computed over: it
//! serialises canonically, without spans, names of locals or numbers that depend on code that is not
//! part of the unit.

use std::sync::Arc;

use serde::Serialize;

use crate::abi::external::External;
use crate::ir::{BinOp, Inline, UnOp};
use crate::source::Span;
use crate::types::{Const, Table, Type};

/// A local variable of one function, parameters first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct LocalId(pub u32);

/// A loop or block that can be left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct LabelId(pub u32);

/// A function of the unit, in the order in which calls reach it from the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct TFuncId(pub u32);

/// One unit of compilation: a root function and all that it reaches, for one signature.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What people call it: `cycling.mean_power_speed`, or `cycling.__main__` for a module body.
    pub label: String,
    /// True for a module body (or an expression evaluated in a module's scope).
    pub body: bool,
    /// The functions; the root is the first.
    pub functions: Vec<Function>,
    /// `@jit` functions of other units that this one calls.
    pub entries: Vec<Entry>,
    /// Functions of the embedder that this one calls.
    pub externals: Vec<External>,
    /// Global variables that live at run time, shared with other units.
    pub variables: Vec<Variable>,
    /// Parameter types of the root.
    pub params: Vec<Type>,
    /// Module-level constants that were read: (name, value as text).
    pub globals: Vec<(String, String)>,
    /// Schemas that were read: (label, column list as text).
    pub schemas: Vec<(String, Vec<String>)>,
    /// True if a user asked for caching (`cache=True`).
    pub cache: bool,
    /// `core/memory.alloc`, if the unit has counted references.
    pub alloc: Option<TFuncId>,
    /// `core/memory.free`, likewise.
    pub free: Option<TFuncId>,
    /// Heap classes of the unit with the method that releases what they hold, if they have one.
    pub drops: Vec<(Type, Option<TFuncId>)>,
}

impl Unit {
    /// The scalars of the unit's variables in the order of its imports: number of the variable in the
    /// program, and which scalar of it.
    pub fn variable_scalars(&self) -> Vec<(usize, usize)> {
        let scalars = |v: &Variable| (0..v.ty.width()).map(|scalar| (v.index, scalar)).collect::<Vec<_>>();
        self.variables.iter().flat_map(scalars).collect()
    }
}

/// A call target in another unit.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Number of the unit in the program; not part of the meaning.
    #[serde(skip)]
    pub unit: usize,
    /// Parameter types.
    pub params: Vec<Type>,
    /// Result type.
    pub result: Type,
}

/// A global variable of the program whose value is only known at run time. A variable that is assigned
/// values of several types is several of these, one a type.
#[derive(Clone, Debug, Serialize)]
pub struct Variable {
    /// `module.name`.
    #[serde(skip)]
    pub name: String,
    /// Its number in the program; not part of the meaning.
    #[serde(skip)]
    pub index: usize,
    /// Its type.
    pub ty: Type,
}

/// A specialised function.
#[derive(Clone, Debug, Serialize)]
pub struct Function {
    /// `module.name`, for tracebacks and listings.
    #[serde(skip)]
    pub name: String,
    /// True for library code, whose frames are hidden in tracebacks.
    #[serde(skip)]
    pub library: bool,
    /// Parameters, in order.
    pub params: Vec<LocalId>,
    /// Result type.
    pub result: Type,
    /// All locals.
    pub locals: Vec<Local>,
    /// The body.
    pub body: Vec<Stmt>,
    /// Places of calls and raises; `node` fields index it.
    #[serde(skip)]
    pub positions: Vec<Span>,
    /// Inlining wish.
    #[serde(skip)]
    pub inline: Inline,
}

/// A local variable.
#[derive(Clone, Debug, Serialize)]
pub struct Local {
    /// Its name in the source.
    #[serde(skip)]
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// True if some read may come before any assignment, so that reads are checked.
    pub checked: bool,
    /// The source variable that it belongs to, by its number in the function; none for temporaries.
    #[serde(skip)]
    pub slot: Option<usize>,
    /// The variable of the unit in which every assigned value is kept too, for other functions to read.
    pub variable: Option<usize>,
}

/// A statement.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Stmt {
    /// Assigns a local; the value has the local's type.
    Assign(LocalId, Expr),
    /// Evaluates for the effect.
    Expr(Expr),
    /// Two-way branch.
    If { test: Expr, then: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `while test`; `Continue(label)` tests again, `Break(label)` leaves.
    While { label: LabelId, test: Expr, body: Vec<Stmt> },
    /// `for var in range(start, stop, step)`, all ints. `step` is a non-zero constant.
    For { label: LabelId, var: LocalId, start: Expr, stop: Expr, step: i64, body: Vec<Stmt> },
    /// A scope that `Break(label)` leaves.
    Block { label: LabelId, body: Vec<Stmt> },
    /// Leaves a loop or block.
    Break(LabelId),
    /// Goes on with a loop.
    Continue(LabelId),
    /// Leaves the function; the value has the function's result type.
    Return(Expr),
    /// Raises an exception.
    Raise { exception: Arc<str>, message: Option<Expr>, node: u32 },
    /// Assigns a variable of the unit; the value has its type.
    SetVariable(usize, Expr),
    /// Assigns a field of a heap object.
    SetField { object: Expr, field: usize, value: Expr },
}

/// An expression.
#[derive(Clone, Debug, Serialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
}

/// The expressions.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExprKind {
    /// A value without run-time content (`None`, a constant type, a module).
    Unit,
    /// A constant at run time.
    Const(Const),
    /// A local.
    Local(LocalId),
    /// A variable of the unit.
    Variable(usize),
    /// A local that may be unassigned: raises `UnboundLocalError`.
    CheckedLocal { local: LocalId, node: u32 },
    /// A tuple, an instance of a value class, or a closure: its parts in order.
    Aggregate(Vec<Expr>),
    /// A part of an aggregate.
    Part(Box<Expr>, usize),
    /// A new heap object with these fields.
    New(Vec<Expr>),
    /// A field of a heap object.
    Field(Box<Expr>, usize),
    /// A primitive with one operand.
    Unary(UnOp, Box<Expr>),
    /// A primitive with two operands.
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// `and`/`or` of two bools, short-circuit.
    Logic { and: bool, left: Box<Expr>, right: Box<Expr> },
    /// `then if test else orelse`.
    IfExp { test: Box<Expr>, then: Box<Expr>, orelse: Box<Expr> },
    /// Statements, then a value.
    Block(Vec<Stmt>, Box<Expr>),
    /// A call of a function of the unit.
    Call { func: TFuncId, args: Vec<Expr>, node: u32 },
    /// A call of a `@jit` function of another unit.
    CallEntry { entry: usize, args: Vec<Expr>, node: u32 },
    /// A memory, SIMD or host operation.
    Intrinsic { op: Op, args: Vec<Expr>, node: u32 },
    /// Element of a constant table; the index is trusted.
    TableGet { table: Arc<Table>, index: Box<Expr> },
}

/// Operations that are neither pure primitives nor calls.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Op {
    /// `load(T, ptr)`: an element of type `T`; references are counted up.
    Load(Type),
    /// `store(T, ptr, value)`: takes over the value's references; what lay there is not released.
    Store(Type),
    /// `drop_at(T, ptr, count)`: releases `count` elements.
    DropAt(Type),
    /// `memory_copy(dst, src, bytes)`.
    MemoryCopy,
    /// `memory_fill(dst, byte, bytes)`.
    MemoryFill,
    /// `memory_grow(pages)`: old size in pages or -1.
    MemoryGrow,
    /// `memory_size()`: bytes.
    MemorySize,
    /// `check_index(i, n)`: Python's index rule; the message is a template over (index, length).
    Bounds { wrap: bool, exception: Arc<str>, message: Arc<str> },
    /// `check(condition, ...)`: raises with a template over the further arguments.
    Check { exception: Arc<str>, message: Arc<str> },
    /// `charge(units)`.
    Charge,
    /// `as_block(ptr)`: takes over the count of a fresh block.
    AsBlock,
    /// `as_str(ptr)`: takes over the count of a fresh string block.
    AsStr,
    /// `address(ref)`: the address of a block; the reference stays with the caller.
    Address,
    /// A host function, by its number in `abi::Import::ALL`.
    Host(usize),
    /// A function of the embedder, by its number in [`Unit::externals`].
    External(usize),
    /// `bitselect(then, orelse, mask)`.
    Bitselect,
    /// `simd_load(ptr)`.
    SimdLoad,
    /// `simd_store(ptr, value)`.
    SimdStore,
    /// `select(cond, a, b)`: both evaluated.
    Select,
    /// `is_null(ref)`.
    IsNull,
}

impl Expr {
    /// An expression without run-time content.
    pub fn unit(ty: Type) -> Expr {
        Expr { kind: ExprKind::Unit, ty }
    }

    /// A run-time constant of the widened type.
    pub fn constant(value: Const) -> Expr {
        let ty = Type::Const(value.clone()).widened();
        Expr { kind: ExprKind::Const(value), ty }
    }

    /// An `int` constant at run time.
    pub fn int(value: i64) -> Expr {
        Expr::constant(Const::Int(value))
    }
}
