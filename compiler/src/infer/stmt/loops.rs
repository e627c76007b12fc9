//! `while`, `break` and `continue`, and what every loop needs: rounds of inference until the types of variables at its
//! head settle. What a `for` goes over is found in `iterate`.

use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::infer::{Binding, Loop, Result, Walker};
use crate::resolve::assigned_names;
use crate::source::Span;
use crate::typed::{Expr, LabelId, Stmt};
use crate::types::{Const, Type};

/// A loop after inference, before it is put together.
pub(in crate::infer) struct LoopParts {
    /// Code before the loop: conversions to the types at its head.
    pub(in crate::infer) before: Vec<Stmt>,
    /// What the body closure made.
    pub(in crate::infer) body: Vec<Stmt>,
    /// Code on normal exit: the `else` clause and conversions.
    pub(in crate::infer) after: Vec<Stmt>,
    pub(in crate::infer) continue_label: LabelId,
    pub(in crate::infer) break_label: LabelId,
}

impl LoopParts {
    /// Wraps the finished loop statement.
    pub(in crate::infer) fn assemble(self, looping: impl FnOnce(LabelId, Vec<Stmt>) -> Stmt) -> Vec<Stmt> {
        let mut out = self.before;
        let mut inner = vec![looping(self.continue_label, self.body)];
        inner.extend(self.after);
        out.push(Stmt::Block { label: self.break_label, body: inner });
        out
    }
}

impl Walker<'_, '_> {
    /// Infers a loop until the types at its head and exit settle.
    pub(in crate::infer) fn loop_rounds(
        &mut self,
        assigned: &[String],
        normal_exit: bool,
        orelse: &[ast::Stmt],
        body: &mut dyn FnMut(&mut Self) -> Result<Vec<Stmt>>,
    ) -> Result<LoopParts> {
        let entry = self.frame.env.clone();
        let mut head = entry.clone();
        for name in assigned {
            // A constant that the loop reassigns becomes a variable at once.
            if let Some(slot) = self.frame.slot(name)
                && let Binding::Bound(ty) = &head[slot]
            {
                let widened = self.session.resolve(ty).widened();
                if widened != *ty {
                    head[slot] = Binding::Bound(widened);
                }
            }
        }
        let (continue_label, break_label) = (self.frame.new_label(), self.frame.new_label());
        let mut exit = normal_exit.then(|| head.clone());
        let (errors, specs) = (self.session.diagnostics.len(), self.session.specs.len());
        for _ in 0..12 {
            self.forget_errors(errors, specs);
            self.frame.env = head.clone();
            self.frame.live = true;
            self.frame.loops.push(Loop {
                continue_label,
                break_label,
                unrolled: false,
                head: head.clone(),
                exit: exit.clone(),
                changed: false,
            });
            let (open, known) = (self.session.open_vars(), self.session.vars.len());
            let mut stmts = body(self)?;
            let mut state = self.frame.loops.pop().expect("the loop pushed above");
            // Code before the place where an element type was found must see it too.
            state.changed |= self.session.open_vars().iter().filter(|v| **v < known).count() != open.len();
            if self.frame.live {
                let env = self.frame.env.clone();
                state.changed |= self.merge_into(&mut state.head, &env);
                if !state.changed {
                    self.convert_env(&env, &state.head, &mut stmts)?;
                }
            }
            let mut after = Vec::new();
            if normal_exit {
                self.frame.env = state.head.clone();
                self.frame.live = true;
                after = self.block(orelse)?;
                if self.frame.live {
                    let env = self.frame.env.clone();
                    match &mut state.exit {
                        Some(target) => {
                            let mut merged = target.clone();
                            state.changed |= self.merge_into(&mut merged, &env);
                            state.exit = Some(merged);
                        }
                        None => {
                            state.exit = Some(env);
                            state.changed = true;
                        }
                    }
                    let target = state.exit.clone().expect("set above");
                    if !state.changed {
                        let env = self.frame.env.clone();
                        self.convert_env(&env, &target, &mut after)?;
                    }
                }
            }
            if !state.changed {
                let mut before = Vec::new();
                self.convert_env(&entry, &state.head, &mut before)?;
                self.frame.live = state.exit.is_some();
                self.frame.env = state.exit.unwrap_or(state.head);
                return Ok(LoopParts { before, body: stmts, after, continue_label, break_label });
            }
            head = state.head;
            exit = state.exit;
        }
        let span = Span::new(self.session.resolver.module(self.frame.module).file, 0, 0);
        Err(Box::new(Diagnostic::new(Code::CannotInfer, span, "the types in this loop do not settle")))
    }

    /// Takes back the errors of a round that is repeated, and the functions inferred in it: their
    /// errors must come again.
    pub(in crate::infer) fn forget_errors(&mut self, errors: usize, specs: usize) {
        if self.session.diagnostics.len() > errors {
            self.session.diagnostics.truncate(errors);
            self.session
                .memo
                .retain(|_, spec| (spec.0 as usize) < specs || !self.session.specs[spec.0 as usize].done);
        }
    }

    pub(in crate::infer) fn while_stmt(
        &mut self,
        test: &ast::Expr,
        body: &[ast::Stmt],
        orelse: &[ast::Stmt],
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let forever = matches!(test.kind, Ast::Bool(true)) || matches!(test.kind, Ast::Int(n) if n != 0);
        let mut condition = None;
        let parts = self.loop_rounds(&assigned_names(body), !forever, orelse, &mut |w: &mut Self| {
            let value = w.condition(test)?;
            condition = Some(w.coerce(value, &Type::Bool, test.span)?);
            w.block(body)
        })?;
        let test = condition.unwrap_or_else(|| Expr::constant(Const::Bool(true)));
        out.extend(parts.assemble(|label, body| Stmt::While { label, test, body }));
        Ok(())
    }

    /// `break` or `continue`: brings the variables into the form that the target expects.
    pub(in crate::infer) fn jump(&mut self, to_head: bool, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
        let Some(mut state) = self.frame.loops.pop() else {
            return Err(Box::new(Diagnostic::new(
                Code::SyntaxError,
                span,
                "`break` or `continue` outside a loop",
            )));
        };
        let env = self.frame.env.clone();
        let current = match to_head {
            // The items of an unrolled loop have no common head: the first jump sets it.
            true if state.unrolled && state.head.is_empty() => None,
            true => Some(state.head.clone()),
            false => state.exit.clone(),
        };
        let target = match current {
            Some(mut known) => {
                state.changed |= self.merge_into(&mut known, &env);
                known
            }
            None => {
                state.changed |= !state.unrolled;
                env.clone()
            }
        };
        self.convert_env(&env, &target, out)?;
        if to_head {
            state.head = target;
        } else {
            state.exit = Some(target);
        }
        out.push(match (to_head, state.unrolled) {
            (true, false) => Stmt::Continue(state.continue_label),
            (true, true) => Stmt::Break(state.continue_label),
            (false, _) => Stmt::Break(state.break_label),
        });
        self.frame.loops.push(state);
        self.frame.live = false;
        Ok(())
    }
}
