//! Resolved + signature -> Typed: infer types and specialise.
//!
//! Forward abstract interpretation in the manner of Numba: types flow from the argument types, each
//! function is inferred once per signature, a variable may have different types at different places
//! (see `infer/flow.rs`), and conditions on compile-time values are decided here, so that library
//! code can branch on types and column names. Recursive functions are inferred to a fixed point of
//! their result type.
//!
//! The pieces: `flow` joins environments, `stmt` and `expr` walk the syntax, `ops` maps operators,
//! `call` binds arguments and specialises, `intrinsic` types the primitive operations, `convert`
//! joins and coerces types, `units` cuts the result into units of compilation.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::abi::external::External;
use crate::ast;
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::Inline;
use crate::resolve::{Library, Resolver, World};
use crate::resolved::{FuncId, ModuleId};
use crate::source::Span;
use crate::typed::{self, LabelId, LocalId};
use crate::types::Type;

mod attribute;
mod border;
mod builtin;
mod call;
mod convert;
mod env;
mod expr;
mod external;
mod flow;
mod globals;
mod intrinsic;
mod iterate;
mod memory;
mod ops;
mod scope;
mod slots;
mod stmt;
mod units;

pub use units::{Program, Request};

/// The result of one step of inference.
type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Steps between two questions whether to stop: a fraction of a millisecond.
const LOOK_EVERY: usize = 1_000;

/// Number of a specialisation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SpecId(pub(crate) u32);

/// What a specialisation is for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct SpecKey {
    func: FuncId,
    captures: Vec<Type>,
    args: Vec<Type>,
    /// Types of the globals that live at run time; see `globals.rs`.
    scope: u32,
    /// True inside `@jit` code, where a call of another `@jit` function is an ordinary call.
    jit: bool,
}

/// A specialisation: being inferred, or done.
struct Spec {
    label: String,
    /// Result type: assumed while being inferred.
    result: Type,
    done: bool,
    /// True if a recursive call used the assumed result.
    used_assumption: bool,
    function: Option<typed::Function>,
    /// True if it depends on the types of globals.
    scoped: bool,
    /// Calls of other units, in order of discovery: unit numbers.
    entries: Vec<usize>,
    /// Module constants read, and their values.
    globals: BTreeMap<String, String>,
    /// Datasets whose schemas were read.
    schemas: Vec<(String, Vec<String>)>,
}

/// A unit: a `@jit` function for one signature, or a module body.
struct UnitInfo {
    func: Option<FuncId>,
    args: Vec<Type>,
    scope: u32,
    root: SpecId,
    result: Type,
}

/// One run of the front end over a program.
pub struct Session<'w> {
    /// Modules and sources.
    pub resolver: Resolver<'w>,
    specs: Vec<Spec>,
    memo: HashMap<SpecKey, SpecId>,
    units: Vec<UnitInfo>,
    /// Functions of the embedder that are called, by number.
    externals: Vec<Arc<External>>,
    /// Bindings of [`Type::Var`].
    vars: Vec<Option<Type>>,
    constants: HashMap<(ModuleId, String), Option<Type>>,
    run_time: globals::RunTime,
    diagnostics: Vec<Diagnostic>,
    steps: usize,
    /// Unknown names for which a similar one was looked for.
    suggestions: usize,
    /// Steps at which the world is asked next whether to stop.
    next_look: usize,
    depth: usize,
    /// True if the first module runs as the program, not as an import.
    main_runs: bool,
}

/// State of a variable at one point of a function.
#[derive(Clone, PartialEq, Debug)]
enum Binding {
    /// Not assigned on any path.
    Unbound,
    /// Assigned on every path.
    Bound(Type),
    /// Assigned on some paths.
    Maybe(Type),
    /// Assigned different types that do not go together.
    Conflict(Type, Type),
}

