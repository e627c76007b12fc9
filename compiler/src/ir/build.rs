//! Making and walking trees: operands and operators in, [`Expr`]s out, and the other way round.
//!
//! Used by `lower` (which makes trees), by `optimise` (which changes them) and by `verify`. The
//! walkers know every variant of [`Expr`] and [`Stmt`], so that a pass names only those it cares for.
//! Nothing here simplifies: `Expr::i64_add(1, 2)` is an addition until `optimise/fold.rs` sees it.

use super::{BinOp, Callee, Expr, Function, GlobalId, Label, Local, MemTy, Module, SiteId, Stmt, Ty, UnOp};

impl From<Local> for Expr {
    fn from(local: Local) -> Expr {
        Expr::Local(local)
    }
}

impl From<i32> for Expr {
    fn from(value: i32) -> Expr {
        Expr::I32(value)
    }
}

impl From<i64> for Expr {
    fn from(value: i64) -> Expr {
        Expr::I64(value)
    }
}

impl From<f64> for Expr {
    fn from(value: f64) -> Expr {
        Expr::f64(value)
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Expr {
        Expr::bool(value)
    }
}

/// Constructors that are methods of the left operand: `i.i64_add(1i64)` or `Expr::i64_add(a, b)`.
macro_rules! binary {
    ($($name:ident $op:ident)*) => {
        /// One constructor for each frequent operator with two operands, named after it.
        impl Expr {
            $(
                #[doc = concat!("[`BinOp::", stringify!($op), "`].")]
                pub fn $name(self, right: impl Into<Expr>) -> Expr {
                    Expr::bin(BinOp::$op, self, right)
                }
            )*
        }
    };
}

binary! {
    i32_add I32Add i32_sub I32Sub i32_mul I32Mul i32_and I32And i32_or I32Or i32_xor I32Xor
    i32_shl I32Shl i32_shr_u I32ShrU i32_eq I32Eq i32_ne I32Ne i32_lt_s I32LtS i32_lt_u I32LtU
    i32_le_u I32LeU i32_gt_u I32GtU i32_ge_u I32GeU
    i64_add I64Add i64_sub I64Sub i64_mul I64Mul i64_div_s I64DivS i64_div_u I64DivU
    i64_rem_s I64RemS i64_rem_u I64RemU i64_and I64And i64_or I64Or i64_xor I64Xor
    i64_shl I64Shl i64_shr_s I64ShrS i64_shr_u I64ShrU i64_rotl I64Rotl
    i64_eq I64Eq i64_ne I64Ne i64_lt_s I64LtS i64_le_s I64LeS i64_gt_s I64GtS i64_ge_s I64GeS
    i64_lt_u I64LtU i64_ge_u I64GeU
    f64_add F64Add f64_sub F64Sub f64_mul F64Mul f64_div F64Div f64_min F64Min f64_max F64Max
    f64_copysign F64Copysign f64_eq F64Eq f64_ne F64Ne f64_lt F64Lt f64_le F64Le f64_gt F64Gt f64_ge F64Ge
    v128_and V128And v128_or V128Or v128_xor V128Xor v128_and_not V128AndNot
}

macro_rules! unary {
    ($($name:ident $op:ident)*) => {
        /// One constructor for each frequent operator with one operand, named after it.
        impl Expr {
            $(
                #[doc = concat!("[`UnOp::", stringify!($op), "`].")]
                pub fn $name(self) -> Expr {
                    Expr::un(UnOp::$op, self)
                }
            )*
        }
    };
}

unary! {
    i32_eqz I32Eqz i64_eqz I64Eqz i32_wrap I32WrapI64 i64_extend_s I64ExtendI32S i64_extend_u I64ExtendI32U
    f64_abs F64Abs f64_neg F64Neg f64_sqrt F64Sqrt f64_floor F64Floor f64_convert F64ConvertI64S
    i64_trunc_sat I64TruncSatF64S i64_bits I64ReinterpretF64 f64_from_bits F64ReinterpretI64
    f64x2_splat F64x2Splat i64x2_splat I64x2Splat
}

/// General constructors, and questions about constants.
impl Expr {
    /// An F64 constant.
    pub fn f64(value: f64) -> Expr {
        Expr::F64(value.to_bits())
    }

    /// An I32 constant, 0 or 1.
    pub fn bool(value: bool) -> Expr {
        Expr::I32(i32::from(value))
    }

