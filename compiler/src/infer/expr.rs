//! Expressions.

use std::collections::HashMap;
use std::sync::Arc;

use super::convert::{bool_const, const_expr, never, str_const};
use super::{Binding, Result, Walker};
use crate::ast::{self, ExprKind as Ast};
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Op, Stmt};
use crate::types::{Const, Type};

impl Walker<'_, '_> {
    /// Infers an expression.
    pub(super) fn expr(&mut self, e: &ast::Expr) -> Result<Expr> {
        self.session.step(e.span)?;
        match &e.kind {
            Ast::None => Ok(Expr::unit(Type::None)),
            Ast::Bool(value) => Ok(bool_const(*value)),
            Ast::Int(value) => Ok(const_expr(Const::Int(*value))),
            Ast::Float(value) => Ok(const_expr(Const::Float(value.to_bits()))),
            Ast::Str(text) => Ok(str_const(text)),
            Ast::FString(parts) => self.fstring(parts, e.span),
            Ast::Name(name) => self.name(name, e.span),
            Ast::Attribute { value, attr } => {
                let object = self.expr(value)?;
                self.attribute(object, attr, e.span)
            }
            Ast::Subscript { value, index } => {
                let object = self.expr(value)?;
                let index = self.index_expr(index)?;
                self.subscript_value(object, index, e.span)
            }
            Ast::Slice { .. } => self.index_expr(e),
            Ast::Call { func, args, keywords } => self.call_expr(func, args, keywords, e.span),
            Ast::Starred(_) => Err(Box::new(Diagnostic::new(
                Code::UnsupportedSyntax,
                e.span,
                "`*` is only supported in the arguments of a call",
            ))),
            Ast::Unary { op, operand } => {
                if *op == ast::UnaryOp::Not {
                    let test = self.condition(operand)?;
                    return Ok(self.not(test));
                }
                let operand = self.expr(operand)?;
                self.unary_op(*op, operand, e.span)
            }
            Ast::Binary { op, left, right } => {
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.binary(*op, left, right, e.span)
            }
            Ast::Compare { left, ops, rights } => self.compare_chain(left, ops, rights, e.span),
            Ast::BoolOp { and, values } => self.bool_op(*and, values),
            Ast::IfExp { test, body, orelse } => self.if_exp(test, body, orelse, e.span),
            Ast::Tuple(items) => {
                let parts: Vec<Expr> = items.iter().map(|i| self.expr(i)).collect::<Result<_>>()?;
                let ty = Type::Tuple(parts.iter().map(|p| self.session.resolve(&p.ty)).collect());
                self.check_size(&ty, e.span)?;
                Ok(Expr { kind: ExprKind::Aggregate(parts), ty })
            }
            Ast::List(items) => {
                let parts: Vec<Expr> = items.iter().map(|i| self.expr(i)).collect::<Result<_>>()?;
                let mut args = Vec::new();
                for (part, item) in parts.into_iter().zip(items) {
                    args.push(self.widen(part, item.span)?);
                }
                self.call_library("types/list/_literal", "_literal", args, e.span)
            }
            Ast::ListComp { element, generators } => self.list_comp(element, generators, e.span),
            Ast::Lambda(def) => self.closure(def),
        }
    }

    pub(super) fn check_size(&self, ty: &Type, span: Span) -> Result<()> {
        self.session.within(CompileLimit::TypeNodes, ty.size(), span, "this type is too large")
    }

    fn name(&mut self, name: &str, span: Span) -> Result<Expr> {
        if let Some(slot) = self.frame.slot(name) {
            // A module body may read a name that is also a function or import of the module.
            if !(self.frame.func.is_none() && self.frame.env[slot] == Binding::Unbound) {
                let value = self.read_slot(slot, span)?;
                return if self.frame.calling { Ok(value) } else { self.not_late(value) };
            }
        }
        if let Some(func) = self.frame.func {
            let def = self.session.resolver.function(func);
            if def.parent.is_some() && def.ast.name == name {
                return self.own_closure(func, span);
            }
        }
        self.global(name, span)
    }

    /// A nested function's own name inside it: the same closure.
    fn own_closure(&mut self, func: crate::resolved::FuncId, span: Span) -> Result<Expr> {
        let def = self.session.resolver.function(func).clone();
        let mut values = Vec::new();
        for name in def.captures.iter().filter(|name| **name != def.ast.name) {
            let Some(slot) = self.frame.slot(name) else { continue };
            values.push(self.read_slot(slot, span)?);
        }
        let types = self.frame.self_captures.clone();
        Ok(Expr { kind: ExprKind::Aggregate(values), ty: Type::Func(func, types.into()) })
    }

