//! What is known about the bounds checks of a loop and the loops in it.

use std::collections::BTreeMap;

use super::Replacements;
use super::counted::Counted;
use crate::ir::build::for_each_assigned_local;
use crate::ir::{BinOp, Expr, Function, Local, Stmt, Ty};
use crate::optimise::alias::{Field, Writes, is_invariant};
use crate::optimise::range::{Affine, Term, limit_check};
use crate::optimise::usage::{LocalSet, any_stmt, is_loop};

/// No more conditions than this: a nest that needs more is left to its inner loops.
const MAX_CONDITIONS: usize = 40;

/// Assignments before the nest, and conditions that are evaluated after them. The assignments of a
/// group are made only if the conditions of all groups before hold.
#[derive(Default)]
pub(super) struct Group {
    pub(super) lets: Vec<(Local, Expr)>,
    pub(super) conditions: Vec<Expr>,
}

/// The result.
pub(super) struct Nest {
    /// Checks that are certain to hold.
    pub(super) certain: Replacements,
    /// Replacements under the conditions.
    pub(super) replacements: Replacements,
    pub(super) groups: Vec<Group>,
    /// Checks that can go under the conditions.
    pub(super) found: usize,
    /// All checks.
    pub(super) total: usize,
    /// There is no loop inside.
    pub(super) innermost: bool,
}

impl Nest {
    /// Analyses a loop. Declares locals that the groups assign.
    pub(super) fn of(stmt: &Stmt, function: &mut Function) -> Nest {
        let nest = std::slice::from_ref(stmt);
        let (mut assigned, mut twice) = (LocalSet::default(), LocalSet::default());
        for_each_assigned_local(nest, &mut |local| {
            if !assigned.insert(local) {
                twice.insert(local);
            }
        });
        let innermost = !stmt.bodies().any(|body| any_stmt(body, &mut is_loop));
        let mut walk = Walk {
            function,
            writes: Writes::of(nest),
            assigned,
            twice,
            symbols: Vec::new(),
            checked: Vec::new(),
            vars: Vec::new(),
            active: Vec::new(),
            values: BTreeMap::new(),
            fixed: BTreeMap::new(),
            scope: Vec::new(),
            ordinal: 0,
            straight: innermost,
            runs: None,
            nest: Nest {
                certain: Replacements::new(),
                replacements: Replacements::new(),
                groups: vec![Group::default()],
                found: 0,
                total: 0,
                innermost,
            },
        };
        walk.root(stmt);
        let mut nest = walk.nest;
        if nest.groups.iter().map(|group| group.conditions.len()).sum::<usize>() > MAX_CONDITIONS {
            nest.found = 0;
        }
        nest
    }
}

/// A loop variable: its least and its greatest value, and the first that it does not reach if the
/// step is positive.
struct Var {
    low: Affine,
    high: Affine,
    stop: Option<Affine>,
}

struct Walk<'a> {
    function: &'a mut Function,
    writes: Writes,
    /// Locals that the nest assigns, and those it assigns at more than one place.
    assigned: LocalSet,
    twice: LocalSet,
    symbols: Vec<Expr>,
    /// Symbols whose limits are among the conditions.
    checked: Vec<usize>,
    vars: Vec<Var>,
    /// Locals that are loop variables here.
    active: Vec<(Local, usize)>,
    /// Locals that are sums here. They are assigned at one place, above this one.
    values: BTreeMap<Local, Affine>,
    /// Locals that have the same value in every iteration of an innermost loop, and that value.
    fixed: BTreeMap<Local, Expr>,
    /// What to take out of `values` and `fixed` at the end of the statement list.
    scope: Vec<Local>,
    ordinal: usize,
    /// The first iteration gets here unless one of the checks so far raises.
    straight: bool,
    /// The condition that there is a first iteration.
    runs: Option<Expr>,
    nest: Nest,
}

