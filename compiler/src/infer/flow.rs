//! Environments: what each variable is at a point, and how paths meet.
//!
//! A variable has one local per type, so two paths on which it has the same type need no code where
//! they meet; where the types differ, each path converts its value at its end.

use super::env::Env;
use super::{Binding, Result, Walker};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolved::ModuleId;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, LocalId, Stmt};
use crate::types::Type;

impl Walker<'_, '_> {
    /// Works on an expression of a module's top level: the variables of this frame are out of its scope, and are
    /// as they were afterwards, even if it was given up in the middle.
    pub(super) fn as_constant<T>(&mut self, module: ModuleId, work: impl FnOnce(&mut Self) -> T) -> T {
        let (width, loops, live) = (self.frame.slots.len(), self.frame.loops.len(), self.frame.live);
        let scope = self.frame.slots.hide();
        let place = (self.frame.module, self.frame.func, self.frame.constant);
        (self.frame.module, self.frame.func, self.frame.constant) = (module, None, true);
        let result = work(self);
        (self.frame.module, self.frame.func, self.frame.constant) = place;
        self.drop_slots(width);
        self.frame.slots.show(scope);
        self.frame.loops.truncate(loops);
        self.frame.live = live;
        result
    }

    /// The local that holds variable `slot` when it has type `ty`.
    pub(super) fn version(&mut self, slot: usize, ty: &Type) -> LocalId {
        // A variable of an unrolled loop may have a type a turn; finding the right one is work that counts.
        self.session.steps += self.frame.versions[slot].len() / 8;
        for &local in &self.frame.versions[slot] {
            if self.session.same(&self.frame.locals[local.0 as usize].ty, ty) {
                return local;
            }
        }
        let ty = self.session.resolve(ty);
        let name = self.frame.slots[slot].clone();
        let variable = (self.is_shared(slot) && ty.width() > 0).then(|| {
            let label = self.global_label(self.frame.module, &name);
            self.session.variable(&label, &ty)
        });
        let local = self.frame.new_local(&name, ty);
        let declared = &mut self.frame.locals[local.0 as usize];
        (declared.slot, declared.variable) = (Some(slot), variable);
        self.frame.versions[slot].push(local);
        local
    }

    /// Assigns a variable: from here on it has the value's type.
    pub(super) fn assign_slot(&mut self, slot: usize, value: Expr, span: Span) -> Result<Stmt> {
        // A value that functions read is one at run time.
        let value = if self.is_shared(slot) { self.widen(value, span)? } else { value };
        let local = self.version(slot, &value.ty);
        self.frame.env[slot] = Binding::Bound(value.ty.clone());
        Ok(Stmt::Assign(local, value))
    }

    /// Reads a variable.
    pub(super) fn read_slot(&mut self, slot: usize, span: Span) -> Result<Expr> {
        if let Binding::Conflict(a, b) = &self.frame.env[slot]
            && self.session.resolve(a) == self.session.resolve(b)
        {
            // Two empty lists that turned out to be of one type.
            self.frame.env[slot] = Binding::Bound(a.clone());
        }
        match self.frame.env[slot].clone() {
            Binding::Bound(ty) => {
                let ty = self.session.resolved(ty);
                self.session.steps_for(ty.width() / 8, span)?;
                let local = self.version(slot, &ty);
                if ty.width() == 0 && ty.is_closed() {
                    return Ok(Expr::unit(ty));
                }
                let shared = self.shared_value(slot, &ty);
                Ok(shared.unwrap_or(Expr { kind: ExprKind::Local(local), ty }))
            }
            Binding::Maybe(ty) => {
                let ty = self.session.resolved(ty);
                let local = self.version(slot, &ty);
                self.frame.locals[local.0 as usize].checked = true;
                let node = self.frame.position(span);
                let copy = Expr { kind: ExprKind::CheckedLocal { local, node }, ty: ty.clone() };
                Ok(match self.shared_value(slot, &ty) {
                    Some(shared) => {
                        Expr { kind: ExprKind::Block(vec![Stmt::Expr(copy)], Box::new(shared)), ty }
                    }
                    None => copy,
                })
            }
            Binding::Unbound => Err(Box::new(
                Diagnostic::new(
                    Code::UnknownName,
                    span,
                    format!("`{}` is used before it is assigned", self.frame.slots[slot]),
                )
                .label("not assigned on any path to here"),
            )),
            Binding::Conflict(a, b) => Err(Box::new(
                Diagnostic::new(
                    Code::CannotInfer,
                    span,
                    format!(
                        "`{}` may be `{a}` or `{b}` here, depending on the path taken",
                        self.frame.slots[slot]
                    ),
                )
                .label("a compiled variable has one type at each place")
                .help("use two variables, or make both paths assign the same type"),
            )),
        }
    }

