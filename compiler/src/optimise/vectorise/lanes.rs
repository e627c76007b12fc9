//! A loop body as operations on two lanes, if that is possible.

use crate::ir::build::for_each_assigned_local;
use crate::ir::{BinOp, Expr, Function, Local, MemTy, Stmt, Ty, UnOp};
use crate::optimise::alias::is_invariant;
use crate::optimise::usage::LocalSet;

/// More accesses than this need too many comparisons before the loop.
const MAX_ACCESSES: usize = 12;

/// A memory access of the body.
pub(super) struct Access {
    /// The address without the offset, in terms of the loop variable and of what does not change.
    pub(super) addr: Expr,
    pub(super) offset: u32,
    pub(super) mem: MemTy,
    pub(super) store: bool,
    /// The address moves by 8 an iteration; otherwise it does not move.
    pub(super) moves: bool,
}

/// The body of a vector loop.
pub(super) struct Lanes {
    /// Assignments before the vector loop.
    pub(super) before: Vec<Stmt>,
    /// The body for the iterations `var` and `var + 1`.
    pub(super) body: Vec<Stmt>,
    /// In the order of evaluation.
    pub(super) accesses: Vec<Access>,
    /// Sums of integers: the scalar and its lanes.
    pub(super) sums: Vec<(Local, Local)>,
    /// Sums of floats, to which the lanes are added one after the other.
    pub(super) ordered: Vec<Local>,
}

impl Lanes {
    /// Translates the body of a `For`.
    pub(super) fn of(stmt: &Stmt, function: &mut Function) -> Option<Lanes> {
        let Stmt::For { var, body, .. } = stmt else { return None };
        let (mut assigned, mut twice) = (LocalSet::default(), false);
        for_each_assigned_local(body, &mut |local| twice |= !assigned.insert(local));
        assigned.insert(*var);
        if twice || !body.iter().any(|stmt| matches!(stmt, Stmt::Store { .. })) && !has_sum(body) {
            return None;
        }
        let locals = function.locals.len();
        let lanes = Lanes {
            before: Vec::new(),
            body: Vec::new(),
            accesses: Vec::new(),
            sums: Vec::new(),
            ordered: Vec::new(),
        };
        let mut build =
            Build { function, var: *var, assigned, scalars: Vec::new(), vectors: Vec::new(), lanes };
        for stmt in body {
            if build.stmt(stmt, body).is_none() {
                build.function.locals.truncate(locals);
                return None;
            }
        }
        // Taking lanes apart again costs about as much as one operation saves.
        let worth = build.lanes.ordered.is_empty() || operations(body) >= 3 * build.lanes.ordered.len();
        worth.then_some(build.lanes)
    }
}

/// Whether something looks like a sum.
fn has_sum(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::Set(local, Expr::Binary(BinOp::I64Add | BinOp::F64Add, a, _)) => **a == Expr::Local(*local),
        _ => false,
    })
}

/// How many operations on floats there are.
fn operations(body: &[Stmt]) -> usize {
    let mut count = 0;
    crate::ir::build::visit_exprs(body, &mut |e| {
        count += usize::from(match e {
            Expr::Unary(op, _) => unary(*op).is_some(),
            Expr::Binary(op, ..) => binary(*op).is_some() && op.types().1 == Ty::F64,
            _ => false,
        });
    });
    count
}

struct Build<'a> {
    function: &'a mut Function,
    var: Local,
    /// By the body, and `var`.
    assigned: LocalSet,
    /// Temporaries that stay scalars (parts of addresses), in terms of `var` and of fixed values.
    scalars: Vec<(Local, Expr)>,
    /// Temporaries that have lanes.
    vectors: Vec<(Local, Local)>,
    lanes: Lanes,
}

