//! Tests of the interpreter, and of the printer and the verifier on the same hand-made modules.

use super::super::verify::verify;
use super::super::{
    BinOp, Callee, EntryDecl, Expr, FuncId, Function, GlobalDecl, GlobalId, Inline, Loc, LocId, Local,
    LocalDecl, MemTy, Message, Module, Site, SiteId, Stmt, Ty, UnOp,
};
use super::{EvalHost, EvalModule, Machine, NoHost, PAGE, Trap, Value, number};
use crate::abi::{self, Import};

/// A function with these locals; those named in `params` come first.
fn function(name: &str, params: &[(&str, Ty)], locals: &[(&str, Ty)], results: &[Ty]) -> Function {
    let decl = |(name, ty): &(&str, Ty)| LocalDecl { ty: *ty, name: (*name).to_owned() };
    Function {
        name: name.to_owned(),
        params: params.len() as u32,
        results: results.to_vec(),
        locals: params.iter().chain(locals).map(decl).collect(),
        body: Vec::new(),
        labels: 0,
        inline: Inline::Auto,
    }
}

/// A module with one place and one site for `IndexError`.
fn module(functions: Vec<Function>) -> Module {
    Module {
        exports: vec![("main".to_owned(), FuncId(0))],
        functions,
        locs: vec![Loc { func: 0, node: 0, parent: None }],
        sites: vec![Site {
            exception: "IndexError".to_owned(),
            message: Message::Template("{0} of {1}".to_owned()),
            loc: LocId(0),
        }],
        ..Module::default()
    }
}

fn run(module: &Module, args: &[Value]) -> Result<Vec<Value>, Trap> {
    verify(module).expect("the module is valid");
    machine(module).call_export(&mut NoHost, 0, "main", args)
}

fn machine(module: &Module) -> Machine<'_> {
    Machine::new(EvalModule::place([(module, vec![])]), 16).expect("it fits")
}

/// `total = 0; for i in range(0, n, step): total += i; return total`
fn sum(step: i64) -> Module {
    let mut f = function("sum", &[("n", Ty::I64)], &[("i", Ty::I64), ("total", Ty::I64)], &[Ty::I64]);
    let (n, i, total) = (Local(0), Local(1), Local(2));
    let label = f.new_label();
    let add = Stmt::set(total, Expr::Local(total).i64_add(i));
    f.body = vec![
        Stmt::For { label, var: i, start: 0i64.into(), stop: n.into(), step, body: vec![add] },
        Stmt::Return(vec![total.into()]),
    ];
    module(vec![f])
}

#[test]
fn loops() {
    assert_eq!(run(&sum(1), &[Value::I64(5)]), Ok(vec![Value::I64(10)]));
    assert_eq!(run(&sum(-2), &[Value::I64(-5)]), Ok(vec![Value::I64(-6)]));
    assert_eq!(run(&sum(1), &[Value::I64(-5)]), Ok(vec![Value::I64(0)]));
    // The next value would be beyond i64.
    let huge = run(&sum(i64::MAX), &[Value::I64(i64::MAX)]);
    assert_eq!(huge, Ok(vec![Value::I64(0)]));
    assert_eq!(run(&sum(i64::MIN), &[Value::I64(i64::MIN)]), Ok(vec![Value::I64(0)]));
}

#[test]
fn prints() {
    let expected = "\
module
loc L0 func 0 node 0
site !0 IndexError at L0 \"{0} of {1}\"
export \"main\" = f0:sum

func f0:sum(%0:n i64) -> (i64) auto {
  local %1:i i64
  local %2:total i64
  for 'l0 %1:i in range(0, %0:n, 1) {
    %2:total = i64.add(%2:total, %1:i)
  }
  return (%2:total)
}
";
    assert_eq!(sum(1).to_string(), expected);
}

#[test]
fn the_variable_is_spoilt_after_the_loop() {
    let mut module = sum(1);
    module.functions[0].body[1] = Stmt::Return(vec![Local(1).into()]);
    assert_eq!(run(&module, &[Value::I64(3)]), Ok(vec![Value::I64(super::SPOILT)]));
}

