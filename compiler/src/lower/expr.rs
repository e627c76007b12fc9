//! Expressions.

use std::sync::Arc;

use super::stmt::mem_of;
use super::{Body, value::Value};
use crate::abi;
use crate::ir::{self, Callee, Expr, MemTy, Message, Stmt};
use crate::typed::{self, ExprKind, LocalId};
use crate::types::{Const, Type};

impl Body<'_, '_> {
    /// Lowers expressions from left to right; the results stay valid together.
    pub(super) fn values(&mut self, exprs: &[typed::Expr]) -> Vec<Value> {
        let mut done: Vec<Value> = Vec::new();
        for e in exprs {
            let at = self.out.len();
            let value = self.expr(e);
            let value = self.borrow(value, &e.ty);
            // Most values come without a statement, and then nothing can have changed the others.
            if self.out.len() > at {
                let changes = self.changes(at);
                done.iter_mut().for_each(|earlier| self.keep(at, &changes, &mut earlier.parts));
            }
            done.push(value);
        }
        done
    }

    /// A condition as an I32.
    pub(super) fn condition(&mut self, e: &typed::Expr) -> Expr {
        if let Type::Const(Const::Bool(value)) = e.ty {
            return Expr::bool(value);
        }
        self.expr(e).single()
    }

    pub(super) fn expr(&mut self, e: &typed::Expr) -> Value {
        match &e.kind {
            ExprKind::Unit => {
                Value { parts: e.ty.scalars().iter().map(|s| Expr::zero(s.ty())).collect(), owned: false }
            }
            ExprKind::Const(value) => Value::plain(self.constant(value)),
            ExprKind::Local(local) => self.local(*local),
            ExprKind::Variable(variable) => self.variable(*variable),
            ExprKind::CheckedLocal { local, node } => {
                if let Some(flag) = self.flags.get(local).copied() {
                    let name = &self.source.locals[local.0 as usize].name;
                    let (exception, text) = if self.source.name.ends_with(".__main__") {
                        ("NameError", format!("name '{name}' is not defined"))
                    } else {
                        (
                            "UnboundLocalError",
                            format!(
                                "cannot access local variable '{name}' where it is not associated with a value"
                            ),
                        )
                    };
                    let site = self.site(exception, Message::Template(text), *node);
                    self.out.push(Stmt::Check { cond: Expr::Local(flag), site, args: Vec::new() });
                }
                self.local(*local)
            }
            ExprKind::Aggregate(items) => self.aggregate(items),
            ExprKind::Part(inner, index) => {
                let whole = self.expr(inner);
                let whole = self.borrow(whole, &inner.ty);
                let (Type::Tuple(types) | Type::Func(_, types) | Type::Instance(_, types)) = &inner.ty else {
                    return Value::nothing();
                };
                let start: usize = types[..*index].iter().map(|t| t.width()).sum();
                let count = types[*index].width();
                if whole.parts.len() < start + count {
                    return Value::nothing();
                }
                Value { parts: whole.parts[start..start + count].to_vec(), owned: false }
            }
            ExprKind::New(items) => self.new_object(items),
            ExprKind::Field(object, field) => {
                let value = self.field(object, *field);
                // The object may change before the value is used, so references are counted.
                self.own(value, &e.ty)
            }
            ExprKind::Unary(op, operand) => {
                let operand = self.expr(operand).single();
                Value::plain(Expr::un(*op, operand))
            }
            ExprKind::Binary(op, left, right) => {
                let mut left = vec![self.expr(left).single()];
                let at = self.out.len();
                let right = self.expr(right).single();
                self.hold(at, &mut left);
                Value::plain(Expr::bin(*op, left.remove(0), right))
            }
            ExprKind::Logic { and, left, right } => self.logic(*and, left, right),
            ExprKind::IfExp { test, then, orelse } => self.if_exp(test, then, orelse, &e.ty),
            ExprKind::Block(stmts, value) => {
                self.stmts(stmts);
                if !ir::build::falls_through(&self.out) {
                    return Value {
                        parts: e.ty.scalars().iter().map(|s| Expr::zero(s.ty())).collect(),
                        owned: false,
                    };
                }
                self.expr(value)
            }
            ExprKind::Call { func, args, node } => {
                self.call(Callee::Func(ir::FuncId(func.0)), args, &e.ty, *node)
            }
            ExprKind::CallEntry { entry, args, node } => {
                self.call(Callee::Entry(*entry as u32), args, &e.ty, *node)
            }
            ExprKind::Intrinsic { op, args, node } => self.operation(op, args, &e.ty, *node),
            ExprKind::TableGet { table, index } => {
                let index = self.expr(index).single();
                let offset = self.lowering.data.table(table);
                let scaled = index.i32_wrap().i32_shl(3);
                let mem = if table.float { MemTy::F64 } else { MemTy::I64 };
                Value::plain(Expr::load(mem, Expr::Data(offset).i32_add(scaled), 0))
            }
        }
    }

    fn constant(&mut self, value: &Const) -> Expr {
        match value {
            Const::Bool(value) => Expr::bool(*value),
            Const::Int(value) => Expr::I64(*value),
            Const::Float(bits) => Expr::F64(*bits),
            Const::Str(text) => self.text(text),
        }
    }

    /// The block of a constant string.
    pub(super) fn text(&mut self, text: &Arc<str>) -> Expr {
        Expr::Data(self.lowering.data.string(text))
    }

    fn local(&mut self, local: LocalId) -> Value {
        let parts = self.locals[local.0 as usize].iter().map(|l| Expr::Local(*l)).collect();
        Value { parts, owned: false }
    }