    /// Zero of a type, as locals have it at the start.
    pub fn zero(ty: Ty) -> Expr {
        match ty {
            Ty::I32 => Expr::I32(0),
            Ty::I64 => Expr::I64(0),
            Ty::F64 => Expr::F64(0),
            Ty::V128 => Expr::un(UnOp::I64x2Splat, 0i64),
        }
    }

    /// One operand.
    pub fn un(op: UnOp, operand: impl Into<Expr>) -> Expr {
        Expr::Unary(op, Box::new(operand.into()))
    }

    /// Two operands, left first.
    pub fn bin(op: BinOp, left: impl Into<Expr>, right: impl Into<Expr>) -> Expr {
        Expr::Binary(op, Box::new(left.into()), Box::new(right.into()))
    }

    /// A load from `addr + offset`.
    pub fn load(mem: MemTy, addr: impl Into<Expr>, offset: u32) -> Expr {
        Expr::Load { mem, addr: Box::new(addr.into()), offset }
    }

    /// A choice of which both sides are evaluated.
    pub fn select(cond: impl Into<Expr>, then: impl Into<Expr>, orelse: impl Into<Expr>) -> Expr {
        let (cond, then, orelse) = (cond.into(), then.into(), orelse.into());
        Expr::Select { cond: Box::new(cond), then: Box::new(then), orelse: Box::new(orelse) }
    }

    /// Bits of `then` where `mask` is 1, of `orelse` elsewhere.
    pub fn bitselect(then: impl Into<Expr>, orelse: impl Into<Expr>, mask: impl Into<Expr>) -> Expr {
        let (then, orelse, mask) = (then.into(), orelse.into(), mask.into());
        Expr::Bitselect { then: Box::new(then), orelse: Box::new(orelse), mask: Box::new(mask) }
    }

    /// The logical opposite of an I32 truth value (any non-zero is true).
    #[expect(clippy::should_implement_trait, reason = "`!` reads as the bitwise operator")]
    pub fn not(self) -> Expr {
        self.i32_eqz()
    }

    /// The value, if this is an I32 constant.
    pub fn as_i32(&self) -> Option<i32> {
        if let Expr::I32(value) = self { Some(*value) } else { None }
    }

    /// The value, if this is an I64 constant.
    pub fn as_i64(&self) -> Option<i64> {
        if let Expr::I64(value) = self { Some(*value) } else { None }
    }

    /// The value, if this is an F64 constant.
    pub fn as_f64(&self) -> Option<f64> {
        if let Expr::F64(bits) = self { Some(f64::from_bits(*bits)) } else { None }
    }

    /// The local, if this is one.
    pub fn as_local(&self) -> Option<Local> {
        if let Expr::Local(local) = self { Some(*local) } else { None }
    }

    /// Whether this is a constant of the module (not the address of data, which the host places).
    pub fn is_const(&self) -> bool {
        matches!(self, Expr::I32(_) | Expr::I64(_) | Expr::F64(_))
    }

    /// Its type. The expression must be valid: indices are not checked here.
    pub fn ty(&self, function: &Function, module: &Module) -> Ty {
        match self {
            Expr::I32(_) | Expr::Data(_) => Ty::I32,
            Expr::I64(_) | Expr::MemorySize => Ty::I64,
            Expr::F64(_) => Ty::F64,
            Expr::Local(local) => function.ty(*local),
            Expr::Global(global) => module.globals[global.index()].ty,
            Expr::Unary(op, _) => op.types().1,
            Expr::Binary(op, ..) => op.types().1,
            Expr::Load { mem, .. } => mem.ty(),
            Expr::Select { then, .. } => then.ty(function, module),
            Expr::Bitselect { .. } => Ty::V128,
        }
    }
}

/// Walkers.
impl Expr {
    /// Its operands, in order of evaluation.
    pub fn children(&self) -> impl Iterator<Item = &Expr> {
        let (a, b, c) = match self {
            Expr::I32(_) | Expr::I64(_) | Expr::F64(_) | Expr::Local(_) => (None, None, None),
            Expr::Global(_) | Expr::Data(_) | Expr::MemorySize => (None, None, None),
            Expr::Unary(_, a) | Expr::Load { addr: a, .. } => (Some(a), None, None),
            Expr::Binary(_, a, b) => (Some(a), Some(b), None),
            Expr::Select { cond, then, orelse } => (Some(cond), Some(then), Some(orelse)),
            Expr::Bitselect { then, orelse, mask } => (Some(then), Some(orelse), Some(mask)),
        };
        [a, b, c].into_iter().flatten().map(|child| &**child)
    }

