//! Hand-made IR to wasm: validity, imports, tables, metering. That the code computes the right thing is
//! tested against the interpreter where an engine is at hand.

use super::{EncodeOptions, encode, encode_with};
use crate::abi::Import;
use crate::artifact::{Artifact, TrapKind};
use crate::ir::{
    BinOp, Callee, EntryDecl, Expr, FuncId, Function, GlobalDecl, GlobalId, Inline, Label, Loc, LocId, Local,
    LocalDecl, MemTy, Message, Module, Site, SiteId, Stmt, Ty, UnOp,
};
use crate::metering::{FEATURES, verify_metering};
use wasmparser::{Operator, Parser, Payload, Validator};

fn function(params: &[Ty], locals: &[Ty], results: &[Ty], body: Vec<Stmt>) -> Function {
    let decl = |ty: &Ty| LocalDecl { ty: *ty, name: String::new() };
    Function {
        name: "f".to_owned(),
        params: params.len() as u32,
        results: results.to_vec(),
        locals: params.iter().chain(locals).map(decl).collect(),
        body,
        labels: 8,
        inline: Inline::Auto,
    }
}

fn module(functions: Vec<Function>) -> Module {
    Module {
        exports: vec![("main".to_owned(), FuncId(0))],
        functions,
        sites: vec![Site {
            exception: "IndexError".to_owned(),
            message: Message::Template("{0} of {1}".to_owned()),
            loc: LocId(0),
        }],
        locs: (0..3).map(|node| Loc { func: 0, node, parent: None }).collect(),
        ..Module::default()
    }
}

fn local(index: u32) -> Expr {
    Expr::Local(Local(index))
}

fn binary(op: BinOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary(op, Box::new(left), Box::new(right))
}

fn range(label: u32, stop: Expr, step: i64, body: Vec<Stmt>) -> Stmt {
    Stmt::For { label: Label(label), var: Local(1), start: Expr::I64(0), stop, step, body }
}

/// Encodes, checks everything that can be checked without running, and gives the artifact.
fn checked(module: &Module) -> Artifact {
    let artifact = encode(module);
    Validator::new_with_features(FEATURES).validate_all(&artifact.wasm).expect("valid wasm");
    verify_metering(&artifact.wasm).expect("metered");
    artifact.validate().expect("consistent");
    assert_eq!(Artifact::decode(&artifact.encode()).as_ref(), Ok(&artifact));
    let plain = encode_with(module, EncodeOptions { meter: false });
    Validator::new_with_features(FEATURES).validate_all(&plain.wasm).expect("valid without metering");
    artifact
}

/// All operators with their offsets.
fn operators(wasm: &[u8]) -> Vec<(u32, Operator<'_>)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("valid") {
            let reader = body.get_operators_reader().expect("valid");
            let ops = reader.into_iter_with_offsets().map(|op| op.expect("valid"));
            found.extend(ops.map(|(op, at)| (at as u32, op)));
        }
    }
    found
}

#[test]
fn a_function_of_numbers_imports_nothing() {
    let add = binary(BinOp::I64Add, local(0), local(1));
    let a = checked(&module(vec![function(&[Ty::I64; 2], &[], &[Ty::I64], vec![Stmt::Return(vec![add])])]));
    assert!(!a.needs_memory && !a.metered && a.imports.is_empty());
    assert!(!Parser::new(0).parse_all(&a.wasm).any(|p| matches!(p, Ok(Payload::ImportSection(_)))));
}

#[test]
fn traps_and_calls_are_found_by_offset() {
    let check = Stmt::Check { cond: local(0), site: SiteId(0), args: vec![Expr::F64(0), Expr::I64(1)] };
    let call =
        Stmt::Call { dst: vec![], callee: Callee::Func(FuncId(1)), args: vec![local(0)], loc: LocId(2) };
    let raise = Stmt::Raise { site: SiteId(0), args: vec![] };
    let a = checked(&module(vec![
        function(&[Ty::I32], &[], &[], vec![check, call]),
        function(&[Ty::I32], &[], &[], vec![raise]),
    ]));
    let ops = operators(&a.wasm);
    let raised: Vec<_> = ops.iter().filter(|op| matches!(op.1, Operator::Unreachable)).collect();
    assert_eq!(a.trap_at(raised[0].0), Some(TrapKind::Raise { site: SiteId(0), floats: 1 }));
    assert_eq!(a.trap_at(raised[1].0), Some(TrapKind::Raise { site: SiteId(0), floats: 0 }));
    let call = ops.iter().find(|op| matches!(op.1, Operator::Call { .. })).expect("a call");
    assert_eq!(a.calls, [(call.0, LocId(2))]);
    assert_eq!(a.loc_at(call.0), Some(LocId(2)));
    assert_eq!(a.loc_at(call.0 + 1), Some(LocId(2)));
    assert_eq!(
        a.loc_at(a.functions[1].start),
        Some(LocId(0)),
        "its own first place, not another function's call"
    );
    assert_eq!(a.function_at(raised[1].0), Some(&a.functions[1]));
}

