//! `raise` and `assert` → statements that raise, and which exceptions there are.

use std::sync::Arc;

use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::infer::{Result, Walker};
use crate::source::Span;
use crate::typed::Stmt;
use crate::types::{Const, Type};

/// The exceptions that can be raised.
pub(in crate::infer) const EXCEPTIONS: &[&str] = &[
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
impl Walker<'_, '_> {
    pub(in crate::infer) fn assert_stmt(
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

    pub(in crate::infer) fn raise_stmt(
        &mut self,
        exception: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
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
