//! What the encoder must know of the whole module before it writes the first function.
//!
//! Input: the IR. Output: a [`Plan`]: which imports the module needs, and for each function what it
//! costs and whether it touches the CPU budget. Method: one walk over each function, then the strong
//! components of the call graph, callees first.
//!
//! Costs are in units of about one IR operation. A function that is neither recursive nor heavy costs
//! nothing by itself: its callers' loops pay for it. A function that is on a cycle of calls, that
//! calls another unit (the way back cannot be seen from here), or whose straight-line work together
//! with that of its callees is above [`HEAVY`], pays at its entry. The last rule is what stops a
//! ladder of functions that each call the next one twice.

use crate::abi::{self, Import};
use crate::ir::build::{visit_exprs, visit_stmts};
use crate::ir::{BinOp, Callee, Expr, FuncId, Function, Module, Stmt, UnOp};
use std::collections::BTreeSet;

/// A function with more straight-line work than this pays at its entry.
const HEAVY: u64 = 128;
/// What a call costs besides the callee.
const CALL: u64 = 4;
/// What a call of the host costs. The host charges for work that depends on sizes.
const HOST_CALL: u64 = 16;
/// Bytes copied or filled in one unit, as a power of two.
pub(super) const BYTES_PER_UNIT_LOG2: u32 = 4;
/// Copies and fills of constant length up to this are part of the straight-line cost.
pub(super) const SMALL_BULK: i64 = 1 << 16;

/// Facts about one function.
#[derive(Clone, Debug, Default)]
pub(super) struct FunctionPlan {
    /// What it pays at its entry; 0: nothing.
    pub entry_charge: i64,
    /// What a caller's loop pays for a call of it.
    pub call_cost: u64,
    /// Whether it, or a function that it calls, reads or writes the global `fuel`.
    pub touches_fuel: bool,
}

/// Facts about the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// By function.
    pub functions: Vec<FunctionPlan>,
    /// Whether anything is charged at all.
    pub metered: bool,
    /// Whether the memory is imported.
    pub memory: bool,
    /// Whether the address of the static data is imported.
    pub data: bool,
    /// Host functions that are called, in the order of the table.
    pub imports: Vec<Import>,
}

/// Looks at the module. Without `meter` nothing is charged.
pub(super) fn plan(module: &Module, meter: bool) -> Plan {
    let graph: Vec<Vec<FuncId>> = module.functions.iter().map(callees).collect();
    let mut functions = vec![FunctionPlan::default(); module.functions.len()];
    if meter {
        for component in components(&graph) {
            plan_component(module, &graph, &component, &mut functions);
        }
    }
    // A function of the embedder is paid for by the host, and stopped by a flag in memory.
    let external = !module.externals.is_empty();
    let metered = functions.iter().any(|f| f.touches_fuel) || meter && external;
    let mut plan = Plan { metered, functions, ..Plan::default() };
    plan.memory = plan.metered || external || !module.data.is_empty();
    plan.data = !module.data.is_empty();
    let mut imports = BTreeSet::new();
    for function in &module.functions {
        visit_stmts(&function.body, &mut |stmt| {
            plan.memory |= needs_memory(stmt);
            if let Stmt::Call { callee: Callee::Import(import), .. } = stmt {
                imports.insert(*import);
            }
        });
        visit_exprs(&function.body, &mut |e| {
            plan.memory |= matches!(e, Expr::Load { .. } | Expr::MemorySize);
            plan.data |= matches!(e, Expr::Data(_));
        });
    }
    plan.imports = imports.into_iter().collect();
    plan
}

impl Plan {
    /// Units for one pass over these statements; nested loops pay for themselves.
    pub(super) fn cost(&self, stmts: &[Stmt]) -> u64 {
        stmts_cost(stmts, &self.functions)
    }