impl Build<'_> {
    fn stmt(&mut self, stmt: &Stmt, body: &[Stmt]) -> Option<()> {
        match stmt {
            Stmt::Set(local, value) => {
                if let Some(resolved) = self.resolve(value) {
                    self.scalars.push((*local, resolved));
                    self.lanes.body.push(stmt.clone());
                    return Some(());
                }
                if let Some(addend) = self.addend(BinOp::I64Add, *local, value, body) {
                    return self.sum(*local, addend);
                }
                if let Some(addend) = self.addend(BinOp::F64Add, *local, value, body) {
                    return self.ordered_sum(*local, addend);
                }
                let value =
                    if self.function.ty(*local) == Ty::I32 { self.mask(value)? } else { self.vector(value)? };
                let lanes = self.function.new_local(Ty::V128, "lanes");
                self.vectors.push((*local, lanes));
                self.lanes.body.push(Stmt::Set(lanes, value));
                Some(())
            }
            Stmt::Store { mem: mem @ (MemTy::F64 | MemTy::I64), addr, offset, value } => {
                let value = self.vector(value)?;
                if !self.access(addr, *offset, *mem, true)? {
                    return None;
                }
                self.lanes.body.push(Stmt::store(MemTy::V128, addr.clone(), *offset, value));
                Some(())
            }
            _ => None,
        }
    }

    /// What is added to a sum, if nothing else in the body reads it.
    fn addend<'e>(&self, add: BinOp, local: Local, value: &'e Expr, body: &[Stmt]) -> Option<&'e Expr> {
        let Expr::Binary(op, a, b) = value else { return None };
        if *op != add || **a != Expr::Local(local) {
            return None;
        }
        let mut reads = 0;
        crate::ir::build::visit_exprs(body, &mut |e| reads += usize::from(*e == Expr::Local(local)));
        (reads == 1).then_some(&**b)
    }

    fn sum(&mut self, local: Local, addend: &Expr) -> Option<()> {
        let value = self.vector(addend)?;
        let lanes = self.function.new_local(Ty::V128, "sum");
        self.lanes.before.push(Stmt::Set(lanes, Expr::zero(Ty::V128)));
        self.lanes.body.push(Stmt::Set(lanes, Expr::bin(BinOp::I64x2Add, lanes, value)));
        self.lanes.sums.push((local, lanes));
        Some(())
    }

    fn ordered_sum(&mut self, local: Local, addend: &Expr) -> Option<()> {
        let value = self.vector(addend)?;
        let lanes = self.function.new_local(Ty::V128, "lanes");
        self.lanes.body.push(Stmt::Set(lanes, value));
        for lane in [0, 1] {
            let sum = Expr::from(local).f64_add(Expr::un(UnOp::F64x2Extract(lane), lanes));
            self.lanes.body.push(Stmt::Set(local, sum));
        }
        self.lanes.ordered.push(local);
        Some(())
    }

    /// The expression in terms of `var` and of what does not change, if it reads nothing else.
    fn resolve(&self, e: &Expr) -> Option<Expr> {
        let mut resolved = e.clone();
        resolved.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some((_, known)) = self.scalars.iter().find(|(l, _)| l == local)
            {
                *e = known.clone();
            }
        });
        let possible = resolved.size() <= 40
            && !resolved.any(&mut |e| match e {
                Expr::Local(local) => *local != self.var && self.assigned.contains(*local),
                Expr::Load { .. } | Expr::Global(_) | Expr::MemorySize => true,
                _ => false,
            });
        possible.then_some(resolved)
    }

    /// Records an access; whether it moves.
    fn access(&mut self, addr: &Expr, offset: u32, mem: MemTy, store: bool) -> Option<bool> {
        let addr = self.resolve(addr)?;
        let moves = match step(&addr, self.var, &self.assigned)? {
            8 => true,
            0 => false,
            _ => return None,
        };
        self.lanes.accesses.push(Access { addr, offset, mem, store, moves });
        (self.lanes.accesses.len() <= MAX_ACCESSES).then_some(moves)
    }

    /// A value that is the same in all iterations, in both lanes, made before the loop.
    fn splat(&mut self, value: Expr, ty: Ty) -> Option<Expr> {
        let op = match ty {
            Ty::F64 => UnOp::F64x2Splat,
            Ty::I64 => UnOp::I64x2Splat,
            _ => return None,
        };
        let value = Expr::un(op, value);
        for stmt in &self.lanes.before {
            if let Stmt::Set(local, known) = stmt
                && *known == value
                && !self.lanes.sums.iter().any(|(_, lanes)| lanes == local)
            {
                return Some(Expr::Local(*local));
            }
        }
        let local = self.function.new_local(Ty::V128, "fixed");
        self.lanes.before.push(Stmt::Set(local, value));
        Some(Expr::Local(local))
    }

    fn ty(&self, e: &Expr) -> Option<Ty> {
        Some(match e {
            Expr::I32(_) | Expr::Data(_) => Ty::I32,
            Expr::I64(_) | Expr::MemorySize => Ty::I64,
            Expr::F64(_) => Ty::F64,
            Expr::Local(local) => self.function.ty(*local),
            Expr::Global(_) => return None,
            Expr::Unary(op, _) => op.types().1,
            Expr::Binary(op, ..) => op.types().1,
            Expr::Load { mem, .. } => mem.ty(),
            Expr::Select { then, .. } => self.ty(then)?,
            Expr::Bitselect { .. } => Ty::V128,
        })
    }

    /// Both lanes of an F64 or I64 value.
    fn vector(&mut self, e: &Expr) -> Option<Expr> {
        if let Some(resolved) = self.resolve(e)
            && is_invariant(&resolved, &self.assigned)
        {
            let ty = self.ty(&resolved)?;
            return self.splat(resolved, ty);
        }
        match e {
            Expr::Local(local) => {
                let (_, lanes) = self.vectors.iter().find(|(l, _)| l == local)?;
                let wide = matches!(self.function.ty(*local), Ty::F64 | Ty::I64);
                wide.then_some(Expr::Local(*lanes))
            }
            Expr::Load { mem: mem @ (MemTy::F64 | MemTy::I64), addr, offset } => {
                if self.access(addr, *offset, *mem, false)? {
                    return Some(Expr::load(MemTy::V128, (**addr).clone(), *offset));
                }
                let addr = self.resolve(addr)?;
                self.splat(Expr::load(*mem, addr, *offset), mem.ty())
            }
            Expr::Unary(op, a) => {
                let op = unary(*op)?;
                Some(Expr::un(op, self.vector(a)?))
            }
            Expr::Binary(BinOp::F64Copysign, a, b) => {
                let (a, b) = (self.vector(a)?, self.vector(b)?);
                let sign = self.splat(Expr::I64(i64::MIN), Ty::I64)?;
                Some(Expr::bitselect(b, a, sign))
            }
            Expr::Binary(op, a, b) => {
                let op = binary(*op)?;
                Some(Expr::bin(op, self.vector(a)?, self.vector(b)?))
            }
            Expr::Select { cond, then, orelse } => {
                let (mask, then) = (self.mask(cond)?, self.vector(then)?);
                Some(Expr::bitselect(then, self.vector(orelse)?, mask))
            }
            _ => None,
        }
    }

    /// All bits set in the lanes in which a truth value holds.
    fn mask(&mut self, e: &Expr) -> Option<Expr> {
        match e {
            Expr::Local(local) if self.function.ty(*local) == Ty::I32 => {
                let (_, lanes) = self.vectors.iter().find(|(l, _)| l == local)?;
                Some(Expr::Local(*lanes))
            }
            Expr::Unary(UnOp::I32Eqz, a) => Some(Expr::un(UnOp::V128Not, self.mask(a)?)),
            Expr::Binary(op @ (BinOp::I32And | BinOp::I32Or | BinOp::I32Xor), a, b) => {
                let op = match op {
                    BinOp::I32And => BinOp::V128And,
                    BinOp::I32Or => BinOp::V128Or,
                    _ => BinOp::V128Xor,
                };
                Some(Expr::bin(op, self.mask(a)?, self.mask(b)?))
            }
            Expr::Binary(op, a, b) => {
                let op = comparison(*op)?;
                Some(Expr::bin(op, self.vector(a)?, self.vector(b)?))
            }
            _ => None,
        }
    }
}

