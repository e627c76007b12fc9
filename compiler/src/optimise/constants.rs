//! Module in, module whose functions know the arguments that every call gives alike out.
//!
//! A function of the library that is not inlined is often called once, or each time with the same
//! constant (no selection of rows, a format letter): then the parameter is set to that constant at the
//! entry, and what depends on it is decided. Callers come first, so that constants pass through several
//! calls. The parameter itself stays, and so do the calls.
//!
//! Exported functions are called from outside with anything; recursive ones are left alone.

use super::graph::Graph;
use crate::ir::build::visit_stmts;
use crate::ir::{Callee, Expr, Function, Local, Module, Stmt};

/// What is known of a parameter.
#[derive(Clone, PartialEq)]
enum Known {
    /// No call was seen.
    Nothing,
    /// Every call gives this.
    Constant(Expr),
    /// Calls differ, or give something that is not constant.
    Anything,
}

/// Propagates constants into the functions that are called; `simplify` runs on those that gain one.
pub(super) fn constants(module: &mut Module, simplify: impl Fn(&mut Function)) {
    let graph = Graph::of(module);
    let mut known: Vec<Vec<Known>> =
        module.functions.iter().map(|function| vec![Known::Nothing; function.params as usize]).collect();
    for (_, id) in &module.exports {
        known[id.index()].fill(Known::Anything);
    }
    for (id, recursive) in graph.recursive.iter().enumerate() {
        if *recursive {
            known[id].fill(Known::Anything);
        }
    }
    for &id in graph.order.iter().rev() {
        let function = &mut module.functions[id];
        let settled: Vec<Stmt> = known[id]
            .iter()
            .enumerate()
            .filter_map(|(i, param)| match param {
                Known::Constant(value) => Some(Stmt::Set(Local(i as u32), value.clone())),
                Known::Nothing | Known::Anything => None,
            })
            .collect();
        if !settled.is_empty() {
            function.body.splice(0..0, settled);
            simplify(function);
        }
        visit_stmts(&function.body, &mut |stmt| match stmt {
            Stmt::Call { callee: Callee::Func(callee), args, .. } => {
                known[callee.index()].iter_mut().zip(args).for_each(|(param, arg)| param.meet(arg));
            }
            Stmt::Release { drop, .. } => known[drop.index()].fill(Known::Anything),
            _ => {}
        });
    }
}

impl Known {
    /// Takes one more call into account.
    fn meet(&mut self, arg: &Expr) {
        let constant = arg.is_const() || matches!(arg, Expr::Data(_));
        if *self == Known::Nothing && constant {
            *self = Known::Constant(arg.clone());
        } else if !matches!(self, Known::Constant(value) if value == arg) {
            *self = Known::Anything;
        }
    }
}