    /// What a variable is where two paths meet.
    pub(super) fn join_binding(&mut self, a: &Binding, b: &Binding) -> Binding {
        use Binding::{Bound, Conflict, Maybe, Unbound};
        match (a, b) {
            (Unbound, Unbound) => Unbound,
            (Conflict(x, y), _) | (_, Conflict(x, y)) => Conflict(x.clone(), y.clone()),
            (Unbound, Bound(t) | Maybe(t)) | (Bound(t) | Maybe(t), Unbound) => Maybe(t.clone()),
            (Bound(x), Bound(y)) => match self.join(x, y) {
                Some(t) => Bound(t),
                None => Conflict(self.session.resolve(x), self.session.resolve(y)),
            },
            (Bound(x) | Maybe(x), Bound(y) | Maybe(y)) => {
                let (x, y) = (self.session.resolve(x), self.session.resolve(y));
                // Converting a value that may not exist would make it exist.
                if x == y { Maybe(x) } else { Conflict(x, y) }
            }
        }
    }

    pub(super) fn join_env(&mut self, a: &Env, b: &Env) -> Env {
        self.goes_over(a);
        a.joined(b, |a, b| self.join_binding(a, b))
    }

    /// Counts work that grows with the number of variables.
    fn goes_over(&mut self, env: &Env) {
        self.session.steps = self.session.steps.saturating_add(env.pieces() / 16);
    }

    /// Code that turns the variables of `from` into those of `to` (which is a join that includes it).
    pub(super) fn convert_env(&mut self, from: &Env, to: &Env, out: &mut Vec<Stmt>) -> Result<()> {
        self.goes_over(to);
        for (slot, have, want) in from.apart(to) {
            let (Binding::Bound(have), Binding::Bound(want)) = (have, want) else { continue };
            if self.session.same(have, want) {
                continue;
            }
            let (have, want) = (self.session.resolve(have), self.session.resolve(want));
            let source = self.version(slot, &have);
            let target = self.version(slot, &want);
            let shared = self.shared_value(slot, &have);
            let value = shared.unwrap_or(Expr { kind: ExprKind::Local(source), ty: have });
            let span = Span::default();
            self.session.steps = self.session.steps.saturating_add(1);
            let value = self.coerce(value, &want, span)?;
            out.push(Stmt::Assign(target, value));
        }
        Ok(())
    }

    /// True if two environments give every variable the same state and type.
    pub(super) fn same_env(&self, a: &Env, b: &Env) -> bool {
        a.apart(b).all(|(_, a, b)| self.same_binding(a, b))
    }

    pub(super) fn same_binding(&self, a: &Binding, b: &Binding) -> bool {
        match (a, b) {
            (Binding::Bound(s), Binding::Bound(t)) | (Binding::Maybe(s), Binding::Maybe(t)) => {
                self.session.same(s, t)
            }
            (Binding::Conflict(..), Binding::Conflict(..)) | (Binding::Unbound, Binding::Unbound) => true,
            _ => false,
        }
    }

    /// Merges a jump's environment into a loop's target environment; says if the target changed.
    pub(super) fn merge_into(&mut self, target: &mut Env, env: &Env) -> bool {
        let joined = self.join_env(target, env);
        let changed = !self.same_env(&joined, target);
        *target = joined;
        changed
    }

    /// Puts a value into a fresh local, so that it can be used several times.
    pub(super) fn temp(&mut self, value: Expr, name: &str, out: &mut Vec<Stmt>) -> Expr {
        let ty = value.ty.clone();
        if matches!(value.kind, ExprKind::Local(_) | ExprKind::Unit | ExprKind::Const(_)) {
            return value;
        }
        let local = self.frame.new_local(name, ty.clone());
        out.push(Stmt::Assign(local, value));
        Expr { kind: ExprKind::Local(local), ty }
    }
}
