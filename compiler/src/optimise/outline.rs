//! Module in, module with less code for reference counting.
//!
//! A `Retain` or `Release` is three to six blocks of native code. In a loop that is worth it; elsewhere
//! it is most of what the code generator works on, so outside loops they become calls of a small function
//! that does the same. Counting static blocks does nothing, wherever it is, and goes.
//!
//! To be run last: the other passes know `Retain` and `Release` as what they are.

use std::collections::BTreeMap;

use crate::ir::{Callee, Expr, FuncId, Function, Inline, LocId, Local, LocalDecl, Module, Stmt, Ty};

/// Uses below which a function of its own is not worth it.
const FEW: usize = 3;

/// What is counted: `None` is a retain, else the function that the last release calls.
type Count = Option<FuncId>;

/// Outlines reference counting in all functions.
pub(super) fn outline(module: &mut Module) {
    let mut uses: BTreeMap<Count, usize> = BTreeMap::new();
    for function in &mut module.functions {
        drop_static(&mut function.body);
        walk(function, &mut |stmt, _| {
            if let Some((count, _)) = counting(stmt) {
                *uses.entry(count).or_default() += 1;
            }
        });
    }
    // A call has a place for tracebacks; a module without places has no calls that could need one.
    if module.locs.is_empty() {
        return;
    }
    let mut outlined: BTreeMap<Count, FuncId> = BTreeMap::new();
    let first = module.functions.len() as u32;
    for (count, _) in uses.into_iter().filter(|(_, uses)| *uses >= FEW) {
        outlined.insert(count, FuncId(first + outlined.len() as u32));
    }
    for function in &mut module.functions {
        walk(function, &mut |stmt, loc| {
            let Some((count, value)) = counting(stmt) else { return };
            let Some(id) = outlined.get(&count) else { return };
            *stmt = Stmt::Call { dst: Vec::new(), callee: Callee::Func(*id), args: vec![value], loc };
        });
    }
    for count in outlined.keys() {
        let name = match count {
            None => "retain".to_owned(),
            Some(drop) => format!("release, {}", module.functions[drop.index()].name),
        };
        module.functions.push(function(name, *count));
    }
}

/// What a statement counts, and which block.
fn counting(stmt: &Stmt) -> Option<(Count, Expr)> {
    match stmt {
        Stmt::Retain(value) => Some((None, value.clone())),
        Stmt::Release { value, drop } => Some((Some(*drop), value.clone())),
        _ => None,
    }
}

/// Removes the counting of static blocks, whose count stays what it is, and of null.
fn drop_static(body: &mut Vec<Stmt>) {
    crate::ir::build::visit_bodies_mut(body, &mut |body| {
        body.retain(|stmt| {
            !matches!(
                stmt,
                Stmt::Retain(Expr::Data(_) | Expr::I32(0))
                    | Stmt::Release { value: Expr::Data(_) | Expr::I32(0), .. }
            )
        });
    });
}

/// Visits the statements outside loops, in a cold function all, each with the place of the last call
/// before it.
fn walk(function: &mut Function, visit: &mut impl FnMut(&mut Stmt, LocId)) {
    let mut last = LocId(0);
    let loops = function.inline == Inline::Cold;
    walk_from(&mut function.body, loops, &mut last, visit);
}

fn walk_from(body: &mut [Stmt], loops: bool, last: &mut LocId, visit: &mut impl FnMut(&mut Stmt, LocId)) {
    for stmt in body {
        visit(stmt, *last);
        match stmt {
            Stmt::Call { loc, .. } => *last = *loc,
            Stmt::If { then, orelse, .. } => {
                walk_from(then, loops, last, visit);
                walk_from(orelse, loops, last, visit);
            }
            Stmt::Block { body, .. } => walk_from(body, loops, last, visit),
            Stmt::Loop { body, .. } | Stmt::For { body, .. } if loops => walk_from(body, loops, last, visit),
            _ => {}
        }
    }
}

/// The function that counts its only parameter.
fn function(name: String, count: Count) -> Function {
    let object = Expr::Local(Local(0));
    let stmt = match count {
        None => Stmt::Retain(object),
        Some(drop) => Stmt::Release { value: object, drop },
    };
    Function {
        name,
        params: 1,
        results: Vec::new(),
        locals: vec![LocalDecl { ty: Ty::I32, name: "object".to_owned() }],
        body: vec![stmt, Stmt::Return(Vec::new())],
        labels: 0,
        inline: Inline::Never,
    }
}