#[test]
fn traps_in_loops_are_loads() {
    let bounds = Stmt::Bounds { dst: Local(2), index: local(1), len: local(0), wrap: true, site: SiteId(0) };
    let body = vec![range(0, local(0), 1, vec![bounds]), Stmt::Return(vec![local(2)])];
    let a = checked(&module(vec![function(&[Ty::I64], &[Ty::I64; 2], &[Ty::I64], body)]));
    assert!(!operators(&a.wasm).iter().any(|op| matches!(op.1, Operator::Unreachable)));
    let loads = operators(&a.wasm).into_iter().filter(|op| matches!(op.1, Operator::I32Load { .. }));
    let kinds: Vec<_> = loads.filter_map(|op| a.trap_at(op.0)).collect();
    let raise = TrapKind::Raise { site: SiteId(0), floats: 0 };
    assert_eq!(kinds, [TrapKind::Interrupted, TrapKind::OutOfFuel, raise]);
}

#[test]
fn every_kind_of_loop_and_jump_is_metered() {
    let stop = |label| Stmt::If { cond: local(3), then: vec![Stmt::Break(Label(label))], orelse: vec![] };
    let next = |label| Stmt::If { cond: local(3), then: vec![Stmt::Continue(Label(label))], orelse: vec![] };
    let leave = Stmt::If { cond: local(3), then: vec![Stmt::Return(vec![local(0)])], orelse: vec![] };
    let call = Stmt::Call {
        dst: vec![Local(2)],
        callee: Callee::Func(FuncId(1)),
        args: vec![local(0)],
        loc: LocId(1),
    };
    let inner =
        Stmt::Loop { label: Label(2), body: vec![next(2), stop(2), stop(1), stop(0), leave, next(1)] };
    let outer = Stmt::For {
        label: Label(1),
        var: Local(1),
        start: local(0),
        stop: binary(BinOp::I64Add, local(0), local(2)),
        step: 3,
        body: vec![inner, call.clone(), stop(1)],
    };
    let body = vec![Stmt::Block { label: Label(0), body: vec![outer] }, call, Stmt::Return(vec![local(2)])];
    let locals = [Ty::I64, Ty::I64, Ty::I32];
    let once = range(0, Expr::I64(i64::MIN), i64::MIN, vec![]);
    let fill = Stmt::MemoryFill { dst: Expr::I32(2048), value: local(0), len: local(0) };
    let again = Stmt::Call {
        dst: vec![Local(1)],
        callee: Callee::Func(FuncId(1)),
        args: vec![local(0)],
        loc: LocId(1),
    };
    let callee = vec![Stmt::Charge(local(0)), once, fill, again, Stmt::Return(vec![local(1)])];
    let a = checked(&module(vec![
        function(&[Ty::I64], &locals, &[Ty::I64], body),
        function(&[Ty::I64], &[Ty::I64], &[Ty::I64], callee),
    ]));
    assert!(a.metered);
}

#[test]
fn a_ladder_of_calls_pays() {
    // Each function calls the next one twice: 2^40 passes over the last without a loop.
    let mut functions: Vec<Function> = (0..40)
        .map(|index| {
            let callee = Callee::Func(FuncId(index + 1));
            let call = Stmt::Call { dst: vec![], callee, args: vec![], loc: LocId(0) };
            function(&[], &[], &[], vec![call.clone(), call])
        })
        .collect();
    functions.push(function(&[], &[], &[], vec![]));
    assert!(checked(&module(functions)).metered);
}

