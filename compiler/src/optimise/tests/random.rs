//! Random programs over two arrays and a few numbers.

use super::*;
use crate::ir::{BinOp, UnOp};

/// A generator of numbers that is the same everywhere (xorshift).
pub(super) struct Rng(u64);

impl Rng {
    /// Seeds of any size give different numbers from the start.
    pub(super) fn new(seed: u64) -> Rng {
        let mut rng = Rng(seed * 2 + 1);
        (0..20).for_each(|_| {
            rng.below(2);
        });
        rng
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// Parameters: two arrays (address, length), a number. Then integers, floats, loop variables.
const ARRAYS: [(Local, Local); 2] = [(Local(0), Local(1)), (Local(2), Local(3))];
const INTS: [Local; 4] = [Local(4), Local(5), Local(6), Local(7)];
const FLOATS: [Local; 3] = [Local(8), Local(9), Local(10)];
const VARS: [Local; 3] = [Local(11), Local(12), Local(13)];
const FLAG: Local = Local(14);
const LISTS: [Local; 2] = [Local(15), Local(16)];

struct Gen {
    rng: Rng,
    f: Function,
    labels: Vec<(Label, bool)>,
    depth: usize,
    loops: usize,
}

impl Gen {
    fn int(&mut self, depth: u64) -> Expr {
        match self.rng.below(if depth == 0 { 3 } else { 9 }) {
            0 => Expr::I64(self.rng.pick(&[-2, -1, 0, 1, 2, 3, 5, 12])),
            1 => self.rng.pick(&INTS).into(),
            2 if self.loops > 0 => VARS[self.rng.below(self.loops as u64) as usize].into(),
            2 => self.rng.pick(&[Local(1), Local(3), Local(4)]).into(),
            3 | 4 => self.int(depth - 1).i64_add(self.int(depth - 1)),
            5 => self.int(depth - 1).i64_sub(self.int(depth - 1)),
            6 => self.int(depth - 1).i64_mul(self.rng.pick(&[2i64, 3, -1])),
            7 => Expr::select(self.cond(depth - 1), self.int(depth - 1), self.int(depth - 1)),
            _ => self.int(depth - 1).i64_and(7i64),
        }
    }

    /// Mostly what is a good index.
    fn index(&mut self) -> Expr {
        if self.loops > 0 && self.rng.below(4) > 0 {
            let var = Expr::Local(VARS[self.rng.below(self.loops as u64) as usize]);
            return match self.rng.below(5) {
                0 => var.i64_add(1i64),
                1 => var.i64_sub(1i64),
                2 if self.loops > 1 => var.i64_mul(2i64).i64_add(VARS[0]),
                _ => var,
            };
        }
        self.int(1)
    }

    /// One of two lists.
    fn list(&mut self) -> Expr {
        self.rng.pick(&LISTS).into()
    }

    fn cond(&mut self, depth: u64) -> Expr {
        match self.rng.below(6) {
            0 => self.int(depth).i64_lt_s(self.int(depth)),
            1 => self.int(depth).i64_eq(self.int(depth)),
            2 => self.int(depth).i64_ge_s(self.int(depth)),
            3 => self.float(depth.min(1)).f64_lt(self.float(depth.min(1))),
            4 => FLAG.into(),
            _ => Expr::Local(FLAG).not(),
        }
    }

    fn float(&mut self, depth: u64) -> Expr {
        match self.rng.below(if depth == 0 { 3 } else { 8 }) {
            0 => Expr::f64(self.rng.pick(&[0.0, -0.0, 1.0, -1.5, 3.25, f64::INFINITY, 1e300])),
            1 | 2 => self.rng.pick(&FLOATS).into(),
            3 => self.float(depth - 1).f64_add(self.float(depth - 1)),
            4 => self.float(depth - 1).f64_mul(self.float(depth - 1)),
            5 => {
                let op = self.rng.pick(&[BinOp::F64Sub, BinOp::F64Div, BinOp::F64Min, BinOp::F64Copysign]);
                Expr::bin(op, self.float(depth - 1), self.float(depth - 1))
            }
            6 => Expr::un(self.rng.pick(&[UnOp::F64Neg, UnOp::F64Abs, UnOp::F64Sqrt]), self.float(depth - 1)),
            _ => Expr::select(self.cond(depth - 1), self.float(depth - 1), self.float(depth - 1)),
        }
    }

    fn block(&mut self) -> Vec<Stmt> {
        self.depth += 1;
        let n = 1 + self.rng.below(4);
        let mut body = Vec::new();
        for _ in 0..n {
            self.stmt(&mut body);
        }
        self.depth -= 1;
        body
    }

    fn stmt(&mut self, out: &mut Vec<Stmt>) {
        let choice = self.rng.below(if self.depth > 4 { 11 } else { 16 });
        match choice {
            0 | 1 => {
                let (dst, value) = (self.rng.pick(&INTS), self.int(2));
                out.push(Stmt::Set(dst, value));
            }
            2 | 3 => {
                let (dst, value) = (self.rng.pick(&FLOATS), self.float(2));
                out.push(Stmt::Set(dst, value));
            }
            4..=6 => {
                let (dst, array, index) = (self.rng.pick(&FLOATS), self.rng.pick(&ARRAYS), self.index());
                out.push(get(dst, array, index));
            }
            7 if self.rng.below(2) == 0 => {
                let (dst, list, index) = (self.rng.pick(&INTS), self.list(), self.index());
                out.push(call(&[dst], LIST_GET, vec![list, index]));
            }
            8 if self.rng.below(2) == 0 => {
                let (list, index, value) = (self.list(), self.index(), self.int(1));
                out.push(call(&[], LIST_SET, vec![list, index, value]));
            }
            7..=9 => {
                let (array, index, value) = (self.rng.pick(&ARRAYS), self.index(), self.float(2));
                out.push(set(array, index, value));
            }
            10 => match self.labels.last().copied() {
                Some((label, is_loop)) if self.rng.below(3) == 0 => {
                    let jump = if is_loop { Stmt::Continue(label) } else { Stmt::Break(label) };
                    let cond = self.cond(1);
                    out.push(Stmt::if_then(cond, vec![jump]));
                }
                _ => {
                    let cond = self.cond(1);
                    out.push(Stmt::Set(FLAG, cond));
                }
            },
            11 => {
                let cond = self.cond(1);
                let (then, orelse) = (self.block(), self.block());
                out.push(Stmt::if_else(cond, then, orelse));
            }
            12 => {
                let label = self.f.new_label();
                self.labels.push((label, false));
                let body = self.block();
                self.labels.pop();
                out.push(Stmt::Block { label, body });
            }
            13 => self.while_loop(out),
            _ => self.for_loop(out),
        }
    }

    fn for_loop(&mut self, out: &mut Vec<Stmt>) {
        if self.loops == VARS.len() {
            return;
        }
        let (start, stop) = match self.rng.below(4) {
            0 => (self.int(1), self.int(1)),
            1 => (Expr::I64(0), Expr::Local(Local(1))),
            2 => (Expr::I64(1), self.int(1)),
            _ => (Expr::I64(0), Expr::Local(Local(4))),
        };
        let step = self.rng.pick(&[1, 1, 1, 1, 2, -1]);
        let (start, stop) = if step < 0 { (stop, start) } else { (start, stop) };
        let var = VARS[self.loops];
        let label = self.f.new_label();
        self.labels.push((label, true));
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        self.labels.pop();
        out.push(Stmt::For { label, var, start, stop, step, body });
    }

    fn while_loop(&mut self, out: &mut Vec<Stmt>) {
        let (var, limit) = (self.rng.pick(&INTS), self.rng.pick(&[Local(1), Local(4)]));
        let (label, inner) = (self.f.new_label(), self.f.new_label());
        let test = Expr::Local(var).i64_lt_s(limit);
        let mut body = vec![Stmt::if_then(test.not(), vec![Stmt::Break(label)])];
        self.labels.push((inner, false));
        if self.rng.below(2) == 0 {
            let (array, value) = (self.rng.pick(&ARRAYS), self.float(1));
            body.push(set(array, var, value));
        } else {
            let block = self.block();
            body.push(Stmt::Block { label: inner, body: block });
        }
        self.labels.pop();
        body.push(Stmt::set(var, Expr::Local(var).i64_add(self.rng.pick(&[1i64, 2]))));
        out.push(Stmt::Loop { label, body });
    }
}

fn generate(seed: u64) -> Module {
    use Ty::{F64, I32, I64};
    let params = [I32, I64, I32, I64, I64];
    let locals = [I64, I64, I64, F64, F64, F64, I64, I64, I64, I32, I32, I32];
    let f = function("main", &params, &locals, &[I64, F64, I64, F64]);
    let mut g = Gen { rng: Rng::new(seed), f, labels: Vec::new(), depth: 0, loops: 0 };
    let mut body = vec![Stmt::set(LISTS[0], 2048i32), Stmt::set(LISTS[1], 2080i32)];
    for _ in 0..4 {
        g.stmt(&mut body);
        g.for_loop(&mut body);
    }
    body.push(Stmt::Return(vec![INTS[1].into(), FLOATS[0].into(), INTS[2].into(), FLOATS[1].into()]));
    g.f.body = body;
    let mut module = module(g.f);
    // Mostly as the library is inlined; sometimes its functions stay calls, or everything is cold.
    match seed % 5 {
        0 => module.functions.iter_mut().skip(1).for_each(|f| f.inline = Inline::Never),
        1 => module.functions.iter_mut().for_each(|f| f.inline = Inline::Cold),
        _ => {}
    }
    module
}

fn memory(memory: &mut [u8]) {
    for i in 0..80 {
        let value = (i * 37 % 19) as f64 * 0.5 - 4.0;
        memory[4096 + 8 * i..4096 + 8 * i + 8].copy_from_slice(&value.to_le_bytes());
        memory[3072 + 8 * i..3072 + 8 * i + 8].copy_from_slice(&(i as i64 % 5).to_le_bytes());
    }
    for (list, len, data) in [(2048, 12i64, 3072i32), (2080, 9, 3072 + 320)] {
        memory[list + 16..list + 24].copy_from_slice(&len.to_le_bytes());
        memory[list + 24..list + 28].copy_from_slice(&data.to_le_bytes());
    }
}

fn try_seed(seed: u64) {
    let module = generate(seed);
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (n, a, b, b_len) in
        [(12, 4096, 4300, 12), (9, 4096, 4088, 20), (13, 4096, 4096, 12), (1, 4096, 4112, 3)]
    {
        let args = vec![Value::I32(a), Value::I64(12), Value::I32(b), Value::I64(b_len), Value::I64(n)];
        runs.push((args, &memory));
    }
    check(&module, &runs);
}

#[test]
fn random_programs() {
    (1..150).for_each(try_seed);
}

/// Minutes of them; run with `--release -- --ignored`.
#[test]
#[ignore = "slow"]
fn many_random_programs() {
    (1_000..20_000).for_each(try_seed);
}

/// Time for one optimisation; run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    for seed in [3, 5, 8, 13] {
        let module = generate(seed);
        let size = |m: &Module| m.functions.iter().map(|f| super::super::usage::size(&f.body)).sum::<usize>();
        let mut best = std::time::Duration::MAX;
        let mut new = module.clone();
        for _ in 0..20 {
            new = module.clone();
            let start = std::time::Instant::now();
            optimise(&mut new, &Options::default());
            best = best.min(start.elapsed());
        }
        println!("{} nodes to {}: {best:?}", size(&module), size(&new));
    }
}
