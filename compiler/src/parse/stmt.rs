//! Statements of the ruff tree -> ours.
//!
//! `elif` becomes an `if` in the `else` part, and `import a, b` two statements. A statement that is
//! not supported is reported and left out; the statements inside it are still looked at, so that
//! one run reports as much as possible.

use std::sync::Arc;

use ruff_python_ast as py;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::expr::binary_op;
use super::unsupported::{self, Unsupported};
use super::{Converter, scan};
use crate::ast::{Class, Expr, Function, Stmt, StmtKind};
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

impl Converter<'_> {
    /// Takes the docstring off the front of a body.
    pub(super) fn split_docstring<'s>(
        &self,
        body: &'s [py::Stmt],
    ) -> (Option<(String, Span)>, &'s [py::Stmt]) {
        if let [py::Stmt::Expr(first), rest @ ..] = body
            && let py::Expr::StringLiteral(literal) = &*first.value
        {
            return (Some((literal.value.to_str().to_owned(), self.span(literal.range))), rest);
        }
        (None, body)
    }

    /// Converts the statements of a block.
    pub(super) fn block(&mut self, body: &[py::Stmt]) -> Vec<Stmt> {
        let mut result = Vec::with_capacity(body.len());
        for stmt in body {
            if !self.enter(stmt.range()) {
                break;
            }
            self.stmt(stmt, &mut result);
            self.leave();
        }
        result
    }

    /// Converts a block in which `break` and `continue` are allowed.
    fn loop_body(&mut self, body: &[py::Stmt]) -> Vec<Stmt> {
        let outer = std::mem::replace(&mut self.in_loop, true);
        let result = self.block(body);
        self.in_loop = outer;
        result
    }

    fn stmt(&mut self, stmt: &py::Stmt, out: &mut Vec<Stmt>) {
        let kind = match stmt {
            py::Stmt::Import(s) => return self.import(s, out),
            py::Stmt::ImportFrom(s) => return self.import_from(s, out),
            py::Stmt::Expr(s) if s.value.is_ellipsis_literal_expr() => Some(StmtKind::Pass),
            py::Stmt::Expr(s) => Some(StmtKind::Expr(self.expr(&s.value))),
            py::Stmt::Assign(s) => Some(self.assign(s)),
            py::Stmt::AugAssign(s) => Some(self.aug_assign(s)),
            py::Stmt::AnnAssign(s) => Some(self.ann_assign(s)),
            py::Stmt::If(s) => Some(self.if_stmt(s)),
            py::Stmt::While(s) => Some(self.while_stmt(s)),
            py::Stmt::For(s) => Some(self.for_stmt(s)),
            py::Stmt::Break(s) => self.jump(s.range, "break", StmtKind::Break),
            py::Stmt::Continue(s) => self.jump(s.range, "continue", StmtKind::Continue),
            py::Stmt::Return(s) => Some(self.return_stmt(s)),
            py::Stmt::Pass(_) => Some(StmtKind::Pass),
            py::Stmt::Assert(s) => Some(self.assert_stmt(s)),
            py::Stmt::Raise(s) => self.raise_stmt(s),
            py::Stmt::FunctionDef(s) => Some(StmtKind::Function(Arc::new(self.function(s)))),
            py::Stmt::ClassDef(s) => Some(StmtKind::Class(Arc::new(self.class(s)))),
            py::Stmt::Global(s) => {
                Some(StmtKind::Global(s.names.iter().map(|name| name.as_str().to_owned()).collect()))
            }
            other => self.unsupported_stmt(other),
        };
        if let Some(kind) = kind {
            out.push(Stmt { kind, span: self.span(stmt.range()) });
        }
    }

    fn assign(&mut self, s: &py::StmtAssign) -> StmtKind {
        let targets = s.targets.iter().map(|t| self.target(t)).collect();
        StmtKind::Assign { targets, value: self.expr(&s.value) }
    }

    fn aug_assign(&mut self, s: &py::StmtAugAssign) -> StmtKind {
        let target = self.expr(&s.target);
        StmtKind::AugAssign { target, op: binary_op(s.op), value: self.expr(&s.value) }
    }

    fn ann_assign(&mut self, s: &py::StmtAnnAssign) -> StmtKind {
        let target = self.expr(&s.target);
        let annotation = self.expr(&s.annotation);
        StmtKind::AnnAssign { target, annotation, value: self.optional(s.value.as_deref()) }
    }

    fn if_stmt(&mut self, s: &py::StmtIf) -> StmtKind {
        let test = self.expr(&s.test);
        let body = self.block(&s.body);
        let mut orelse = Vec::new();
        let mut branches: Vec<(Expr, Vec<Stmt>, TextRange)> = Vec::new();
        let before = self.height;
        for clause in &s.elif_else_clauses {
            let Some(test) = &clause.test else {
                orelse = self.block(&clause.body);
                continue;
            };
            let count = branches.len() as u64 + 1;
            if let Err(exceeded) = self.budget.check(CompileLimit::Nesting, count) {
                self.refuse(clause.range, exceeded, scan::too_deep);
                break;
            }
            self.height += 1;
            let range = TextRange::new(clause.range.start(), s.range.end());
            branches.push((self.expr(test), self.block(&clause.body), range));
        }
        self.height = before;
        for (test, body, range) in branches.into_iter().rev() {
            orelse = vec![Stmt { kind: StmtKind::If { test, body, orelse }, span: self.span(range) }];
        }
        StmtKind::If { test, body, orelse }
    }

    fn while_stmt(&mut self, s: &py::StmtWhile) -> StmtKind {
        let test = self.expr(&s.test);
        let body = self.loop_body(&s.body);
        StmtKind::While { test, body, orelse: self.block(&s.orelse) }
    }

    fn for_stmt(&mut self, s: &py::StmtFor) -> StmtKind {
        if s.is_async {
            self.unsupported_keyword(s.range, "async", &unsupported::ASYNC);
        }
        let target = self.target(&s.target);
        let iter = self.expr(&s.iter);
        let body = self.loop_body(&s.body);
        StmtKind::For { target, iter, body, orelse: self.block(&s.orelse) }
    }

    fn jump(&mut self, range: TextRange, word: &str, kind: StmtKind) -> Option<StmtKind> {
        if self.in_loop {
            return Some(kind);
        }
        let message = format!("`{word}` outside loop");
        let span = self.span(range);
        self.error(Diagnostic::new(Code::SyntaxError, span, message));
        None
    }

    fn return_stmt(&mut self, s: &py::StmtReturn) -> StmtKind {
        if !self.in_function {
            let span = self.span(s.range);
            self.error(Diagnostic::new(Code::SyntaxError, span, "`return` outside function"));
        }
        StmtKind::Return(self.optional(s.value.as_deref()))
    }

    fn assert_stmt(&mut self, s: &py::StmtAssert) -> StmtKind {
        let test = self.expr(&s.test);
        StmtKind::Assert { test, message: self.optional(s.msg.as_deref()) }
    }

    fn raise_stmt(&mut self, s: &py::StmtRaise) -> Option<StmtKind> {
        if let Some(cause) = &s.cause {
            self.unsupported(cause.range(), &unsupported::RAISE_FROM);
        }
        let Some(exception) = &s.exc else {
            self.unsupported(s.range, &unsupported::RAISE_BARE);
            return None;
        };
        Some(StmtKind::Raise(self.expr(exception)))
    }

    fn import(&mut self, s: &py::StmtImport, out: &mut Vec<Stmt>) {
        if s.is_lazy {
            self.unsupported(s.range, &unsupported::IMPORT_LAZY);
        }
        for name in &s.names {
            let path = name.name.as_str();
            let (module, alias) = match &name.asname {
                Some(alias) => (path, alias.as_str()),
                None => {
                    // `import a.b` binds `a`, through which `a.b` is reached.
                    let root = path.split('.').next().unwrap_or(path);
                    (root, root)
                }
            };
            let kind = StmtKind::Import { module: module.to_owned(), alias: alias.to_owned() };
            out.push(Stmt { kind, span: self.span(name.range) });
        }
    }

    fn import_from(&mut self, s: &py::StmtImportFrom, out: &mut Vec<Stmt>) {
        if s.is_lazy {
            self.unsupported(s.range, &unsupported::IMPORT_LAZY);
        }
        let module = match &s.module {
            Some(module) if s.level == 0 => module.as_str(),
            _ => return self.unsupported(s.range, &unsupported::IMPORT_RELATIVE),
        };
        if module == "__future__" {
            // These choose between rules of Python that do not differ here.
            out.push(Stmt { kind: StmtKind::Pass, span: self.span(s.range) });
            return;
        }
        for name in &s.names {
            if name.name.as_str() == "*" {
                self.unsupported(name.range, &unsupported::IMPORT_STAR);
                continue;
            }
            let alias = name.asname.as_ref().unwrap_or(&name.name).as_str().to_owned();
            let kind = StmtKind::ImportFrom {
                module: module.to_owned(),
                name: name.name.as_str().to_owned(),
                alias,
            };
            out.push(Stmt { kind, span: self.span(name.range) });
        }
    }

    fn function(&mut self, s: &py::StmtFunctionDef) -> Function {
        if s.is_async {
            self.unsupported(s.name.range, &unsupported::ASYNC);
        }
        if let Some(params) = &s.type_params {
            self.unsupported(params.range, &unsupported::TYPE_PARAMETERS);
        }
        let decorators = self.exprs(s.decorator_list.iter().map(|d| &d.expression));
        let params = self.params(&s.parameters);
        let returns = self.optional(s.returns.as_deref());
        let outer = (self.in_function, self.in_loop);
        (self.in_function, self.in_loop) = (true, false);
        let (docstring, rest) = self.split_docstring(&s.body);
        let body = self.block(rest);
        (self.in_function, self.in_loop) = outer;
        Function {
            name: s.name.as_str().to_owned(),
            params,
            decorators,
            returns,
            docstring,
            body,
            span: self.span(s.range),
            name_span: self.span(s.name.range),
        }
    }

    fn class(&mut self, s: &py::StmtClassDef) -> Class {
        if let Some(arguments) =
            s.arguments.as_deref().filter(|a| !(a.args.is_empty() && a.keywords.is_empty()))
        {
            self.unsupported(arguments.range, &unsupported::CLASS_BASES);
        }
        if let Some(params) = &s.type_params {
            self.unsupported(params.range, &unsupported::TYPE_PARAMETERS);
        }
        let decorators = self.exprs(s.decorator_list.iter().map(|d| &d.expression));
        let mut class = Class {
            name: s.name.as_str().to_owned(),
            decorators,
            fields: Vec::new(),
            methods: Vec::new(),
            span: self.span(s.range),
        };
        let (_, rest) = self.split_docstring(&s.body);
        for stmt in rest {
            if !self.enter(stmt.range()) {
                break;
            }
            self.member(stmt, &mut class);
            self.leave();
        }
        class
    }

    fn member(&mut self, stmt: &py::Stmt, class: &mut Class) {
        match stmt {
            py::Stmt::Pass(_) => {}
            py::Stmt::Expr(s) if s.value.is_ellipsis_literal_expr() => {}
            py::Stmt::FunctionDef(s) => class.methods.push(Arc::new(self.function(s))),
            py::Stmt::AnnAssign(s) => {
                let annotation = self.expr(&s.annotation);
                if let Some(value) = &s.value {
                    self.unsupported(value.range(), &unsupported::CLASS_FIELD_DEFAULT);
                }
                match &*s.target {
                    py::Expr::Name(name) => class.fields.push((name.id.as_str().to_owned(), annotation)),
                    other => self.unsupported(other.range(), &unsupported::CLASS_STATEMENT),
                }
            }
            other => self.unsupported(other.range(), &unsupported::CLASS_STATEMENT),
        }
    }

    /// Reports a statement that has no form in our tree, and looks at the statements inside.
    fn unsupported_stmt(&mut self, stmt: &py::Stmt) -> Option<StmtKind> {
        match stmt {
            py::Stmt::Delete(s) => self.unsupported(s.range, &unsupported::DEL),
            py::Stmt::Nonlocal(s) => self.unsupported(s.range, &unsupported::NONLOCAL),
            py::Stmt::TypeAlias(s) => self.unsupported(s.range, &unsupported::TYPE_ALIAS),
            py::Stmt::Match(s) => self.unsupported_keyword(s.range, "match", &unsupported::MATCH),
            py::Stmt::With(s) => {
                let word = if s.is_async { "async with" } else { "with" };
                self.unsupported_keyword(s.range, word, &unsupported::WITH);
                self.block(&s.body);
            }
            py::Stmt::Try(s) => {
                self.unsupported_keyword(s.range, "try", &unsupported::TRY);
                self.block(&s.body);
            }
            other => self.unsupported(other.range(), &unsupported::ESCAPE_COMMAND),
        }
        None
    }

    /// Reports a compound statement at its keyword alone, to keep the marked text on one line.
    fn unsupported_keyword(&mut self, range: TextRange, word: &str, what: &Unsupported) {
        self.unsupported(TextRange::at(range.start(), TextSize::of(word)), what);
    }
}
