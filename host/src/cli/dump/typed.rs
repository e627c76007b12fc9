//! A typed unit -> text: Python's shapes, with a type at each local and each call resolved.

use std::fmt::Write as _;

use ovenbird_compiler::typed::{Expr, ExprKind, Function, LocalId, Stmt, Unit};

/// All functions of a unit, the root first.
pub(super) fn print(unit: &Unit) -> String {
    let mut printer = Printer { unit, function: None, text: String::new() };
    for (name, value) in &unit.globals {
        let _ = writeln!(printer.text, "global {name} = {value}");
    }
    for (label, columns) in &unit.schemas {
        let _ = writeln!(printer.text, "dataset {label}: {}", columns.join(", "));
    }
    for (index, function) in unit.functions.iter().enumerate() {
        if !printer.text.is_empty() {
            printer.text.push('\n');
        }
        printer.function(index, function);
    }
    printer.text
}

struct Printer<'a> {
    unit: &'a Unit,
    function: Option<&'a Function>,
    text: String,
}

impl<'a> Printer<'a> {
    fn function(&mut self, index: usize, function: &'a Function) {
        self.function = Some(function);
        let params: Vec<String> = function.params.iter().map(|p| self.typed_local(*p)).collect();
        let library = if function.library { "  # library" } else { "" };
        let (name, result) = (&function.name, &function.result);
        let _ = writeln!(self.text, "def f{index}:{name}({}) -> {result}:{library}", params.join(", "));
        self.block(&function.body, 1);
    }

    fn local(&self, id: LocalId) -> String {
        let name = self.function.and_then(|f| f.locals.get(id.0 as usize)).map_or("?", |local| &*local.name);
        format!("{name}.{}", id.0)
    }

    fn typed_local(&self, id: LocalId) -> String {
        match self.function.and_then(|f| f.locals.get(id.0 as usize)) {
            Some(local) => format!("{}: {}", self.local(id), local.ty),
            None => self.local(id),
        }
    }

    fn line(&mut self, indent: usize, line: &str) {
        let _ = writeln!(self.text, "{}{line}", "    ".repeat(indent));
    }

    fn block(&mut self, body: &[Stmt], indent: usize) {
        if body.is_empty() {
            self.line(indent, "pass");
        }
        body.iter().for_each(|stmt| self.stmt(stmt, indent));
    }

    fn stmt(&mut self, stmt: &Stmt, indent: usize) {
        match stmt {
            Stmt::Assign(local, value) => {
                let value = self.expr(value, indent);
                let target = self.typed_local(*local);
                self.line(indent, &format!("{target} = {value}"));
            }
            Stmt::Expr(value) => {
                let value = self.expr(value, indent);
                self.line(indent, &value);
            }
            Stmt::If { test, then, orelse } => {
                let test = self.expr(test, indent);
                self.line(indent, &format!("if {test}:"));
                self.block(then, indent + 1);
                if !orelse.is_empty() {
                    self.line(indent, "else:");
                    self.block(orelse, indent + 1);
                }
            }
            Stmt::While { label, test, body } => {
                // The test runs each time, so what it needs stands in the loop.
                let test = self.expr(test, indent + 1);
                self.line(indent, &format!("while {test}:  # L{}", label.0));
                self.block(body, indent + 1);
            }
            Stmt::For { label, var, start, stop, step, body } => {
                let (start, stop) = (self.expr(start, indent), self.expr(stop, indent));
                let var = self.local(*var);
                self.line(indent, &format!("for {var} in range({start}, {stop}, {step}):  # L{}", label.0));
                self.block(body, indent + 1);
            }
            Stmt::Block { label, body } => {
                self.line(indent, &format!("block:  # L{}", label.0));
                self.block(body, indent + 1);
            }
            Stmt::Break(label) => self.line(indent, &format!("break L{}", label.0)),
            Stmt::Continue(label) => self.line(indent, &format!("continue L{}", label.0)),
            Stmt::Return(value) => {
                let value = self.expr(value, indent);
                self.line(indent, &format!("return {value}"));
            }
            Stmt::Raise { exception, message, .. } => {
                let message = message.as_ref().map(|m| self.expr(m, indent)).unwrap_or_default();
                self.line(indent, &format!("raise {exception}({message})"));
            }
            Stmt::SetVariable(variable, value) => {
                let (target, value) = (self.variable(*variable), self.expr(value, indent));
                self.line(indent, &format!("{target} = {value}"));
            }
            Stmt::SetField { object, field, value } => {
                let (object, value) = (self.expr(object, indent), self.expr(value, indent));
                self.line(indent, &format!("{object}.{field} = {value}"));
            }
        }
    }

    fn variable(&self, variable: usize) -> String {
        let name = self.unit.variables.get(variable).map_or("?", |variable| &*variable.name);
        format!("global {name}")
    }

    fn exprs(&mut self, list: &[Expr], indent: usize) -> String {
        list.iter().map(|e| self.expr(e, indent)).collect::<Vec<_>>().join(", ")
    }

    /// The text of an expression. The statements of a block inside it come before, in braces.
    fn expr(&mut self, e: &Expr, indent: usize) -> String {
        match &e.kind {
            ExprKind::Unit => format!("<{}>", e.ty),
            ExprKind::Const(value) => value.to_string(),
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Variable(variable) => self.variable(*variable),
            ExprKind::CheckedLocal { local, .. } => format!("bound({})", self.local(*local)),
            ExprKind::Aggregate(items) => format!("{}{{{}}}", e.ty, self.exprs(items, indent)),
            ExprKind::New(items) => format!("new {}({})", e.ty, self.exprs(items, indent)),
            ExprKind::Part(value, index) | ExprKind::Field(value, index) => {
                format!("{}.{index}", self.expr(value, indent))
            }
            ExprKind::Unary(op, value) => format!("{op:?}({})", self.expr(value, indent)),
            ExprKind::Binary(op, left, right) => {
                format!("{op:?}({}, {})", self.expr(left, indent), self.expr(right, indent))
            }
            ExprKind::Logic { and, left, right } => {
                let word = if *and { "and" } else { "or" };
                format!("({} {word} {})", self.expr(left, indent), self.expr(right, indent))
            }
            ExprKind::IfExp { test, then, orelse } => {
                let test = self.expr(test, indent);
                format!("({} if {test} else {})", self.expr(then, indent), self.expr(orelse, indent))
            }
            ExprKind::Block(stmts, value) => {
                let outer = std::mem::take(&mut self.text);
                stmts.iter().for_each(|stmt| self.stmt(stmt, indent + 2));
                let value = self.expr(value, indent + 2);
                let inner = std::mem::replace(&mut self.text, outer);
                let (open, close) = ("    ".repeat(indent + 2), "    ".repeat(indent + 1));
                format!("do {{\n{inner}{open}{value}\n{close}}}")
            }
            ExprKind::Call { func, args, .. } => {
                let name = self.unit.functions.get(func.0 as usize).map_or("?", |f| &*f.name);
                format!("f{}:{name}({})", func.0, self.exprs(args, indent))
            }
            ExprKind::CallEntry { entry, args, .. } => {
                format!("unit{entry}({}) -> {}", self.exprs(args, indent), e.ty)
            }
            ExprKind::Intrinsic { op, args, .. } => format!("{op:?}({})", self.exprs(args, indent)),
            ExprKind::TableGet { index, .. } => format!("table[{}]", self.expr(index, indent)),
        }
    }
}
