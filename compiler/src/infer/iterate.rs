//! `for` loops: counted ranges, unrolled tuples, and everything with `__len__` and `__item__`.

use super::convert::binary;
use super::{Loop, Result, Walker};
use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::BinOp;
use crate::resolve::assigned_names;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::{Const, Type};

/// What a `for` loop goes over.
pub(super) enum Iterable {
    /// `range(start, stop, step)` with a constant step.
    Range { start: Expr, stop: Expr, step: i64 },
    /// A tuple: the loop is unrolled.
    Items(Vec<Expr>),
    /// A value with a length and unchecked access by position; `fixed` if its length cannot change
    /// while the loop runs.
    Sequence { value: Expr, fixed: bool },
}

/// Most items that a loop over a tuple is unrolled for.
const MAX_UNROLL: usize = 512;

impl Walker<'_, '_> {
    pub(super) fn for_stmt(
        &mut self,
        target: &ast::Expr,
        iter: &ast::Expr,
        body: &[ast::Stmt],
        orelse: &[ast::Stmt],
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let iterable = self.iterable(iter, out)?;
        let assigned = assigned_names(body);
        self.iterate(target, iterable, &assigned, orelse, iter.span, out, &mut |w: &mut Self| w.block(body))
    }

    /// Finds out how to go over an expression.
    pub(super) fn iterable(&mut self, iter: &ast::Expr, out: &mut Vec<Stmt>) -> Result<Iterable> {
        if let Ast::Call { func, args, keywords } = &iter.kind
            && let Ast::Name(name) = &func.kind
            && name == "range"
            && keywords.is_empty()
            && (1..=3).contains(&args.len())
            && self.frame.slot("range").is_none()
            && let Some(range) = self.range(args, out)?
        {
            return Ok(range);
        }
        let value = self.expr(iter)?;
        let ty = self.session.resolve(&value.ty);
        match &ty {
            Type::Tuple(items) => {
                if items.len() > MAX_UNROLL {
                    return Err(super::too_large(iter.span, "this tuple is too long to loop over"));
                }
                let count = items.len();
                let parts = match value.kind {
                    ExprKind::Aggregate(parts) => {
                        parts.into_iter().map(|p| self.temp(p, "item", out)).collect()
                    }
                    _ => {
                        let whole = self.temp(value, "items", out);
                        (0..count).map(|i| self.part(whole.clone(), i)).collect()
                    }
                };
                Ok(Iterable::Items(parts))
            }
            Type::Never => Ok(Iterable::Items(Vec::new())),
            _ => {
                let value = self.widen(value, iter.span)?;
                let value = if self.find_method(&value.ty.clone(), "__iter__")?.is_some() {
                    self.call_method(value, "__iter__", Vec::new(), iter.span)?
                } else {
                    value
                };
                let ty = self.session.resolve(&value.ty);
                if self.find_method(&ty, "__item__")?.is_none() {
                    let mut diagnostic = Diagnostic::new(
                        Code::TypeMismatch,
                        iter.span,
                        format!("`{ty}` cannot be iterated over"),
                    );
                    if ty == Type::Int {
                        diagnostic = diagnostic.help("write `range(n)` to count to `n`");
                    }
                    return Err(Box::new(diagnostic));
                }
                // The loop owns what it goes over: the variable may be assigned in the body.
                let local = self.frame.new_local("iterated", ty.clone());
                out.push(Stmt::Assign(local, value));
                let fixed = !matches!(&ty, Type::Instance(class, _) if class.heap);
                Ok(Iterable::Sequence { value: Expr { kind: ExprKind::Local(local), ty }, fixed })
            }
        }
    }

    /// `range(...)` as a counted loop; `None` if its step is not a constant.
    fn range(&mut self, args: &[ast::Expr], out: &mut Vec<Stmt>) -> Result<Option<Iterable>> {
        let step = match args.get(2).map(|s| &s.kind) {
            None => 1,
            Some(Ast::Int(step)) if *step != 0 => *step,
            Some(Ast::Unary { op: ast::UnaryOp::Neg, operand }) => match operand.kind {
                Ast::Int(step) if step != 0 => -step,
                _ => return Ok(None),
            },
            Some(Ast::Name(_)) => {
                let step = self.expr(&args[2])?;
                match step.ty {
                    Type::Const(Const::Int(step)) if step != 0 => step,
                    _ => return Ok(None),
                }
            }
            Some(_) => return Ok(None),
        };
        let mut bounds = Vec::new();
        for arg in &args[..args.len().min(2)] {
            let value = self.expr(arg)?;
            if !matches!(self.session.resolve(&value.ty).widened(), Type::Int | Type::Bool | Type::Never) {
                let ty = self.session.resolve(&value.ty).widened();
                return Err(Box::new(
                    Diagnostic::new(Code::TypeMismatch, arg.span, format!("`range` needs integers, found `{ty}`"))
                        .label(format!("this is `{ty}`"))
                        .help("convert it with `int(...)`"),
                ));
            }
            let value = self.coerce(value, &Type::Int, arg.span)?;
            bounds.push(self.temp(value, "bound", out));
        }
        let stop = bounds.pop().expect("range has an argument");
        let start = bounds.pop().unwrap_or_else(|| Expr::int(0));
        Ok(Some(Iterable::Range { start, stop, step }))
    }

