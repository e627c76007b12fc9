//! Loops as people write them.

use super::*;
use crate::ir::BinOp;
use Ty::{F64, I32, I64};

/// Two arrays of 40 numbers at 4096 and 8192, and a list of 20 integers at 2048 with elements at 3072.
fn memory(memory: &mut [u8]) {
    for i in 0..40 {
        for (base, value) in [(4096, 0.5 * i as f64 - 3.0), (8192, 7.0 - i as f64 * 0.25)] {
            memory[base + 8 * i..base + 8 * i + 8].copy_from_slice(&f64::to_le_bytes(value));
        }
        memory[3072 + 8 * i..3072 + 8 * i + 8].copy_from_slice(&(i as i64 * 3 % 7).to_le_bytes());
    }
    memory[2048 + 16..2048 + 24].copy_from_slice(&20i64.to_le_bytes());
    memory[2048 + 24..2048 + 28].copy_from_slice(&3072i32.to_le_bytes());
}

const A: Value = Value::I32(4096);
const B: Value = Value::I32(8192);

fn int(value: i64) -> Value {
    Value::I64(value)
}

/// Runs with these argument lists.
fn check_all(module: &Module, runs: &[Vec<Value>]) -> Module {
    let runs: Vec<Run<'_>> = runs.iter().map(|args| (args.clone(), &memory as &dyn Fn(&mut [u8]))).collect();
    check(module, &runs)
}

/// `for i in range(len(a)): s += a[i]`
#[test]
fn sum_needs_no_checks() {
    let mut f = function("main", &[I32, I64], &[I64, F64, F64], &[F64]);
    let [data, len, i, x, s] = [0, 1, 2, 3, 4].map(Local);
    let body = vec![get(x, (data, len), i), Stmt::set(s, Expr::Local(s).f64_add(x))];
    f.body = vec![for_range(&mut f, i, 0i64, len, body), Stmt::Return(vec![s.into()])];
    let new = check_all(&module(f), &[vec![A, int(40)], vec![A, int(0)], vec![A, int(-1)]]);
    assert_eq!(count(&new, is_bounds), 0, "{new}");
    assert_eq!(new.functions.len(), 1);
}

/// `for i in range(n): b[i] = a[i] * 2.0 + b[i]`
#[test]
fn axpy_is_vectorised() {
    let mut f = function("main", &[I32, I64, I32, I64, I64], &[I64, F64, F64], &[]);
    let [a, an, b, bn, n, i, x, y] = [0, 1, 2, 3, 4, 5, 6, 7].map(Local);
    let body =
        vec![get(x, (a, an), i), get(y, (b, bn), i), set((b, bn), i, Expr::Local(x).f64_mul(2.0).f64_add(y))];
    f.body = vec![for_range(&mut f, i, 0i64, n, body)];
    let mut runs = Vec::new();
    for n in [0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 39, 40, 41] {
        runs.push(vec![A, int(40), B, int(40), int(n)]);
        // Overlaps: the same array, one ahead, one behind.
        for shift in [-16, -8, -4, 0, 4, 8, 16] {
            runs.push(vec![A, int(40), Value::I32(4096 + shift), int(40), int(n)]);
        }
    }
    let new = check_all(&module(f), &runs);
    assert!(has_fast_loop(&new), "{new}");
    assert!(count(&new, is_vector_store) > 0, "{new}");
}

/// `for i in range(n): s += a[i] ^ 5` over integers, with the last value used afterwards.
#[test]
fn integer_sum_is_vectorised() {
    let mut f = function("main", &[I32, I64], &[I64, I64, I64], &[I64, I64]);
    let [a, n, i, x, s] = [0, 1, 2, 3, 4].map(Local);
    let body = vec![
        Stmt::set(x, Expr::load(MemTy::I64, element(a, i), 0).i64_xor(5i64)),
        Stmt::set(s, Expr::Local(s).i64_add(x)),
    ];
    f.body = vec![for_range(&mut f, i, 0i64, n, body), Stmt::Return(vec![s.into(), x.into()])];
    let runs: Vec<_> = (0..40).map(|n| vec![A, int(n)]).collect();
    let new = check_all(&module(f), &runs);
    let pairs = |s: &Stmt| matches!(s, Stmt::Set(_, Expr::Binary(BinOp::I64x2Add, ..)));
    assert_eq!(count(&new, pairs), 4, "{new}");
}

