//! Module in, module with calls replaced by the called bodies out.
//!
//! Method: functions in the order callees first, so that what is copied is already final. A callee's
//! body is prepared once: early returns become `else` branches where possible, and the locals that
//! may be read before they are written are found, because a copy inside a loop must zero them again.
//! Each copy gets fresh locals, labels, sites and locs; a loc's chain ends in the call's loc, so that
//! tracebacks show frames as if nothing had been inlined.
//!
//! Recursive functions stay calls. Budgets on the size of the caller and on nesting keep hostile
//! call graphs from exploding.

mod template;

use std::collections::HashMap;

use self::template::Template;
use super::graph::Graph;
use super::usage::{is_loop, size};
use crate::guard::{Guard, Refused};
use crate::ir::{Callee, Expr, Function, Inline, Label, Loc, LocId, Local, Module, Site, SiteId, Stmt};

/// `Auto` functions up to this size are copied everywhere.
const SMALL: usize = 60;
/// The same in a cold function, and where the call is outside loops in a function that is never inlined
/// itself: a module body or a rare path, which runs once and costs more to compile than to run.
const SMALL_COLD: usize = 20;
/// `Auto` functions up to this size are copied if there is only one call.
const ONCE: usize = 4000;
/// A caller does not grow beyond this by `Auto` functions ...
const AUTO_BUDGET: usize = 20_000;
/// ... nor beyond this by `Always` functions.
const ALWAYS_BUDGET: usize = 60_000;
/// All functions together do not grow by more than this.
const MODULE_BUDGET: usize = 400_000;
/// Statements are not nested deeper than this by inlining.
const MAX_DEPTH: usize = 250;

/// Inlines calls in all functions.
pub(super) fn inline(module: &mut Module, guard: &Guard<'_>) -> Result<(), Refused> {
    let graph = Graph::of(module);
    let mut templates: Vec<Option<Template>> = module.functions.iter().map(|_| None).collect();
    let mut module_budget = MODULE_BUDGET;
    for &id in &graph.order {
        if graph.callees[id].is_empty() {
            continue;
        }
        guard.look()?;
        let empty = Function {
            name: String::new(),
            params: 0,
            results: Vec::new(),
            locals: Vec::new(),
            body: Vec::new(),
            labels: 0,
            inline: Inline::Never,
        };
        let mut caller = std::mem::replace(&mut module.functions[id], empty);
        let body = std::mem::take(&mut caller.body);
        let mut inliner = Inliner {
            functions: &module.functions,
            graph: &graph,
            templates: &mut templates,
            sites: &mut module.sites,
            locs: &mut module.locs,
            memo: HashMap::new(),
            size: size(&body),
            module_budget,
            caller,
        };
        let cold = matches!(inliner.caller.inline, Inline::Never | Inline::Cold);
        inliner.caller.body = inliner.body(body, 0, cold);
        module_budget = inliner.module_budget;
        module.functions[id] = inliner.caller;
    }
    Ok(())
}

/// One caller at work.
struct Inliner<'a> {
    functions: &'a [Function],
    graph: &'a Graph,
    templates: &'a mut Vec<Option<Template>>,
    sites: &'a mut Vec<Site>,
    locs: &'a mut Vec<Loc>,
    /// New loc by (old loc, loc of the call).
    memo: HashMap<(LocId, LocId), LocId>,
    /// Of the caller, as it grows.
    size: usize,
    module_budget: usize,
    caller: Function,
}

impl Inliner<'_> {
    fn body(&mut self, stmts: Vec<Stmt>, level: usize, cold: bool) -> Vec<Stmt> {
        let mut out = Vec::with_capacity(stmts.len());
        for mut stmt in stmts {
            if let Stmt::Call { dst, callee: Callee::Func(callee), args, loc } = stmt {
                let id = callee.index();
                if self.wanted(id, level, cold) {
                    self.expand(id, &dst, args, loc, &mut out);
                } else {
                    out.push(Stmt::Call { dst, callee: Callee::Func(callee), args, loc });
                }
                continue;
            }
            let cold = cold && (self.caller.inline == Inline::Cold || !is_loop(&stmt));
            for body in stmt.bodies_mut() {
                *body = self.body(std::mem::take(body), level + 1, cold);
            }
            out.push(stmt);
        }
        out
    }

    fn wanted(&mut self, id: usize, level: usize, cold: bool) -> bool {
        let function = &self.functions[id];
        // A cold function that is called once goes into its caller if that is cold, too: each function and
        // signature costs the code generator something of its own.
        let cold_once = function.inline == Inline::Cold
            && self.caller.inline == Inline::Cold
            && self.graph.calls[id] == 1;
        let never = matches!(function.inline, Inline::Never | Inline::Cold);
        if self.graph.recursive[id] || (never && !cold_once) {
            return false;
        }
        let template = self.templates[id].get_or_insert_with(|| Template::of(function));
        let limit = match function.inline {
            Inline::Never => return false,
            Inline::Cold => AUTO_BUDGET,
            Inline::Always => ALWAYS_BUDGET,
            // A loop pays for its call, and alone in its function it has the registers to itself:
            // Cranelift would spill what the loop carries for values that live across it.
            Inline::Auto if template.loops && self.caller.inline != Inline::Cold => return false,
            Inline::Auto if template.size <= if cold { SMALL_COLD } else { SMALL } => AUTO_BUDGET,
            Inline::Auto if template.size <= ONCE && self.graph.calls[id] == 1 => AUTO_BUDGET,
            Inline::Auto => return false,
        };
        self.size + template.size <= limit
            && template.size <= self.module_budget
            && level + template.depth < MAX_DEPTH
    }

    /// Puts a copy of the callee in the place of its call.
    fn expand(&mut self, id: usize, dst: &[Local], args: Vec<Expr>, call: LocId, out: &mut Vec<Stmt>) {
        let Some(template) = self.templates[id].take() else { return };
        let function = &self.functions[id];
        self.size += template.size;
        self.module_budget -= template.size;
        let first = self.caller.locals.len() as u32;
        self.caller.locals.extend_from_slice(&function.locals);
        let labels = self.caller.labels;
        self.caller.labels += function.labels;
        for (i, arg) in args.into_iter().enumerate() {
            out.push(Stmt::Set(Local(first + i as u32), arg));
        }
        for &local in &template.zero {
            out.push(Stmt::Set(Local(first + local.0), Expr::zero(function.ty(local))));
        }
        let exit = template.needs_block.then(|| self.caller.new_label());
        let mut copier = Copier {
            sites: self.sites,
            locs: self.locs,
            memo: &mut self.memo,
            first,
            labels,
            exit,
            dst,
            call,
        };
        match exit {
            None => copier.body(&template.body, true, out),
            Some(label) => {
                let mut body = Vec::with_capacity(template.body.len());
                copier.body(&template.body, true, &mut body);
                out.push(Stmt::Block { label, body });
            }
        }
        self.templates[id] = Some(template);
    }
}

