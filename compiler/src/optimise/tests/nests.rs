//! Random nests of two loops over arrays that may overlap: what `jam`, `rows`, `signs`, `repeat` and
//! `vectorise` change. Every program runs with several placements of the arrays and several sizes.

use super::random::Rng;
use super::*;
use crate::ir::{BinOp, UnOp};
use Ty::{F64, I32, I64};

/// Addresses of three arrays, then the sizes and the width of a row.
const BASES: [Local; 3] = [Local(0), Local(1), Local(2)];
const N: Local = Local(3);
const M: Local = Local(4);
const WIDTH: Local = Local(5);
const I: Local = Local(6);
const J: Local = Local(7);
/// Integers: sums, a place, temporaries.
const INTS: [Local; 4] = [Local(8), Local(9), Local(10), Local(11)];
/// Floats: a sum, the least, temporaries.
const FLOATS: [Local; 5] = [Local(12), Local(13), Local(14), Local(15), Local(16)];
/// Bytes of 0 and 1.
const FLAGS: i32 = 16384;

struct Gen {
    rng: Rng,
}

impl Gen {
    fn index(&mut self, inner: bool) -> Expr {
        let (i, j) = (Expr::from(I), Expr::from(if inner { J } else { I }));
        match self.rng.below(8) {
            0 | 1 => j,
            2 => i,
            3 => i.i64_mul(WIDTH).i64_add(j),
            4 => j.i64_mul(WIDTH).i64_add(I),
            5 => j.i64_add(self.rng.pick(&[1i64, 2])),
            6 => i.i64_mul(3i64).i64_add(j).i64_sub(self.rng.pick(&[0i64, 1])),
            _ => Expr::I64(self.rng.pick(&[0, 1, 5])),
        }
    }

    fn place(&mut self, inner: bool) -> Expr {
        let base = self.rng.pick(&BASES);
        element(base, self.index(inner))
    }

    fn float(&mut self, depth: u64, inner: bool) -> Expr {
        match self.rng.below(if depth == 0 { 3 } else { 8 }) {
            0 => Expr::f64(self.rng.pick(&[0.0, -0.0, 1.5, -2.0, f64::NAN])),
            1 => self.rng.pick(&FLOATS).into(),
            2 => Expr::load(MemTy::F64, self.place(inner), 0),
            3 => Expr::un(self.rng.pick(&[UnOp::F64Abs, UnOp::F64Sqrt]), self.float(depth - 1, inner)),
            4 => Expr::un(UnOp::F64ConvertI64S, self.int(depth - 1, inner)),
            _ => {
                let op = self.rng.pick(&[BinOp::F64Add, BinOp::F64Mul, BinOp::F64Sub]);
                Expr::bin(op, self.float(depth - 1, inner), self.float(depth - 1, inner))
            }
        }
    }

    fn int(&mut self, depth: u64, inner: bool) -> Expr {
        match self.rng.below(if depth == 0 { 3 } else { 7 }) {
            0 => Expr::I64(self.rng.pick(&[0, 1, 3, 1 << 33, -2])),
            1 => self.rng.pick(&[N, WIDTH, INTS[2]]).into(),
            2 => (if inner { J } else { I }).into(),
            3 => self.int(depth - 1, inner).i64_add(self.int(depth - 1, inner)),
            4 => self.int(depth - 1, inner).i64_and(self.rng.pick(&[7i64, -8])),
            5 => self.int(depth - 1, inner).i64_shr_s(self.rng.pick(&[1i64, 3])),
            _ => self.int(depth - 1, inner).i64_mul(self.int(depth - 1, inner)),
        }
    }

    /// Python's remainder and quotient.
    fn division(&mut self, inner: bool, out: &mut Vec<Stmt>) {
        let [a, r] = [INTS[2], INTS[3]];
        let divisor = self.rng.pick(&[2i64, 3, 7, 9, 8, 10, 24]);
        let value = self.int(2, inner);
        out.push(Stmt::Set(a, value));
        if self.rng.below(2) == 0 {
            out.push(Stmt::set(r, Expr::bin(BinOp::I64RemS, a, divisor)));
            let mended = vec![Stmt::set(r, Expr::from(r).i64_add(divisor))];
            out.push(Stmt::if_then(Expr::from(r).i64_lt_s(0i64), mended));
        } else {
            out.push(Stmt::set(r, Expr::bin(BinOp::I64DivS, a, divisor)));
            let inexact = Expr::from(r).i64_mul(divisor).i64_ne(a);
            let mended = vec![Stmt::set(r, Expr::from(r).i64_add(-1i64))];
            out.push(Stmt::if_then(Expr::from(a).i64_lt_s(0i64).i32_and(inexact), mended));
        }
        out.push(Stmt::set(INTS[0], Expr::from(INTS[0]).i64_add(r)));
    }

    fn load(&mut self, inner: bool, out: &mut Vec<Stmt>) {
        let (dst, addr) = (self.rng.pick(&FLOATS[2..]), self.place(inner));
        out.push(Stmt::Set(dst, Expr::load(MemTy::F64, addr, 0)));
    }