    /// A closure over variables that are assigned later is not a value: its copies would be stale.
    fn not_late(&self, value: Expr) -> Result<Expr> {
        if let Type::Func(func, _) = &value.ty
            && let Some((_, problem)) = self.frame.late.iter().find(|(f, _)| f == func)
        {
            return Err(problem.clone());
        }
        Ok(value)
    }

    /// The captures of a closure that is called where it was made: what the variables are now.
    pub(super) fn current_captures(
        &mut self,
        func: crate::resolved::FuncId,
        span: Span,
    ) -> Result<Option<Vec<Expr>>> {
        if !self.frame.late.iter().any(|(f, _)| *f == func) {
            return Ok(None);
        }
        let def = self.session.resolver.function(func).clone();
        let mut values = Vec::new();
        for name in def.captures.iter().filter(|name| **name != def.ast.name) {
            values.push(match self.frame.slot(name) {
                Some(slot) => self.read_slot(slot, span)?,
                None => self.global(name, span)?,
            });
        }
        Ok(Some(values))
    }

    /// A closure: the function with the values that its captured variables have now.
    pub(super) fn closure(&mut self, def: &Arc<ast::Function>) -> Result<Expr> {
        let func = self.session.resolver.nested(self.frame.func, self.frame.module, def);
        let captures = self.session.resolver.function(func).captures.clone();
        let mut values = Vec::new();
        for name in captures {
            if name == def.name {
                continue;
            }
            if let Some(slot) = self.frame.slot(&name) {
                let value = self.read_slot(slot, def.name_span).and_then(|v| self.not_late(v));
                let value = value.map_err(|_| {
                    Box::new(
                        Diagnostic::new(
                            Code::UnsupportedSyntax,
                            def.name_span,
                            format!("the closure reads `{name}` before it is assigned"),
                        )
                        .help("assign the variable before the function is defined"),
                    )
                })?;
                values.push(value);
            } else {
                values.push(self.global(&name, def.name_span)?);
            }
        }
        let captures = self.session.resolver.function(func).captures.clone();
        if let Err(problem) = self.check_reassignment(def, &captures)? {
            self.frame.late.push((func, problem));
        }
        let types = values.iter().map(|v| self.session.resolve(&v.ty)).collect();
        Ok(Expr { kind: ExprKind::Aggregate(values), ty: Type::Func(func, types) })
    }

    /// Captured variables are copied, so a later assignment would go unseen: refuse it.
    fn check_reassignment(&mut self, def: &ast::Function, captures: &[String]) -> Result<Result<()>> {
        let Some(func) = self.frame.func else { return Ok(Ok(())) };
        let outer = self.session.resolver.function(func).ast.clone();
        let start = def.span.start;
        for name in captures {
            let last = self.frame.last_assigned.get_or_insert_with(|| last_assignments(&outer.body));
            if name == &def.name || last.get(name).is_none_or(|last| *last <= start) {
                continue;
            }
            self.session.steps_for(outer.body.len() / 8, def.name_span)?;
            if let Some(span) = assignment_after(&outer.body, name, start) {
                return Ok(Err(Box::new(
                    Diagnostic::new(
                        Code::UnsupportedSyntax,
                        span,
                        format!("`{name}` is assigned after a function has captured it"),
                    )
                    .also(def.name_span, "captured here")
                    .help("pass the value as an argument"),
                )));
            }
        }
        Ok(Ok(()))
    }

    fn if_exp(&mut self, test: &ast::Expr, body: &ast::Expr, orelse: &ast::Expr, span: Span) -> Result<Expr> {
        let test = self.condition(test)?;
        if let Type::Const(Const::Bool(value)) = test.ty {
            return self.expr(if value { body } else { orelse });
        }
        let then = self.expr(body)?;
        let otherwise = self.expr(orelse)?;
        self.choose(test, then, otherwise, span)
    }

    /// `then if test else orelse` over inferred values.
    pub(super) fn choose(&mut self, test: Expr, then: Expr, orelse: Expr, span: Span) -> Result<Expr> {
        let Some(ty) = self.join(&then.ty, &orelse.ty) else {
            let (a, b) = (self.session.resolve(&then.ty), self.session.resolve(&orelse.ty));
            return Err(Box::new(
                Diagnostic::new(Code::TypeMismatch, span, format!("one side is `{a}`, the other `{b}`"))
                    .label("both sides must have one type"),
            ));
        };
        let then = self.coerce(then, &ty, span)?;
        let orelse = self.coerce(orelse, &ty, span)?;
        let ty = self.session.resolve(&ty);
        let kind = ExprKind::IfExp { test: Box::new(test), then: Box::new(then), orelse: Box::new(orelse) };
        Ok(Expr { kind, ty })
    }

