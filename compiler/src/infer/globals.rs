//! Globals that live at run time: which they are, what they are where a function is called, how they are
//! read and written.
//!
//! A global that is assigned once, a constant, is part of the code and never comes here. Any other global of
//! the main module that a function mentions is a variable of the program, shared by its units. The body of
//! the module keeps a local copy, as of all its names, and stores every assigned value in the variable as
//! well. A function reads the variable with the type that it has where the body calls: so a function is
//! specialised on these types as on those of its arguments. Modules that are imported have no run time of
//! their own, and none of these.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::env::Env;
use super::scope::{Here, Scopes};
use super::{Binding, Result, Session, SpecId, Walker};
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::{GivenGlobal, names_in_functions};
use crate::resolved::{Global, ModuleId};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::Type;

/// A scope on which nothing depends.
pub(super) const ANY_SCOPE: u32 = 0;

/// The globals of the main module that live at run time.
#[derive(Default)]
pub(super) struct RunTime {
    /// Their numbers, in the order in which they were found.
    names: BTreeMap<String, usize>,
    /// Those that some function assigns.
    written: BTreeSet<String>,
    /// Those whose values the host gives.
    given: BTreeMap<String, Type>,
    /// Their types where the body is, if they have one there.
    scopes: Scopes,
    here: Here,
    /// The same where constants are evaluated: nothing but what the host gives has a value.
    nowhere: Here,
    current: u32,
    /// The global of each variable of the body.
    of_slot: Vec<Option<usize>>,
    /// The body's variables when the scope was made.
    seen: Env,
    /// Those that have a value there whose type is not known yet, an empty list, and their variables.
    open: BTreeMap<usize, usize>,
    /// The variables: name and type.
    variables: Vec<(String, Type)>,
    /// Their numbers by name. Only looked up, never walked over.
    by_name: HashMap<String, Vec<usize>>,
}

impl RunTime {
    fn add(&mut self, name: String) -> usize {
        let next = self.names.len();
        *self.names.entry(name).or_insert(next)
    }

    /// Takes over what the globals are.
    fn set_scope(&mut self, constant: bool) {
        let here = if constant { &mut self.nowhere } else { &mut self.here };
        self.current = self.scopes.number(here) + 1;
    }

    fn set(&mut self, global: usize, ty: Option<Type>) {
        self.scopes.set(&mut self.here, global, ty);
    }
}

impl Session<'_> {
    /// Takes in the parameters that the host gives.
    pub(super) fn give_parameters(&mut self) {
        let parameter = |(name, given): (String, GivenGlobal)| match given {
            GivenGlobal::Parameter(ty) => Some((name, ty)),
            GivenGlobal::Constant(_) => None,
        };
        let given: BTreeMap<String, Type> =
            self.resolver.world.globals().into_iter().filter_map(parameter).collect();
        if given.is_empty() {
            return;
        }
        let run_time = &mut self.run_time;
        for (name, ty) in &given {
            let global = run_time.add(name.clone());
            run_time.scopes.set(&mut run_time.nowhere, global, Some(ty.clone()));
        }
        run_time.here = run_time.nowhere.clone();
        run_time.given = given;
        run_time.set_scope(false);
    }

    pub(super) fn is_run_time(&self, module: ModuleId, name: &str) -> bool {
        module.0 == 0 && self.run_time.names.contains_key(name)
    }

    /// The scope that a specialisation is for.
    pub(super) fn scope(&self) -> u32 {
        self.run_time.current
    }

    fn scope_type(&self, name: &str) -> Option<Type> {
        let (scope, global) = (self.run_time.current.checked_sub(1)?, self.run_time.names.get(name)?);
        self.run_time.scopes.get(scope, *global).cloned()
    }

    /// Number of the variable that holds a global while it has this type.
    pub(super) fn variable(&mut self, name: &str, ty: &Type) -> usize {
        let ty = self.resolve(ty);
        let known = self.run_time.by_name.get(name).map_or(&[][..], |known| known);
        // A global of many types is work that counts.
        self.steps = self.steps.saturating_add(known.len() / 8);
        let same = |variable: &&usize| self.resolve(&self.run_time.variables[**variable].1) == ty;
        if let Some(variable) = known.iter().find(same) {
            return *variable;
        }
        let run_time = &mut self.run_time;
        let variable = run_time.variables.len();
        run_time.by_name.entry(name.to_owned()).or_default().push(variable);
        run_time.variables.push((name.to_owned(), ty));
        variable
    }

    /// Name, final number and type of a variable, when all types are known: two that turned out to be of
    /// one type are one.
    pub(super) fn final_variable(&mut self, variable: usize) -> (String, usize, Type) {
        let (name, ty) = self.run_time.variables[variable].clone();
        let ty = self.resolve(&ty);
        let index = self.variable(&name, &ty);
        (name, index, ty)
    }

    /// Notes that what a specialisation does depends on the scope.
    pub(super) fn depends_on_scope(&mut self, spec: SpecId) {
        self.spec(spec).scoped = true;
    }
}

impl Walker<'_, '_> {
    /// Finds the globals that live at run time, before the body is walked.
    pub(super) fn find_run_time_globals(&mut self, module: ModuleId, body: &[ast::Stmt]) -> Result<()> {
        let (read, written) = names_in_functions(body);
        for name in read {
            let run_time = match self.session.resolver.module(module).names.get(&name).cloned() {
                Some(Global::Variable(_)) => true,
                Some(Global::Once(value)) => self.known_constant(module, &name, &value)?.is_none(),
                _ => false,
            };
            if run_time {
                self.session.run_time.add(name);
            }
        }
        let run_time = &mut self.session.run_time;
        run_time.written = written;
        run_time.of_slot = vec![None; self.frame.slots.len()];
        for (name, global) in &run_time.names {
            if let Some(slot) = self.frame.slots.first(name).filter(|_| !run_time.given.contains_key(name)) {
                run_time.of_slot[slot] = Some(*global);
            }
        }
        Ok(())
    }

