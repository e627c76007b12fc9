//! Ast -> Resolved: scopes, imports, and lookup in the library by path.
//!
//! Loads modules on demand: user files and schemas come from [`World`], library text from
//! [`Library`]; nothing here touches the outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::abi::external::{External, Functions};
use crate::ast::{self, ExprKind, StmtKind};
use crate::budget::{Account, CompileBudget, Exceeded};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::Inline;
use crate::parse;
use crate::resolved::{ClassDef, Decoration, FuncDef, FuncId, Global, Module, ModuleId};
use crate::schema::{Schema, SchemaProblem};
use crate::source::{SourceFile, Sources, Span};
use crate::types::Type;

mod names;
mod walk;

use names::{Bindings, count_assignments, free_names};
pub use names::{assigned_names, names_in_functions};

/// Facts about the world that compilation depends on. The host answers; equal answers give equal
/// programs.
pub trait World {
    /// Text and display name of a user's module (`helpers` or `pkg.helpers`), if it exists beside
    /// the program.
    fn module(&self, name: &str) -> Option<(String, String)>;
    /// Schema of a dataset by its guest path.
    fn schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem>;
    /// The functions of a module that the embedder gives, if it gives one of that name.
    fn host_module(&self, _name: &str) -> Option<Functions> {
        None
    }
    /// Globals of the main module whose values come from outside, in place of its own assignment.
    fn globals(&self) -> BTreeMap<String, GivenGlobal> {
        BTreeMap::new()
    }
    /// What compiling the program may use.
    fn budget(&self) -> CompileBudget {
        CompileBudget::default()
    }
    /// Told what the program took of the memory until it was typed.
    fn took_memory(&self, _bytes: u64) {}
    /// Asked at intervals: whether to stop, since time is up.
    fn stopped(&self) -> Option<Exceeded> {
        None
    }
}

/// A global whose value comes from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GivenGlobal {
    /// A constant, as the type that holds its value.
    Constant(Type),
    /// A value that is given to each call, of this type.
    Parameter(Type),
}

/// The library's text by path (`pandas/series/mean`).
pub trait Library {
    /// The text of a file, without the `.py`.
    fn get(&self, path: &str) -> Option<&str>;
    /// True if some file lies below the folder.
    fn is_package(&self, path: &str) -> bool;
}

/// All modules, functions and classes loaded so far.
pub struct Resolver<'w> {
    /// The files behind them.
    pub sources: Sources,
    /// The outside world.
    pub world: &'w dyn World,
    /// The source text so far.
    pub(crate) account: Account,
    library: &'w dyn Library,
    modules: Vec<Module>,
    functions: Vec<Arc<FuncDef>>,
    by_path: BTreeMap<(bool, String), Option<ModuleId>>,
    /// Modules of the embedder.
    given: BTreeMap<String, Option<ModuleId>>,
    lambdas: BTreeMap<(u32, u32), FuncId>,
}

impl<'w> Resolver<'w> {
    /// A resolver without modules.
    pub fn new(world: &'w dyn World, library: &'w dyn Library) -> Self {
        Self {
            sources: Sources::default(),
            account: Account::new(world.budget()),
            world,
            library,
            modules: Vec::new(),
            functions: Vec::new(),
            by_path: BTreeMap::new(),
            given: BTreeMap::new(),
            lambdas: BTreeMap::new(),
        }
    }

    /// A loaded module.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// A loaded function.
    pub fn function(&self, id: FuncId) -> &Arc<FuncDef> {
        &self.functions[id.0 as usize]
    }

    /// Loads a user's file as a module.
    pub fn load_user(&mut self, path: &str, name: &str, text: &str) -> Result<ModuleId, Diagnostics> {
        self.load(path, SourceFile::new(name, text, false))
    }

    /// A module of the library by path, if there is one.
    pub fn library_module(&mut self, path: &str) -> Result<Option<ModuleId>, Diagnostics> {
        if let Some(known) = self.by_path.get(&(true, path.to_owned())) {
            return Ok(*known);
        }
        let library = self.library;
        let found = match library.get(path) {
            Some(text) => Some(self.load(path, SourceFile::new(format!("<stdlib>/{path}.py"), text, true))?),
            None => None,
        };
        self.by_path.insert((true, path.to_owned()), found);
        Ok(found)
    }

    /// True if the library has a package of that path.
    pub fn is_package(&self, path: &str) -> bool {
        self.library.is_package(path)
    }

    /// A user's module by name, from the world.
    pub fn user_module(&mut self, name: &str) -> Result<Option<ModuleId>, Diagnostics> {
        if let Some(known) = self.by_path.get(&(false, name.to_owned())) {
            return Ok(*known);
        }
        let found = match self.world.module(name) {
            Some((display, text)) => Some(self.load(name, SourceFile::new(display, text, false))?),
            None => None,
        };
        self.by_path.insert((false, name.to_owned()), found);
        Ok(found)
    }