    /// Whether the callee may read or write the global `fuel`.
    pub(super) fn touches_fuel(&self, callee: Callee) -> bool {
        match callee {
            Callee::Func(id) => self.functions[id.index()].touches_fuel,
            Callee::Import(_) => false,
            // The host charges what is left in both.
            Callee::External(_) | Callee::Entry(_) => self.metered,
        }
    }
}

/// Brings a charge into the range that one refill covers.
pub(super) fn clamp_charge(units: u64) -> i64 {
    units.clamp(1, abi::SLICE as u64) as i64
}

fn plan_component(
    module: &Module,
    graph: &[Vec<FuncId>],
    component: &[FuncId],
    functions: &mut [FunctionPlan],
) {
    let recursive = component.len() > 1 || graph[component[0].index()].contains(&component[0]);
    let mut touches = recursive;
    for id in component {
        // Calls inside a component count nothing here: the callee pays at its own entry.
        let body = &module.functions[id.index()].body;
        let cost = stmts_cost(body, functions).saturating_add(1);
        let calls_entry = any_stmt(body, |s| matches!(s, Stmt::Call { callee: Callee::Entry(_), .. }));
        let pays = recursive || calls_entry || cost > HEAVY;
        touches |= pays
            || any_stmt(body, |s| matches!(s, Stmt::Call { callee: Callee::External(_), .. }))
            || any_stmt(body, charges)
            || graph[id.index()].iter().any(|callee| functions[callee.index()].touches_fuel);
        let plan = &mut functions[id.index()];
        plan.entry_charge = if pays { clamp_charge(cost) } else { 0 };
        plan.call_cost = if pays { 0 } else { cost };
    }
    for id in component {
        functions[id.index()].touches_fuel = touches;
    }
}

/// Whether the statement itself charges.
fn charges(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Loop { .. } | Stmt::For { .. } | Stmt::Charge(_)) || bulk_length(stmt).is_some()
}

/// The length of a copy or fill that is charged when it runs.
pub(super) fn bulk_length(stmt: &Stmt) -> Option<&Expr> {
    match stmt {
        Stmt::MemoryCopy { len, .. } | Stmt::MemoryFill { len, .. } if !is_small(len) => Some(len),
        _ => None,
    }
}

/// Whether a copy or fill of this length is part of the straight-line cost.
pub(super) fn is_small(len: &Expr) -> bool {
    matches!(len, Expr::I64(n) if (0..=SMALL_BULK).contains(n))
}

fn any_stmt(stmts: &[Stmt], holds: impl Fn(&Stmt) -> bool) -> bool {
    let mut found = false;
    visit_stmts(stmts, &mut |stmt| found |= holds(stmt));
    found
}

fn needs_memory(stmt: &Stmt) -> bool {
    match stmt {
        // A trap in a loop is a load.
        Stmt::For { .. }
        | Stmt::Loop { .. }
        | Stmt::Store { .. }
        | Stmt::Bounds { .. }
        | Stmt::Retain(_)
        | Stmt::Release { .. }
        | Stmt::MemoryCopy { .. }
        | Stmt::MemoryFill { .. }
        | Stmt::MemoryGrow { .. } => true,
        Stmt::Raise { args, .. } | Stmt::Check { args, .. } => !args.is_empty(),
        _ => false,
    }
}

fn callees(function: &Function) -> Vec<FuncId> {
    let mut found = BTreeSet::new();
    visit_stmts(&function.body, &mut |stmt| match stmt {
        Stmt::Call { callee: Callee::Func(id), .. } | Stmt::Release { drop: id, .. } => {
            found.insert(*id);
        }
        _ => {}
    });
    found.into_iter().collect()
}

fn stmts_cost(stmts: &[Stmt], functions: &[FunctionPlan]) -> u64 {
    stmts.iter().fold(0, |sum, stmt| sum.saturating_add(stmt_cost(stmt, functions)))
}