    fn bool_op(&mut self, and: bool, values: &[ast::Expr]) -> Result<Expr> {
        let (last, first) = values.split_last().expect("a bool operation has two values or more");
        let Some((head, rest)) = first.split_first() else { return self.expr(last) };
        let mut tail: Vec<&ast::Expr> = rest.iter().collect();
        tail.push(last);
        self.bool_op_from(and, head, &tail)
    }

    fn bool_op_from(&mut self, and: bool, head: &ast::Expr, tail: &[&ast::Expr]) -> Result<Expr> {
        let mut stmts = Vec::new();
        let left = self.expr(head)?;
        let left = if matches!(self.session.resolve(&left.ty), Type::Bool) {
            left
        } else {
            self.temp(left, "operand", &mut stmts)
        };
        let truth = self.truth(left.clone(), head.span)?;
        if let Type::Const(Const::Bool(value)) = truth.ty {
            if value != and {
                return Ok(wrap(stmts, left));
            }
            let right = self.bool_rest(and, tail)?;
            return Ok(wrap(stmts, right));
        }
        let right = self.bool_rest(and, tail)?;
        let span = head.span;
        let both_bool = matches!(self.session.resolve(&left.ty), Type::Bool)
            && matches!(self.session.resolve(&right.ty).widened(), Type::Bool);
        if both_bool {
            let right = self.widen(right, span)?;
            let kind = ExprKind::Logic { and, left: Box::new(left), right: Box::new(right) };
            return Ok(Expr { kind, ty: Type::Bool });
        }
        let value =
            if and { self.choose(truth, right, left, span)? } else { self.choose(truth, left, right, span)? };
        Ok(wrap(stmts, value))
    }

    fn bool_rest(&mut self, and: bool, tail: &[&ast::Expr]) -> Result<Expr> {
        match tail {
            [one] => self.expr(one),
            [head, rest @ ..] => self.bool_op_from(and, head, rest),
            [] => Ok(bool_const(and)),
        }
    }