    /// Refuses to go on if the world says so.
    pub(crate) fn look(&self, span: Span) -> Result<(), Box<Diagnostic>> {
        match self.world.stopped() {
            Some(exceeded) => Err(Box::new(
                Diagnostic::refused(exceeded, span, "compiling takes too long")
                    .help("make the program smaller, or allow more time"),
            )),
            None => Ok(()),
        }
    }

    /// A module that the embedder gives, by name: it has functions, and neither text nor statements.
    pub fn host_module(&mut self, name: &str) -> Option<ModuleId> {
        if let Some(known) = self.given.get(name) {
            return *known;
        }
        let found = self.world.host_module(name).map(|functions| {
            let file = self.sources.add(SourceFile::new(format!("<host>/{name}"), "", true));
            let external = |(function, signature): (String, _)| {
                let external = External { module: name.to_owned(), name: function.clone(), signature };
                (function, Global::External(Arc::new(external)))
            };
            self.modules.push(Module {
                path: name.into(),
                file,
                library: false,
                folder: String::new(),
                names: functions.into_iter().map(external).collect(),
                ast: Arc::new(ast::Module { file, docstring: None, body: Vec::new() }),
            });
            ModuleId(self.modules.len() as u32 - 1)
        });
        self.given.insert(name.to_owned(), found);
        found
    }

    fn load(&mut self, path: &str, file: SourceFile) -> Result<ModuleId, Diagnostics> {
        let library = file.library;
        let text = file.text.clone();
        let file = self.sources.add(file);
        self.look(Span { file, start: 0, end: 0 }).map_err(|refused| *refused)?;
        let mut ast = if library {
            parse::parse_trusted(file, &text)?
        } else {
            parse::parse_within(file, &text, &mut self.account)?
        };
        let id = ModuleId(self.modules.len() as u32);
        let given = if id.0 == 0 && !library { self.world.globals() } else { BTreeMap::new() };
        if !given.is_empty() {
            leave_to_host(&mut ast.body, &given)?;
        }
        let ast = Arc::new(ast);
        let folder = path.rfind('/').map_or(String::new(), |at| path[..=at].to_owned());
        self.modules.push(Module {
            path: path.into(),
            file,
            library,
            folder,
            names: BTreeMap::new(),
            ast: ast.clone(),
        });
        let mut names = self.top_level(id, &ast.body)?;
        names.extend(given.into_iter().map(|(name, given)| {
            let global = match given {
                GivenGlobal::Constant(ty) => Global::Given(ty),
                GivenGlobal::Parameter(_) => Global::Variable(Span { file, start: 0, end: 0 }),
            };
            (name, global)
        }));
        self.modules[id.0 as usize].names = names;
        Ok(id)
    }