/// By how much an expression grows when `var` grows by 1, modulo 2^32; `None` if it may differ.
pub(in crate::optimise) fn step(e: &Expr, var: Local, assigned: &LocalSet) -> Option<i32> {
    if *e == Expr::Local(var) {
        return Some(1);
    }
    if is_invariant(e, assigned) {
        return Some(0);
    }
    match e {
        Expr::Unary(UnOp::I32WrapI64, a) => step(a, var, assigned),
        Expr::Binary(BinOp::I32Add | BinOp::I64Add, a, b) => {
            Some(step(a, var, assigned)?.wrapping_add(step(b, var, assigned)?))
        }
        Expr::Binary(BinOp::I32Sub | BinOp::I64Sub, a, b) => {
            Some(step(a, var, assigned)?.wrapping_sub(step(b, var, assigned)?))
        }
        Expr::Binary(BinOp::I32Mul | BinOp::I64Mul, a, b) => {
            let scale = match **b {
                Expr::I32(scale) => scale,
                Expr::I64(scale) => scale as i32,
                _ => return None,
            };
            Some(step(a, var, assigned)?.wrapping_mul(scale))
        }
        Expr::Binary(BinOp::I32Shl | BinOp::I64Shl, a, b) => match **b {
            Expr::I32(shift @ 0..8) => Some(step(a, var, assigned)?.wrapping_shl(shift as u32)),
            Expr::I64(shift @ 0..8) => Some(step(a, var, assigned)?.wrapping_shl(shift as u32)),
            _ => None,
        },
        _ => None,
    }
}

