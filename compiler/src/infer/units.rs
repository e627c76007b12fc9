//! Cuts an inferred program into units: numbers the reachable functions from each root in the order
//! of calls, resolves type variables, and adds what `lower` calls on its own (allocation, release).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::globals::ANY_SCOPE;
use super::{Result, Session, SpecId, SpecKey, UnitInfo, Walker};
use crate::abi::external::External;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Library, World};
use crate::resolved::{Global, ModuleId};
use crate::source::{Sources, Span};
use crate::typed::{Entry, Expr, ExprKind, Function, Local, LocalId, Op, Stmt, TFuncId, Unit, Variable};
use crate::types::Type;

/// A checked program: its units, the module body first if there is one.
pub struct Program {
    /// The units; `Entry::unit` indexes them.
    pub units: Vec<Unit>,
    /// All sources that took part, for messages.
    pub sources: Sources,
}

impl Program {
    /// Checks a program from its main module's text. `extra` statements are parsed from text of
    /// their own.
    pub fn check(
        world: &dyn World,
        library: &dyn Library,
        main: (&str, &str, &str),
        request: Request<'_>,
    ) -> (Sources, std::result::Result<Vec<Unit>, Diagnostics>) {
        let mut session = Session::new(world, library);
        let result = session.run(main, request);
        (session.resolver.sources.clone(), result)
    }
}

/// What a program is checked for.
#[derive(Clone, Copy)]
pub enum Request<'a> {
    /// Run the module's top level.
    Run,
    /// Run the top level as an import would, then these statements: (name shown, text).
    Then(&'a str, &'a str),
    /// One function for argument types.
    Entry(&'a str, &'a [Type]),
    /// One function for each row of columns, whose types are given as a frame.
    Rows(&'a str, &'a Type),
    /// Only what a diagnostic run needs: the top level, and every function that has enough
    /// annotations to be checked without a call.
    Check,
}

