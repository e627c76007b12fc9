//! Statements.

use std::sync::Arc;

use super::{Binding, Loop, Result, Walker};
use crate::ast::{self, ExprKind as Ast, StmtKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::assigned_names;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, LabelId, Stmt};
use crate::types::{Const, Type};

/// The exceptions that can be raised.
pub(super) const EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "EOFError",
    "Exception",
    "FileNotFoundError",
    "FloatingPointError",
    "IndexError",
    "KeyError",
    "LookupError",
    "MemoryError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PermissionError",
    "RecursionError",
    "RuntimeError",
    "StopIteration",
    "TypeError",
    "UnboundLocalError",
    "UnicodeError",
    "ValueError",
    "ZeroDivisionError",
];

/// A loop after inference, before it is put together.
pub(super) struct LoopParts {
    /// Code before the loop: conversions to the types at its head.
    pub(super) before: Vec<Stmt>,
    /// What the body closure made.
    pub(super) body: Vec<Stmt>,
    /// Code on normal exit: the `else` clause and conversions.
    pub(super) after: Vec<Stmt>,
    pub(super) continue_label: LabelId,
    pub(super) break_label: LabelId,
}

impl LoopParts {
    /// Wraps the finished loop statement.
    pub(super) fn assemble(self, looping: impl FnOnce(LabelId, Vec<Stmt>) -> Stmt) -> Vec<Stmt> {
        let mut out = self.before;
        let mut inner = vec![looping(self.continue_label, self.body)];
        inner.extend(self.after);
        out.push(Stmt::Block { label: self.break_label, body: inner });
        out
    }
}