fn unary(op: UnOp) -> Option<UnOp> {
    Some(match op {
        UnOp::F64Abs => UnOp::F64x2Abs,
        UnOp::F64Neg => UnOp::F64x2Neg,
        UnOp::F64Sqrt => UnOp::F64x2Sqrt,
        UnOp::F64Floor => UnOp::F64x2Floor,
        UnOp::F64Ceil => UnOp::F64x2Ceil,
        UnOp::F64Trunc => UnOp::F64x2Trunc,
        UnOp::F64Nearest => UnOp::F64x2Nearest,
        _ => return None,
    })
}

fn binary(op: BinOp) -> Option<BinOp> {
    Some(match op {
        BinOp::F64Add => BinOp::F64x2Add,
        BinOp::F64Sub => BinOp::F64x2Sub,
        BinOp::F64Mul => BinOp::F64x2Mul,
        BinOp::F64Div => BinOp::F64x2Div,
        BinOp::F64Min => BinOp::F64x2Min,
        BinOp::F64Max => BinOp::F64x2Max,
        BinOp::I64Add => BinOp::I64x2Add,
        BinOp::I64Sub => BinOp::I64x2Sub,
        BinOp::I64And => BinOp::V128And,
        BinOp::I64Or => BinOp::V128Or,
        BinOp::I64Xor => BinOp::V128Xor,
        _ => return None,
    })
}

fn comparison(op: BinOp) -> Option<BinOp> {
    Some(match op {
        BinOp::F64Eq => BinOp::F64x2Eq,
        BinOp::F64Ne => BinOp::F64x2Ne,
        BinOp::F64Lt => BinOp::F64x2Lt,
        BinOp::F64Le => BinOp::F64x2Le,
        BinOp::F64Gt => BinOp::F64x2Gt,
        BinOp::F64Ge => BinOp::F64x2Ge,
        BinOp::I64Eq => BinOp::I64x2Eq,
        BinOp::I64Ne => BinOp::I64x2Ne,
        BinOp::I64LtS => BinOp::I64x2LtS,
        BinOp::I64LeS => BinOp::I64x2LeS,
        BinOp::I64GtS => BinOp::I64x2GtS,
        BinOp::I64GeS => BinOp::I64x2GeS,
        _ => return None,
    })
}