#[test]
fn break_continue_and_fuel() {
    // x = 0; loop { x += 1; if x < 10: continue; break }; return x
    let mut f = function("f", &[], &[("x", Ty::I64)], &[Ty::I64]);
    let (x, outer, label) = (Local(0), f.new_label(), f.new_label());
    f.body = vec![
        Stmt::Block {
            label: outer,
            body: vec![Stmt::Loop {
                label,
                body: vec![
                    Stmt::set(x, Expr::Local(x).i64_add(1i64)),
                    Stmt::if_then(Expr::Local(x).i64_lt_s(10i64), vec![Stmt::Continue(label)]),
                    Stmt::Break(outer),
                ],
            }],
        },
        Stmt::Return(vec![x.into()]),
    ];
    assert_eq!(run(&module(vec![f]), &[]), Ok(vec![Value::I64(10)]));

    let mut f = function("f", &[], &[], &[]);
    let label = f.new_label();
    f.body = vec![Stmt::Loop { label, body: vec![] }];
    let endless = module(vec![f]);
    let mut machine = machine(&endless);
    machine.fuel = 1000;
    assert_eq!(machine.call(&mut NoHost, 0, FuncId(0), &[]), Err(Trap::OutOfFuel));
}

#[test]
fn recursion_is_bounded() {
    // Each level has blocks inside one another, to see that the stack suffices.
    let mut f = function("f", &[], &[], &[]);
    let call = Stmt::Call { dst: vec![], callee: Callee::Func(FuncId(0)), args: vec![], loc: LocId(0) };
    f.body = vec![call];
    for _ in 0..8 {
        let label = f.new_label();
        f.body = vec![Stmt::Loop { label, body: std::mem::take(&mut f.body) }];
    }
    assert_eq!(run(&module(vec![f]), &[]), Err(Trap::StackOverflow));
}

#[test]
fn raises() {
    let site = SiteId(0);
    let mut f = function("f", &[("index", Ty::I64)], &[], &[Ty::I64]);
    let bounds = |wrap| Stmt::Bounds { dst: Local(0), index: Local(0).into(), len: 3i64.into(), wrap, site };
    f.body = vec![bounds(true), Stmt::Return(vec![Local(0).into()])];
    let mut module = module(vec![f]);
    assert_eq!(run(&module, &[Value::I64(-1)]), Ok(vec![Value::I64(2)]));
    let raised = |index: i64| Err(Trap::Raised { module: 0, site, args: [index as u64, 3, 0, 0] });
    assert_eq!(run(&module, &[Value::I64(-4)]), raised(-4));
    assert_eq!(run(&module, &[Value::I64(3)]), raised(3));
    assert_eq!(run(&module, &[Value::I64(i64::MIN)]), raised(i64::MIN));
    module.functions[0].body[0] = bounds(false);
    assert_eq!(run(&module, &[Value::I64(-1)]), raised(-1));

    let args = vec![Expr::from(-1i32), Expr::from(-2i64), Expr::from(-0.0)];
    module.functions[0].body[0] = Stmt::check(Expr::Local(Local(0)).i64_ge_s(0i64), site, args);
    let mut machine = machine(&module);
    let trap = machine.call(&mut NoHost, 0, FuncId(0), &[Value::I64(-1)]);
    let args = [0xffff_ffff, -2i64 as u64, 1 << 63, 0];
    assert_eq!(trap, Err(Trap::Raised { module: 0, site, args }));
    let stored = &machine.memory[abi::TRAP_ARGS as usize..][..8];
    assert_eq!(stored, 0xffff_ffff_u64.to_le_bytes());
}

#[test]
fn memory() {
    let mut f =
        function("f", &[("at", Ty::I32)], &[("pages", Ty::I64)], &[Ty::I64, Ty::F64, Ty::I32, Ty::I64]);
    let at = Local(0);
    f.body = vec![
        Stmt::store(MemTy::S8, at, 0, 0x1ffi64),
        Stmt::store(MemTy::F32, at, 4, 0.1),
        Stmt::store(MemTy::Bool, at, 8, 1i32),
        Stmt::MemoryCopy { dst: Expr::Local(at).i32_add(16i32), src: at.into(), len: 16i64.into() },
        Stmt::MemoryGrow { dst: Local(1), pages: 100i64.into() },
        Stmt::Return(vec![
            Expr::load(MemTy::S8, at, 16).i64_add(Expr::load(MemTy::U8, at, 0)),
            Expr::load(MemTy::F32, at, 20),
            Expr::load(MemTy::Bool, at, 24),
            Local(1).into(),
        ]),
    ];
    let module = module(vec![f]);
    let values = [Value::I64(254), Value::F64(f64::from(0.1f32)), Value::I32(1), Value::I64(-1)];
    assert_eq!(run(&module, &[Value::I32(2048)]), Ok(values.to_vec()));
    assert_eq!(run(&module, &[Value::I32(-1)]), Err(Trap::OutOfBounds));
    assert_eq!(run(&module, &[Value::I32(PAGE as i32)]), Err(Trap::OutOfBounds));
    let machine = machine(&module);
    assert_eq!(machine.memory[abi::HEAP_TOP as usize..][..4], abi::DATA_START.to_le_bytes());
}