    /// Whether assignments to a variable of this frame are stored for functions to read.
    pub(super) fn is_shared(&self, slot: usize) -> bool {
        let name = &self.frame.slots[slot];
        self.frame.body
            && self.frame.slots.first(name) == Some(slot)
            && self.session.run_time.names.contains_key(name)
    }

    /// The value of a variable that functions assign too: not the local copy.
    pub(super) fn shared_value(&mut self, slot: usize, ty: &Type) -> Option<Expr> {
        let name = &self.frame.slots[slot];
        if !self.is_shared(slot) || !self.session.run_time.written.contains(name) {
            return None;
        }
        let label = self.global_label(self.frame.module, &name.clone());
        let variable = self.session.variable(&label, ty);
        Some(Expr { kind: ExprKind::Variable(variable), ty: ty.clone() })
    }

    /// Before a function is looked for: what the globals are here, if this is the body.
    pub(super) fn enter_scope(&mut self) {
        if !self.frame.body || self.session.run_time.names.is_empty() {
            return;
        }
        if !self.frame.constant {
            let open = &self.session.run_time.open;
            // What was assigned since the last time, and what may have got a type without being assigned.
            let mut changed = self.frame.env.since(&self.session.run_time.seen);
            changed.extend(open.values());
            let work = (self.frame.env.pieces() + open.len()) / 16;
            self.session.steps = self.session.steps.saturating_add(work);
            changed.into_iter().for_each(|slot| self.look_at(slot));
            self.session.run_time.seen = self.frame.env.clone();
        }
        // Where a constant is evaluated, nothing has a value yet.
        self.session.run_time.set_scope(self.frame.constant);
    }

    /// Takes over what a variable is, if it is a global that lives at run time.
    fn look_at(&mut self, slot: usize) {
        let Some(global) = self.session.run_time.of_slot.get(slot).copied().flatten() else { return };
        let ty = match &self.frame.env[slot] {
            Binding::Bound(ty) => Some(self.session.resolve(ty)),
            _ => None,
        };
        let run_time = &mut self.session.run_time;
        if ty.as_ref().is_some_and(|ty| !ty.is_closed()) {
            run_time.open.insert(global, slot);
        } else {
            run_time.open.remove(&global);
        }
        run_time.set(global, ty.filter(|ty| ty.is_closed() && *ty != Type::Never));
    }

    pub(super) fn global_label(&self, module: ModuleId, name: &str) -> String {
        format!("{}.{name}", self.session.resolver.module(module).path)
    }

    /// Reads a global that lives at run time.
    pub(super) fn run_time_global(&mut self, module: ModuleId, name: &str, span: Span) -> Result<Expr> {
        let spec = self.frame.spec;
        self.session.depends_on_scope(spec);
        if self.frame.constant {
            return Err(super::attribute::not_constant(name, span, None));
        }
        let Some(ty) = self.session.scope_type(name) else {
            let run_time = &self.session.run_time;
            let open = run_time.names.get(name).is_some_and(|global| run_time.open.contains_key(global));
            return Err(if open { open_type(name, span) } else { not_assigned(name, span) });
        };
        if ty.width() == 0 {
            return Ok(Expr::unit(ty));
        }
        let label = self.global_label(module, name);
        self.note_global(label.clone(), format!("{ty}, at run time"));
        let variable = self.session.variable(&label, &ty);
        Ok(Expr { kind: ExprKind::Variable(variable), ty })
    }

    /// Notes that the function depends on a global.
    pub(super) fn note_global(&mut self, label: String, shown: String) {
        let spec = self.frame.spec;
        self.session.spec(spec).globals.entry(label).or_insert(shown);
    }

    /// Assigns a global in a function that declares it `global`; false if it does not.
    pub(super) fn assign_global(
        &mut self,
        name: &str,
        value: &Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<bool> {
        let module = self.frame.module;
        if self.frame.func.is_none()
            || !self.session.is_run_time(module, name)
            || !self.session.run_time.written.contains(name)
        {
            return Ok(false);
        }
        let Expr { kind: ExprKind::Variable(variable), ty } = self.run_time_global(module, name, span)?
        else {
            return Err(not_assigned(name, span));
        };
        let value = self.widen(value.clone(), span)?;
        let found = self.session.resolve(&value.ty);
        if found != ty {
            return Err(Box::new(
                Diagnostic::new(
                    Code::TypeMismatch,
                    span,
                    format!("the global `{name}` is `{ty}` where this function is called, not `{found}`"),
                )
                .help("a function can only give a global another value of the same type"),
            ));
        }
        out.push(Stmt::SetVariable(variable, value));
        Ok(true)
    }
}

fn open_type(name: &str, span: Span) -> Box<Diagnostic> {
    let message =
        format!("the element type of the global `{name}` is not known where this function is called");
    Box::new(
        Diagnostic::new(Code::CannotInfer, span, message)
            .help("append a value before the call, or start from a list with one element"),
    )
}

fn not_assigned(name: &str, span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(
            Code::GlobalNotConstant,
            span,
            format!("the global `{name}` may have no value where this function is called"),
        )
        .label("not assigned on every path to the call")
        .help(format!("assign `{name}` before the call, or pass it as an argument")),
    )
}