impl Walker<'_, '_> {
    /// Infers statements until one leaves the block. In user code an error ends its statement only,
    /// so that several can be reported.
    pub(super) fn block(&mut self, stmts: &[ast::Stmt]) -> Result<Vec<Stmt>> {
        let mut out = Vec::new();
        let library = self.session.resolver.module(self.frame.module).library;
        for stmt in stmts {
            if !self.frame.live {
                break;
            }
            match self.stmt(stmt, &mut out) {
                Ok(()) => {}
                Err(error) if library || error.code == Code::TooLarge => return Err(error),
                Err(error) => {
                    if !self.session.diagnostics.contains(&error) {
                        self.session.diagnostics.push(*error);
                    }
                    if matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Raise(_)) {
                        self.frame.live = false;
                    }
                    for name in assigned_names(std::slice::from_ref(stmt)) {
                        if let Some(slot) = self.frame.slot(&name) {
                            self.frame.env[slot] = Binding::Bound(Type::Never);
                        }
                    }
                }
            }
        }
        Ok(out)
    }

    fn stmt(&mut self, stmt: &ast::Stmt, out: &mut Vec<Stmt>) -> Result<()> {
        self.session.step(stmt.span)?;
        match &stmt.kind {
            StmtKind::Expr(value) => {
                let value = self.expr(value)?;
                if !matches!(value.kind, ExprKind::Unit | ExprKind::Const(_) | ExprKind::Local(_)) {
                    out.push(Stmt::Expr(value));
                }
            }
            StmtKind::Assign { targets, value } => self.assign_stmt(targets, value, out)?,
            StmtKind::AugAssign { target, op, value } => {
                self.aug_assign(target, *op, value, stmt.span, out)?
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                if let Some(value) = value {
                    let value = self.annotated(value, annotation)?;
                    self.assign_target(target, value, out)?;
                }
            }
            StmtKind::If { test, body, orelse } => self.if_stmt(test, body, orelse, out)?,
            StmtKind::While { test, body, orelse } => self.while_stmt(test, body, orelse, out)?,
            StmtKind::For { target, iter, body, orelse } => self.for_stmt(target, iter, body, orelse, out)?,
            StmtKind::Break => self.jump(false, stmt.span, out)?,
            StmtKind::Continue => self.jump(true, stmt.span, out)?,
            StmtKind::Return(value) => self.return_stmt(value.as_ref(), stmt.span, out)?,
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Class(_) => {}
            StmtKind::Assert { test, message } => self.assert_stmt(test, message.as_ref(), out)?,
            StmtKind::Raise(exception) => self.raise_stmt(exception, stmt.span, out)?,
            StmtKind::Function(def) => self.nested_def(def, out)?,
            StmtKind::Import { alias, .. } | StmtKind::ImportFrom { alias, .. } => {
                // Top-level imports are names of the module; inside a function they would need a
                // binding of their own.
                if self.frame.func.is_some() && !self.is_library() {
                    return Err(Box::new(
                        Diagnostic::new(
                            Code::UnsupportedSyntax,
                            stmt.span,
                            format!("`import` of `{alias}` inside a function is not supported"),
                        )
                        .help("move the import to the top of the file"),
                    ));
                }
                if self.frame.func.is_none() {
                    self.global(alias, stmt.span)?;
                }
            }
        }
        Ok(())
    }

    fn is_library(&self) -> bool {
        self.session.resolver.module(self.frame.module).library
    }

    fn assign_stmt(&mut self, targets: &[ast::Expr], value: &ast::Expr, out: &mut Vec<Stmt>) -> Result<()> {
        let mut value = self.expr(value)?;
        if targets.len() > 1 {
            value = self.temp(value, "chained", out);
        }
        for target in targets {
            self.assign_target(target, value.clone(), out)?;
        }
        Ok(())
    }

    /// A value whose annotation is checked: the annotation must allow the value's type.
    fn annotated(&mut self, value: &ast::Expr, annotation: &ast::Expr) -> Result<Expr> {
        let typed = self.expr(value)?;
        if let Some(wanted) = self.annotation(annotation) {
            if !self.annotation_allows(&wanted, &typed.ty) {
                let found = self.session.resolve(&typed.ty).widened();
                return Err(self.mismatch(&found, &wanted, value.span));
            }
            if !typed.ty.is_number() {
                return self.coerce(typed, &wanted, value.span);
            }
        }
        Ok(typed)
    }

    /// Assigns to a name, tuple, subscript or attribute.
    pub(super) fn assign_target(
        &mut self,
        target: &ast::Expr,
        value: Expr,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        match &target.kind {
            Ast::Name(name) => {
                let Some(slot) = self.frame.slot(name) else {
                    if self.assign_global(name, &value, target.span, out)? {
                        return Ok(());
                    }
                    return Err(Box::new(Diagnostic::new(
                        Code::UnsupportedSyntax,
                        target.span,
                        format!("`{name}` cannot be assigned here"),
                    )));
                };
                let stmt = self.assign_slot(slot, value, target.span)?;
                out.push(stmt);
                Ok(())
            }
            Ast::Tuple(items) | Ast::List(items) => self.unpack(items, value, target.span, out),
            Ast::Subscript { value: object, index } => {
                let name = object;
                let object = self.expr(object)?;
                let index = self.index_expr(index)?;
                // A frame is a value: with a new column it is another one, of another type.
                if let Ast::Name(name) = &name.kind
                    && let Some(slot) = self.frame.slot(name)
                    && self.find_method(&object.ty, "_with_item")?.is_some()
                {
                    let new = self.call_method(object, "_with_item", vec![index, value], target.span)?;
                    out.push(self.assign_slot(slot, new, target.span)?);
                    return Ok(());
                }
                let call = self.call_method(object, "__setitem__", vec![index, value], target.span)?;
                out.push(Stmt::Expr(call));
                Ok(())
            }
            Ast::Attribute { value: object, attr } => {
                let object = self.expr(object)?;
                self.set_attribute(object, attr, value, target.span, out)
            }
            _ => Err(Box::new(Diagnostic::new(
                Code::UnsupportedSyntax,
                target.span,
                "this cannot be assigned to",
            ))),
        }
    }

    fn unpack(&mut self, items: &[ast::Expr], value: Expr, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
        let ty = self.session.resolve(&value.ty);
        let Type::Tuple(types) = &ty else {
            if ty == Type::Never {
                for item in items {
                    self.assign_target(item, Expr::unit(Type::Never), out)?;
                }
                return Ok(());
            }
            return self.unpack_sequence(items, value, span, out);
        };
        if types.len() != items.len() {
            return Err(Box::new(Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("a tuple of {} is unpacked into {} names", types.len(), items.len()),
            )));
        }
        // All parts are read before any target is written: `a, b = b, a`.
        let mut parts = Vec::new();
        if let ExprKind::Aggregate(list) = value.kind {
            for part in list {
                let local = self.frame.new_local("part", part.ty.clone());
                let ty = part.ty.clone();
                out.push(Stmt::Assign(local, part));
                parts.push(Expr { kind: ExprKind::Local(local), ty });
            }
        } else {
            let local = self.frame.new_local("tuple", ty.clone());
            out.push(Stmt::Assign(local, value));
            for (i, part) in types.iter().enumerate() {
                let whole = Expr { kind: ExprKind::Local(local), ty: ty.clone() };
                parts.push(Expr { kind: ExprKind::Part(Box::new(whole), i), ty: part.clone() });
            }
        }
        for (item, part) in items.iter().zip(parts) {
            let part = if part.ty.scalars().is_empty() { Expr::unit(part.ty) } else { part };
            self.assign_target(item, part, out)?;
        }
        Ok(())
    }

    /// Unpacks a list or array whose length is only known at run time.
    fn unpack_sequence(
        &mut self,
        items: &[ast::Expr],
        value: Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let whole = self.temp(value, "sequence", out);
        let wanted = Expr::int(items.len() as i64);
        let checked = self.call_library("builtins/_unpack", "_unpack", vec![whole.clone(), wanted], span)?;
        out.push(Stmt::Expr(checked));
        for (i, item) in items.iter().enumerate() {
            let part = self.call_method(whole.clone(), "__getitem__", vec![Expr::int(i as i64)], span)?;
            self.assign_target(item, part, out)?;
        }
        Ok(())
    }

    fn aug_assign(
        &mut self,
        target: &ast::Expr,
        op: ast::BinaryOp,
        value: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        match &target.kind {
            Ast::Subscript { value: object, index } => {
                let object = self.expr(object)?;
                let object = self.temp(object, "object", out);
                let index = self.index_expr(index)?;
                let index = self.temp_index(index, out);
                let old = self.subscript_value(object.clone(), index.clone(), target.span)?;
                let value = self.expr(value)?;
                let new = self.binary(op, old, value, span)?;
                let call = self.call_method(object, "__setitem__", vec![index, new], target.span)?;
                out.push(Stmt::Expr(call));
            }
            Ast::Name(_) => {
                let old = self.expr(target)?;
                let value = self.expr(value)?;
                let in_place = format!("__i{}__", op.method());
                let new = if self.find_method(&old.ty, &in_place)?.is_some() {
                    self.call_method(old, &in_place, vec![value], span)?
                } else {
                    self.binary(op, old, value, span)?
                };
                self.assign_target(target, new, out)?;
            }
            _ => {
                return Err(Box::new(
                    Diagnostic::new(
                        Code::UnsupportedSyntax,
                        target.span,
                        "this cannot be assigned to in place",
                    )
                    .help("write the assignment out: `target = target + value`"),
                ));
            }
        }
        Ok(())
    }

    /// Makes the parts of an index usable twice.
    fn temp_index(&mut self, index: Expr, out: &mut Vec<Stmt>) -> Expr {
        match index.kind {
            ExprKind::Aggregate(parts) => {
                let parts = parts.into_iter().map(|p| self.temp(p, "index", out)).collect();
                Expr { kind: ExprKind::Aggregate(parts), ty: index.ty }
            }
            _ => self.temp(index, "index", out),
        }
    }

    fn if_stmt(
        &mut self,
        test: &ast::Expr,
        body: &[ast::Stmt],
        orelse: &[ast::Stmt],
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let test = self.condition(test)?;
        if let Type::Const(Const::Bool(value)) = test.ty {
            if !matches!(test.kind, ExprKind::Unit) {
                out.push(Stmt::Expr(test));
            }
            let chosen = self.block(if value { body } else { orelse })?;
            out.extend(chosen);
            return Ok(());
        }
        let before = self.frame.env.clone();
        let mut then = self.block(body)?;
        let (then_env, then_live) = (std::mem::replace(&mut self.frame.env, before), self.frame.live);
        self.frame.live = true;
        let mut otherwise = self.block(orelse)?;
        self.join_branches((then_env, then_live), &mut then, &mut otherwise)?;
        out.push(Stmt::If { test, then, orelse: otherwise });
        Ok(())
    }

    /// Joins the environment after one branch with the current one, that after the other.
    pub(super) fn join_branches(
        &mut self,
        (then_env, then_live): (Vec<Binding>, bool),
        then: &mut Vec<Stmt>,
        otherwise: &mut Vec<Stmt>,
    ) -> Result<()> {
        let (else_env, else_live) = (self.frame.env.clone(), self.frame.live);
        match (then_live, else_live) {
            (true, true) => {
                let joined = self.join_env(&then_env, &else_env);
                self.convert_env(&then_env, &joined, then)?;
                self.convert_env(&else_env, &joined, otherwise)?;
                self.frame.env = joined;
            }
            (true, false) => self.frame.env = then_env,
            (false, _) => self.frame.env = else_env,
        }
        self.frame.live = then_live || else_live;
        Ok(())
    }

    /// Infers a loop until the types at its head and exit settle.
    pub(super) fn loop_rounds(
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
                head[slot] = Binding::Bound(self.session.resolve(ty).widened());
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
    pub(super) fn forget_errors(&mut self, errors: usize, specs: usize) {
        if self.session.diagnostics.len() > errors {
            self.session.diagnostics.truncate(errors);
            self.session
                .memo
                .retain(|_, spec| (spec.0 as usize) < specs || !self.session.specs[spec.0 as usize].done);
        }
    }

    fn while_stmt(
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
    fn jump(&mut self, to_head: bool, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
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

    fn return_stmt(&mut self, value: Option<&ast::Expr>, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
        if self.frame.func.is_none() {
            return Err(Box::new(Diagnostic::new(Code::SyntaxError, span, "`return` outside a function")));
        }
        let mut result = match value {
            Some(value) => self.expr(value)?,
            None => Expr::unit(Type::None),
        };
        if !self.frame.keep_constants {
            result = self.widen(result, span)?;
        }
        let result = self.unify_result(result, value.map_or(span, |v| v.span))?;
        out.push(Stmt::Return(result));
        self.frame.live = false;
        Ok(())
    }

    fn unify_result(&mut self, value: Expr, span: Span) -> Result<Expr> {
        let ty = self.session.resolve(&value.ty);
        if ty == Type::Never {
            return Ok(value);
        }
        let Some(known) = self.frame.result.clone() else {
            self.frame.result = Some(ty);
            return Ok(value);
        };
        if self.can_coerce(&ty, &known) {
            return self.coerce(value, &known, span);
        }
        match self.join(&known, &ty) {
            Some(joined) => {
                self.frame.result = Some(self.session.resolve(&joined));
                self.frame.single_result_type = false;
                self.coerce(value, &joined, span)
            }
            None => Err(Box::new(
                Diagnostic::new(
                    Code::CannotInfer,
                    span,
                    format!("this path returns `{}`, another returns `{}`", ty.widened(), known.widened()),
                )
                .label("a compiled function has one result type")
                .help("return values of one type on every path"),
            )),
        }
    }

    /// What happens at the end of a function: an implicit `return None`.
    pub(super) fn finish_body(&mut self, body: &mut Vec<Stmt>, span: Span) -> Result<()> {
        if self.frame.live {
            let none = self.unify_result(Expr::unit(Type::None), span)?;
            body.push(Stmt::Return(none));
        }
        if self.frame.result.is_none() {
            self.frame.result = Some(Type::Never);
        }
        Ok(())
    }

    fn assert_stmt(
        &mut self,
        test: &ast::Expr,
        message: Option<&ast::Expr>,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let span = test.span;
        let test = self.condition(test)?;
        let message = match message {
            Some(message) => {
                let value = self.expr(message)?;
                Some(self.str_of(value, message.span)?)
            }
            None => None,
        };
        let node = self.frame.position(span);
        let raise = Stmt::Raise { exception: "AssertionError".into(), message, node };
        match test.ty {
            Type::Const(Const::Bool(true)) => {}
            Type::Const(Const::Bool(false)) => {
                out.push(raise);
                self.frame.live = false;
            }
            _ => out.push(Stmt::If { test, then: Vec::new(), orelse: vec![raise] }),
        }
        Ok(())
    }

    fn raise_stmt(&mut self, exception: &ast::Expr, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
        let (name, args) = match &exception.kind {
            Ast::Name(name) => (name, [].as_slice()),
            Ast::Call { func, args, keywords } if keywords.is_empty() => match &func.kind {
                Ast::Name(name) => (name, args.as_slice()),
                _ => return Err(unsupported_raise(exception.span)),
            },
            _ => return Err(unsupported_raise(exception.span)),
        };
        if !EXCEPTIONS.contains(&name.as_str()) || args.len() > 1 {
            return Err(unsupported_raise(exception.span));
        }
        let message = match args.first() {
            Some(arg) => {
                let value = self.expr(arg)?;
                // Python shows a KeyError's argument by its repr.
                Some(if name == "KeyError" {
                    self.repr_of(value, arg.span)?
                } else {
                    self.str_of(value, arg.span)?
                })
            }
            None => None,
        };
        let node = self.frame.position(span);
        out.push(Stmt::Raise { exception: Arc::from(name.as_str()), message, node });
        self.frame.live = false;
        Ok(())
    }

    /// A nested `def`: binds its name to a closure over the values that captured variables have now.
    fn nested_def(&mut self, def: &Arc<ast::Function>, out: &mut Vec<Stmt>) -> Result<()> {
        if self.frame.func.is_none()
            && self.session.resolver.module(self.frame.module).names.contains_key(&def.name)
            && self.frame.slot(&def.name).is_none()
        {
            return Ok(());
        }
        let closure = self.closure(def)?;
        if let Some(slot) = self.frame.slot(&def.name) {
            let stmt = self.assign_slot(slot, closure, def.name_span)?;
            out.push(stmt);
        }
        Ok(())
    }
}

fn unsupported_raise(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::new(
            Code::UnsupportedSyntax,
            span,
            "only built-in exceptions with at most one argument can be raised",
        )
        .help("write `raise ValueError(\"what is wrong\")`"),
    )
}