#[test]
fn reference_counts() {
    let mut f = function("f", &[], &[], &[Ty::I64]);
    let drop = FuncId(1);
    let data = || Expr::Data(0);
    f.body = vec![
        Stmt::Retain(0i32.into()),
        Stmt::Release { value: 0i32.into(), drop },
        Stmt::Retain(data()),
        Stmt::Release { value: data(), drop },
        Stmt::Release { value: data(), drop },
        Stmt::Return(vec![Expr::Global(GlobalId(0))]),
    ];
    let mut drop = function("drop", &[("block", Ty::I32)], &[], &[]);
    drop.body = vec![Stmt::set_global(GlobalId(0), Expr::Global(GlobalId(0)).i64_add(1i64))];
    let mut module = module(vec![f, drop]);
    module.globals = vec![GlobalDecl { ty: Ty::I64, name: "drops".to_owned() }];
    module.data = vec![0; 16];
    let mut run_with = |count: i32| {
        module.data[..4].copy_from_slice(&count.to_le_bytes());
        run(&module, &[])
    };
    assert_eq!(run_with(1), Ok(vec![Value::I64(1)]));
    assert_eq!(run_with(2), Ok(vec![Value::I64(0)]));
    assert_eq!(run_with(abi::IMMORTAL), Ok(vec![Value::I64(0)]));
}

#[test]
fn links_and_host() {
    struct Clock;
    impl EvalHost for Clock {
        fn call(&mut self, import: Import, _: &[Value], _: &mut Vec<u8>) -> Result<Vec<Value>, String> {
            if import == Import::Time { Ok(vec![Value::F64(1.5)]) } else { Err("no".to_owned()) }
        }
    }
    let mut f = function("f", &[], &[("t", Ty::F64)], &[Ty::F64]);
    let call = |callee| Stmt::Call { dst: vec![Local(0)], callee, args: vec![], loc: LocId(0) };
    f.body = vec![call(Callee::Entry(0)), Stmt::Return(vec![Local(0).into()])];
    let mut first = module(vec![f.clone()]);
    first.entries = vec![EntryDecl { name: "1".to_owned(), params: vec![], results: vec![Ty::F64] }];
    f.body[0] = call(Callee::Import(Import::Time));
    let second = module(vec![f]);
    let linked = EvalModule::place([(&first, vec![(1, FuncId(0))]), (&second, vec![])]);
    let mut machine = Machine::new(linked, 1).expect("it fits");
    assert_eq!(machine.call(&mut Clock, 0, FuncId(0), &[]), Ok(vec![Value::F64(1.5)]));
    assert!(matches!(machine.call(&mut NoHost, 0, FuncId(0), &[]), Err(Trap::Host(_))));
}