/// A loop being inferred.
struct Loop {
    continue_label: LabelId,
    break_label: LabelId,
    /// An unrolled loop: `continue` leaves the block of the current item.
    unrolled: bool,
    /// Environment at the head; widened between rounds.
    head: env::Env,
    /// Environment after the loop, as known so far.
    exit: Option<env::Env>,
    /// Set when a jump did not fit and the round must be repeated.
    changed: bool,
}

/// The function being inferred.
struct Frame {
    spec: SpecId,
    module: ModuleId,
    func: Option<FuncId>,
    /// Inside `@jit` code.
    jit: bool,
    /// Variables by name; comprehension targets shadow, so the last one wins.
    slots: slots::Slots,
    /// What each variable is now.
    env: env::Env,
    /// False after a `return`, `raise`, `break` or `continue`.
    live: bool,
    /// Locals of each variable, one a type.
    versions: Vec<Vec<LocalId>>,
    locals: Vec<typed::Local>,
    /// Locals that are paid for; see `memory.rs`.
    paid: usize,
    positions: Vec<Span>,
    labels: u32,
    loops: Vec<Loop>,
    /// Result type: joined over the returns, or as assumed from an earlier round.
    result: Option<Type>,
    /// True while all returns agreed on the type.
    single_result_type: bool,
    /// True if constants in the result stay constants (library functions).
    keep_constants: bool,
    /// Types of the captured variables: the function's own name refers to itself.
    self_captures: Vec<Type>,
    /// Closures over variables that are assigned later: they may only be called here, where the
    /// variables can be read anew.
    late: Vec<(FuncId, Box<Diagnostic>)>,
    /// Where each name is assigned for the last time, once a closure has asked. Only looked up, never walked over.
    last_assigned: Option<HashMap<String, u32>>,
    /// True while the callee of a call is inferred.
    calling: bool,
    /// The body of the main module.
    body: bool,
    /// True while a constant or default is evaluated: what lives at run time has no value there.
    constant: bool,
}

impl<'w> Session<'w> {
    /// A session over a world and a library.
    pub fn new(world: &'w dyn World, library: &'w dyn Library) -> Self {
        Self {
            resolver: Resolver::new(world, library),
            specs: Vec::new(),
            memo: HashMap::new(),
            units: Vec::new(),
            externals: Vec::new(),
            vars: Vec::new(),
            constants: HashMap::new(),
            run_time: globals::RunTime::default(),
            diagnostics: Vec::new(),
            steps: 0,
            suggestions: 0,
            next_look: 0,
            depth: 0,
            main_runs: true,
        }
    }

    fn new_spec(&mut self, label: String) -> SpecId {
        self.specs.push(Spec {
            label,
            result: Type::Never,
            done: false,
            used_assumption: false,
            function: None,
            scoped: false,
            entries: Vec::new(),
            globals: BTreeMap::new(),
            schemas: Vec::new(),
        });
        SpecId(self.specs.len() as u32 - 1)
    }

    fn spec(&mut self, id: SpecId) -> &mut Spec {
        &mut self.specs[id.0 as usize]
    }

    /// Counts a unit of work and refuses programs that need too much of it.
    fn step(&mut self, span: Span) -> Result<()> {
        self.steps_for(1, span)
    }

    /// Counts work that grows with the size of a type, such as going over a long tuple.
    fn steps_for(&mut self, units: usize, span: Span) -> Result<()> {
        self.steps = self.steps.saturating_add(units);
        if self.steps >= self.next_look {
            self.next_look = self.steps.saturating_add(LOOK_EVERY);
            self.resolver.look(span)?;
        }
        self.within(CompileLimit::Steps, self.steps, span, "the program needs too much type inference")
    }

    /// Refuses more of a limit than the budget allows.
    fn within(&self, which: CompileLimit, used: usize, span: Span, message: &str) -> Result<()> {
        self.resolver.account.budget.check(which, used as u64).map_err(|exceeded| {
            let help = "split the function, or use fewer different types";
            Box::new(Diagnostic::refused(exceeded, span, message).help(help))
        })
    }