    fn before(&mut self) -> Vec<Stmt> {
        let mut out = Vec::new();
        for _ in 0..self.rng.below(3) {
            match self.rng.below(3) {
                0 => out.push(Stmt::set(FLOATS[0], Expr::f64(0.0))),
                1 => self.load(false, &mut out),
                _ => out.push(Stmt::set(FLOATS[2], self.float(1, false))),
            }
        }
        out
    }

    fn inner(&mut self) -> Vec<Stmt> {
        let mut out = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            match self.rng.below(8) {
                0 | 1 => self.load(true, &mut out),
                2 | 3 => {
                    let addend = self.float(2, true);
                    out.push(Stmt::set(FLOATS[0], Expr::from(FLOATS[0]).f64_add(addend)));
                }
                4 => {
                    let place = self.place(true);
                    let old = Expr::load(MemTy::F64, place.clone(), 0);
                    out.push(Stmt::store(MemTy::F64, place, 0, old.f64_add(self.float(1, true))));
                }
                5 => {
                    // As lowering writes it: the address and the element in temporaries.
                    let (place, value) = (self.place(true), self.float(1, true));
                    out.push(Stmt::set(FLOATS[3], Expr::load(MemTy::F64, place.clone(), 0)));
                    out.push(Stmt::store(MemTy::F64, place.clone(), 0, Expr::from(FLOATS[3]).f64_add(value)));
                    if self.rng.below(4) == 0 {
                        out.push(Stmt::set(FLOATS[4], Expr::load(MemTy::F64, place, 0)));
                    }
                }
                6 => self.division(true, &mut out),
                _ => {
                    let flag = Expr::i32_add(FLAGS.into(), Expr::from(J).i32_wrap());
                    let flag = Expr::un(UnOp::I64ExtendI32U, Expr::load(MemTy::Bool, flag, 0));
                    out.push(Stmt::set(INTS[1], Expr::from(INTS[1]).i64_add(flag)));
                }
            }
        }
        out
    }

    fn after(&mut self) -> Vec<Stmt> {
        let mut out = Vec::new();
        for _ in 0..self.rng.below(3) {
            match self.rng.below(3) {
                0 => {
                    let place = self.place(false);
                    out.push(Stmt::store(MemTy::F64, place, 0, FLOATS[0]));
                }
                1 => {
                    let [x, least, place] = [FLOATS[self.rng.below(3) as usize], FLOATS[1], INTS[1]];
                    let less = self.rng.pick(&[BinOp::F64Lt, BinOp::F64Gt]);
                    let then = vec![Stmt::set(least, x), Stmt::set(place, I)];
                    out.push(Stmt::if_then(Expr::bin(less, x, least), then));
                }
                _ => self.division(false, &mut out),
            }
        }
        out
    }

    fn nest(&mut self, f: &mut Function) -> Stmt {
        let (before, inner, after) = (self.before(), self.inner(), self.after());
        let start = self.rng.pick(&[0i64, 0, 1]);
        let stop = self.rng.pick(&[N, M, M]);
        let inner = for_range(f, J, start, stop, inner);
        let body = before.into_iter().chain([inner]).chain(after).collect();
        for_range(f, I, 0i64, N, body)
    }
}

fn generate(seed: u64) -> Module {
    let params = [I32, I32, I32, I64, I64, I64];
    let locals = [I64, I64, I64, I64, I64, I64, F64, F64, F64, F64, F64];
    let results = [I64, I64, I64, F64, F64, F64, F64, F64];
    let mut f = function("main", &params, &locals, &results);
    let mut g = Gen { rng: Rng::new(seed) };
    let nests = [g.nest(&mut f), g.nest(&mut f)];
    let results = [INTS[0], INTS[1], INTS[3]].into_iter().chain(FLOATS);
    f.body = vec![Stmt::set(FLOATS[1], Expr::f64(5.0))];
    f.body.extend(nests);
    f.body.push(Stmt::Return(results.map(Expr::from).collect()));
    module(f)
}

fn memory(memory: &mut [u8]) {
    for i in 0..1000 {
        let value = (i * 37 % 23) as f64 * 0.5 - 4.0;
        memory[4096 + 8 * i..4096 + 8 * i + 8].copy_from_slice(&value.to_le_bytes());
        memory[FLAGS as usize + i] = u8::from(i % 3 == 0);
    }
}

fn try_seed(seed: u64) {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let places =
        [(4096, 6000, 8000), (4096, 4096, 4104), (4096, 4128, 4160), (4160, 4112, 4096), (4100, 5000, 4096)];
    for (a, b, c) in places {
        for (n, m, width) in [(9, 13, 13), (4, 4, 0), (6, 0, 4), (0, 5, 5), (5, 90, 1)] {
            let mut args = [a, b, c].map(Value::I32).to_vec();
            args.extend([n, m, width].map(Value::I64));
            runs.push((args, &memory));
        }
    }
    check(&generate(seed), &runs);
}

#[test]
fn random_nests() {
    (1..250).for_each(try_seed);
}

/// Minutes of them; run with `--release -- --ignored`.
#[test]
#[ignore = "slow"]
fn many_random_nests() {
    (1_000..60_000).for_each(try_seed);
}