impl Session<'_> {
    /// True for the program's first module.
    pub(super) fn is_main(&self, module: ModuleId) -> bool {
        module.0 == 0 && self.main_runs
    }

    fn run(
        &mut self,
        main: (&str, &str, &str),
        request: Request<'_>,
    ) -> std::result::Result<Vec<Unit>, Diagnostics> {
        let (path, name, text) = main;
        let module = self.resolver.load_user(path, name, text)?;
        self.give_parameters();
        self.main_runs = !matches!(request, Request::Then(..));
        match request {
            Request::Entry(func, types) => self.entry(module, name, func, types)?,
            Request::Rows(func, frame) => self.rows(module, name, func, frame)?,
            Request::Run | Request::Check => self.body(module, &[], path)?,
            Request::Then(name, text) => {
                let file = self.resolver.sources.add(crate::source::SourceFile::new(name, text, false));
                let extra = crate::parse::parse_within(file, text, &mut self.resolver.account)?;
                let mut statements = extra.body;
                if let Some((text, span)) = extra.docstring {
                    let kind = ast::ExprKind::Str(text);
                    statements
                        .insert(0, ast::Stmt { kind: ast::StmtKind::Expr(ast::Expr { kind, span }), span });
                }
                show_expressions(&mut statements);
                self.body(module, &statements, path)?;
            }
        }
        if matches!(request, Request::Check) {
            self.check_uncalled(module)?;
        }
        let mut units = Vec::new();
        for index in 0..self.units.len() {
            units.push(self.unit(index).map_err(|e| Diagnostics::from(*e))?);
        }
        self.resolver.world.took_memory(self.resolver.account.memory);
        Ok(units)
    }

    fn body(
        &mut self,
        module: ModuleId,
        extra: &[ast::Stmt],
        path: &str,
    ) -> std::result::Result<(), Diagnostics> {
        // The body is unit 0; the units that it calls follow in order of discovery.
        let (args, root, result) = (Vec::new(), SpecId(0), Type::None);
        self.units.push(UnitInfo { func: None, args, scope: ANY_SCOPE, root, result });
        let spec = self.infer_body(module, extra, format!("{path}.__main__"));
        self.check()?;
        let spec = spec.map_err(|e| Diagnostics::from(*e))?;
        self.units[0].root = spec;
        Ok(())
    }

    /// Checks functions that nothing calls, where annotations or defaults give the types.
    fn check_uncalled(&mut self, module: ModuleId) -> std::result::Result<(), Diagnostics> {
        let funcs: Vec<_> = self
            .resolver
            .module(module)
            .names
            .values()
            .filter_map(|g| if let Global::Function(f) = g { Some(*f) } else { None })
            .collect();
        for func in funcs {
            if self.memo.keys().any(|k| k.func == func) {
                continue;
            }
            let def = self.resolver.function(func).clone();
            let spec = self.new_spec("check".to_owned());
            let frame = self.new_frame(spec, module, None, false, false);
            let mut walker = Walker { session: self, frame };
            let types: Option<Vec<Type>> = def
                .ast
                .params
                .iter()
                .map(|p| p.annotation.as_ref().and_then(|a| walker.annotation(a)))
                .collect();
            let Some(types) = types else { continue };
            let jit = def.decoration.jit;
            let key = SpecKey { func, captures: Vec::new(), args: types, scope: ANY_SCOPE, jit };
            let result = walker.specialise(key, def.ast.name_span);
            if let Err(error) = result {
                self.diagnostics.push(*error);
            }
            self.check()?;
        }
        Ok(())
    }

    /// Puts a unit together.
    fn unit(&mut self, index: usize) -> Result<Unit> {
        let root = self.units[index].root;
        let mut order: Vec<SpecId> = vec![root];
        let mut numbers: BTreeMap<SpecId, u32> = BTreeMap::from([(root, 0)]);
        let mut functions = Vec::new();
        let mut entries: Vec<usize> = Vec::new();
        let mut variables: Vec<Variable> = Vec::new();
        let mut externals = Vec::new();
        let mut globals = BTreeSet::new();
        let mut schemas = Vec::new();
        let mut next = 0;
        let mut support = Support::default();
        loop {
            while next < order.len() {
                let id = order[next];
                next += 1;
                let spec = &self.specs[id.0 as usize];
                let Some(function) = spec.function.clone() else { continue };
                globals.extend(spec.globals.iter().map(|(name, value)| (name.clone(), value.clone())));
                for read in &spec.schemas {
                    if !schemas.contains(read) {
                        schemas.push(read.clone());
                    }
                }
                let spec_entries = spec.entries.clone();
                let mut finish = Finish {
                    session: self,
                    order: &mut order,
                    numbers: &mut numbers,
                    spec_entries: &spec_entries,
                    entries: &mut entries,
                    variables: &mut variables,
                    externals: &mut externals,
                    locals: Vec::new(),
                    support: &mut support,
                };
                let function = finish.function(function)?;
                self.pay_for(&function)?;
                functions.push(function);
            }
            // Releasing an object may reach further code, which may need further support.
            let jit = self.units[index].func.is_some();
            if !self.add_support(&mut support, &mut order, &mut numbers, jit)? {
                break;
            }
        }
        let info = &self.units[index];
        let (func, params) = (info.func, info.args.clone());
        let label = self.specs[root.0 as usize].label.clone();
        let cache = match func {
            Some(func) => self.resolver.function(func).decoration.cache,
            // The body of a program that asks for caching is cached with it.
            None => {
                self.units.iter().any(|u| u.func.is_some_and(|f| self.resolver.function(f).decoration.cache))
            }
        };
        let entries = entries
            .into_iter()
            .map(|unit| Entry {
                unit,
                params: self.units[unit].args.clone(),
                result: self.resolve(&self.units[unit].result),
            })
            .collect();
        Ok(Unit {
            label,
            body: func.is_none(),
            functions,
            entries,
            externals,
            variables,
            params,
            globals: globals.into_iter().collect(),
            schemas,
            cache,
            alloc: support.alloc.map(|id| TFuncId(numbers[&id])),
            free: support.free.map(|id| TFuncId(numbers[&id])),
            drops: support
                .drops
                .iter()
                .map(|(ty, id)| (ty.clone(), id.map(|id| TFuncId(numbers[&id]))))
                .collect(),
        })
    }

    /// Specialises the library functions that reference counting needs, as the unit's own code would, so
    /// that both share them; true if there were new ones.
    fn add_support(
        &mut self,
        support: &mut Support,
        order: &mut Vec<SpecId>,
        numbers: &mut BTreeMap<SpecId, u32>,
        jit: bool,
    ) -> Result<bool> {
        let mut added = false;
        let mut reach = |id: SpecId| {
            numbers.entry(id).or_insert_with(|| {
                order.push(id);
                added = true;
                order.len() as u32 - 1
            });
        };
        if support.refs && support.free.is_none() {
            let alloc = self.library_spec("core/memory", "alloc", vec![Type::Int], jit)?;
            let free = self.library_spec("core/memory", "free", vec![Type::Ptr], jit)?;
            reach(alloc);
            reach(free);
            support.alloc = Some(alloc);
            support.free = Some(free);
        }
        while let Some(ty) = support.pending.pop() {
            let Type::Instance(class, _) = &ty else { continue };
            let method = {
                let spec = self.new_spec("drop".to_owned());
                let frame = self.new_frame(spec, class.module, None, true, true);
                let mut walker = Walker { session: self, frame };
                walker.find_method(&ty, "__del__")?
            };
            let id = match method {
                Some(func) => {
                    let args = vec![ty.clone()];
                    let key = SpecKey { func, captures: Vec::new(), args, scope: ANY_SCOPE, jit };
                    Some(self.specialise_root(key)?)
                }
                None => None,
            };
            if let Some(id) = id {
                reach(id);
            }
            support.drops.push((ty, id));
        }
        Ok(added)
    }

    fn library_spec(&mut self, file: &str, name: &str, args: Vec<Type>, jit: bool) -> Result<SpecId> {
        let func = {
            let spec = self.new_spec("support".to_owned());
            let frame = self.new_frame(spec, ModuleId(0), None, true, true);
            let mut walker = Walker { session: self, frame };
            walker.library_function(file, name, Span::default())?
        };
        self.specialise_root(SpecKey { func, captures: Vec::new(), args, scope: ANY_SCOPE, jit })
    }

    fn specialise_root(&mut self, key: SpecKey) -> Result<SpecId> {
        let spec = self.new_spec("support".to_owned());
        let frame = self.new_frame(spec, ModuleId(0), None, true, true);
        let mut walker = Walker { session: self, frame };
        walker.specialise(key, Span::default()).map(|(id, _)| id)
    }
}

