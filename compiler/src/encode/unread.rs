//! Which scalars of its arguments a module never looks at: the host need not copy what they would name.
//!
//! Input: the IR. Output: numbers of parameters of `main`, ascending. A value is looked at if something with an effect reads
//! it, or if it is read to compute a value that is; that a call hands it on is no look if the callee does not look at it. Memory
//! that is loaded is looked at, whatever becomes of it: where a copy is missing there may be no memory.
//! Counting references is none either: the host gives the address 0 in place of such a block, and nothing is counted there.

use crate::abi;
use crate::ir::build::visit_stmts;
use crate::ir::{Callee, Expr, FuncId, Local, Module, Stmt, Ty};

/// A local of a function, or a parameter as seen by the callers.
type Node = (FuncId, Local);

/// The parameters of `main` that nothing looks at. Only addresses can save a copy, so without any nothing is looked for.
pub(super) fn unread(module: &Module) -> Vec<u32> {
    let Some((_, main)) = module.exports.iter().find(|(name, _)| name == abi::MAIN) else {
        return Vec::new();
    };
    let root = &module.functions[main.index()];
    let addresses = (0..root.params).filter(|at| root.ty(Local(*at)) == Ty::I32);
    if addresses.clone().next().is_none() {
        return Vec::new();
    }
    let read = read(module);
    addresses.filter(|at| read.binary_search(&(*main, Local(*at))).is_err()).collect()
}

/// All that is looked at, sorted.
fn read(module: &Module) -> Vec<Node> {
    let (mut edges, mut work) = (Vec::new(), Vec::new());
    for (index, function) in module.functions.iter().enumerate() {
        let id = FuncId(index as u32);
        visit_stmts(&function.body, &mut |stmt| from_stmt(id, stmt, &mut edges, &mut work));
    }
    edges.sort_unstable();
    edges.dedup();
    let mut read = std::collections::BTreeSet::new();
    while let Some(node) = work.pop() {
        if read.insert(node) {
            let from = edges.partition_point(|edge: &(Node, Node)| edge.0 < node);
            work.extend(edges[from..].iter().take_while(|edge| edge.0 == node).map(|edge| edge.1));
        }
    }
    read.into_iter().collect()
}

/// What a statement looks at, and what it looks at for something else: (that, this).
fn from_stmt(id: FuncId, stmt: &Stmt, edges: &mut Vec<(Node, Node)>, work: &mut Vec<Node>) {
    let mut locals = |expr: &Expr, found: &mut dyn FnMut(Node)| {
        expr.visit(&mut |expr| match expr {
            Expr::Local(local) => found((id, *local)),
            Expr::Load { addr, .. } => addr.visit(&mut |expr| {
                if let Expr::Local(local) = expr {
                    work.push((id, *local));
                }
            }),
            _ => {}
        });
    };
    match stmt {
        Stmt::Set(target, expr) => locals(expr, &mut |node| edges.push(((id, *target), node))),
        Stmt::Call { callee: Callee::Func(callee), args, .. } => {
            for (at, arg) in args.iter().enumerate() {
                locals(arg, &mut |node| edges.push(((*callee, Local(at as u32)), node)));
            }
        }
        Stmt::Retain(Expr::Local(_)) | Stmt::Release { value: Expr::Local(_), .. } => {}
        other => {
            let mut looked_at = Vec::new();
            other.exprs().into_iter().for_each(|expr| locals(expr, &mut |node| looked_at.push(node)));
            work.append(&mut looked_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{BinOp, Function, Inline, LocId, LocalDecl, MemTy};

    fn function(params: u32, body: Vec<Stmt>) -> Function {
        let decl = LocalDecl { ty: Ty::I32, name: String::new() };
        Function {
            name: "f".to_owned(),
            params,
            results: Vec::new(),
            locals: vec![decl; 8],
            body,
            labels: 0,
            inline: Inline::Never,
        }
    }

    fn call(callee: u32, args: Vec<Expr>) -> Stmt {
        Stmt::Call { dst: Vec::new(), callee: Callee::Func(FuncId(callee)), args, loc: LocId(0) }
    }

    fn local(at: u32) -> Expr {
        Expr::Local(Local(at))
    }

    fn unread_of(functions: Vec<Function>) -> Vec<u32> {
        let exports = vec![(abi::MAIN.to_owned(), FuncId(0))];
        unread(&Module { functions, exports, ..Module::default() })
    }

    #[test]
    fn what_has_an_effect_looks() {
        let store = Stmt::store(MemTy::Ptr, local(0), 0, local(1));
        assert_eq!(unread_of(vec![function(4, vec![store, Stmt::set(Local(7), local(2))])]), [2, 3]);
        let through = vec![
            Stmt::set(Local(6), local(0)),
            Stmt::set(Local(7), Expr::bin(BinOp::I32Add, local(6), local(1))),
            Stmt::if_then(local(7), vec![Stmt::Return(Vec::new())]),
        ];
        assert_eq!(unread_of(vec![function(3, through)]), [2]);
        assert_eq!(unread_of(vec![function(2, vec![Stmt::Return(vec![local(1)])])]), [0]);
    }

    #[test]
    fn what_is_handed_on_is_looked_at_if_the_callee_looks() {
        let main = || function(3, vec![call(1, vec![local(2), local(1), local(0)])]);
        let callee = function(3, vec![Stmt::store(MemTy::Ptr, local(1), 0, Expr::I32(0))]);
        assert_eq!(unread_of(vec![main(), callee]), [0, 2]);
        // One that only calls itself never looks.
        let endless = function(3, vec![call(1, vec![local(1), local(2), local(0)])]);
        assert_eq!(unread_of(vec![main(), endless]), [0, 1, 2]);
        let entry =
            Stmt::Call { dst: Vec::new(), callee: Callee::Entry(0), args: vec![local(0)], loc: LocId(0) };
        assert_eq!(unread_of(vec![function(2, vec![entry])]), [1]);
    }

    #[test]
    fn what_is_loaded_is_looked_at_also_for_nothing() {
        let load = |addr| Expr::Load { mem: MemTy::F64, addr: Box::new(addr), offset: 0 };
        let element = Expr::bin(BinOp::I32Add, local(1), local(2));
        let main = || vec![Stmt::set(Local(7), load(local(0))), call(1, vec![load(element.clone())])];
        assert_eq!(unread_of(vec![function(4, main()), function(1, Vec::new())]), [3]);
    }

    #[test]
    fn counting_references_is_no_look() {
        let counted = vec![
            Stmt::Retain(local(0)),
            Stmt::Release { value: local(0), drop: FuncId(1) },
            Stmt::set(Local(7), local(1)),
            Stmt::Retain(local(7)),
        ];
        let drop = function(1, vec![Stmt::store(MemTy::Ptr, local(0), 0, Expr::I32(0))]);
        assert_eq!(unread_of(vec![function(2, counted), drop]), [0, 1]);
    }
}