    fn fstring(&mut self, parts: &[ast::FStringPart], span: Span) -> Result<Expr> {
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                ast::FStringPart::Text(text) => pieces.push(str_const(text)),
                ast::FStringPart::Value { value, conversion, spec, debug_text } => {
                    if let Some(text) = debug_text {
                        pieces.push(str_const(text));
                    }
                    let inferred = self.expr(value)?;
                    let repr = matches!(conversion, Some('r' | 'a'))
                        || (debug_text.is_some() && conversion.is_none() && spec.is_empty());
                    let shown = if repr { self.repr_of(inferred, value.span)? } else { inferred };
                    let args = vec![shown, str_const(spec)];
                    pieces.push(self.call_library("builtins/_format", "_format", args, value.span)?);
                }
            }
        }
        if pieces.iter().all(|p| matches!(p.ty, Type::Const(Const::Str(_)))) {
            let text: String = pieces
                .iter()
                .map(|p| if let Type::Const(Const::Str(t)) = &p.ty { t.to_string() } else { String::new() })
                .collect();
            return Ok(str_const(&text));
        }
        let mut args = Vec::new();
        for piece in pieces {
            args.push(self.widen(piece, span)?);
        }
        self.call_library("types/str/_join", "_join", args, span)
    }

    /// An index: slices become `slice` values, everything else is an ordinary expression.
    pub(super) fn index_expr(&mut self, e: &ast::Expr) -> Result<Expr> {
        match &e.kind {
            Ast::Slice { start, stop, step } => {
                let mut parts = Vec::new();
                for part in [start, stop, step] {
                    parts.push(match part {
                        Some(part) => self.expr(part)?,
                        None => Expr::unit(Type::None),
                    });
                }
                self.call_library("types/slice/type", "slice", parts, e.span)
            }
            Ast::Tuple(items) => {
                let parts: Vec<Expr> = items.iter().map(|i| self.index_expr(i)).collect::<Result<_>>()?;
                let ty = Type::Tuple(parts.iter().map(|p| self.session.resolve(&p.ty)).collect());
                Ok(Expr { kind: ExprKind::Aggregate(parts), ty })
            }
            Ast::List(items) => match self.static_names(items)? {
                Some(names) => Ok(names),
                None => self.expr(e),
            },
            _ => self.expr(e),
        }
    }

    /// A list of strings that are known at compile time, as a tuple that keeps them: the columns of
    /// a frame are chosen by such lists.
    pub(super) fn static_names(&mut self, items: &[ast::Expr]) -> Result<Option<Expr>> {
        if items.is_empty() || !items.iter().all(|i| matches!(i.kind, Ast::Str(_) | Ast::Name(_))) {
            return Ok(None);
        }
        let parts: Vec<Expr> = items.iter().map(|i| self.expr(i)).collect::<Result<_>>()?;
        if !parts.iter().all(|p| matches!(p.ty, Type::Const(Const::Str(_)))) {
            return Ok(None);
        }
        let ty = Type::Tuple(parts.iter().map(|p| p.ty.clone()).collect());
        Ok(Some(Expr { kind: ExprKind::Aggregate(parts), ty }))
    }

    /// `object[index]`.
    pub(super) fn subscript_value(&mut self, object: Expr, index: Expr, span: Span) -> Result<Expr> {
        let ty = self.session.resolve(&object.ty);
        match (&ty, &index.ty) {
            (Type::Never, _) => Ok(never(vec![object])),
            (Type::Tuple(items), Type::Const(Const::Int(i))) => {
                let n = items.len() as i64;
                let at = if *i < 0 { *i + n } else { *i };
                if at < 0 || at >= n {
                    return Err(Box::new(
                        Diagnostic::new(Code::TypeMismatch, span, "tuple index out of range")
                            .label(format!("the tuple has {n} items")),
                    ));
                }
                Ok(self.part(object, at as usize))
            }
            (Type::Table(table), _) => {
                let table = table.clone();
                let index = self.coerce(index, &Type::Int, span)?;
                let node = self.frame.position(span);
                let op = Op::Bounds {
                    wrap: true,
                    exception: "IndexError".into(),
                    message: "tuple index out of range".into(),
                };
                let args = vec![index, Expr::int(table.bits.len() as i64)];
                let trusted = self.session.resolver.module(self.frame.module).library;
                let index = if trusted {
                    args.into_iter().next().expect("two arguments")
                } else {
                    Expr { kind: ExprKind::Intrinsic { op, args, node }, ty: Type::Int }
                };
                let ty = if table.float { Type::Float } else { Type::Int };
                Ok(Expr { kind: ExprKind::TableGet { table, index: Box::new(index) }, ty })
            }
            _ => self.call_method(object, "__getitem__", vec![index], span),
        }
    }

    /// Part `i` of an aggregate.
    pub(super) fn part(&mut self, whole: Expr, i: usize) -> Expr {
        let ty = match self.session.resolve(&whole.ty) {
            Type::Tuple(items) | Type::Func(_, items) | Type::Instance(_, items) => items[i].clone(),
            _ => Type::Never,
        };
        if let ExprKind::Aggregate(parts) = &whole.kind
            && parts
                .iter()
                .all(|p| matches!(p.kind, ExprKind::Local(_) | ExprKind::Unit | ExprKind::Const(_)))
        {
            return parts[i].clone();
        }
        if ty.width() == 0 && ty.is_closed() && matches!(whole.kind, ExprKind::Local(_) | ExprKind::Part(..))
        {
            return Expr::unit(ty);
        }
        Expr { kind: ExprKind::Part(Box::new(whole), i), ty }
    }

    fn list_comp(
        &mut self,
        element: &ast::Expr,
        generators: &[ast::Comprehension],
        span: Span,
    ) -> Result<Expr> {
        let mut stmts = Vec::new();
        let list = self.call_library("types/list/_literal", "_empty", Vec::new(), span)?;
        let ty = list.ty.clone();
        let local = self.frame.new_local("comprehension", ty.clone());
        stmts.push(Stmt::Assign(local, list));
        let target = Expr { kind: ExprKind::Local(local), ty: ty.clone() };
        self.comp_loop(element, generators, &target, &mut stmts)?;
        let ty = self.session.resolve(&ty);
        Ok(wrap(stmts, Expr { kind: ExprKind::Local(local), ty }))
    }

    fn comp_loop(
        &mut self,
        element: &ast::Expr,
        generators: &[ast::Comprehension],
        list: &Expr,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let Some((first, rest)) = generators.split_first() else {
            let value = self.expr(element)?;
            let call = self.call_method(list.clone(), "append", vec![value], element.span)?;
            out.push(Stmt::Expr(call));
            return Ok(());
        };
        // The targets are variables of the comprehension alone: they shadow, and vanish after it.
        let names = assigned_by_target(&first.target);
        let iterable = self.iterable(&first.iter, out)?;
        let width = self.frame.slots.len();
        for name in &names {
            self.frame.add_slot(name);
        }
        let list = list.clone();
        self.iterate(&first.target, iterable, &[], &[], first.iter.span, out, &mut |w: &mut Self| {
            let mut body = Vec::new();
            w.comp_filter(&first.ifs, element, rest, &list, &mut body)?;
            // The next turn assigns them first. If they came to it with a value, each loop of a nest would see a
            // change, and one in another would be inferred twice as often.
            for slot in width..width + names.len() {
                w.frame.env[slot] = Binding::Unbound;
            }
            Ok(body)
        })?;
        self.drop_slots(width);
        Ok(())
    }

    /// Forgets the variables beyond the first `width`.
    pub(super) fn drop_slots(&mut self, width: usize) {
        self.frame.slots.truncate(width);
        self.frame.env.truncate(width);
        self.frame.versions.truncate(width);
    }

    fn comp_filter(
        &mut self,
        ifs: &[ast::Expr],
        element: &ast::Expr,
        rest: &[ast::Comprehension],
        list: &Expr,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let Some((first, more)) = ifs.split_first() else {
            return self.comp_loop(element, rest, list, out);
        };
        let test = self.condition(first)?;
        let test = self.coerce(test, &Type::Bool, first.span)?;
        let before = self.frame.env.clone();
        let mut then = Vec::new();
        self.comp_filter(more, element, rest, list, &mut then)?;
        self.frame.env = before;
        out.push(Stmt::If { test, then, orelse: Vec::new() });
        Ok(())
    }
}

