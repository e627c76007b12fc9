//! Our subset of Python's syntax: every node is one that the compiler knows, and has a span.
//!
//! Made by `parse`; the tree is immutable afterwards. Function bodies are shared (`Arc`), because
//! one definition is inferred once per signature.

use std::sync::Arc;

use crate::source::{FileId, Span};

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file it came from.
    pub file: FileId,
    /// The module's docstring, if any, with its span.
    pub docstring: Option<(String, Span)>,
    /// Top-level statements, the docstring left out.
    pub body: Vec<Stmt>,
}

/// A statement with its place.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it is.
    pub span: Span,
}

/// The statements.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum StmtKind {
    /// An expression for its effect.
    Expr(Expr),
    /// `a = b = value`; each target is a name, attribute, subscript, tuple or list of targets.
    Assign { targets: Vec<Expr>, value: Expr },
    /// `target op= value`.
    AugAssign { target: Expr, op: BinaryOp, value: Expr },
    /// `target: annotation = value`.
    AnnAssign { target: Expr, annotation: Expr, value: Option<Expr> },
    /// `if test: body else: orelse` (`elif` is nested).
    If { test: Expr, body: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `while test: body else: orelse`.
    While { test: Expr, body: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `for target in iter: body else: orelse`.
    For { target: Expr, iter: Expr, body: Vec<Stmt>, orelse: Vec<Stmt> },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `return` with or without a value.
    Return(Option<Expr>),
    /// `pass`.
    Pass,
    /// `assert test, message`.
    Assert { test: Expr, message: Option<Expr> },
    /// `raise exception`.
    Raise(Expr),
    /// `def`.
    Function(Arc<Function>),
    /// `class`.
    Class(Arc<Class>),
    /// `import a.b as c`, one per name.
    Import { module: String, alias: String },
    /// `from module import name as alias`, one per name.
    ImportFrom { module: String, name: String, alias: String },
    /// `global a, b`.
    Global(Vec<String>),
}

/// A `def` or a `lambda`.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name; `<lambda>` for a lambda.
    pub name: String,
    /// Parameters in order; keyword-only ones come last.
    pub params: Vec<Param>,
    /// Decorators, as written.
    pub decorators: Vec<Expr>,
    /// Return annotation.
    pub returns: Option<Expr>,
    /// Docstring with its span.
    pub docstring: Option<(String, Span)>,
    /// The body, the docstring left out. A lambda's body is one `Return`.
    pub body: Vec<Stmt>,
    /// The whole definition.
    pub span: Span,
    /// The name alone (the `lambda` keyword for a lambda).
    pub name_span: Span,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Annotation, if any.
    pub annotation: Option<Expr>,
    /// Default, if any.
    pub default: Option<Expr>,
    /// How arguments bind to it.
    pub kind: ParamKind,
    /// Where.
    pub span: Span,
}

/// How arguments bind to a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// By position or by name.
    Normal,
    /// By name only (after `*` or `*args`).
    KeywordOnly,
    /// `*args`: the remaining positional arguments as a tuple.
    VarArgs,
}

/// A class definition. User classes are not supported yet; the library's types are classes.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Decorators, as written.
    pub decorators: Vec<Expr>,
    /// Annotated fields in order: name, annotation.
    pub fields: Vec<(String, Expr)>,
    /// Methods in order.
    pub methods: Vec<Arc<Function>>,
    /// The whole definition.
    pub span: Span,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub span: Span,
}

/// The expressions.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum ExprKind {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer literal that fits 64 bits (values from 2^63 to 2^64-1 wrap, as documented).
    Int(i64),
    /// A float literal.
    Float(f64),
    /// A string literal; adjacent literals are joined.
    Str(String),
    /// An f-string.
    FString(Vec<FStringPart>),
    /// A name.
    Name(String),
    /// `value.attr`.
    Attribute { value: Box<Expr>, attr: String },
    /// `value[index]`.
    Subscript { value: Box<Expr>, index: Box<Expr> },
    /// `start:stop:step` inside a subscript.
    Slice { start: Option<Box<Expr>>, stop: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `func(args, keywords)`.
    Call { func: Box<Expr>, args: Vec<Expr>, keywords: Vec<(String, Expr)> },
    /// `*value` as an argument.
    Starred(Box<Expr>),
    /// `-x`, `+x`, `~x`, `not x`.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// `a op b`.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `a < b <= c`: as many operators as right operands, evaluated once each, left to right.
    Compare { left: Box<Expr>, ops: Vec<CompareOp>, rights: Vec<Expr> },
    /// `a and b and c` or `a or b or c`.
    BoolOp { and: bool, values: Vec<Expr> },
    /// `body if test else orelse`.
    IfExp { test: Box<Expr>, body: Box<Expr>, orelse: Box<Expr> },
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `[element for target in iter if cond ...]`, generators from the outside in.
    ListComp { element: Box<Expr>, generators: Vec<Comprehension> },
    /// `lambda`.
    Lambda(Arc<Function>),
}

/// One `for target in iter if a if b` of a comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// What is bound.
    pub target: Expr,
    /// What is iterated over.
    pub iter: Expr,
    /// Conditions.
    pub ifs: Vec<Expr>,
}

/// A piece of an f-string.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum FStringPart {
    /// Text as it stands.
    Text(String),
    /// `{value!conversion:spec}`; `conversion` is `s`, `r` or `a`; only constant specs are supported.
    Value { value: Expr, conversion: Option<char>, spec: String, debug_text: Option<String> },
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `+`
    Pos,
    /// `~`
    Invert,
    /// `not`
    Not,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `@`
    MatMul,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
}

impl BinaryOp {
    /// As written in Python.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::MatMul => "@",
            BinaryOp::LShift => "<<",
            BinaryOp::RShift => ">>",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
        }
    }

    /// Name of the method that implements it, without underscores: `add` for `__add__`.
    pub fn method(self) -> &'static str {
        match self {
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "truediv",
            BinaryOp::FloorDiv => "floordiv",
            BinaryOp::Mod => "mod",
            BinaryOp::Pow => "pow",
            BinaryOp::MatMul => "matmul",
            BinaryOp::LShift => "lshift",
            BinaryOp::RShift => "rshift",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::Xor => "xor",
        }
    }
}

/// Comparison operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl CompareOp {
    /// As written in Python.
    pub fn symbol(self) -> &'static str {
        match self {
            CompareOp::Eq => "==",
            CompareOp::Ne => "!=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Is => "is",
            CompareOp::IsNot => "is not",
            CompareOp::In => "in",
            CompareOp::NotIn => "not in",
        }
    }

    /// Name of the method that implements it, without underscores, where there is one.
    pub fn method(self) -> &'static str {
        match self {
            CompareOp::Eq => "eq",
            CompareOp::Ne => "ne",
            CompareOp::Lt => "lt",
            CompareOp::Le => "le",
            CompareOp::Gt => "gt",
            CompareOp::Ge => "ge",
            CompareOp::Is | CompareOp::IsNot => "is",
            CompareOp::In | CompareOp::NotIn => "contains",
        }
    }
}