    /// Follows bindings of type variables at the top of a type.
    fn shallow(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        while let Type::Var(id) = ty {
            match &self.vars[id as usize] {
                Some(bound) => ty = bound.clone(),
                None => return ty,
            }
        }
        ty
    }

    /// The element types that are still to be found.
    fn open_vars(&self) -> Vec<usize> {
        self.vars.iter().enumerate().filter(|(_, bound)| bound.is_none()).map(|(id, _)| id).collect()
    }

    /// Replaces every bound type variable. Most programs have none.
    fn resolved(&self, ty: Type) -> Type {
        if self.vars.is_empty() { ty } else { self.resolve(&ty) }
    }

    /// The same for a type that stays.
    fn resolve(&self, ty: &Type) -> Type {
        if self.vars.is_empty() || ty.is_closed() {
            return ty.clone();
        }
        match ty {
            Type::Var(_) => {
                let found = self.shallow(ty);
                if matches!(found, Type::Var(_)) { found } else { self.resolve(&found) }
            }
            Type::Tuple(items) => Type::Tuple(items.iter().map(|t| self.resolve(t)).collect()),
            Type::Instance(class, fields) => {
                Type::Instance(class.clone(), fields.iter().map(|t| self.resolve(t)).collect())
            }
            Type::Func(func, captures) => {
                Type::Func(*func, captures.iter().map(|t| self.resolve(t)).collect())
            }
            Type::Method(func, object) => Type::Method(*func, Box::new(self.resolve(object))),
            Type::TypeValue(inner) => Type::TypeValue(Box::new(self.resolve(inner))),
            other => other.clone(),
        }
    }

    /// Whether two types are the same once resolved.
    fn same(&self, a: &Type, b: &Type) -> bool {
        if self.vars.is_empty() { a == b } else { self.resolve(a) == self.resolve(b) }
    }

    /// Infers a function body for argument types; the result type is the joined type of its returns.
    fn infer_function(
        &mut self,
        spec: SpecId,
        key: &SpecKey,
        span: Span,
    ) -> std::result::Result<typed::Function, Box<Diagnostic>> {
        let def = self.resolver.function(key.func).clone();
        let module = self.resolver.module(def.module);
        let (library, module_path) = (module.library, module.path.clone());
        let mut assumed = None;
        for _ in 0..8 {
            let mut frame = self.new_frame(spec, def.module, Some(key.func), key.jit, library);
            frame.result = assumed.clone();
            frame.self_captures = key.captures.clone();
            let mut params = Vec::new();
            let outside = def.captures.iter().filter(|name| **name != def.ast.name);
            for (name, ty) in outside.zip(&key.captures) {
                params.push(frame.bind_new(name, ty.clone()));
            }
            for (param, ty) in def.ast.params.iter().zip(&key.args) {
                params.push(frame.bind_new(&param.name, ty.clone()));
            }
            let hidden = def.locals.iter().filter(|l| !def.ast.params.iter().any(|p| p.name == **l));
            for name in hidden {
                frame.add_slot(name);
            }
            let mut walker = Walker { session: self, frame };
            let mut body = walker.block(&def.ast.body)?;
            walker.finish_body(&mut body, def.ast.name_span)?;
            let mut frame = walker.frame;
            let result = frame.result.clone().unwrap_or(Type::None);
            if assumed.as_ref().is_some_and(|a| *a == result) || frame.single_result_type {
                let inline = def.decoration.inline.unwrap_or(Inline::Auto);
                return Ok(typed::Function {
                    name: if library {
                        format!("{module_path}")
                    } else {
                        format!("{}.{}", module_path, def.qualname)
                    },
                    library,
                    params,
                    result,
                    locals: std::mem::take(&mut frame.locals),
                    body,
                    positions: std::mem::take(&mut frame.positions),
                    inline,
                });
            }
            assumed = Some(result);
        }
        Err(Box::new(Diagnostic::new(
            Code::CannotInfer,
            span,
            "the result type of this call does not settle",
        )))
    }