/// Copies one callee at one call.
struct Copier<'a> {
    sites: &'a mut Vec<Site>,
    locs: &'a mut Vec<Loc>,
    memo: &'a mut HashMap<(LocId, LocId), LocId>,
    /// Added to locals.
    first: u32,
    /// Added to labels.
    labels: u32,
    /// Where early returns go.
    exit: Option<Label>,
    /// Where results go.
    dst: &'a [Local],
    call: LocId,
}

impl Copier<'_> {
    fn body(&mut self, stmts: &[Stmt], tail: bool, out: &mut Vec<Stmt>) {
        for (i, stmt) in stmts.iter().enumerate() {
            let last = tail && i + 1 == stmts.len();
            match stmt {
                Stmt::Return(values) => {
                    for (&dst, value) in self.dst.iter().zip(values) {
                        out.push(Stmt::Set(dst, self.expr(value)));
                    }
                    if let (Some(exit), false) = (self.exit, last) {
                        out.push(Stmt::Break(exit));
                    }
                }
                _ => {
                    let copy = self.stmt(stmt, last);
                    out.push(copy);
                }
            }
        }
    }

    fn inner(&mut self, stmts: &[Stmt], tail: bool) -> Vec<Stmt> {
        let mut out = Vec::with_capacity(stmts.len());
        self.body(stmts, tail, &mut out);
        out
    }

    fn stmt(&mut self, stmt: &Stmt, last: bool) -> Stmt {
        match stmt {
            Stmt::If { cond, then, orelse } => Stmt::If {
                cond: self.expr(cond),
                then: self.inner(then, last),
                orelse: self.inner(orelse, last),
            },
            Stmt::Block { label, body } => {
                Stmt::Block { label: self.label(*label), body: self.inner(body, false) }
            }
            Stmt::Loop { label, body } => {
                Stmt::Loop { label: self.label(*label), body: self.inner(body, false) }
            }
            Stmt::For { label, var, start, stop, step, body } => Stmt::For {
                label: self.label(*label),
                var: Local(var.0 + self.first),
                start: self.expr(start),
                stop: self.expr(stop),
                step: *step,
                body: self.inner(body, false),
            },
            Stmt::Break(label) => Stmt::Break(self.label(*label)),
            Stmt::Continue(label) => Stmt::Continue(self.label(*label)),
            _ => {
                let mut copy = stmt.clone();
                super::usage::each_expr_mut(&mut copy, &mut |e| self.shift(e));
                copy.assigned_mut().iter_mut().for_each(|local| local.0 += self.first);
                match &mut copy {
                    Stmt::Call { loc, .. } => *loc = self.loc(*loc),
                    Stmt::Raise { site, .. } | Stmt::Check { site, .. } | Stmt::Bounds { site, .. } => {
                        *site = self.site(*site);
                    }
                    _ => {}
                }
                copy
            }
        }
    }

    fn expr(&self, expr: &Expr) -> Expr {
        let mut copy = expr.clone();
        self.shift(&mut copy);
        copy
    }

    fn shift(&self, expr: &mut Expr) {
        expr.visit_mut(&mut |e| {
            if let Expr::Local(local) = e {
                local.0 += self.first;
            }
        });
    }

    fn label(&self, label: Label) -> Label {
        Label(label.0 + self.labels)
    }

    fn site(&mut self, site: SiteId) -> SiteId {
        let mut copy = self.sites[site.index()].clone();
        copy.loc = self.loc(copy.loc);
        self.sites.push(copy);
        SiteId(self.sites.len() as u32 - 1)
    }

    /// The same place, seen from the caller. Chains are as long as inlining is deep, which the
    /// budgets bound.
    fn loc(&mut self, loc: LocId) -> LocId {
        if let Some(&known) = self.memo.get(&(loc, self.call)) {
            return known;
        }
        let mut copy = self.locs[loc.index()];
        copy.parent = Some(match copy.parent {
            Some(parent) => self.loc(parent),
            None => self.call,
        });
        self.locs.push(copy);
        let id = LocId(self.locs.len() as u32 - 1);
        self.memo.insert((loc, self.call), id);
        id
    }
}