/// What `lower` needs beyond the calls in the program, and what is known of the unit so far.
#[derive(Default)]
struct Support {
    refs: bool,
    alloc: Option<SpecId>,
    free: Option<SpecId>,
    /// Heap classes whose release is still to be found.
    pending: Vec<Type>,
    /// All of them. Only asked, never walked over.
    noted: HashSet<Type>,
    /// The place in the unit of each variable of the program.
    variables: HashMap<usize, usize>,
    drops: Vec<(Type, Option<SpecId>)>,
}

/// Finishes one function: renumbers calls and resolves types.
struct Finish<'a, 'w> {
    session: &'a mut Session<'w>,
    order: &'a mut Vec<SpecId>,
    numbers: &'a mut BTreeMap<SpecId, u32>,
    spec_entries: &'a [usize],
    entries: &'a mut Vec<usize>,
    variables: &'a mut Vec<Variable>,
    externals: &'a mut Vec<External>,
    /// The local in the place of each local of the function.
    locals: Vec<LocalId>,
    support: &'a mut Support,
}

impl Finish<'_, '_> {
    fn function(&mut self, mut function: Function) -> Result<Function> {
        self.ty(&mut function.result);
        for local in &mut function.locals {
            self.ty(&mut local.ty);
            if let Some(variable) = &mut local.variable {
                self.variable(variable);
            }
        }
        self.locals = merged(&mut function.locals);
        self.stmts(&mut function.body);
        let open = function.locals.iter().find(|l| !l.ty.is_closed());
        if let Some(local) = open {
            let span = function.positions.first().copied().unwrap_or_default();
            return Err(Box::new(
                Diagnostic::new(
                    Code::CannotInfer,
                    span,
                    format!("the element type of `{}` cannot be found: it stays empty", local.name),
                )
                .help("append a value, or start from a list with one element"),
            ));
        }
        Ok(function)
    }

    fn local(&self, local: &mut LocalId) {
        *local = self.locals[local.0 as usize];
    }

    /// Numbers a variable of the program in this unit.
    fn variable(&mut self, variable: &mut usize) {
        let (name, index, ty) = self.session.final_variable(*variable);
        if let Some(known) = self.support.variables.get(&index) {
            *variable = *known;
            return;
        }
        self.note(&ty);
        *variable = self.variables.len();
        self.support.variables.insert(index, *variable);
        self.variables.push(Variable { name, index, ty });
    }

    fn ty(&mut self, ty: &mut Type) {
        *ty = self.session.resolve(ty);
        self.note(ty);
    }

    /// Notes reference-counted types, so that their release is compiled.
    fn note(&mut self, ty: &Type) {
        match ty {
            Type::Str | Type::Block => self.support.refs = true,
            Type::Instance(class, fields) => {
                if class.heap {
                    self.support.refs = true;
                    // A type that is known was looked into as well.
                    if self.support.noted.contains(ty) {
                        return;
                    }
                    self.support.noted.insert(ty.clone());
                    self.support.pending.push(ty.clone());
                }
                fields.iter().for_each(|f| self.note(f));
            }
            Type::Tuple(items) | Type::Func(_, items) => items.iter().for_each(|t| self.note(t)),
            Type::TypeValue(inner) | Type::Method(_, inner) => self.note(inner),
            _ => {}
        }
    }

