//! Globals that live at run time: which they are, what they are where a function is called, how they are
//! read and written.
//!
//! A global that is assigned once, a constant, is part of the code and never comes here. Any other global of
//! the main module that a function mentions is a variable of the program, shared by its units. The body of
//! the module keeps a local copy, as of all its names, and stores every assigned value in the variable as
//! well. A function reads the variable with the type that it has where the body calls: so a function is
//! specialised on these types as on those of its arguments. Modules that are imported have no run time of
//! their own, and none of these.

use std::collections::{BTreeMap, BTreeSet};

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
    names: BTreeSet<String>,
    /// Those that some function assigns.
    written: BTreeSet<String>,
    /// Those whose values the host gives.
    given: BTreeMap<String, Type>,
    /// Their types where the body is, if they have one there. One scope after the other; equal ones have
    /// one number.
    scopes: Vec<BTreeMap<String, Type>>,
    current: u32,
    /// Those that have a value there whose type is not known yet: an empty list.
    open: BTreeSet<String>,
    /// The variables: name and type.
    variables: Vec<(String, Type)>,
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
        self.run_time.names.extend(given.keys().cloned());
        self.run_time.given = given;
        self.set_scope(BTreeMap::new());
    }

    pub(super) fn is_run_time(&self, module: ModuleId, name: &str) -> bool {
        module.0 == 0 && self.run_time.names.contains(name)
    }

    /// The scope that a specialisation is for.
    pub(super) fn scope(&self) -> u32 {
        self.run_time.current
    }

    fn set_scope(&mut self, mut scope: BTreeMap<String, Type>) {
        scope.extend(self.run_time.given.clone());
        let known = self.run_time.scopes.iter().position(|other| *other == scope);
        let index = known.unwrap_or_else(|| {
            self.run_time.scopes.push(scope);
            self.run_time.scopes.len() - 1
        });
        self.run_time.current = index as u32 + 1;
    }

    fn scope_type(&self, name: &str) -> Option<Type> {
        let index = (self.run_time.current as usize).checked_sub(1)?;
        self.run_time.scopes.get(index)?.get(name).cloned()
    }

    /// Number of the variable that holds a global while it has this type.
    pub(super) fn variable(&mut self, name: &str, ty: &Type) -> usize {
        let known = |session: &Self, (other, of): &(String, Type)| {
            other == name && session.resolve(of) == session.resolve(ty)
        };
        let found = self.run_time.variables.iter().position(|variable| known(self, variable));
        found.unwrap_or_else(|| {
            self.run_time.variables.push((name.to_owned(), ty.clone()));
            self.run_time.variables.len() - 1
        })
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
                self.session.run_time.names.insert(name);
            }
        }
        self.session.run_time.written = written;
        Ok(())
    }

    /// Whether assignments to a variable of this frame are stored for functions to read.
    pub(super) fn is_shared(&self, slot: usize) -> bool {
        let name = &self.frame.slots[slot];
        self.frame.body
            && self.frame.slots.first(name) == Some(slot)
            && self.session.run_time.names.contains(name)
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
        let mut scope = BTreeMap::new();
        let mut open = BTreeSet::new();
        // Where a constant is evaluated, nothing has a value yet.
        for name in self.session.run_time.names.iter().filter(|_| !self.frame.constant) {
            let slot = self.frame.slots.first(name);
            if let Some(Binding::Bound(ty)) = slot.map(|slot| &self.frame.env[slot]) {
                let ty = self.session.resolve(ty);
                if !ty.is_closed() {
                    open.insert(name.clone());
                } else if ty != Type::Never {
                    scope.insert(name.clone(), ty);
                }
            }
        }
        self.session.run_time.open = open;
        self.session.set_scope(scope);
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
            return Err(match self.session.run_time.open.contains(name) {
                true => open_type(name, span),
                false => not_assigned(name, span),
            });
        };
        if ty.scalars().is_empty() {
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
        let reads = &mut self.session.spec(spec).globals;
        if !reads.iter().any(|(known, _)| *known == label) {
            reads.push((label, shown));
        }
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
