//! Integers as sums of constants, loop variables and symbols, for `bounds` and `vectorise`.
//!
//! An [`Affine`] form equals its expression modulo 2^64, always. It equals it as an integer if every
//! symbol lies within [`SYMBOL_LIMIT`]: coefficients, constants and the number of terms are limited
//! so that the sum cannot overflow then. Whoever needs that emits a check of the symbols.

use crate::ir::{BinOp, Expr, UnOp};

/// Symbols in `-SYMBOL_LIMIT .. SYMBOL_LIMIT` make forms exact.
pub(super) const SYMBOL_LIMIT: i64 = 1 << 40;
const MAX_COEFFICIENT: i64 = 1 << 16;
const MAX_CONSTANT: i64 = 1 << 44;
const MAX_TERMS: usize = 6;

/// What is multiplied in a term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Term {
    /// Something unknown that does not change, by its number.
    Symbol(usize),
    /// A loop variable, by its number; inner loops have greater numbers.
    Var(usize),
}

/// `constant + sum of coefficient * term`, terms in order and with coefficients other than 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Affine {
    pub(super) constant: i64,
    pub(super) terms: Vec<(Term, i64)>,
}

impl Affine {
    /// A constant, if it is within the limits.
    pub(super) fn constant(value: i64) -> Option<Affine> {
        (value.unsigned_abs() <= MAX_CONSTANT as u64).then(|| Affine { constant: value, terms: Vec::new() })
    }

    /// A single term.
    pub(super) fn term(term: Term) -> Affine {
        Affine { constant: 0, terms: vec![(term, 1)] }
    }

    /// The variable, if the form is just that.
    pub(super) fn as_var(&self) -> Option<usize> {
        match (self.constant, &self.terms[..]) {
            (0, [(Term::Var(var), 1)]) => Some(*var),
            _ => None,
        }
    }

    /// The innermost loop variable, with its coefficient.
    pub(super) fn innermost(&self) -> Option<(usize, i64)> {
        match self.terms.last() {
            Some((Term::Var(var), c)) => Some((*var, *c)),
            _ => None,
        }
    }

    /// `self + scale * other`, if it is within the limits.
    pub(super) fn plus(&self, other: &Affine, scale: i64) -> Option<Affine> {
        let mut sum = self.clone();
        sum.constant = sum.constant.checked_add(other.constant.checked_mul(scale)?)?;
        for &(term, c) in &other.terms {
            let c = c.checked_mul(scale)?;
            match sum.terms.binary_search_by_key(&term, |t| t.0) {
                Ok(at) => {
                    sum.terms[at].1 = sum.terms[at].1.checked_add(c)?;
                    if sum.terms[at].1 == 0 {
                        sum.terms.remove(at);
                    }
                }
                Err(at) if c != 0 => sum.terms.insert(at, (term, c)),
                Err(_) => {}
            }
        }
        let fits = sum.constant.unsigned_abs() <= MAX_CONSTANT as u64
            && sum.terms.len() <= MAX_TERMS
            && sum.terms.iter().all(|(_, c)| c.unsigned_abs() <= MAX_COEFFICIENT as u64);
        fits.then_some(sum)
    }

    /// The form of an expression; `leaf` gives those of locals and of what is not a sum.
    pub(super) fn of(e: &Expr, leaf: &mut impl FnMut(&Expr) -> Option<Affine>) -> Option<Affine> {
        match e {
            Expr::I64(value) => return Affine::constant(*value),
            Expr::Binary(op @ (BinOp::I64Add | BinOp::I64Sub), a, b) => {
                if let (Some(a), Some(b)) = (Affine::of(a, leaf), Affine::of(b, leaf)) {
                    return a.plus(&b, if *op == BinOp::I64Add { 1 } else { -1 });
                }
            }
            Expr::Binary(BinOp::I64Mul, a, b) => {
                if let Expr::I64(scale) = **b
                    && let Some(a) = Affine::of(a, leaf)
                {
                    return Affine::constant(0)?.plus(&a, scale);
                }
            }
            Expr::Binary(BinOp::I64Shl, a, b) => {
                if let Expr::I64(shift @ 0..16) = **b
                    && let Some(a) = Affine::of(a, leaf)
                {
                    return Affine::constant(0)?.plus(&a, 1 << shift);
                }
            }
            _ => {}
        }
        leaf(e)
    }

    /// As an expression; `symbol` gives those of the terms.
    pub(super) fn to_expr(&self, symbol: &mut impl FnMut(Term) -> Expr) -> Expr {
        let mut sum: Option<Expr> = None;
        for &(term, c) in &self.terms {
            let value = symbol(term);
            let value = if c == 1 { value } else { Expr::bin(BinOp::I64Mul, value, c) };
            sum = Some(match sum {
                None => value,
                Some(sum) => Expr::bin(BinOp::I64Add, sum, value),
            });
        }
        match sum {
            None => Expr::I64(self.constant),
            Some(sum) if self.constant == 0 => sum,
            Some(sum) => Expr::bin(BinOp::I64Add, sum, self.constant),
        }
    }
}

/// An I32 truth value that holds if this I64 is within the limit; `None` if that is certain.
pub(super) fn limit_check(symbol: &Expr) -> Option<Expr> {
    if matches!(symbol, Expr::Unary(UnOp::I64ExtendI32S | UnOp::I64ExtendI32U, _)) {
        return None;
    }
    let shifted = Expr::bin(BinOp::I64Add, symbol.clone(), SYMBOL_LIMIT);
    Some(Expr::bin(BinOp::I64LtU, shifted, 2 * SYMBOL_LIMIT))
}

/// The conjunction of truth values (0 or 1 each).
pub(super) fn all_of(conditions: Vec<Expr>) -> Expr {
    conditions.into_iter().reduce(|a, b| Expr::bin(BinOp::I32And, a, b)).unwrap_or(Expr::I32(1))
}