    /// Infers a module's top level, followed by `extra` statements, as a function without parameters.
    fn infer_body(&mut self, module: ModuleId, extra: &[ast::Stmt], label: String) -> Result<SpecId> {
        let spec = self.new_spec(label.clone());
        let ast = self.resolver.module(module).ast.clone();
        let mut frame = self.new_frame(spec, module, None, false, false);
        let all: Vec<ast::Stmt> = ast.body.iter().chain(extra).cloned().collect();
        self.resolver.assign_again(module, extra);
        frame.body = true;
        for name in crate::resolve::assigned_names(&all) {
            let fixed = matches!(
                self.resolver.module(module).names.get(&name),
                Some(
                    crate::resolved::Global::Function(_)
                        | crate::resolved::Global::Class(_)
                        | crate::resolved::Global::Import(..)
                        | crate::resolved::Global::ImportFrom { .. }
                )
            );
            if !fixed {
                frame.add_slot(&name);
            }
        }
        let mut walker = Walker { session: self, frame };
        walker.find_run_time_globals(module, &all)?;
        let mut body = walker.block(&all)?;
        if walker.frame.live {
            body.push(typed::Stmt::Return(typed::Expr::unit(Type::None)));
        }
        walker.enter_scope();
        let frame = walker.frame;
        let function = typed::Function {
            name: label,
            library: false,
            params: Vec::new(),
            result: Type::None,
            locals: frame.locals,
            body,
            positions: frame.positions,
            inline: Inline::Never,
        };
        let entry = self.spec(spec);
        entry.function = Some(function);
        entry.result = Type::None;
        entry.done = true;
        Ok(spec)
    }

    fn new_frame(
        &self,
        spec: SpecId,
        module: ModuleId,
        func: Option<FuncId>,
        jit: bool,
        library: bool,
    ) -> Frame {
        Frame {
            spec,
            module,
            func,
            jit,
            slots: slots::Slots::default(),
            env: env::Env::default(),
            live: true,
            versions: Vec::new(),
            locals: Vec::new(),
            paid: 0,
            positions: Vec::new(),
            labels: 0,
            loops: Vec::new(),
            result: None,
            single_result_type: true,
            keep_constants: library,
            self_captures: Vec::new(),
            late: Vec::new(),
            last_assigned: None,
            calling: false,
            body: false,
            constant: false,
        }
    }

    /// The collected diagnostics, if any.
    fn check(&mut self) -> std::result::Result<(), Diagnostics> {
        Diagnostics::check(std::mem::take(&mut self.diagnostics))
    }
}

impl Frame {
    fn add_slot(&mut self, name: &str) -> usize {
        self.env.push(Binding::Unbound);
        self.versions.push(Vec::new());
        self.slots.push(name)
    }

    fn slot(&self, name: &str) -> Option<usize> {
        self.slots.last(name)
    }

    /// Declares a parameter.
    fn bind_new(&mut self, name: &str, ty: Type) -> LocalId {
        let slot = self.add_slot(name);
        self.env[slot] = Binding::Bound(ty.clone());
        let local = self.new_local(name, ty);
        self.locals[local.0 as usize].slot = Some(slot);
        self.versions[slot].push(local);
        local
    }

    fn new_local(&mut self, name: &str, ty: Type) -> LocalId {
        self.locals.push(typed::Local {
            name: name.to_owned(),
            ty,
            checked: false,
            slot: None,
            variable: None,
        });
        LocalId(self.locals.len() as u32 - 1)
    }

    fn new_label(&mut self) -> LabelId {
        self.labels += 1;
        LabelId(self.labels - 1)
    }

    /// A number for a place in the source.
    fn position(&mut self, span: Span) -> u32 {
        self.positions.push(span);
        self.positions.len() as u32 - 1
    }
}

/// Walks one function: the session and the function's frame.
struct Walker<'s, 'w> {
    session: &'s mut Session<'w>,
    frame: Frame,
}

/// A constant string as a type.
fn str_type(text: &str) -> Type {
    Type::Const(crate::types::Const::Str(Arc::from(text)))
}