/// `for i in range(1, n - 1): b[i] = a[i - 1] + a[i] + a[i + 1] if a[i] > 0 else -a[i]`
#[test]
fn stencil() {
    let mut f = function("main", &[I32, I64, I32, I64, I64], &[I64, F64, F64, F64], &[]);
    let [a, an, b, bn, n, i, x, y, z] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(Local);
    let sum = Expr::Local(x).f64_add(y).f64_add(z);
    let body = vec![
        get(x, (a, an), Expr::Local(i).i64_sub(1i64)),
        get(y, (a, an), i),
        get(z, (a, an), Expr::Local(i).i64_add(1i64)),
        set((b, bn), i, Expr::select(Expr::Local(y).f64_gt(0.0), sum, Expr::Local(y).f64_neg())),
    ];
    f.body = vec![for_range(&mut f, i, 1i64, Expr::Local(n).i64_sub(1i64), body)];
    let mut runs = Vec::new();
    for n in [0, 1, 2, 3, 9, 10, 14, 40, 41, 42, i64::MIN, i64::MIN + 1] {
        runs.push(vec![A, int(40), B, int(40), int(n)]);
        runs.push(vec![A, int(40), A, int(40), int(n)]);
        runs.push(vec![A, int(40), Value::I32(4096 - 16), int(40), int(n)]);
    }
    let new = check_all(&module(f), &runs);
    assert!(has_fast_loop(&new), "{new}");
    assert!(count(&new, is_vector_store) > 0, "{new}");
}

/// `for i in range(n): for j in range(n): for k in range(n): c[i*n+j] += a[i*n+k] * b[k*n+j]`, with
/// two-dimensional checks.
#[test]
fn matmul_is_versioned_once() {
    let mut f = function("main", &[I32, I64, I32, I64, I64], &[I64; 9], &[F64]);
    let s = f.new_local(F64, "s");
    let [a, n, b, m, stop, i, j, k] = [0, 1, 2, 3, 4, 5, 6, 7].map(Local);
    let [p, q, r, t] = [8, 9, 10, 11].map(Local);
    let at = |base: Local, row: Local, width: Local, col: Local| {
        Expr::load(MemTy::F64, element(base, Expr::Local(row).i64_mul(width).i64_add(col)), 0)
    };
    let inner = vec![
        bounds(p, i, n),
        bounds(q, k, n),
        bounds(r, k, m),
        bounds(t, j, m),
        Stmt::set(s, Expr::Local(s).f64_add(at(a, p, n, q).f64_mul(at(b, r, m, t)))),
    ];
    let inner = for_range(&mut f, k, 0i64, stop, inner);
    let middle = for_range(&mut f, j, 0i64, stop, vec![inner]);
    f.body = vec![for_range(&mut f, i, 0i64, stop, vec![middle]), Stmt::Return(vec![s.into()])];
    let runs: Vec<_> = [(5, 5, 5), (5, 6, 5), (5, 4, 5), (4, 5, 5), (5, 5, 0), (6, 6, 6), (6, 6, 7)]
        .map(|(n, m, stop)| vec![A, int(n), B, int(m), int(stop)])
        .to_vec();
    let new = check_all(&module(f), &runs);
    // The fast nest and the original.
    assert_eq!(count(&new, |s| matches!(s, Stmt::For { .. })), 6, "{new}");
    assert_eq!(count(&new, is_bounds), 4, "{new}");
}

/// `while j < n: a[j] = 0.0; j += p`
#[test]
fn sieve() {
    let mut f = function("main", &[I32, I64, I64, I64, I64], &[], &[I64]);
    let [a, an, j, n, p] = [0, 1, 2, 3, 4].map(Local);
    let label = f.new_label();
    let body = vec![
        Stmt::if_then(Expr::Local(j).i64_lt_s(n).not(), vec![Stmt::Break(label)]),
        set((a, an), j, 0.0),
        Stmt::set(j, Expr::Local(j).i64_add(p)),
    ];
    f.body = vec![Stmt::Loop { label, body }, Stmt::Return(vec![j.into()])];
    let mut runs = Vec::new();
    for (j, n, p) in
        [(4, 40, 2), (9, 40, 3), (0, 41, 7), (-3, 40, 1), (0, 40, -1), (5, 5, 1), (0, i64::MAX, 3)]
    {
        runs.push(vec![A, int(40), int(j), int(n), int(p)]);
    }
    let new = check_all(&module(f), &runs);
    assert!(has_fast_loop(&new), "{new}");
}