    /// Its operands, to be changed.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let (a, b, c) = match self {
            Expr::I32(_) | Expr::I64(_) | Expr::F64(_) | Expr::Local(_) => (None, None, None),
            Expr::Global(_) | Expr::Data(_) | Expr::MemorySize => (None, None, None),
            Expr::Unary(_, a) | Expr::Load { addr: a, .. } => (Some(a), None, None),
            Expr::Binary(_, a, b) => (Some(a), Some(b), None),
            Expr::Select { cond, then, orelse } => (Some(cond), Some(then), Some(orelse)),
            Expr::Bitselect { then, orelse, mask } => (Some(then), Some(orelse), Some(mask)),
        };
        [a, b, c].into_iter().flatten().map(|child| &mut **child)
    }

    /// Calls `f` with this expression and all below it, parents first.
    pub fn visit(&self, f: &mut impl FnMut(&Expr)) {
        f(self);
        for child in self.children() {
            child.visit(f);
        }
    }

    /// Calls `f` with all expressions below this one and with itself, children first, so that `f`
    /// may replace what it is given.
    pub fn visit_mut(&mut self, f: &mut impl FnMut(&mut Expr)) {
        for child in self.children_mut() {
            child.visit_mut(f);
        }
        f(self);
    }

    /// Whether `f` holds for this expression or one below it.
    pub fn any(&self, f: &mut impl FnMut(&Expr) -> bool) -> bool {
        f(self) || self.children().any(|child| child.any(f))
    }

    /// How many nodes the tree has.
    pub fn size(&self) -> usize {
        1 + self.children().map(Expr::size).sum::<usize>()
    }

    /// Whether the value depends on the contents or the size of memory.
    pub fn reads_memory(&self) -> bool {
        self.any(&mut |e| matches!(e, Expr::Load { .. } | Expr::MemorySize))
    }

    /// Whether the value depends on a module-level variable.
    pub fn reads_globals(&self) -> bool {
        self.any(&mut |e| matches!(e, Expr::Global(_)))
    }

    /// Whether the value depends on this local.
    pub fn reads_local(&self, local: Local) -> bool {
        self.any(&mut |e| *e == Expr::Local(local))
    }

    /// Puts `value` in the place of every read of `local`.
    pub fn substitute(&mut self, local: Local, value: &Expr) {
        self.visit_mut(&mut |e| {
            if *e == Expr::Local(local) {
                *e = value.clone();
            }
        });
    }
}

impl Stmt {
    /// `local = value`.
    pub fn set(local: Local, value: impl Into<Expr>) -> Stmt {
        Stmt::Set(local, value.into())
    }

    /// `global = value`.
    pub fn set_global(global: GlobalId, value: impl Into<Expr>) -> Stmt {
        Stmt::SetGlobal(global, value.into())
    }

    /// A store at `addr + offset`.
    pub fn store(mem: MemTy, addr: impl Into<Expr>, offset: u32, value: impl Into<Expr>) -> Stmt {
        Stmt::Store { mem, addr: addr.into(), offset, value: value.into() }
    }

    /// A branch without `else`.
    pub fn if_then(cond: impl Into<Expr>, then: Vec<Stmt>) -> Stmt {
        Stmt::If { cond: cond.into(), then, orelse: Vec::new() }
    }

    /// A branch.
    pub fn if_else(cond: impl Into<Expr>, then: Vec<Stmt>, orelse: Vec<Stmt>) -> Stmt {
        Stmt::If { cond: cond.into(), then, orelse }
    }

    /// Raises unless `cond` holds.
    pub fn check(cond: impl Into<Expr>, site: SiteId, args: Vec<Expr>) -> Stmt {
        Stmt::Check { cond: cond.into(), site, args }
    }