    /// Parts of an aggregate: owned if any part had to be.
    fn aggregate(&mut self, items: &[typed::Expr]) -> Value {
        let mut parts = Vec::new();
        let mut known: Vec<(usize, bool)> = Vec::new();
        let mut at = self.out.len();
        for item in items {
            let value = self.expr(item);
            self.hold(at, &mut parts);
            known.push((value.parts.len(), value.owned));
            parts.extend(value.parts);
            at = self.out.len();
        }
        let owned = known.iter().zip(items).any(|((_, owned), item)| *owned && item.ty.has_refs());
        if owned {
            let mut rest = std::mem::take(&mut parts).into_iter();
            for ((count, owned), item) in known.into_iter().zip(items) {
                let value = Value { parts: rest.by_ref().take(count).collect(), owned };
                parts.extend(self.own(value, &item.ty).parts);
            }
        }
        Value { parts, owned }
    }

    /// Offset of a field in a heap object.
    pub(super) fn field_offset(&self, ty: &Type, field: usize) -> u32 {
        let Type::Instance(_, fields) = ty else { return abi::BLOCK_HEADER };
        abi::BLOCK_HEADER + fields[..field].iter().map(|t| Self::scalar_offset(t, t.width())).sum::<u32>()
    }

    /// A field of a heap object, borrowed from it.
    pub(super) fn field(&mut self, object: &typed::Expr, field: usize) -> Value {
        let Type::Instance(_, fields) = &object.ty else { return Value::nothing() };
        let base = self.expr(object);
        let base = self.borrow(base, &object.ty).single();
        let base = if matches!(base, Expr::Local(_)) { base } else { self.in_local(base) };
        let offset = self.field_offset(&object.ty, field);
        let ty = &fields[field];
        let parts = ty
            .scalars()
            .iter()
            .enumerate()
            .map(|(i, s)| Expr::load(mem_of(s.ty()), base.clone(), offset + Self::scalar_offset(ty, i)))
            .collect();
        Value { parts, owned: false }
    }

    fn new_object(&mut self, items: &[typed::Expr]) -> Value {
        let value = self.aggregate(items);
        let tuple = Type::Tuple(items.iter().map(|i| i.ty.clone()).collect());
        let value = self.own(value, &tuple);
        let value = self.spill(value);
        let size = i64::from(Self::scalar_offset(&tuple, tuple.width()));
        let object = self.temp(ir::Ty::I32);
        let alloc = ir::FuncId(self.lowering.unit.alloc.map_or(0, |f| f.0));
        let loc = self.lowering.loc(self.index, 0);
        self.out.push(Stmt::Call {
            dst: vec![object],
            callee: Callee::Func(alloc),
            args: vec![Expr::I64(size)],
            loc,
        });
        for (i, part) in value.parts.into_iter().enumerate() {
            let offset = abi::BLOCK_HEADER + Self::scalar_offset(&tuple, i);
            let mem = mem_of(tuple.scalars()[i].ty());
            self.out.push(Stmt::store(mem, object, offset, part));
        }
        Value { parts: vec![object.into()], owned: true }
    }

    fn logic(&mut self, and: bool, left: &typed::Expr, right: &typed::Expr) -> Value {
        let left = self.condition(left);
        let mut value = Expr::I32(0);
        let mut stmts = self.nested(|b| value = b.condition(right));
        if stmts.is_empty() && !value.reads_memory() {
            return Value::plain(if and { left.i32_and(value) } else { left.i32_or(value) });
        }
        let result = self.temp(ir::Ty::I32);
        self.out.push(Stmt::Set(result, left));
        let set = Stmt::Set(result, value);
        // Releases at the end of the list must not come between the value and its use.
        let at = stmts.iter().rposition(|s| !matches!(s, Stmt::Release { .. })).map_or(0, |i| i + 1);
        stmts.insert(at, set);
        let (then, orelse) = if and { (stmts, Vec::new()) } else { (Vec::new(), stmts) };
        self.out.push(Stmt::If { cond: result.into(), then, orelse });
        Value::plain(result.into())
    }

    fn if_exp(&mut self, test: &typed::Expr, then: &typed::Expr, orelse: &typed::Expr, ty: &Type) -> Value {
        let cond = self.condition(test);
        let scalars = ty.scalars();
        let results: Vec<ir::Local> = scalars.iter().map(|s| self.temp(s.ty())).collect();
        let branch = |b: &mut Self, e: &typed::Expr| {
            let value = b.expr(e);
            if value.parts.len() == results.len() {
                let value = b.own(value, ty);
                for (result, part) in results.iter().zip(value.parts) {
                    b.out.push(Stmt::Set(*result, part));
                }
            }
        };
        let then = self.nested(|b| branch(b, then));
        let orelse = self.nested(|b| branch(b, orelse));
        if let ([Stmt::Set(_, a)], [Stmt::Set(_, b)]) = (then.as_slice(), orelse.as_slice())
            && !a.reads_memory()
            && !b.reads_memory()
            && scalars[0].ty() != ir::Ty::V128
        {
            return Value { parts: vec![Expr::select(cond, a.clone(), b.clone())], owned: ty.has_refs() };
        }
        self.out.push(Stmt::If { cond, then, orelse });
        Value { parts: results.into_iter().map(Expr::Local).collect(), owned: ty.has_refs() }
    }

    pub(super) fn call(&mut self, callee: Callee, args: &[typed::Expr], ty: &Type, node: u32) -> Value {
        let values = self.values(args);
        let args = values.into_iter().flat_map(|v| v.parts).collect();
        let results: Vec<ir::Local> = ty.scalars().iter().map(|s| self.temp(s.ty())).collect();
        let loc = self.lowering.loc(self.index, node);
        self.out.push(Stmt::Call { dst: results.clone(), callee, args, loc });
        Value { parts: results.into_iter().map(Expr::Local).collect(), owned: ty.has_refs() }
    }
}