/// Statements before a value, if there are any.
pub(super) fn wrap(stmts: Vec<Stmt>, value: Expr) -> Expr {
    if stmts.is_empty() {
        return value;
    }
    let ty = value.ty.clone();
    Expr { kind: ExprKind::Block(stmts, Box::new(value)), ty }
}

fn assigned_by_target(target: &ast::Expr) -> Vec<String> {
    match &target.kind {
        Ast::Name(name) => vec![name.clone()],
        Ast::Tuple(items) | Ast::List(items) => items.iter().flat_map(assigned_by_target).collect(),
        _ => Vec::new(),
    }
}

/// Place of an assignment of `name` that comes after `start` in the text, or in a loop around it.
fn assignment_after(body: &[ast::Stmt], name: &str, start: u32) -> Option<Span> {
    for stmt in body {
        let single = std::slice::from_ref(stmt);
        if !crate::resolve::assigned_names(single).iter().any(|n| n == name) {
            continue;
        }
        let contains = stmt.span.start <= start && start < stmt.span.end;
        match &stmt.kind {
            ast::StmtKind::If { body, orelse, .. } => {
                let inner =
                    assignment_after(body, name, start).or_else(|| assignment_after(orelse, name, start));
                if inner.is_some() {
                    return inner;
                }
            }
            ast::StmtKind::For { body, .. } | ast::StmtKind::While { body, .. } if contains => {
                // Assigned by the loop that also defines the closure: each round defines it anew, so
                // only what is assigned later in the body matters.
                if let Some(inner) = assignment_after(body, name, start) {
                    return Some(inner);
                }
            }
            _ if stmt.span.start > start => return Some(stmt.span),
            _ => {}
        }
    }
    None
}

/// Where the last statement begins that assigns each name: what comes after it needs no search.
fn last_assignments(body: &[ast::Stmt]) -> HashMap<String, u32> {
    let mut last = HashMap::new();
    add_assignments(body, &mut last);
    last
}

fn add_assignments(body: &[ast::Stmt], last: &mut HashMap<String, u32>) {
    for stmt in body {
        match &stmt.kind {
            ast::StmtKind::If { body, orelse, .. } | ast::StmtKind::While { body, orelse, .. } => {
                add_assignments(body, last);
                add_assignments(orelse, last);
            }
            ast::StmtKind::For { target, body, orelse, .. } => {
                let names = assigned_by_target(target);
                last.extend(names.into_iter().map(|name| (name, stmt.span.start)));
                add_assignments(body, last);
                add_assignments(orelse, last);
            }
            _ => {
                let names = crate::resolve::assigned_names(std::slice::from_ref(stmt));
                last.extend(names.into_iter().map(|name| (name, stmt.span.start)));
            }
        }
    }
}
