//! The functions of a module as a graph of calls: the order callees first, and which functions recurse.

use crate::ir::build::visit_stmts;
use crate::ir::{Callee, Module, Stmt};

/// Who calls whom.
pub(super) struct Graph {
    /// Callees of each function, with repetitions.
    pub(super) callees: Vec<Vec<usize>>,
    /// Calls of each function, and exports count as one.
    pub(super) calls: Vec<u32>,
    /// Callees before callers.
    pub(super) order: Vec<usize>,
    /// Functions in a cycle.
    pub(super) recursive: Vec<bool>,
}

impl Graph {
    /// Looks through all functions.
    pub(super) fn of(module: &Module) -> Graph {
        let n = module.functions.len();
        let mut callees = vec![Vec::new(); n];
        let mut calls = vec![0; n];
        for (id, function) in module.functions.iter().enumerate() {
            visit_stmts(&function.body, &mut |stmt| match stmt {
                Stmt::Call { callee: Callee::Func(callee), .. } => {
                    calls[callee.index()] += 1;
                    callees[id].push(callee.index());
                }
                // A reference by which the function stays in the module, but not a call.
                Stmt::Release { drop, .. } => calls[drop.index()] += 1,
                _ => {}
            });
        }
        module.exports.iter().for_each(|(_, id)| calls[id.index()] += 1);
        let (order, recursive) = components(&callees);
        Graph { callees, calls, order, recursive }
    }
}

/// Tarjan's strongly connected components, without recursion: the nodes with callees first, and
/// which of them are in a cycle.
fn components(edges: &[Vec<usize>]) -> (Vec<usize>, Vec<bool>) {
    const NEW: usize = usize::MAX;
    let n = edges.len();
    let (mut index, mut low) = (vec![NEW; n], vec![0; n]);
    let (mut open, mut on_stack) = (Vec::new(), vec![false; n]);
    let (mut order, mut cyclic) = (Vec::with_capacity(n), vec![false; n]);
    let mut count = 0;
    for root in 0..n {
        if index[root] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = count;
                low[node] = count;
                count += 1;
                open.push(node);
                on_stack[node] = true;
            } else {
                low[node] = low[node].min(low[edges[node][edge - 1]]);
            }
            let mut descend = None;
            for (i, &next) in edges[node].iter().enumerate().skip(edge) {
                if index[next] == NEW {
                    descend = Some((i, next));
                    break;
                }
                cyclic[node] |= next == node;
                if on_stack[next] {
                    low[node] = low[node].min(index[next]);
                }
            }
            if let Some((i, next)) = descend {
                work.push((node, i + 1));
                work.push((next, 0));
            } else if low[node] == index[node] {
                let first = open.iter().rposition(|&o| o == node).unwrap_or(0);
                let several = open.len() - first > 1;
                for member in open.drain(first..) {
                    on_stack[member] = false;
                    cyclic[member] |= several;
                    order.push(member);
                }
            }
        }
    }
    (order, cyclic)
}