    fn top_level(
        &mut self,
        id: ModuleId,
        body: &[ast::Stmt],
    ) -> Result<BTreeMap<String, Global>, Diagnostics> {
        let mut names: BTreeMap<String, Global> = BTreeMap::new();
        let mut assigned: BTreeMap<String, usize> = BTreeMap::new();
        count_assignments(body, &mut assigned);
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(def) => {
                    let func = self.add_function(id, None, def.clone());
                    names.insert(def.name.clone(), Global::Function(func));
                }
                StmtKind::Class(def) => {
                    let class = self.add_class(id, def)?;
                    names.insert(def.name.clone(), Global::Class(class));
                }
                StmtKind::Import { module, alias } => {
                    names.insert(alias.clone(), Global::Import(module.clone(), stmt.span));
                }
                StmtKind::ImportFrom { module, name, alias } => {
                    let global =
                        Global::ImportFrom { module: module.clone(), name: name.clone(), span: stmt.span };
                    names.insert(alias.clone(), global);
                }
                StmtKind::Assign { targets, value } => {
                    for target in targets {
                        if let ExprKind::Name(name) = &target.kind {
                            let once = assigned.get(name) == Some(&1);
                            let global = if once {
                                Global::Once(Arc::new(value.clone()))
                            } else {
                                Global::Variable(target.span)
                            };
                            names.insert(name.clone(), global);
                        }
                    }
                }
                StmtKind::AnnAssign { target, value: Some(value), .. } => {
                    if let ExprKind::Name(name) = &target.kind
                        && assigned.get(name) == Some(&1)
                    {
                        names.insert(name.clone(), Global::Once(Arc::new(value.clone())));
                    }
                }
                _ => {}
            }
        }
        for name in assigned_names(body) {
            names.entry(name).or_insert(Global::Variable(Span {
                file: self.modules[id.0 as usize].file,
                start: 0,
                end: 0,
            }));
        }
        Ok(names)
    }

    /// Takes note that further statements run after a module's own: what they assign again is no constant.
    pub fn assign_again(&mut self, module: ModuleId, extra: &[ast::Stmt]) {
        let file = self.modules[module.0 as usize].file;
        for name in assigned_names(extra) {
            if let Some(global @ Global::Once(_)) = self.modules[module.0 as usize].names.get_mut(&name) {
                *global = Global::Variable(Span { file, start: 0, end: 0 });
            }
        }
    }

    /// Registers a `def` or `lambda` with its scope.
    fn add_function(&mut self, module: ModuleId, parent: Option<FuncId>, ast: Arc<ast::Function>) -> FuncId {
        let mut bindings = Bindings::default();
        for param in &ast.params {
            bindings.add(&param.name);
        }
        bindings.block(&ast.body);
        let qualname = match parent {
            Some(parent) => format!("{}.{}", self.function(parent).qualname, ast.name),
            None => ast.name.clone(),
        };
        let id = FuncId(self.functions.len() as u32);
        let decoration = decoration(&ast);
        let mut captures: Vec<String> = Vec::new();
        // Only what stands in a function can read the names of one.
        if parent.is_some() {
            for name in free_names(&ast.body) {
                let own = bindings.names.contains(&name);
                if !own && !captures.contains(&name) && self.enclosing_binds(parent, &name) {
                    captures.push(name);
                }
            }
        }
        let locals = bindings.names;
        let def = FuncDef { module, qualname, ast, locals, captures, parent, decoration };
        self.functions.push(Arc::new(def));
        id
    }

    fn enclosing_binds(&self, mut scope: Option<FuncId>, name: &str) -> bool {
        while let Some(id) = scope {
            let func = self.function(id);
            if func.locals.iter().any(|l| l == name) {
                return true;
            }
            scope = func.parent;
        }
        false
    }

    /// The function of a nested `def` or `lambda`, registered on first use.
    pub fn nested(&mut self, parent: Option<FuncId>, module: ModuleId, ast: &Arc<ast::Function>) -> FuncId {
        let key = (ast.span.file.0, ast.span.start);
        if let Some(id) = self.lambdas.get(&key) {
            return *id;
        }
        let id = self.add_function(module, parent, ast.clone());
        self.lambdas.insert(key, id);
        id
    }

    fn add_class(&mut self, module: ModuleId, def: &ast::Class) -> Result<Arc<ClassDef>, Diagnostics> {
        let owner = &self.modules[module.0 as usize];
        if !owner.library {
            return Err(Diagnostic::new(
                Code::UnsupportedSyntax,
                def.span,
                "classes are not supported in compiled functions yet",
            )
            .help("use tuples, or pass the fields as separate arguments")
            .into());
        }
        let (path, folder) = (format!("{}:{}", owner.path, def.name), owner.folder.clone());
        let methods = def
            .methods
            .iter()
            .map(|m| (m.name.clone(), self.add_function(module, None, m.clone())))
            .collect();
        let value = def.decorators.iter().any(|d| matches!(&d.kind, ExprKind::Name(n) if n == "value"));
        Ok(Arc::new(ClassDef {
            path: path.into(),
            name: def.name.clone(),
            module,
            heap: !value,
            fields: def.fields.iter().map(|(name, _)| name.clone()).collect(),
            methods,
            folder,
        }))
    }
}

/// Takes out the assignments of globals that come from outside. Each must be the only one, and assign
/// nothing else.
fn leave_to_host(
    body: &mut Vec<ast::Stmt>,
    given: &BTreeMap<String, GivenGlobal>,
) -> Result<(), Diagnostics> {
    let mut assigned: BTreeMap<String, usize> = BTreeMap::new();
    count_assignments(body, &mut assigned);
    let named = |target: &ast::Expr| match &target.kind {
        ExprKind::Name(name) => given.contains_key(name).then(|| name.clone()),
        _ => None,
    };
    let mut taken = BTreeSet::new();
    body.retain(|stmt| {
        let target = match &stmt.kind {
            StmtKind::Assign { targets, .. } if targets.len() == 1 => named(&targets[0]),
            StmtKind::AnnAssign { target, .. } => named(target),
            _ => None,
        };
        target.is_none_or(|name| assigned.get(&name) != Some(&1) || !taken.insert(name))
    });
    for stmt in body.iter() {
        for name in assigned_names(std::slice::from_ref(stmt)) {
            if given.contains_key(&name) {
                let message = format!("the host gives `{name}` a value, and so does the program");
                return Err(Diagnostic::new(Code::GlobalNotConstant, stmt.span, message)
                    .help(format!("assign `{name}` once, by a statement of its own, or not at all"))
                    .into());
            }
        }
    }
    Ok(())
}

fn decoration(ast: &ast::Function) -> Decoration {
    let mut out = Decoration::default();
    for decorator in &ast.decorators {
        let (name, keywords) = match &decorator.kind {
            ExprKind::Call { func, keywords, .. } => (func, keywords.as_slice()),
            _ => (&Box::new(decorator.clone()), [].as_slice()),
        };
        let name = match &name.kind {
            ExprKind::Name(name) => name.as_str(),
            ExprKind::Attribute { attr, .. } => attr.as_str(),
            _ => "",
        };
        match name {
            "jit" | "njit" => {
                out.jit = true;
                out.cache =
                    keywords.iter().any(|(k, v)| k == "cache" && matches!(v.kind, ExprKind::Bool(true)));
            }
            "inline" => out.inline = Some(Inline::Always),
            "noinline" => out.inline = Some(Inline::Never),
            "cold" => out.inline = Some(Inline::Cold),
            "property" => out.property = true,
            _ => {}
        }
    }
    out
}