/// `for i in range(n): s += l[i] + l[-1]; l[i] = s` on a list: the header is loaded before the loop.
#[test]
fn list_header_is_hoisted() {
    let mut f = function("main", &[I32, I64], &[I64, I64, I64, I64], &[I64]);
    let [list, n, i, x, y, s] = [0, 1, 2, 3, 4, 5].map(Local);
    let body = vec![
        call(&[x], LIST_GET, vec![list.into(), i.into()]),
        call(&[y], LIST_GET, vec![list.into(), Expr::I64(-1)]),
        Stmt::set(s, Expr::Local(s).i64_add(x).i64_add(y)),
        call(&[], LIST_SET, vec![list.into(), i.into(), s.into()]),
    ];
    f.body = vec![for_range(&mut f, i, 0i64, n, body), Stmt::Return(vec![s.into()])];
    let list = Value::I32(2048);
    let runs: Vec<_> = [0, 1, 19, 20, 21].map(|n| vec![list, int(n)]).to_vec();
    let new = check_all(&module(f), &runs);
    assert!(has_fast_loop(&new), "{new}");
    let hoisted = |s: &Stmt| {
        matches!(s, Stmt::For { body, .. } if !super::super::usage::any_stmt(body, &mut |s| {
            matches!(s, Stmt::Set(_, Expr::Load { offset: 16 | 24, .. }))
        }))
    };
    assert_eq!(count(&new, hoisted), count(&new, |s| matches!(s, Stmt::For { .. })), "{new}");
}

/// `for i in range(rows): for j in range(cols): s += grid[i][j]` on lists of lists.
#[test]
fn rows_are_loaded_before_the_inner_loop() {
    let mut f = function("main", &[I32, I64, I64], &[I64, I64, I64, I32, I64, I64, I32, I64, I32], &[I64]);
    let [grid, rows, cols, i, j, s, row, x, at, data, len] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(Local);
    let inner = vec![
        Stmt::set(len, Expr::load(MemTy::I64, grid, 16)),
        bounds(at, i, len),
        Stmt::set(data, Expr::load(MemTy::Ptr, grid, 24)),
        Stmt::set(row, Expr::load(MemTy::Ptr, element(data, at), 0)),
        Stmt::Retain(row.into()),
        call(&[x], LIST_GET, vec![row.into(), j.into()]),
        Stmt::set(s, Expr::Local(s).i64_add(x)),
    ];
    let inner = for_range(&mut f, j, 0i64, cols, inner);
    f.body = vec![for_range(&mut f, i, 0i64, rows, vec![inner]), Stmt::Return(vec![s.into()])];
    let prepare = |m: &mut [u8]| {
        memory(m);
        // The grid at 2560 has three rows, all of them the list at 2048; its elements are at 2700.
        m[2560 + 16..2560 + 24].copy_from_slice(&3i64.to_le_bytes());
        m[2560 + 24..2560 + 28].copy_from_slice(&2704i32.to_le_bytes());
        for i in 0..3 {
            m[2704 + 8 * i..2704 + 8 * i + 4].copy_from_slice(&2048i32.to_le_bytes());
        }
    };
    let runs: Vec<Run<'_>> = [(3, 20), (4, 20), (3, 21), (0, 0), (-1, 5), (4, 0)]
        .map(|(rows, cols)| (vec![Value::I32(2560), int(rows), int(cols)], &prepare as &dyn Fn(&mut [u8])))
        .to_vec();
    let new = check(&module(f), &runs);
    assert!(has_fast_loop(&new), "{new}");
}

