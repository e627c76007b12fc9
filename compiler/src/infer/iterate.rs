//! `for` loops: counted ranges, unrolled tuples, and everything with `__len__` and `__item__`.

use super::convert::binary;
use super::{Loop, Result, Walker};
use crate::ast::{self, ExprKind as Ast};
use crate::budget::CompileLimit;
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
    /// `range(start, stop, step)` with a step that is only known at run time; `continues` if the
    /// body goes on with the loop from within.
    Stepped { start: Expr, stop: Expr, step: Expr, continues: bool },
    /// A tuple: the loop is unrolled.
    Items(Vec<Expr>),
    /// A value with a length and unchecked access by position; `fixed` if its length cannot change
    /// while the loop runs.
    Sequence { value: Expr, fixed: bool },
}

/// True if a value is, or stands for, an object that the body of a loop may change: a list, or the
/// pairs of a list.
fn holds_object(ty: &Type) -> bool {
    match ty {
        Type::Instance(class, fields) => class.heap || fields.iter().any(holds_object),
        Type::Tuple(items) => items.iter().any(holds_object),
        _ => false,
    }
}

impl Walker<'_, '_> {
    pub(super) fn for_stmt(
        &mut self,
        target: &ast::Expr,
        iter: &ast::Expr,
        body: &[ast::Stmt],
        orelse: &[ast::Stmt],
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let mut iterable = self.iterable(iter, out)?;
        if let Iterable::Stepped { continues, .. } = &mut iterable {
            *continues = has_continue(body);
        }
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
                let long = "this tuple is too long to loop over";
                self.session.within(CompileLimit::Unrolled, items.len(), iter.span, long)?;
                let parts = match value.kind {
                    ExprKind::Aggregate(parts) => {
                        parts.into_iter().map(|p| self.temp(p, "item", out)).collect()
                    }
                    _ => self.items_of(value, iter.span, out)?,
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
                let fixed = !holds_object(&ty);
                Ok(Iterable::Sequence { value: Expr { kind: ExprKind::Local(local), ty }, fixed })
            }
        }
    }

    /// `range(...)` as a counted loop; `None` if its arguments are not suited.
    fn range(&mut self, args: &[ast::Expr], out: &mut Vec<Stmt>) -> Result<Option<Iterable>> {
        let step = match args.get(2).map(|s| &s.kind) {
            None => 1,
            Some(Ast::Int(step)) if *step != 0 => *step,
            Some(Ast::Unary { op: ast::UnaryOp::Neg, operand }) => match operand.kind {
                Ast::Int(step) if step != 0 => -step,
                _ => return Ok(None),
            },
            Some(_) => {
                let parts: Vec<Expr> = args.iter().map(|arg| self.expr(arg)).collect::<Result<_>>()?;
                let constant = match parts[2].ty {
                    Type::Const(Const::Int(step)) if step != 0 => Some(step),
                    _ => None,
                };
                let mut values = Vec::new();
                for (part, arg) in parts.into_iter().zip(args) {
                    values.push(self.range_argument(part, arg.span, out)?);
                }
                let [start, stop, step] = values.try_into().expect("range has three arguments here");
                return Ok(Some(match constant {
                    Some(step) => Iterable::Range { start, stop, step },
                    None => Iterable::Stepped { start, stop, step, continues: false },
                }));
            }
        };
        let mut bounds = Vec::new();
        for arg in &args[..args.len().min(2)] {
            let value = self.expr(arg)?;
            bounds.push(self.range_argument(value, arg.span, out)?);
        }
        let stop = bounds.pop().expect("range has an argument");
        let start = bounds.pop().unwrap_or_else(|| Expr::int(0));
        Ok(Some(Iterable::Range { start, stop, step }))
    }

    /// An argument of `range`: an integer in a temporary.
    fn range_argument(&mut self, value: Expr, span: Span, out: &mut Vec<Stmt>) -> Result<Expr> {
        let ty = self.session.resolve(&value.ty).widened();
        if !matches!(ty, Type::Int | Type::Bool | Type::Never) {
            return Err(Box::new(
                Diagnostic::new(Code::TypeMismatch, span, format!("`range` needs integers, found `{ty}`"))
                    .label(format!("this is `{ty}`"))
                    .help("convert it with `int(...)`"),
            ));
        }
        let value = self.coerce(value, &Type::Int, span)?;
        if value.ty == Type::Never {
            // It raises, so nothing after it runs; but a loop has bounds that are integers.
            out.push(Stmt::Expr(value));
            return Ok(Expr::int(0));
        }
        Ok(self.temp(value, "bound", out))
    }

    /// A loop over a range with a step that is only known at run time. A step up that cannot pass
    /// the last integer makes a `while` loop, which the optimiser understands; everything else goes
    /// over the numbers of the values.
    #[expect(clippy::too_many_arguments, reason = "the parts of a `for` statement")]
    fn stepped(
        &mut self,
        target: &ast::Expr,
        bounds: [Expr; 3],
        continues: bool,
        assigned: &[String],
        orelse: &[ast::Stmt],
        span: Span,
        out: &mut Vec<Stmt>,
        body: &mut dyn FnMut(&mut Self) -> Result<Vec<Stmt>>,
    ) -> Result<()> {
        let [start, stop, step] = bounds;
        let range = vec![start.clone(), stop.clone(), step.clone()];
        let range = self.call_library("types/range/_range", "_range", range, span)?;
        let local = self.frame.new_local("range", range.ty.clone());
        let value = Expr { kind: ExprKind::Local(local), ty: range.ty.clone() };
        let general = Stmt::Assign(local, range);
        if continues {
            out.push(general);
            let iterable = Iterable::Sequence { value, fixed: true };
            return self.iterate(target, iterable, assigned, orelse, span, out, body);
        }
        let up = binary(BinOp::I64GtS, step.clone(), Expr::int(0), Type::Bool);
        let room = binary(BinOp::I64Sub, Expr::int(i64::MAX), step.clone(), Type::Int);
        let fits = binary(BinOp::I64LeS, stop.clone(), room, Type::Bool);
        let test = binary(BinOp::I32And, up, fits, Type::Bool);
        let before = self.frame.env.clone();
        let var = self.frame.new_local("counter", Type::Int);
        let counter = Expr { kind: ExprKind::Local(var), ty: Type::Int };
        let mut then = vec![Stmt::Assign(var, start)];
        let parts = self.loop_rounds(assigned, true, orelse, &mut |w: &mut Self| {
            let mut stmts = Vec::new();
            w.assign_target(target, counter.clone(), &mut stmts)?;
            stmts.extend(body(w)?);
            if w.frame.live {
                stmts
                    .push(Stmt::Assign(var, binary(BinOp::I64Add, counter.clone(), step.clone(), Type::Int)));
            }
            Ok(stmts)
        })?;
        let more = binary(BinOp::I64LtS, counter, stop, Type::Bool);
        then.extend(parts.assemble(|label, body| Stmt::While { label, test: more, body }));
        let then_env = std::mem::replace(&mut self.frame.env, before);
        let then_live = std::mem::replace(&mut self.frame.live, true);
        let mut otherwise = vec![general];
        let iterable = Iterable::Sequence { value, fixed: true };
        self.iterate(target, iterable, assigned, orelse, span, &mut otherwise, body)?;
        self.join_branches((then_env, then_live), &mut then, &mut otherwise)?;
        out.push(Stmt::If { test, then, orelse: otherwise });
        Ok(())
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
            Iterable::Stepped { start, stop, step, continues } => {
                self.stepped(target, [start, stop, step], continues, assigned, orelse, span, out, body)
            }
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
                    out.extend(parts.assemble(|label, body| Stmt::For {
                        label,
                        var,
                        start,
                        stop: length,
                        step,
                        body,
                    }));
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
                head: super::env::Env::default(),
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
    fn meet(&mut self, jumped: super::env::Env, changed: bool) -> Result<()> {
        if self.frame.live {
            let env = self.frame.env.clone();
            let joined = self.join_env(&env, &jumped);
            let settled = env.apart(&jumped).all(|(slot, a, b)| match &joined[slot] {
                super::Binding::Bound(_) => self.same_binding(a, b),
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

/// Whether statements go on with the loop around them by `continue`.
fn has_continue(stmts: &[ast::Stmt]) -> bool {
    stmts.iter().any(|stmt| match &stmt.kind {
        ast::StmtKind::Continue => true,
        ast::StmtKind::If { body, orelse, .. } => has_continue(body) || has_continue(orelse),
        ast::StmtKind::For { orelse, .. } | ast::StmtKind::While { orelse, .. } => has_continue(orelse),
        _ => false,
    })
}
