//! [`Module`] -> nothing, or the list of rules that it breaks.
//!
//! Run after `lower` and between the passes of `optimise` in debug builds and tests. What it accepts
//! `encode` can encode and `eval` can run without an internal error. The rules:
//!
//! Module
//! - Exports, sites, places, entries and callees name things that exist; export names differ.
//! - Following the parents of a place ends.
//!
//! Function
//! - Parameters are locals. Every local, global and label is declared (a label: below
//!   [`Function::labels`]); no two statements share a label.
//! - No path runs off the end of a function that has results (conditions are not looked at).
//! - `Return` has the function's results.
//!
//! Expression
//! - Operands have the types that the operator wants; both sides of `Select` have the same type.
//! - A lane is 0 or 1. An address in the static data is at most its end.
//!
//! Statement
//! - What is assigned has the local's or global's type; what is stored has the type that is loaded.
//! - Calls have the callee's parameters and results, and assign different locals.
//! - `Break` names an enclosing statement, `Continue` an enclosing loop.
//! - The variable of a `For` is I64 and not assigned in the body; `step` is not zero.
//! - A raise has at most four arguments, none V128, all that the message's template names; the
//!   argument of a dynamic message is an I32. Bounds are I64 and raise with two arguments.
//! - A `Release`'s `drop` takes one I32 and returns nothing.
//! - A constant charge is not negative.
//!
//! Not checked: that divisors are not zero, that addresses are inside memory, that reference counts
//! balance. The first two trap in `eval`.

use std::fmt::Display;

use super::build::falls_through;
use super::{
    Callee, Expr, FuncId, Function, Label, LocId, Local, Message, Module, SiteId, Stmt, Ty, UnOp, print,
};