    /// Its own expressions, in order of evaluation; not those of the statements inside it.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Stmt::Set(_, e) | Stmt::SetGlobal(_, e) | Stmt::Retain(e) | Stmt::Charge(e) => vec![e],
            Stmt::If { cond: e, .. } | Stmt::Release { value: e, .. } | Stmt::MemoryGrow { pages: e, .. } => {
                vec![e]
            }
            Stmt::Store { addr, value, .. } => vec![addr, value],
            Stmt::Call { args, .. } | Stmt::Return(args) | Stmt::Raise { args, .. } => args.iter().collect(),
            Stmt::Check { cond, args, .. } => std::iter::once(cond).chain(args).collect(),
            Stmt::Bounds { index, len, .. } => vec![index, len],
            Stmt::For { start, stop, .. } => vec![start, stop],
            Stmt::MemoryCopy { dst, src, len } => vec![dst, src, len],
            Stmt::MemoryFill { dst, value, len } => vec![dst, value, len],
            Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::Break(_) | Stmt::Continue(_) => vec![],
        }
    }

    /// Its own expressions, to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Stmt::Set(_, e) | Stmt::SetGlobal(_, e) | Stmt::Retain(e) | Stmt::Charge(e) => vec![e],
            Stmt::If { cond: e, .. } | Stmt::Release { value: e, .. } | Stmt::MemoryGrow { pages: e, .. } => {
                vec![e]
            }
            Stmt::Store { addr, value, .. } => vec![addr, value],
            Stmt::Call { args, .. } | Stmt::Return(args) | Stmt::Raise { args, .. } => {
                args.iter_mut().collect()
            }
            Stmt::Check { cond, args, .. } => std::iter::once(cond).chain(args).collect(),
            Stmt::Bounds { index, len, .. } => vec![index, len],
            Stmt::For { start, stop, .. } => vec![start, stop],
            Stmt::MemoryCopy { dst, src, len } => vec![dst, src, len],
            Stmt::MemoryFill { dst, value, len } => vec![dst, value, len],
            Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::Break(_) | Stmt::Continue(_) => vec![],
        }
    }

    /// The lists of statements inside it.
    pub fn bodies(&self) -> impl Iterator<Item = &Vec<Stmt>> {
        let (a, b) = match self {
            Stmt::If { then, orelse, .. } => (Some(then), Some(orelse)),
            Stmt::Block { body, .. } | Stmt::Loop { body, .. } | Stmt::For { body, .. } => (Some(body), None),
            _ => (None, None),
        };
        [a, b].into_iter().flatten()
    }

    /// The lists of statements inside it, to be changed.
    pub fn bodies_mut(&mut self) -> impl Iterator<Item = &mut Vec<Stmt>> {
        let (a, b) = match self {
            Stmt::If { then, orelse, .. } => (Some(then), Some(orelse)),
            Stmt::Block { body, .. } | Stmt::Loop { body, .. } | Stmt::For { body, .. } => (Some(body), None),
            _ => (None, None),
        };
        [a, b].into_iter().flatten()
    }

    /// The locals that this statement itself assigns (a `For` assigns its variable).
    pub fn assigned(&self) -> &[Local] {
        match self {
            Stmt::Set(local, _) | Stmt::For { var: local, .. } => std::slice::from_ref(local),
            Stmt::Bounds { dst, .. } | Stmt::MemoryGrow { dst, .. } => std::slice::from_ref(dst),
            Stmt::Call { dst, .. } => dst,
            _ => &[],
        }
    }

    /// The locals that this statement itself assigns, to be renumbered.
    pub fn assigned_mut(&mut self) -> &mut [Local] {
        match self {
            Stmt::Set(local, _) | Stmt::For { var: local, .. } => std::slice::from_mut(local),
            Stmt::Bounds { dst, .. } | Stmt::MemoryGrow { dst, .. } => std::slice::from_mut(dst),
            Stmt::Call { dst, .. } => dst,
            _ => &mut [],
        }
    }

    /// Whether this statement itself may change what a later [`Expr::reads_memory`] sees and goes on.
    /// (A raise stores its arguments too, but nothing in the function runs after it.)
    pub fn writes_memory(&self) -> bool {
        match self {
            Stmt::Store { .. } | Stmt::Call { .. } | Stmt::Retain(_) | Stmt::Release { .. } => true,
            Stmt::MemoryCopy { .. } | Stmt::MemoryFill { .. } | Stmt::MemoryGrow { .. } => true,
            Stmt::Set(..) | Stmt::SetGlobal(..) | Stmt::Return(_) | Stmt::Charge(_) => false,
            Stmt::If { .. } | Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::For { .. } => false,
            Stmt::Break(_) | Stmt::Continue(_) => false,
            Stmt::Raise { .. } | Stmt::Check { .. } | Stmt::Bounds { .. } => false,
        }
    }

    /// Whether this statement itself may change a module-level variable.
    pub fn writes_globals(&self) -> bool {
        match self {
            Stmt::SetGlobal(..) | Stmt::Release { .. } => true,
            Stmt::Call { callee, .. } => !matches!(callee, Callee::Import(_)),
            _ => false,
        }
    }

    /// The site, if this statement itself can raise.
    pub fn site(&self) -> Option<SiteId> {
        match self {
            Stmt::Raise { site, .. } | Stmt::Check { site, .. } | Stmt::Bounds { site, .. } => Some(*site),
            _ => None,
        }
    }
}