fn stmt_cost(stmt: &Stmt, functions: &[FunctionPlan]) -> u64 {
    let own = match stmt {
        Stmt::Call { callee: Callee::Func(id), .. } => CALL.saturating_add(functions[id.index()].call_cost),
        Stmt::Call { .. } => HOST_CALL,
        // Most releases do not free; those that do are not dearer than what was allocated and paid for.
        Stmt::Release { .. } => CALL,
        Stmt::Retain(_) | Stmt::Bounds { .. } => 2,
        Stmt::MemoryCopy { len: Expr::I64(n), .. } | Stmt::MemoryFill { len: Expr::I64(n), .. }
            if (0..=SMALL_BULK).contains(n) =>
        {
            CALL + (*n as u64 >> BYTES_PER_UNIT_LOG2)
        }
        Stmt::MemoryCopy { .. } | Stmt::MemoryFill { .. } => CALL,
        // Growth is rare, and bounded by the memory limit.
        Stmt::MemoryGrow { .. } => HOST_CALL,
        _ => 1,
    };
    let operands: u64 = stmt.exprs().into_iter().map(|e| expr_cost(e) + 1).sum();
    let inner = match stmt {
        Stmt::Loop { .. } | Stmt::For { .. } => 0,
        // One branch runs; a branch that raises ends the run and is not worth a charge.
        Stmt::If { then, orelse, .. } => [then, orelse]
            .into_iter()
            .filter(|body| !matches!(body.last(), Some(Stmt::Raise { .. })))
            .map(|body| stmts_cost(body, functions))
            .max()
            .unwrap_or(0),
        _ => stmt.bodies().fold(0, |sum: u64, body| sum.saturating_add(stmts_cost(body, functions))),
    };
    own.saturating_add(operands).saturating_add(inner)
}

fn expr_cost(expr: &Expr) -> u64 {
    let own = match expr {
        Expr::I32(_) | Expr::I64(_) | Expr::F64(_) | Expr::Local(_) => 0,
        Expr::Binary(BinOp::I64DivS | BinOp::I64DivU | BinOp::I64RemS | BinOp::I64RemU, ..) => 8,
        Expr::Binary(BinOp::F64Div | BinOp::F64x2Div, ..) => 4,
        Expr::Unary(UnOp::F64Sqrt | UnOp::F64x2Sqrt, _) => 4,
        _ => 1,
    };
    own + expr.children().map(expr_cost).sum::<u64>()
}

/// Strong components of the call graph, callees before callers (Tarjan, without recursion).
fn components(graph: &[Vec<FuncId>]) -> Vec<Vec<FuncId>> {
    const NEW: u32 = u32::MAX;
    const DONE: u32 = u32::MAX - 1;
    let mut found = Vec::new();
    let mut low = vec![NEW; graph.len()];
    let mut stack = Vec::new();
    let mut next = 0;
    for root in 0..graph.len() {
        if low[root] != NEW {
            continue;
        }
        // Each frame: the function, its number, and how many callees have been looked at.
        let mut frames = vec![(root, next, 0)];
        low[root] = next;
        next += 1;
        stack.push(root);
        while let Some((at, number, seen)) = frames.last_mut() {
            let (at, number) = (*at, *number);
            if let Some(callee) = graph[at].get(*seen) {
                let callee = callee.index();
                if low[callee] == NEW {
                    low[callee] = next;
                    frames.push((callee, next, 0));
                    stack.push(callee);
                    next += 1;
                    continue;
                }
                if low[callee] != DONE {
                    low[at] = low[at].min(low[callee]);
                }
                *seen += 1;
                continue;
            }
            frames.pop();
            if low[at] == number {
                let start = stack.iter().rposition(|&f| f == at).unwrap_or(0);
                let component: Vec<FuncId> = stack.drain(start..).map(|f| FuncId(f as u32)).collect();
                component.iter().for_each(|f| low[f.index()] = DONE);
                found.push(component);
            }
        }
    }
    found
}