/// Checks a module against the rules above; the messages name function and statement.
pub fn verify(module: &Module) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    check_tables(module, &mut errors);
    for index in 0..module.functions.len() {
        check_function(module, FuncId(index as u32), &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn check_tables(module: &Module, errors: &mut Vec<String>) {
    let mut names: Vec<&str> = module.exports.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        errors.push(format!("two exports are called {:?}", pair[0]));
    }
    for (name, id) in &module.exports {
        if id.index() >= module.functions.len() {
            errors.push(format!("export {name:?} names function {}, which does not exist", id.0));
        }
    }
    for (index, site) in module.sites.iter().enumerate() {
        if site.loc.index() >= module.locs.len() {
            errors.push(format!("site !{index} is at L{}, which does not exist", site.loc.0));
        }
    }
    check_parents(module, errors);
}

/// Every chain of parents stays in range and ends.
fn check_parents(module: &Module, errors: &mut Vec<String>) {
    let mut ends = vec![false; module.locs.len()];
    for start in 0..module.locs.len() {
        let (mut chain, mut next) = (Vec::new(), Some(LocId(start as u32)));
        while let Some(id) = next {
            match module.locs.get(id.index()) {
                None => {
                    errors.push(format!("the parents of L{start} lead to L{}, which does not exist", id.0));
                    break;
                }
                Some(_) if ends[id.index()] => break,
                Some(_) if chain.len() > module.locs.len() => {
                    errors.push(format!("the parents of L{start} form a cycle"));
                    break;
                }
                Some(loc) => {
                    chain.push(id.index());
                    next = loc.parent;
                }
            }
        }
        // Also after an error, so that it is reported once.
        chain.into_iter().for_each(|at| ends[at] = true);
    }
}

fn check_function(module: &Module, id: FuncId, errors: &mut Vec<String>) {
    let function = &module.functions[id.index()];
    let mut checker = Checker {
        module,
        function,
        id,
        scopes: Vec::new(),
        variables: Vec::new(),
        labels: vec![false; (function.labels as usize).min(1 << 20)],
        current: None,
        errors,
    };
    if function.params as usize > function.locals.len() {
        checker.error(format!("{} parameters but {} locals", function.params, function.locals.len()));
    }
    checker.stmts(&function.body);
    checker.current = None;
    if !function.results.is_empty() && falls_through(&function.body) {
        checker.error("a path runs off the end although there are results".to_owned());
    }
}

struct Checker<'a> {
    module: &'a Module,
    function: &'a Function,
    id: FuncId,
    /// Enclosing labels and whether they are loops.
    scopes: Vec<(Label, bool)>,
    /// Variables of the enclosing `For`s.
    variables: Vec<Local>,
    /// Labels that have been seen.
    labels: Vec<bool>,
    current: Option<&'a Stmt>,
    errors: &'a mut Vec<String>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, message: String) {
        let mut place = format!("f{}:{}", self.id.0, self.function.name);
        if let Some(stmt) = self.current {
            let text = print::statement(self.module, self.function, stmt);
            let mut text: String = text.chars().take(160).collect();
            text = text.trim_end_matches('{').trim_end().to_owned();
            place = format!("{place}: `{text}`");
        }
        self.errors.push(format!("{place}: {message}"));
    }

    fn stmts(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            self.current = Some(stmt);
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Set(local, value) => self.assign(*local, value),
            Stmt::SetGlobal(global, value) => match self.module.globals.get(global.index()) {
                Some(decl) => self.want(value, decl.ty, "the value"),
                None => self.error(format!("global @{} does not exist", global.0)),
            },
            Stmt::Store { mem, addr, value, .. } => {
                self.want(addr, Ty::I32, "the address");
                self.want(value, mem.ty(), "the value");
            }
            Stmt::Call { dst, callee, args, loc } => self.call(dst, *callee, args, *loc),
            Stmt::If { .. } | Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::For { .. } => self.nested(stmt),
            Stmt::Break(label) => {
                if !self.scopes.iter().any(|(scope, _)| scope == label) {
                    self.error("no enclosing statement has this label".to_owned());
                }
            }
            Stmt::Continue(label) => {
                if !self.scopes.contains(&(*label, true)) {
                    self.error("no enclosing loop has this label".to_owned());
                }
            }
            Stmt::Return(values) => self.args(values, &self.function.results, "result"),
            Stmt::Raise { site, args } => self.raise(*site, args),
            Stmt::Check { cond, site, args } => {
                self.want(cond, Ty::I32, "the condition");
                self.raise(*site, args);
            }
            Stmt::Bounds { dst, index, len, site, .. } => {
                self.target(*dst, Ty::I64);
                self.want(index, Ty::I64, "the index");
                self.want(len, Ty::I64, "the length");
                self.site(*site, &[Some(Ty::I64), Some(Ty::I64)]);
            }
            Stmt::Retain(value) => self.want(value, Ty::I32, "the address"),
            Stmt::Release { value, drop } => self.release(value, *drop),
            Stmt::MemoryCopy { dst, src, len } => {
                self.want(dst, Ty::I32, "the destination");
                self.want(src, Ty::I32, "the source");
                self.want(len, Ty::I64, "the length");
            }
            Stmt::MemoryFill { dst, value, len } => {
                self.want(dst, Ty::I32, "the destination");
                self.want(value, Ty::I64, "the value");
                self.want(len, Ty::I64, "the length");
            }
            Stmt::MemoryGrow { dst, pages } => {
                self.target(*dst, Ty::I64);
                self.want(pages, Ty::I64, "the number of pages");
            }
            Stmt::Charge(units) => {
                self.want(units, Ty::I64, "the charge");
                if units.as_i64().is_some_and(|units| units < 0) {
                    self.error("the charge is negative".to_owned());
                }
            }
        }
    }

    /// A statement with statements inside.
    fn nested(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::If { cond, then, orelse } => {
                self.want(cond, Ty::I32, "the condition");
                self.stmts(then);
                self.stmts(orelse);
            }
            Stmt::Block { label, body } => self.scope(*label, false, body),
            Stmt::Loop { label, body } => self.scope(*label, true, body),
            Stmt::For { label, var, start, stop, step, body } => {
                self.want(start, Ty::I64, "the start");
                self.want(stop, Ty::I64, "the stop");
                self.target(*var, Ty::I64);
                if *step == 0 {
                    self.error("the step is zero".to_owned());
                }
                self.variables.push(*var);
                self.scope(*label, true, body);
                self.variables.pop();
            }
            _ => {}
        }
    }

    fn scope(&mut self, label: Label, is_loop: bool, body: &'a [Stmt]) {
        match self.labels.get_mut(label.index()) {
            Some(seen @ false) => *seen = true,
            Some(true) => self.error(format!("label 'l{} is used twice", label.0)),
            None => self.error(format!("label 'l{} was not handed out", label.0)),
        }
        self.scopes.push((label, is_loop));
        self.stmts(body);
        self.scopes.pop();
    }

    fn call(&mut self, dst: &[Local], callee: Callee, args: &'a [Expr], loc: LocId) {
        if loc.index() >= self.module.locs.len() {
            self.error(format!("place L{} does not exist", loc.0));
        }
        let exists = match callee {
            // Else `signature` would go out of range.
            Callee::Func(id) => {
                self.module.functions.get(id.index()).is_some_and(|f| f.params as usize <= f.locals.len())
            }
            Callee::Import(_) => true,
            Callee::External(index) => (index as usize) < self.module.externals.len(),
            Callee::Entry(index) => (index as usize) < self.module.entries.len(),
        };
        if !exists {
            return self.error("the callee does not exist".to_owned());
        }
        let (params, results) = self.module.signature(callee);
        self.args(args, &params, "argument");
        if dst.len() != results.len() {
            return self.error(format!("{} results, wants {}", dst.len(), results.len()));
        }
        for (at, (local, ty)) in dst.iter().zip(results).enumerate() {
            self.target(*local, ty);
            if dst[..at].contains(local) {
                self.error(format!("two results go to %{}", local.0));
            }
        }
    }

    fn release(&mut self, value: &'a Expr, drop: FuncId) {
        self.want(value, Ty::I32, "the address");
        let fits = self.module.functions.get(drop.index()).is_some_and(|f| {
            f.params == 1 && f.locals.first().is_some_and(|l| l.ty == Ty::I32) && f.results.is_empty()
        });
        if !fits {
            self.error("drop is not a function (i32) -> ()".to_owned());
        }
    }

    fn raise(&mut self, site: SiteId, args: &'a [Expr]) {
        let types: Vec<_> = args.iter().map(|arg| self.expr(arg)).collect();
        if types.len() > 4 || types.contains(&Some(Ty::V128)) {
            self.error("a raise takes at most four arguments, none v128".to_owned());
        }
        self.site(site, &types);
    }

    fn site(&mut self, site: SiteId, args: &[Option<Ty>]) {
        match self.module.sites.get(site.index()).map(|site| &site.message) {
            None => self.error(format!("site !{} does not exist", site.0)),
            Some(Message::Dynamic) if args.first().is_some_and(|ty| ty.unwrap_or(Ty::I32) == Ty::I32) => {}
            Some(Message::Dynamic) => self.error("a dynamic message wants an i32 argument".to_owned()),
            Some(Message::Template(text)) => {
                let names = ["{0}", "{1}", "{2}", "{3}"];
                if names.iter().skip(args.len()).any(|name| text.contains(name)) {
                    self.error(format!("the message {text:?} wants more than {} arguments", args.len()));
                }
            }
        }
    }

    fn assign(&mut self, local: Local, value: &'a Expr) {
        if let Some(ty) = self.expr(value) {
            self.target(local, ty);
        }
    }

    /// A local that is given a value of type `ty`.
    fn target(&mut self, local: Local, ty: Ty) {
        if self.variables.contains(&local) {
            self.error(format!("%{} is the variable of an enclosing `for`", local.0));
        }
        match self.function.locals.get(local.index()) {
            None => self.error(format!("local %{} does not exist", local.0)),
            Some(decl) if decl.ty != ty => {
                self.error(format!("%{}:{} is {}, is given {ty}", local.0, decl.name, decl.ty));
            }
            Some(_) => {}
        }
    }

    fn args(&mut self, args: &'a [Expr], types: &[Ty], what: &str) {
        if args.len() != types.len() {
            self.error(format!("{} {what}s, wants {}", args.len(), types.len()));
        }
        for (at, (arg, ty)) in args.iter().zip(types).enumerate() {
            self.want(arg, *ty, format_args!("{what} {at}"));
        }
    }

    fn want(&mut self, expr: &'a Expr, ty: Ty, what: impl Display) {
        if let Some(found) = self.expr(expr)
            && found != ty
        {
            self.error(format!("{what} is {found}, wants {ty}"));
        }
    }

    /// Checks an expression. `None` if it is wrong in a way that leaves its type open, and that has
    /// been reported.
    fn expr(&mut self, expr: &'a Expr) -> Option<Ty> {
        match expr {
            Expr::I32(_) => Some(Ty::I32),
            Expr::I64(_) | Expr::MemorySize => Some(Ty::I64),
            Expr::F64(_) => Some(Ty::F64),
            Expr::Local(local) => {
                let ty = self.function.locals.get(local.index()).map(|decl| decl.ty);
                if ty.is_none() {
                    self.error(format!("local %{} does not exist", local.0));
                }
                ty
            }
            Expr::Global(global) => {
                let ty = self.module.globals.get(global.index()).map(|decl| decl.ty);
                if ty.is_none() {
                    self.error(format!("global @{} does not exist", global.0));
                }
                ty
            }
            Expr::Data(offset) => {
                if *offset as usize > self.module.data.len() {
                    self.error(format!("data[{offset}] is beyond the {} bytes", self.module.data.len()));
                }
                Some(Ty::I32)
            }
            Expr::Unary(op, operand) => {
                if let UnOp::F64x2Extract(lane) | UnOp::I64x2Extract(lane) = op
                    && *lane > 1
                {
                    self.error(format!("lane {lane} is not 0 or 1"));
                }
                self.want(operand, op.types().0, format_args!("operand of {op:?}"));
                Some(op.types().1)
            }
            Expr::Binary(op, left, right) => {
                self.want(left, op.types().0, format_args!("left operand of {op:?}"));
                self.want(right, op.types().0, format_args!("right operand of {op:?}"));
                Some(op.types().1)
            }
            Expr::Load { mem, addr, .. } => {
                self.want(addr, Ty::I32, "address of a load");
                Some(mem.ty())
            }
            Expr::Select { cond, then, orelse } => {
                self.want(cond, Ty::I32, "condition of select");
                let ty = self.expr(then)?;
                self.want(orelse, ty, "second choice of select");
                Some(ty)
            }
            Expr::Bitselect { then, orelse, mask } => {
                for operand in [then, orelse, mask] {
                    self.want(operand, Ty::V128, "operand of bitselect");
                }
                Some(Ty::V128)
            }
        }
    }
}
