//! Statements, typed → statements: blocks, branches, `return` and nested functions; the others have files of their own
//! (`assign`, `loops`, `iterate`, `raise`).

mod assign;
mod loops;
mod raise;

use std::sync::Arc;

use super::env::Env;
use super::{Binding, Result, Walker};
use crate::ast::{self, StmtKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::assigned_names;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::{Const, Type};

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
            let at = out.len();
            let done = self.stmt(stmt, &mut out).and_then(|()| self.pay(&out[at..], stmt.span));
            match done {
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
        (then_env, then_live): (Env, bool),
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