    fn stmts(&mut self, stmts: &mut [Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Assign(local, e) => {
                    self.local(local);
                    self.expr(e);
                }
                Stmt::Expr(e) | Stmt::Return(e) => self.expr(e),
                Stmt::If { test, then, orelse } => {
                    self.expr(test);
                    self.stmts(then);
                    self.stmts(orelse);
                }
                Stmt::While { test, body, .. } => {
                    self.expr(test);
                    self.stmts(body);
                }
                Stmt::For { var, start, stop, body, .. } => {
                    self.local(var);
                    self.expr(start);
                    self.expr(stop);
                    self.stmts(body);
                }
                Stmt::Block { body, .. } => self.stmts(body),
                Stmt::Raise { message, .. } => {
                    if let Some(message) = message {
                        self.support.refs = true;
                        self.expr(message);
                    }
                }
                Stmt::SetVariable(variable, value) => {
                    self.variable(variable);
                    self.expr(value);
                }
                Stmt::SetField { object, value, .. } => {
                    self.expr(object);
                    self.expr(value);
                }
                Stmt::Break(_) | Stmt::Continue(_) => {}
            }
        }
    }

    fn expr(&mut self, e: &mut Expr) {
        self.ty(&mut e.ty);
        match &mut e.kind {
            ExprKind::Unit | ExprKind::Const(_) => {}
            ExprKind::Local(local) | ExprKind::CheckedLocal { local, .. } => self.local(local),
            ExprKind::Variable(variable) => self.variable(variable),
            ExprKind::Aggregate(items) | ExprKind::New(items) => items.iter_mut().for_each(|i| self.expr(i)),
            ExprKind::Part(inner, _) | ExprKind::Field(inner, _) | ExprKind::Unary(_, inner) => {
                self.expr(inner)
            }
            ExprKind::Binary(_, a, b) | ExprKind::Logic { left: a, right: b, .. } => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::IfExp { test, then, orelse } => {
                self.expr(test);
                self.expr(then);
                self.expr(orelse);
            }
            ExprKind::Block(stmts, value) => {
                self.stmts(stmts);
                self.expr(value);
            }
            ExprKind::Call { func, args, .. } => {
                let id = SpecId(func.0);
                let order = &mut *self.order;
                let number = *self.numbers.entry(id).or_insert_with(|| {
                    order.push(id);
                    order.len() as u32 - 1
                });
                *func = TFuncId(number);
                args.iter_mut().for_each(|a| self.expr(a));
            }
            ExprKind::CallEntry { entry, args, .. } => {
                let unit = self.spec_entries[*entry];
                *entry = self.entries.iter().position(|u| *u == unit).unwrap_or_else(|| {
                    self.entries.push(unit);
                    self.entries.len() - 1
                });
                args.iter_mut().for_each(|a| self.expr(a));
            }
            ExprKind::Intrinsic { op, args, .. } => {
                match op {
                    Op::Load(ty) | Op::Store(ty) | Op::DropAt(ty) => self.ty(ty),
                    Op::External(number) => {
                        *number = self.session.external_of_unit(*number, self.externals);
                    }
                    _ => {}
                }
                args.iter_mut().for_each(|a| self.expr(a));
            }
            ExprKind::TableGet { index, .. } => self.expr(index),
        }
    }
}

/// A variable has one local a type. Two whose types were not known yet, two empty lists, may have turned out
/// to be of one type: the first then stands for both.
fn merged(locals: &mut [Local]) -> Vec<LocalId> {
    let mut into: Vec<LocalId> = Vec::with_capacity(locals.len());
    let mut firsts: HashMap<(usize, Type), usize> = HashMap::new();
    for index in 0..locals.len() {
        let place = match locals[index].slot {
            Some(slot) => *firsts.entry((slot, locals[index].ty.clone())).or_insert(index),
            None => index,
        };
        locals[place].checked |= locals[index].checked;
        into.push(LocalId(place as u32));
    }
    into
}

/// Turns expression statements into a display of their value, as an interactive session would.
fn show_expressions(statements: &mut [ast::Stmt]) {
    for stmt in statements {
        if let ast::StmtKind::Expr(value) = &stmt.kind {
            let span = value.span;
            let func = Box::new(ast::Expr { kind: ast::ExprKind::Name("_show".to_owned()), span });
            let call = ast::ExprKind::Call { func, args: vec![value.clone()], keywords: Vec::new() };
            stmt.kind = ast::StmtKind::Expr(ast::Expr { kind: call, span });
        }
    }
}