/// Early returns, zeroed locals in a loop, nested inlining and its places.
#[test]
fn inlining_keeps_meaning() {
    let mut f = function("main", &[I32, I64, I64], &[I64, F64, F64], &[F64]);
    let [a, an, n, i, x, s] = [0, 1, 2, 3, 4, 5].map(Local);
    let body = vec![
        call(&[x], FuncId(5), vec![a.into(), an.into(), i.into()]),
        Stmt::set(s, Expr::Local(s).f64_add(x)),
    ];
    f.body = vec![for_range(&mut f, i, -3i64, n, body), Stmt::Return(vec![s.into()])];
    let mut module = module(f);
    // def pick(data, len, i): if i < 0: return 1.0; while True: if t: break; t = t + ...; return get(...)
    let mut pick = function("pick", &[I32, I64, I64], &[F64, F64], &[F64]);
    let [data, len, i, t, x] = [0, 1, 2, 3, 4].map(Local);
    let label = pick.new_label();
    pick.body = vec![
        Stmt::if_then(Expr::Local(i).i64_lt_s(0i64), vec![Stmt::Return(vec![1.0.into()])]),
        Stmt::Loop {
            label,
            body: vec![
                Stmt::if_then(Expr::Local(t).f64_gt(3.0), vec![Stmt::Break(label)]),
                get(x, (data, len), i),
                Stmt::if_then(Expr::Local(x).f64_gt(5.0), vec![Stmt::Return(vec![x.into()])]),
                Stmt::set(t, Expr::Local(t).f64_add(1.0)),
            ],
        },
        Stmt::Return(vec![Expr::Local(t).f64_add(x)]),
    ];
    module.functions.push(pick);
    let runs: Vec<_> = [0, 5, 40, 41].map(|n| vec![A, int(40), int(n)]).to_vec();
    let new = check_all(&module, &runs);
    assert_eq!(new.functions.len(), 1, "{new}");
    let chain = new.sites.iter().map(|site| new.locs[site.loc.index()].parent.is_some());
    assert!(chain.clone().count() > 0 && chain.into_iter().all(|inlined| inlined));
}

#[test]
fn recursion_and_drops_stay() {
    let mut main = function("main", &[I64], &[I64], &[I64]);
    let [n, r] = [0, 1].map(Local);
    main.body = vec![call(&[r], FuncId(5), vec![n.into()]), Stmt::Return(vec![r.into()])];
    let mut module = module(main);
    let mut fact = function("fact", &[I64], &[I64], &[I64]);
    fact.body = vec![
        Stmt::if_then(Expr::Local(n).i64_lt_s(1i64), vec![Stmt::Return(vec![1i64.into()])]),
        call(&[r], FuncId(5), vec![Expr::Local(n).i64_sub(1i64)]),
        Stmt::Return(vec![Expr::Local(n).i64_mul(r)]),
    ];
    module.functions.push(fact);
    let new = check_all(&module, &[vec![int(10)], vec![int(0)]]);
    assert_eq!(new.functions.len(), 2, "{new}");
}

/// `Retain` and `Release` around a loop that only reads.
#[test]
fn counts_cancel() {
    let mut main = function("main", &[I32, I64], &[I64, F64, F64, I32], &[F64]);
    let [a, n, i, x, s, alias] = [0, 1, 2, 3, 4, 5].map(Local);
    let body = vec![get(x, (a, n), i), Stmt::set(s, Expr::Local(s).f64_add(x))];
    let body = for_range(&mut main, i, 0i64, n, body);
    main.body = vec![
        Stmt::set(alias, a),
        Stmt::Retain(a.into()),
        body,
        Stmt::Release { value: alias.into(), drop: FuncId(5) },
        Stmt::Return(vec![s.into()]),
    ];
    let mut module = module(main);
    module.functions.push(function("drop", &[I32], &[], &[]));
    let new = check_all(&module, &[vec![A, int(40)]]);
    assert_eq!(count(&new, |s| matches!(s, Stmt::Retain(_) | Stmt::Release { .. })), 0, "{new}");
}

/// `for i in range(n): x = a[i]; if x == 3: continue; if x > 900: break; s = s * 3 + x % 7` over integers.
#[test]
fn unrolled_loop_with_jumps() {
    let mut f = function("main", &[I32, I64], &[I64, I64, I64], &[I64, I64]);
    let [a, n, i, x, s] = [0, 1, 2, 3, 4].map(Local);
    let mut looping = for_range(&mut f, i, 0i64, n, Vec::new());
    if let Stmt::For { label, body, .. } = &mut looping {
        *body = vec![
            Stmt::set(x, Expr::load(MemTy::I64, element(a, i), 0)),
            Stmt::if_then(Expr::Local(x).i64_eq(3i64), vec![Stmt::Continue(*label)]),
            Stmt::if_then(Expr::Local(x).i64_gt_s(900i64), vec![Stmt::Break(*label)]),
            Stmt::set(s, Expr::Local(s).i64_mul(3i64).i64_add(Expr::bin(BinOp::I64RemS, x, 7i64))),
        ];
    }
    f.body = vec![looping, Stmt::Return(vec![s.into(), x.into()])];
    let runs: Vec<_> = (0..40).map(|n| vec![A, int(n)]).collect();
    let new = check_all(&module(f), &runs);
    assert!(count(&new, |s| matches!(s, Stmt::Loop { .. })) == 1, "{new}");
}
