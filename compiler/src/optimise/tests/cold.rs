//! Functions that are seldom run stay small, and constants reach functions that stay calls.

use super::*;
use crate::optimise::usage::{any_stmt, is_loop, size};

/// `total` adds `count` times what `chosen` says: the second parameter decides in each turn.
fn total(inline: Inline) -> Function {
    let [count, chosen, i, sum] = [0, 1, 2, 3].map(Local);
    let mut f = function("total", &[Ty::I64, Ty::I64], &[Ty::I64, Ty::I64], &[Ty::I64]);
    f.inline = inline;
    let twice = Stmt::set(sum, Expr::from(sum).i64_add(Expr::from(i).i64_mul(2i64)));
    let once = Stmt::set(sum, Expr::from(sum).i64_add(i));
    let cond = Expr::from(chosen).i64_lt_s(Expr::I64(5));
    let body = vec![Stmt::If { cond, then: vec![twice], orelse: vec![once] }];
    let turns = for_range(&mut f, i, 0i64, count, body);
    f.body = vec![turns, Stmt::Return(vec![sum.into()])];
    f
}

/// `main(n)`: the sum of `total(n, chosen)` for each of the constants.
fn calls(constants: &[i64], inline: Inline) -> Module {
    let (n, sum, part) = (Local(0), Local(1), Local(2));
    let mut main = function("main", &[Ty::I64], &[Ty::I64, Ty::I64], &[Ty::I64]);
    let callee = FuncId(5);
    for chosen in constants {
        main.body.push(call(&[part], callee, vec![n.into(), Expr::I64(*chosen)]));
        main.body.push(Stmt::set(sum, Expr::from(sum).i64_add(part)));
    }
    main.body.push(Stmt::Return(vec![sum.into()]));
    let mut module = module(main);
    module.functions.push(total(inline));
    module
}

fn optimised(module: &Module) -> Module {
    check(module, &[(vec![Value::I64(11)], &|_| {}), (vec![Value::I64(0)], &|_| {})])
}

fn found<'a>(module: &'a Module, name: &str) -> &'a Function {
    module.functions.iter().find(|f| f.name == name).expect("the function is still there")
}

fn decides(function: &Function) -> bool {
    let reads = |e: &Expr| e.any(&mut |e| matches!(e, Expr::Local(Local(1))));
    any_stmt(&function.body, &mut |stmt| match stmt {
        Stmt::If { cond, .. } => reads(cond),
        Stmt::Set(_, value) => reads(value),
        _ => false,
    })
}

#[test]
fn a_constant_that_every_call_gives_is_decided_in_the_callee() {
    for inline in [Inline::Never, Inline::Cold] {
        assert!(!decides(found(&optimised(&calls(&[3, 3], inline)), "total")));
        assert!(decides(found(&optimised(&calls(&[3, 7], inline)), "total")), "calls differ");
    }
}

#[test]
fn what_is_called_from_outside_may_get_anything() {
    let mut module = calls(&[3, 3], Inline::Never);
    module.exports.push(("total".to_owned(), FuncId(5)));
    assert!(decides(found(&optimised(&module), "total")));
}

#[test]
fn constants_pass_through_several_calls() {
    let mut module = calls(&[3], Inline::Never);
    let mut between = function("between", &[Ty::I64, Ty::I64], &[Ty::I64], &[Ty::I64]);
    between.inline = Inline::Never;
    between.body = vec![
        call(&[Local(2)], FuncId(5), vec![Local(0).into(), Local(1).into()]),
        Stmt::Return(vec![Local(2).into()]),
    ];
    module.functions.push(between);
    if let Stmt::Call { callee, .. } = &mut module.functions[0].body[0] {
        *callee = Callee::Func(FuncId(6));
    }
    assert!(!decides(found(&optimised(&module), "total")));
}

#[test]
fn loops_of_cold_functions_are_not_copied() {
    let loops = |inline| {
        let module = optimised(&calls(&[3, 7], inline));
        let function = found(&module, "total");
        let mut n = 0;
        visit_stmts(&function.body, &mut |stmt| n += usize::from(is_loop(stmt)));
        (n, size(&function.body))
    };
    let (cold, hot) = (loops(Inline::Cold), loops(Inline::Never));
    assert_eq!(cold.0, 1);
    assert!(hot.0 > 1 && hot.1 > 2 * cold.1, "{cold:?} {hot:?}");
}

#[test]
fn a_cold_function_goes_into_its_only_caller_if_that_is_cold() {
    let remaining = |constants: &[i64], main| {
        let mut module = calls(constants, Inline::Cold);
        module.functions[0].inline = main;
        optimised(&module).functions.iter().any(|f| f.name == "total")
    };
    assert!(!remaining(&[3], Inline::Cold));
    assert!(remaining(&[3], Inline::Never), "its loop would be treated as a hot one");
    assert!(remaining(&[3, 7], Inline::Cold), "twice the code");
}

#[test]
fn counting_in_cold_loops_is_a_call() {
    let counted = |inline| {
        let (object, n, i) = (Local(0), Local(1), Local(2));
        let mut main = function("main", &[Ty::I32, Ty::I64], &[Ty::I64, Ty::I64], &[]);
        main.inline = inline;
        // A call between them, or they would cancel out.
        let touch = || call(&[Local(3)], FuncId(5), vec![n.into(), n.into()]);
        let turn = (0..3).flat_map(|_| [Stmt::Retain(object.into()), touch()]).collect();
        main.body = vec![for_range(&mut main, i, 0i64, n, turn), Stmt::Return(Vec::new())];
        let mut module = module(main);
        module.functions.push(total(Inline::Never));
        optimise(&mut module, &Options::default());
        verify(&module).unwrap_or_else(|errors| panic!("{}\n{module}", errors.join("\n")));
        any_stmt(&module.functions[0].body, &mut |stmt| matches!(stmt, Stmt::Retain(_)))
    };
    assert!(counted(Inline::Never));
    assert!(!counted(Inline::Cold));
}