    /// Builds the loop over `iterable`; `body` infers what it does after the target is assigned.
    #[expect(clippy::too_many_arguments, reason = "the parts of a `for` statement")]
    pub(super) fn iterate(
        &mut self,
        target: &ast::Expr,
        iterable: Iterable,
        assigned: &[String],
        orelse: &[ast::Stmt],
        span: Span,
        out: &mut Vec<Stmt>,
        body: &mut dyn FnMut(&mut Self) -> Result<Vec<Stmt>>,
    ) -> Result<()> {
        match iterable {
            Iterable::Items(items) => self.unrolled(target, items, orelse, out, body),
            Iterable::Range { start, stop, step } => {
                let var = self.frame.new_local("counter", Type::Int);
                let parts = self.loop_rounds(assigned, true, orelse, &mut |w: &mut Self| {
                    let mut stmts = Vec::new();
                    let value = Expr { kind: ExprKind::Local(var), ty: Type::Int };
                    w.assign_target(target, value, &mut stmts)?;
                    stmts.extend(body(w)?);
                    Ok(stmts)
                })?;
                out.extend(parts.assemble(|label, body| Stmt::For { label, var, start, stop, step, body }));
                Ok(())
            }
            Iterable::Sequence { value, fixed } => {
                let var = self.frame.new_local("position", Type::Int);
                let position = Expr { kind: ExprKind::Local(var), ty: Type::Int };
                let length = self.call_method(value.clone(), "__len__", Vec::new(), span)?;
                let length = self.coerce(length, &Type::Int, span)?;
                if fixed {
                    let length = self.temp(length, "length", out);
                    let parts = self.loop_rounds(assigned, true, orelse, &mut |w: &mut Self| {
                        let mut stmts = Vec::new();
                        let item = w.call_method(value.clone(), "__item__", vec![position.clone()], span)?;
                        w.assign_target(target, item, &mut stmts)?;
                        stmts.extend(body(w)?);
                        Ok(stmts)
                    })?;
                    let (start, step) = (Expr::int(0), 1);
                    out.extend(parts.assemble(|label, body| Stmt::For { label, var, start, stop: length, step, body }));
                    return Ok(());
                }
                // The length is read anew each time: the body may change it. The position lives in a
                // second local, because `continue` must not skip the step.
                let next = self.frame.new_local("next", Type::Int);
                let next_value = Expr { kind: ExprKind::Local(next), ty: Type::Int };
                out.push(Stmt::Assign(next, Expr::int(0)));
                let parts = self.loop_rounds(assigned, true, orelse, &mut |w: &mut Self| {
                    let mut stmts = vec![Stmt::Assign(var, next_value.clone())];
                    let step = binary(BinOp::I64Add, next_value.clone(), Expr::int(1), Type::Int);
                    stmts.push(Stmt::Assign(next, step));
                    let item = w.call_method(value.clone(), "__item__", vec![position.clone()], span)?;
                    w.assign_target(target, item, &mut stmts)?;
                    stmts.extend(body(w)?);
                    Ok(stmts)
                })?;
                let test = binary(BinOp::I64LtS, next_value, length, Type::Bool);
                out.extend(parts.assemble(|label, body| Stmt::While { label, test, body }));
                Ok(())
            }
        }
    }

    /// A loop over a tuple: the body once per item, each with its own types.
    fn unrolled(
        &mut self,
        target: &ast::Expr,
        items: Vec<Expr>,
        orelse: &[ast::Stmt],
        out: &mut Vec<Stmt>,
        body: &mut dyn FnMut(&mut Self) -> Result<Vec<Stmt>>,
    ) -> Result<()> {
        let break_label = self.frame.new_label();
        let mut exit = None;
        let mut all = Vec::new();
        for item in items {
            if !self.frame.live {
                break;
            }
            let continue_label = self.frame.new_label();
            self.frame.loops.push(Loop {
                continue_label,
                break_label,
                unrolled: true,
                head: Vec::new(),
                exit: exit.take(),
                changed: false,
            });
            let mut stmts = Vec::new();
            self.assign_target(target, item, &mut stmts)?;
            stmts.extend(body(self)?);
            let state = self.frame.loops.pop().expect("the loop pushed above");
            exit = state.exit;
            if !state.head.is_empty() {
                self.meet(state.head, state.changed)?;
                all.push(Stmt::Block { label: continue_label, body: stmts });
            } else {
                all.extend(stmts);
            }
        }
        if self.frame.live {
            all.extend(self.block(orelse)?);
        }
        if let Some(exit) = exit {
            self.meet(exit, false)?;
            out.push(Stmt::Block { label: break_label, body: all });
        } else {
            out.extend(all);
        }
        Ok(())
    }

    /// Joins the environment of jumps with the one that falls through; their types must agree,
    /// because the code of the jumps is already made.
    fn meet(&mut self, jumped: Vec<super::Binding>, changed: bool) -> Result<()> {
        if self.frame.live {
            let env = self.frame.env.clone();
            let joined = self.join_env(&env, &jumped);
            let settled = joined.iter().zip(env.iter().zip(&jumped)).all(|(j, (a, b))| match j {
                super::Binding::Bound(_) => {
                    self.same_env(std::slice::from_ref(a), std::slice::from_ref(b))
                }
                _ => true,
            });
            if changed || !settled {
                let span = Span::default();
                return Err(Box::new(Diagnostic::new(
                    Code::CannotInfer,
                    span,
                    "a variable has different types at a `break` or `continue` of this loop over a tuple",
                )));
            }
            self.frame.env = joined;
        } else {
            self.frame.env = jumped;
            self.frame.live = true;
        }
        Ok(())
    }
}