/// Calls `f` with every statement, also those inside others, parents first.
pub fn visit_stmts(stmts: &[Stmt], f: &mut impl FnMut(&Stmt)) {
    for stmt in stmts {
        f(stmt);
        for body in stmt.bodies() {
            visit_stmts(body, f);
        }
    }
}

/// Calls `f` with every statement, also those inside others, children first, so that `f` may
/// replace what it is given.
pub fn visit_stmts_mut(stmts: &mut [Stmt], f: &mut impl FnMut(&mut Stmt)) {
    for stmt in stmts {
        for body in stmt.bodies_mut() {
            visit_stmts_mut(body, f);
        }
        f(stmt);
    }
}

/// Calls `f` with every list of statements, innermost first: for passes that insert and remove.
pub fn visit_bodies_mut(stmts: &mut Vec<Stmt>, f: &mut impl FnMut(&mut Vec<Stmt>)) {
    for stmt in stmts.iter_mut() {
        for body in stmt.bodies_mut() {
            visit_bodies_mut(body, f);
        }
    }
    f(stmts);
}

/// Calls `f` with every expression of every statement, also with those inside expressions.
pub fn visit_exprs(stmts: &[Stmt], f: &mut impl FnMut(&Expr)) {
    visit_stmts(stmts, &mut |stmt| stmt.exprs().into_iter().for_each(|e| e.visit(f)));
}

/// Calls `f` with every expression of every statement, inner expressions first.
pub fn visit_exprs_mut(stmts: &mut [Stmt], f: &mut impl FnMut(&mut Expr)) {
    visit_stmts_mut(stmts, &mut |stmt| stmt.exprs_mut().into_iter().for_each(|e| e.visit_mut(f)));
}

/// Calls `f` with each local that is assigned in these statements, once for each assignment.
pub fn for_each_assigned_local(stmts: &[Stmt], f: &mut impl FnMut(Local)) {
    visit_stmts(stmts, &mut |stmt| stmt.assigned().iter().for_each(|&local| f(local)));
}

/// Whether some path runs off the end of these statements. Conditions are not looked at.
pub fn falls_through(stmts: &[Stmt]) -> bool {
    reaches_end(stmts, &mut Vec::new())
}

/// The same; pushes to `left` the labels of the reachable `Break`s.
fn reaches_end(stmts: &[Stmt], left: &mut Vec<Label>) -> bool {
    for stmt in stmts {
        let goes_on = match stmt {
            Stmt::Return(_) | Stmt::Raise { .. } | Stmt::Continue(_) => false,
            Stmt::Break(label) => {
                left.push(*label);
                false
            }
            // Both sides must be looked at, hence `|`.
            Stmt::If { then, orelse, .. } => reaches_end(then, left) | reaches_end(orelse, left),
            Stmt::Block { label, body } => {
                let before = left.len();
                reaches_end(body, left) | take(*label, before, left)
            }
            Stmt::Loop { label, body } => {
                let before = left.len();
                reaches_end(body, left);
                take(*label, before, left)
            }
            Stmt::For { body, .. } => {
                reaches_end(body, left);
                true
            }
            _ => true,
        };
        if !goes_on {
            return false;
        }
    }
    true
}

/// Takes a label from those that were pushed behind `from`; whether it was there. Nobody else asks for it: it is
/// known in its own statement only.
fn take(label: Label, from: usize, left: &mut Vec<Label>) -> bool {
    let pushed = left.split_off(from);
    let count = pushed.len();
    left.extend(pushed.into_iter().filter(|other| *other != label));
    left.len() - from < count
}
