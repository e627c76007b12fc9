//! Names as ids: modules, functions and classes with their scopes.
//!
//! Made by `resolve`, on demand: a library file is parsed when something first reaches it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast;
use crate::ir::Inline;
use crate::source::FileId;

/// A loaded module: a user's file or a file of the library.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ModuleId(pub u32);

/// A function definition (not a specialisation).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FuncId(pub u32);

/// A module with its top-level names.
#[derive(Clone, Debug)]
pub struct Module {
    /// Dotted or slashed path: `cycling`, `pandas/series/mean`.
    pub path: Arc<str>,
    /// Its file.
    pub file: FileId,
    /// True for the library.
    pub library: bool,
    /// Folder of the module's path with a trailing slash, or empty.
    pub folder: String,
    /// What the top level binds.
    pub names: BTreeMap<String, Global>,
    /// The syntax tree.
    pub ast: Arc<ast::Module>,
}

/// What a top-level name stands for.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are named for what they hold")]
pub enum Global {
    /// A `def`.
    Function(FuncId),
    /// A `class`.
    Class(Arc<ClassDef>),
    /// `import x` / `import x as y`: the dotted path.
    Import(String, crate::source::Span),
    /// `from x import y`.
    ImportFrom { module: String, name: String, span: crate::source::Span },
    /// Assigned exactly once at the top level: the value's expression.
    Once(Arc<ast::Expr>),
    /// A function that the embedder gives.
    External(Arc<crate::abi::external::External>),
    /// Its value is given by the host, as a constant.
    Given(crate::types::Type),
    /// Assigned more than once or in a compound statement.
    Variable(crate::source::Span),
}

/// A function definition with its scope.
#[derive(Clone, Debug)]
pub struct FuncDef {
    /// The module it is written in.
    pub module: ModuleId,
    /// `outer.inner`, for messages.
    pub qualname: String,
    /// The syntax tree.
    pub ast: Arc<ast::Function>,
    /// Names that are local to it: parameters first, then assigned names in order.
    pub locals: Vec<String>,
    /// Names that it reads from enclosing functions.
    pub captures: Vec<String>,
    /// The enclosing function.
    pub parent: Option<FuncId>,
    /// How it is decorated.
    pub decoration: Decoration,
}

/// What the decorators of a function say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Decoration {
    /// `@ovenbird.jit`.
    pub jit: bool,
    /// `@ovenbird.jit(cache=True)`.
    pub cache: bool,
    /// `@inline`, `@noinline`, `@cold` (library).
    pub inline: Option<Inline>,
    /// `@property` (library).
    pub property: bool,
}

/// A class of the library.
#[derive(Debug)]
pub struct ClassDef {
    /// Identity: `numpy/ndarray/type:ndarray`.
    pub path: Arc<str>,
    /// Its name.
    pub name: String,
    /// Module that defines it.
    pub module: ModuleId,
    /// True if instances are references to a block; false if they are laid out in place (`@value`).
    pub heap: bool,
    /// Field names in order.
    pub fields: Vec<String>,
    /// Methods written in the class body.
    pub methods: BTreeMap<String, FuncId>,
    /// Folder in which further methods lie, one a file.
    pub folder: String,
}

impl PartialEq for ClassDef {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for ClassDef {}

impl std::hash::Hash for ClassDef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}