#[test]
fn numbers() {
    let f = |op, a: f64, b: f64| number::binary(op, Value::F64(a), Value::F64(b));
    assert_eq!(f(BinOp::F64Min, 0.0, -0.0), Some(Value::F64(-0.0)));
    assert_eq!(f(BinOp::F64Max, -0.0, 0.0), Some(Value::F64(0.0)));
    assert_eq!(f(BinOp::F64Max, -f64::NAN, 0.0), Some(Value::F64(f64::NAN)));
    assert_eq!(f(BinOp::F64Div, 0.0, 0.0), Some(Value::F64(f64::NAN)));
    let u = |op, a: f64| number::unary(op, Value::F64(a));
    assert_eq!(u(UnOp::F64Nearest, 2.5), Some(Value::F64(2.0)));
    assert_eq!(u(UnOp::F64Nearest, -0.5), Some(Value::F64(-0.0)));
    assert_eq!(u(UnOp::I64TruncSatF64S, 1e300), Some(Value::I64(i64::MAX)));
    assert_eq!(u(UnOp::I64TruncSatF64S, f64::NAN), Some(Value::I64(0)));
    let i = |op, a, b| number::binary(op, Value::I64(a), Value::I64(b));
    assert_eq!(i(BinOp::I64Shl, 1, 65), Some(Value::I64(2)));
    assert_eq!(i(BinOp::I64ShrS, -8, -63), Some(Value::I64(-4)));
    assert_eq!(i(BinOp::I64DivS, -7, 2), Some(Value::I64(-3)));
    assert_eq!(i(BinOp::I64RemS, -7, 2), Some(Value::I64(-1)));
    assert_eq!(i(BinOp::I64DivS, i64::MIN, -1), None);
    assert_eq!(i(BinOp::I64RemU, 1, 0), None);
    let v = |op, a, b| number::binary(op, Value::V128(a), Value::V128(b));
    let two = |a: f64, b: f64| [a.to_bits(), b.to_bits()];
    let nan = two(f64::NAN, 1.0);
    // The first operand unless the second is less: so a NaN in it stays.
    assert_eq!(v(BinOp::F64x2Pmin, nan, two(0.0, f64::NAN)), Some(Value::V128(nan)));
    assert_eq!(v(BinOp::F64x2Lt, two(1.0, 2.0), two(2.0, 1.0)), Some(Value::V128([u64::MAX, 0])));
    assert_eq!(v(BinOp::I64x2GtS, [0, 0], [u64::MAX, 1]), Some(Value::V128([u64::MAX, 0])));
    assert_eq!(v(BinOp::V128AndNot, [6, 6], [2, 4]), Some(Value::V128([4, 2])));
    assert_eq!(number::unary(UnOp::I64x2Bitmask, Value::V128([0, u64::MAX])), Some(Value::I32(2)));
    assert_eq!(number::unary(UnOp::I64Clz, Value::I64(0)), Some(Value::I64(64)));
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let module = sum(1);
    let start = std::time::Instant::now();
    assert!(run(&module, &[Value::I64(10_000_000)]).is_ok());
    println!("{:?} a turn", start.elapsed() / 10_000_000);
}

/// Every operator gives a value of the type that `types` promises, and none of the wrong ones panics.
#[test]
fn operators_have_the_types_of_the_table() {
    let values = [Ty::I32, Ty::I64, Ty::F64, Ty::V128].map(Value::zero);
    for op in
        [UnOp::I32Eqz, UnOp::I64ExtendI32U, UnOp::F64RoundToF32, UnOp::F64x2Splat, UnOp::I64x2Extract(1)]
    {
        for value in values {
            let found = number::unary(op, value).map(|result| (value.ty(), result.ty()));
            assert_eq!(found, (value.ty() == op.types().0).then_some(op.types()));
        }
    }
    assert_eq!(number::unary(UnOp::F64x2Extract(2), values[3]), None);
    assert_eq!(number::binary(BinOp::I64Add, values[0], values[1]), None);
}

#[test]
fn wrong_modules_are_internal_errors() {
    type Damage = fn(&mut Module);
    let breaks: [(&str, Damage); 9] = [
        ("runs off", |m| drop(m.functions[0].body.pop())),
        ("results", |m| m.functions[0].body[1] = Stmt::Return(vec![])),
        ("local 9", |m| m.functions[0].body[0] = Stmt::set(Local(9), 1i64)),
        ("label 'l7", |m| m.functions[0].body[0] = Stmt::Break(super::super::Label(7))),
        ("assigned", |m| {
            let Stmt::For { body, .. } = &mut m.functions[0].body[0] else { return };
            body.push(Stmt::set(Local(1), 7i64));
        }),
        ("operand", |m| m.functions[0].body[1] = Stmt::Return(vec![Expr::i64_add(1i64.into(), 1.0)])),
        ("site", |m| m.functions[0].body[0] = Stmt::Raise { site: SiteId(1), args: vec![] }),
        ("export", |m| m.exports[0].1 = FuncId(3)),
        ("callee", |m| {
            let callee = Callee::Entry(0);
            m.functions[0].body[0] = Stmt::Call { dst: vec![], callee, args: vec![], loc: LocId(0) };
        }),
    ];
    for (name, damage) in breaks {
        let mut module = sum(1);
        damage(&mut module);
        assert!(verify(&module).is_err(), "{name}: verify accepts\n{module}");
        let result = machine(&module).call_export(&mut NoHost, 0, "main", &[Value::I64(3)]);
        assert!(matches!(result, Err(Trap::Internal(_))), "{name}: {result:?}");
    }
}