#[test]
fn all_kinds_of_statements_are_valid() {
    let data = Expr::Data(8);
    let load = Expr::Load { mem: MemTy::F32, addr: Box::new(data.clone()), offset: 4 };
    let import = Stmt::Call {
        dst: vec![],
        callee: Callee::Import(Import::Print),
        args: vec![Expr::I32(0), Expr::I64(0)],
        loc: LocId(0),
    };
    let entry =
        Stmt::Call { dst: vec![Local(1)], callee: Callee::Entry(0), args: vec![local(1)], loc: LocId(0) };
    let pair = Expr::Unary(UnOp::I64x2Splat, Box::new(local(1)));
    let mask = binary(BinOp::I64x2Eq, pair.clone(), pair.clone());
    let chosen =
        Expr::Bitselect { then: Box::new(pair.clone()), orelse: Box::new(pair), mask: Box::new(mask) };
    let body = vec![
        Stmt::SetGlobal(GlobalId(0), Expr::MemorySize),
        Stmt::Store { mem: MemTy::S16, addr: data.clone(), offset: 2, value: Expr::Global(GlobalId(0)) },
        Stmt::Store { mem: MemTy::F64, addr: data.clone(), offset: 0, value: load },
        Stmt::Set(Local(2), chosen),
        Stmt::Retain(data.clone()),
        Stmt::Release { value: local(0), drop: FuncId(1) },
        Stmt::MemoryCopy { dst: local(0), src: data, len: Expr::I64(16) },
        Stmt::MemoryGrow { dst: Local(1), pages: local(1) },
        import,
        entry,
        Stmt::If {
            cond: local(0),
            then: vec![],
            orelse: vec![Stmt::Raise { site: SiteId(0), args: vec![] }],
        },
    ];
    let mut m = module(vec![
        function(&[Ty::I32], &[Ty::I64, Ty::V128], &[], body),
        function(&[Ty::I32], &[], &[], vec![]),
    ]);
    m.data = vec![1; 32];
    m.globals = vec![GlobalDecl { ty: Ty::I64, name: String::new() }];
    m.entries = vec![EntryDecl { name: "3".to_owned(), params: vec![Ty::I64], results: vec![Ty::I64] }];
    let a = checked(&m);
    assert_eq!(
        (a.data_len, a.imports.as_slice(), a.entries.as_slice()),
        (32, &[Import::Print][..], &["3".to_owned()][..])
    );
}

#[test]
fn equal_modules_have_equal_bytes_whatever_their_names() {
    let body = || {
        vec![range(0, local(0), 1, vec![Stmt::Check { cond: Expr::I32(1), site: SiteId(0), args: vec![] }])]
    };
    let one = module(vec![function(&[Ty::I64], &[Ty::I64], &[], body())]);
    let mut other = one.clone();
    other.functions[0].name = "another".to_owned();
    other.locs[0].node = 17;
    other.sites[0].message = Message::Dynamic;
    assert_eq!(encode(&one).wasm, encode(&other).wasm);
}

#[test]
fn damaged_artifacts_are_refused() {
    let a = encode(&module(vec![function(&[Ty::I64], &[Ty::I64], &[], vec![range(0, local(0), 1, vec![])])]));
    let bytes = a.encode();
    assert!((0..bytes.len()).all(|len| Artifact::decode(&bytes[..len]).is_err()));
    assert!(Artifact::decode(&[&bytes[..], &[0]].concat()).is_err());
    let broken = |change: fn(&mut Artifact)| {
        let mut a = a.clone();
        change(&mut a);
        a.validate().is_err()
    };
    assert!(broken(|a| a.calls.push((1, LocId(9)))));
    assert!(broken(|a| a.traps.reverse()));
    assert!(broken(|a| a.traps.push((u32::MAX, TrapKind::OutOfFuel))));
    assert!(broken(|a| a.sites[0].loc = LocId(9)));
    assert!(broken(|a| a.locs[0].parent = Some(LocId(0))));
    assert!(broken(|a| a.exports[0].1 = FuncId(9)));
    assert!(broken(|a| a.needs_memory = false));
    assert!(broken(|a| a.imports.push(Import::Time)));
    assert!(broken(|a| a.functions[0].end = u32::MAX));
    assert!(broken(
        |a| a.traps.last_mut().expect("a trap").1 = TrapKind::Raise { site: SiteId(9), floats: 0 }
    ));
    assert!(broken(|a| {
        let place = a.calls.first().map_or(LocId(0), |call| call.1);
        a.calls = vec![(9, place), (8, place)];
    }));
    // Without the comparison with `MAX_SIZE` in `artifact.rs` more is decoded than anybody has written.
    let long = Artifact::decode(&vec![0; crate::artifact::MAX_SIZE + 1]).expect_err("it is too large");
    assert!(long.contains("the limit is"), "{long}");
    // Without the limit of the decoder there: a name that says that it has 2^45 bytes is made room for.
    let mut named = a.clone();
    named.functions[0].name = "a name of its own".to_owned();
    let mut bytes = named.encode();
    let at = bytes.windows(17).position(|text| text == b"a name of its own").expect("the name") - 1;
    bytes.splice(at..=at, [253].into_iter().chain((1_u64 << 45).to_le_bytes()));
    assert_eq!(Artifact::decode(&bytes), Err("not an artifact: LimitExceeded".to_owned()));
}
