//! Runs modules in the interpreter before and after optimisation: results, memory and exceptions
//! must be equal. `kernels` are loops that must become fast, `cold` is what must stay small, `random`
//! and `nests` generate
//! programs.

mod cold;
mod kernels;
mod nests;
mod random;

use super::{Options, optimise};
use crate::ir::build::visit_stmts;
use crate::ir::eval::{EvalModule, Machine, NoHost, Trap, Value};
use crate::ir::verify::verify;
use crate::ir::{
    Callee, Expr, FuncId, Function, Inline, Label, Loc, LocId, Local, LocalDecl, MemTy, Message, Module,
    Site, SiteId, Stmt, Ty,
};

/// The library of the tests: `get(data, len, i)` and `set(data, len, i, value)` for arrays, and
/// `list_get(list, i)` for a list of integers with its length at 16 and its address at 24.
const GET: FuncId = FuncId(1);
const SET: FuncId = FuncId(2);
const LIST_GET: FuncId = FuncId(3);
const LIST_SET: FuncId = FuncId(4);

fn function(name: &str, params: &[Ty], locals: &[Ty], results: &[Ty]) -> Function {
    let decl = |(i, ty): (usize, &Ty)| LocalDecl { ty: *ty, name: format!("v{i}") };
    Function {
        name: name.to_owned(),
        params: params.len() as u32,
        results: results.to_vec(),
        locals: params.iter().chain(locals).enumerate().map(decl).collect(),
        body: Vec::new(),
        labels: 0,
        inline: Inline::Always,
    }
}

/// `data + 8 * i`
fn element(data: impl Into<Expr>, i: impl Into<Expr>) -> Expr {
    let bytes: Expr = Expr::i64_mul(i.into(), 8i64);
    Expr::i32_add(data.into(), bytes.i32_wrap())
}

fn bounds(dst: Local, index: impl Into<Expr>, len: impl Into<Expr>) -> Stmt {
    Stmt::Bounds { dst, index: index.into(), len: len.into(), wrap: true, site: SiteId(0) }
}

fn library() -> Vec<Function> {
    use Ty::{F64, I32, I64};
    let [data, len, i, value] = [0, 1, 2, 3].map(Local);
    let mut get = function("get", &[I32, I64, I64], &[I64], &[F64]);
    let at = Local(3);
    get.body = vec![bounds(at, i, len), Stmt::Return(vec![Expr::load(MemTy::F64, element(data, at), 0)])];
    let mut set = function("set", &[I32, I64, I64, F64], &[I64], &[]);
    let at = Local(4);
    set.body = vec![bounds(at, i, len), Stmt::store(MemTy::F64, element(data, at), 0, value)];
    // (list, i, len, data, at)
    let mut list_get = function("list_get", &[I32, I64], &[I64, I32, I64], &[I64]);
    list_get.body = vec![
        Stmt::set(Local(2), Expr::load(MemTy::I64, Local(0), 16)),
        bounds(Local(4), Local(1), Local(2)),
        Stmt::set(Local(3), Expr::load(MemTy::Ptr, Local(0), 24)),
        Stmt::Return(vec![Expr::load(MemTy::I64, element(Local(3), Local(4)), 0)]),
    ];
    // (list, i, value, len, data, at)
    let mut list_set = function("list_set", &[I32, I64, I64], &[I64, I32, I64], &[]);
    list_set.body = vec![
        Stmt::set(Local(3), Expr::load(MemTy::I64, Local(0), 16)),
        bounds(Local(5), Local(1), Local(3)),
        Stmt::set(Local(4), Expr::load(MemTy::Ptr, Local(0), 24)),
        Stmt::store(MemTy::I64, element(Local(4), Local(5)), 0, Local(2)),
    ];
    vec![get, set, list_get, list_set]
}

/// A module of `main` and the library. Each call in `main` has a place of its own.
fn module(mut main: Function) -> Module {
    let mut locs = vec![Loc { func: 9, node: 0, parent: None }];
    crate::ir::build::visit_stmts_mut(&mut main.body, &mut |stmt| {
        if let Stmt::Call { loc, .. } = stmt {
            locs.push(Loc { func: 0, node: locs.len() as u32, parent: None });
            *loc = LocId(locs.len() as u32 - 1);
        }
    });
    let mut functions = vec![main];
    functions.extend(library());
    Module {
        exports: vec![("main".to_owned(), FuncId(0))],
        functions,
        locs,
        sites: vec![Site {
            exception: "IndexError".to_owned(),
            message: Message::Template("{0} of {1}".to_owned()),
            loc: LocId(0),
        }],
        ..Module::default()
    }
}

fn call(dst: &[Local], callee: FuncId, args: Vec<Expr>) -> Stmt {
    Stmt::Call { dst: dst.to_vec(), callee: Callee::Func(callee), args, loc: LocId(0) }
}