impl Walk<'_> {
    fn root(&mut self, stmt: &Stmt) {
        self.ordinal = 1;
        match stmt {
            Stmt::For { var, start, stop, step, body, .. } => {
                let op = if *step > 0 { BinOp::I64LtS } else { BinOp::I64GtS };
                self.runs = Some(Expr::bin(op, start.clone(), stop.clone()));
                self.for_loop(*var, start, stop, *step, body);
            }
            Stmt::Loop { label, body } => {
                self.straight = false;
                let counted = if self.nest.innermost { Counted::of(*label, body) } else { None };
                if let Some(counted) = counted
                    && self.counted(&counted).is_none()
                {
                    self.nest.groups = vec![Group::default()];
                }
                self.body(body);
            }
            _ => {}
        }
    }

    /// Takes the variable of a `while` loop as a range. The conditions exclude overflow.
    fn counted(&mut self, counted: &Counted<'_>) -> Option<()> {
        if !is_invariant(counted.limit, &self.assigned) || !is_invariant(counted.step, &self.assigned) {
            return None;
        }
        let limit = self.affine(counted.limit)?;
        let stop = limit.plus(&Affine::constant(i64::from(counted.inclusive))?, 1)?;
        // On entry the variable has its first value, although the loop assigns it.
        let low = self.symbol(Expr::Local(counted.var));
        let step_minus_one = Expr::bin(BinOp::I64Add, counted.step.clone(), -1i64);
        match counted.step.as_i64() {
            Some(step) if !(1..=1 << 32).contains(&step) => return None,
            Some(_) => {}
            None => self.require(Expr::bin(BinOp::I64LtU, step_minus_one, 1i64 << 32)),
        }
        if counted.limit.as_i64().is_none() {
            self.require(Expr::bin(BinOp::I64LtS, counted.limit.clone(), 1i64 << 62));
        }
        self.push_var(counted.var, low, stop)
    }

    /// Declares the variable of a loop with a positive step.
    fn push_var(&mut self, local: Local, low: Affine, stop: Affine) -> Option<()> {
        let high = stop.plus(&Affine::constant(1)?, -1)?;
        self.vars.push(Var { low, high, stop: Some(stop) });
        self.active.push((local, self.vars.len() - 1));
        Some(())
    }

    fn for_loop(&mut self, var: Local, start: &Expr, stop: &Expr, step: i64, body: &[Stmt]) {
        let depth = self.active.len();
        if let (Some(start), Some(stop)) = (self.affine(start), self.affine(stop)) {
            if step > 0 {
                // Beyond the limits the variable is simply not known.
                let _ = self.push_var(var, start, stop);
            } else if let Some(one) = Affine::constant(1)
                && let Some(low) = stop.plus(&one, 1)
            {
                self.vars.push(Var { low, high: start, stop: None });
                self.active.push((var, self.vars.len() - 1));
            }
        }
        self.body(body);
        self.active.truncate(depth);
    }

    fn body(&mut self, stmts: &[Stmt]) {
        let mark = self.scope.len();
        for stmt in stmts {
            self.stmt(stmt);
        }
        for local in self.scope.drain(mark..) {
            self.values.remove(&local);
            self.fixed.remove(&local);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let ordinal = self.ordinal;
        self.ordinal += 1;
        match stmt {
            Stmt::Set(local, value) => self.set(*local, value, ordinal),
            Stmt::Bounds { dst, index, len, wrap, .. } => {
                self.nest.total += 1;
                if self.bounds(*dst, index, len, *wrap, ordinal).is_none() {
                    self.straight = false;
                    if !wrap && let Some(index) = self.affine(index) {
                        self.learn(*dst, index);
                    }
                }
            }
            Stmt::For { var, start, stop, step, body, .. } => {
                self.straight = false;
                self.for_loop(*var, start, stop, *step, body);
            }
            Stmt::Store { .. } | Stmt::Retain(_) => {}
            _ => {
                self.straight = false;
                stmt.bodies().for_each(|body| self.body(body));
            }
        }
    }

    fn set(&mut self, local: Local, value: &Expr, ordinal: usize) {
        if self.active.iter().any(|(var, _)| *var == local) {
            // The step of a `while` loop: from here on the variable is one further.
            self.active.retain(|(var, _)| *var != local);
            return;
        }
        if self.twice.contains(local) {
            return;
        }
        if self.function.ty(local) == Ty::I64
            && let Some(sum) = self.affine(value)
        {
            self.learn(local, sum);
        }
        if self.nest.innermost
            && let Some(value) = self.fixed_value(value)
        {
            if let Expr::Load { mem, .. } = value {
                let early = self.function.new_local(mem.ty(), "early");
                self.nest.replacements.insert(ordinal, Expr::Local(early));
                self.fixed.insert(local, Expr::Local(early));
                let guarded = Field::of(&value).is_none();
                self.let_before(early, value, guarded);
            } else {
                self.fixed.insert(local, value);
            }
            self.scope.push(local);
        }
    }

    fn learn(&mut self, local: Local, sum: Affine) {
        if !self.twice.contains(local) {
            self.values.insert(local, sum);
            self.scope.push(local);
        }
    }

    /// The expression in terms of what is there before an innermost loop, if it does not change.
    /// It may be a load (but not contain one) that is possible before the loop.
    fn fixed_value(&mut self, value: &Expr) -> Option<Expr> {
        let mut value = value.clone();
        let fixed = &self.fixed;
        value.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some(known) = fixed.get(local)
            {
                *e = known.clone();
            }
        });
        if value.size() > 20 {
            return None;
        }
        match &value {
            Expr::Load { mem, addr, .. } => {
                let possible = is_invariant(addr, &self.assigned)
                    && match Field::of(&value) {
                        Some(field) => !self.writes.change_field(&field),
                        None => self.straight && self.runs.is_some() && !self.writes.change_raw(*mem),
                    };
                (possible && matches!(mem.ty(), Ty::I32 | Ty::I64)).then_some(value)
            }
            _ => is_invariant(&value, &self.assigned).then_some(value),
        }
    }

    /// Assigns before the nest; if `guarded`, only when all conditions so far hold.
    fn let_before(&mut self, local: Local, value: Expr, guarded: bool) {
        if guarded && let Some(runs) = self.runs.clone() {
            self.require(runs);
            if self.nest.groups.last().is_some_and(|group| !group.conditions.is_empty()) {
                self.nest.groups.push(Group::default());
            }
        }
        if let Some(group) = self.nest.groups.last_mut() {
            group.lets.push((local, value));
        }
    }

    fn require(&mut self, condition: Expr) {
        if self.nest.groups.iter().any(|group| group.conditions.contains(&condition)) {
            return;
        }
        if let Some(group) = self.nest.groups.last_mut() {
            group.conditions.push(condition);
        }
    }

    fn symbol(&mut self, e: Expr) -> Affine {
        let number = self.symbols.iter().position(|s| *s == e).unwrap_or_else(|| {
            self.symbols.push(e);
            self.symbols.len() - 1
        });
        Affine::term(Term::Symbol(number))
    }

    /// The form of an I64 expression, if it has one here.
    fn affine(&mut self, e: &Expr) -> Option<Affine> {
        Affine::of(e, &mut |e| {
            if let Expr::Local(local) = e {
                if let Some(&(_, var)) = self.active.iter().rev().find(|(l, _)| l == local) {
                    return Some(Affine::term(Term::Var(var)));
                }
                if let Some(known) = self.values.get(local) {
                    return Some(known.clone());
                }
            }
            if let Expr::Local(local) = e
                && let Some(known) = self.fixed.get(local).cloned()
            {
                return Some(self.symbol(known));
            }
            is_invariant(e, &self.assigned).then(|| self.symbol(e.clone()))
        })
    }

    fn to_expr(&self, sum: &Affine) -> Expr {
        sum.to_expr(&mut |term| match term {
            Term::Symbol(number) => self.symbols[number].clone(),
            // The callers have eliminated all variables.
            Term::Var(_) => Expr::I64(0),
        })
    }

    /// The least or the greatest value of a sum, in terms of symbols. Pushes the sums that must be
    /// exact for that.
    fn extreme(&self, sum: &Affine, greatest: bool, exact: &mut Vec<Affine>) -> Option<Affine> {
        let mut sum = sum.clone();
        while let Some((var, c)) = sum.innermost() {
            let end = if (c > 0) == greatest { &self.vars[var].high } else { &self.vars[var].low };
            let term = Affine::term(Term::Var(var));
            sum = sum.plus(&term, -c)?.plus(end, c)?;
            exact.push(end.clone());
        }
        Some(sum)
    }

    /// Finds out whether a check can go; `None` if not.
    fn bounds(&mut self, dst: Local, index: &Expr, len: &Expr, wrap: bool, ordinal: usize) -> Option<()> {
        let length = self.affine(len)?;
        if length.innermost().is_some() {
            return None;
        }
        let sum = self.affine(index)?;
        if wrap && sum.innermost().is_none() && sum.terms.len() + usize::from(sum.constant < 0) > 0 {
            return self.fixed_index(dst, &sum, &length, ordinal);
        }
        let certain = self.limits(&sum, &length)?;
        if certain {
            self.nest.certain.insert(ordinal, index.clone());
        }
        self.nest.replacements.insert(ordinal, index.clone());
        self.nest.found += 1;
        if sum.innermost().is_none() && self.nest.innermost && !self.twice.contains(dst) {
            let value = self.to_expr(&sum);
            self.fixed.insert(dst, value);
            self.scope.push(dst);
        }
        self.learn(dst, sum);
        Some(())
    }

    /// An index that does not change and may be negative: Python's rule is applied before the loop.
    fn fixed_index(&mut self, dst: Local, sum: &Affine, length: &Affine, ordinal: usize) -> Option<()> {
        let (index, len) = (self.to_expr(sum), self.to_expr(length));
        let place = self.function.new_local(Ty::I64, "place");
        let negative = Expr::bin(BinOp::I64LtS, index.clone(), 0i64);
        let wrapped = Expr::bin(BinOp::I64Add, index.clone(), len.clone());
        self.let_before(place, Expr::select(negative, wrapped, index), false);
        self.require(Expr::bin(BinOp::I64GeS, place, 0i64));
        self.require(Expr::bin(BinOp::I64LtS, place, len));
        self.nest.replacements.insert(ordinal, Expr::Local(place));
        self.nest.found += 1;
        let symbol = self.symbol(Expr::Local(place));
        if self.nest.innermost && !self.twice.contains(dst) {
            self.fixed.insert(dst, Expr::Local(place));
            self.scope.push(dst);
        }
        self.learn(dst, symbol);
        Some(())
    }

    /// Requires that a sum is always in `0..length`; true if that is certain, `None` if impossible.
    fn limits(&mut self, sum: &Affine, length: &Affine) -> Option<bool> {
        let plain = sum.as_var().filter(|&var| {
            let var = &self.vars[var];
            var.low.innermost().is_none() && var.stop.as_ref().is_some_and(|s| s.innermost().is_none())
        });
        if let Some(var) = plain {
            // Nothing is added to the variable, so nothing can overflow, whatever the symbols are.
            let (low, stop) = (self.vars[var].low.clone(), self.vars[var].stop.clone()?);
            let low_certain = self.not_negative(&low)?;
            let difference = stop.plus(length, -1);
            return match difference {
                Some(d) if d.terms.is_empty() && stop.terms == length.terms && stop.terms.len() <= 1 => {
                    // `range(n)` against `n`; with a constant added, overflow would have to be excluded.
                    if d.constant == 0 || stop.terms.is_empty() && d.constant <= 0 {
                        Some(low_certain)
                    } else if stop.terms.is_empty() {
                        None
                    } else {
                        self.at_most(&stop, length);
                        Some(false)
                    }
                }
                _ => {
                    self.at_most(&stop, length);
                    Some(false)
                }
            };
        }
        let mut exact = vec![sum.clone()];
        let low = self.extreme(sum, false, &mut exact)?;
        let stop = self.extreme(sum, true, &mut exact)?.plus(&Affine::constant(1)?, 1)?;
        exact.extend([low.clone(), stop.clone()]);
        let difference = stop.plus(length, -1);
        let known = difference.as_ref().filter(|d| d.terms.is_empty()).map(|d| d.constant);
        if known.is_some_and(|d| d > 0) {
            return None;
        }
        let low_certain = self.not_negative(&low)?;
        if known.is_some() {
            exact.push(length.clone());
        } else {
            self.at_most(&stop, length);
        }
        let mut certain = low_certain && known.is_some();
        for symbol in exact.iter().flat_map(|sum| &sum.terms).map(|term| term.0) {
            if let Term::Symbol(number) = symbol {
                certain &= !self.check_symbol(number);
            }
        }
        Some(certain)
    }

    /// Requires that a sum of symbols is not negative; true if it is certain, `None` if impossible.
    fn not_negative(&mut self, sum: &Affine) -> Option<bool> {
        if sum.terms.is_empty() {
            return (sum.constant >= 0).then_some(true);
        }
        let value = self.to_expr(sum);
        self.require(Expr::bin(BinOp::I64GeS, value, 0i64));
        Some(false)
    }

    fn at_most(&mut self, stop: &Affine, length: &Affine) {
        let (stop, length) = (self.to_expr(stop), self.to_expr(length));
        self.require(Expr::bin(BinOp::I64LeS, stop, length));
    }

    /// Requires that a symbol is within the limits; false if that is certain.
    fn check_symbol(&mut self, number: usize) -> bool {
        let Some(check) = limit_check(&self.symbols[number]) else { return false };
        if !self.checked.contains(&number) {
            self.checked.push(number);
            self.require(check);
        }
        true
    }
}