/// Loads an array element through the library.
fn get(dst: Local, (data, len): (Local, Local), i: impl Into<Expr>) -> Stmt {
    call(&[dst], GET, vec![data.into(), len.into(), i.into()])
}

/// Stores one.
fn set((data, len): (Local, Local), i: impl Into<Expr>, value: impl Into<Expr>) -> Stmt {
    call(&[], SET, vec![data.into(), len.into(), i.into(), value.into()])
}

fn for_range(
    f: &mut Function,
    var: Local,
    start: impl Into<Expr>,
    stop: impl Into<Expr>,
    body: Vec<Stmt>,
) -> Stmt {
    let label = f.new_label();
    Stmt::For { label, var, start: start.into(), stop: stop.into(), step: 1, body }
}

/// What a run gives.
#[derive(Clone, Debug)]
struct Outcome {
    result: Result<Vec<Value>, String>,
    memory: Vec<u8>,
}

/// Runs `main` with memory prepared; `None` if it takes too long.
fn run(module: &Module, args: &[Value], prepare: &dyn Fn(&mut [u8])) -> Option<Outcome> {
    let placed = EvalModule::place([(module, vec![])]);
    let mut machine = Machine::new(placed, 16).expect("the module fits");
    machine.fuel = 200_000;
    prepare(&mut machine.memory);
    let result = machine.call_export(&mut NoHost, 0, "main", args).map_err(|trap| match trap {
        Trap::Raised { site, args, .. } => {
            let site = &module.sites[site.index()];
            let mut places = String::new();
            let mut loc = Some(site.loc);
            while let Some(id) = loc {
                let place = module.locs[id.index()];
                places += &format!(" {}:{}", place.func, place.node);
                loc = place.parent;
            }
            // A site's own chain starts in the function; the calls around it that were not inlined
            // are known to the host only. Compare the innermost place.
            let innermost = places.split(' ').nth(1).unwrap_or_default();
            format!("{} {args:?} at {innermost}", site.exception)
        }
        other => format!("{other:?}"),
    });
    if result == Err("OutOfFuel".to_owned()) {
        return None;
    }
    Some(Outcome { result, memory: machine.memory })
}

fn assert_same(before: &Outcome, after: &Outcome, text: &str) {
    let same = match (&before.result, &after.result) {
        (Ok(a), Ok(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.agrees(*b)),
        (a, b) => a == b,
    };
    assert!(same, "before {:?}, after {:?}\n{text}", before.result, after.result);
    // The sign of a NaN is open: `x * 1.0` may be `x`. Arrays begin at multiples of 4.
    let nan = |memory: &[u8], at: usize| {
        let word = memory.get(at..at + 8).and_then(|word| word.first_chunk());
        word.is_some_and(|word| f64::from_le_bytes(*word).is_nan())
    };
    let both_nan = |at: usize| nan(&before.memory, at) && nan(&after.memory, at);
    if before.memory != after.memory {
        let quads = |memory: &[u8]| memory.as_chunks::<4>().0.to_vec();
        for (i, (a, b)) in quads(&before.memory).into_iter().zip(quads(&after.memory)).enumerate() {
            let open = both_nan(4 * i) || i > 0 && both_nan(4 * i - 4);
            assert!(a == b || open, "memory at {}: {a:?} {b:?}\n{text}", 4 * i);
        }
    }
}

/// Arguments, and how memory is prepared.
type Run<'a> = (Vec<Value>, &'a dyn Fn(&mut [u8]));

/// Optimises and compares; the optimised module.
fn check(module: &Module, runs: &[Run<'_>]) -> Module {
    verify(module).unwrap_or_else(|errors| panic!("{}\n{module}", errors.join("\n")));
    let mut new = module.clone();
    optimise(&mut new, &Options::default());
    verify(&new).unwrap_or_else(|errors| panic!("{}\n{new}", errors.join("\n")));
    for (args, prepare) in runs {
        if let Some(before) = run(module, args, prepare) {
            let after = run(&new, args, prepare).expect("not slower");
            assert_same(&before, &after, &format!("{args:?}\n{module}\n{new}"));
        }
    }
    new
}

/// How many statements of the module satisfy `f`.
fn count(module: &Module, f: impl Fn(&Stmt) -> bool) -> usize {
    let mut n = 0;
    for function in &module.functions {
        visit_stmts(&function.body, &mut |stmt| n += usize::from(f(stmt)));
    }
    n
}

fn is_bounds(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Bounds { .. })
}

/// Whether there is an innermost loop (not of the vector kind alone) without bounds checks.
fn has_fast_loop(module: &Module) -> bool {
    count(module, |stmt| {
        matches!(stmt, Stmt::For { .. } | Stmt::Loop { .. })
            && !stmt
                .bodies()
                .any(|body| super::usage::any_stmt(body, &mut |s| is_bounds(s) || super::usage::is_loop(s)))
    }) > 0
}

fn is_vector_store(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Store { mem: MemTy::V128, .. })
}
