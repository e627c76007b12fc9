//! Intrinsic operations.

use super::stmt::mem_of;
use super::{Body, value::Value};
use crate::abi::Import;
use crate::ir::{self, Callee, Expr, MemTy, Message, Stmt};
use crate::typed::{self, ExprKind, Op};
use crate::types::Type;

impl Body<'_, '_> {
    pub(super) fn operation(&mut self, op: &Op, args: &[typed::Expr], ty: &Type, node: u32) -> Value {
        match op {
            Op::Store(element) => return self.store(element, args),
            Op::External(number) => return self.call(Callee::External(*number as u32), args, ty, node),
            Op::Address | Op::IsNull => {
                // The block is only looked at, so a field is read without counting.
                let value = match &args[0].kind {
                    ExprKind::Field(object, field) => self.field(object, *field),
                    _ => self.expr(&args[0]),
                };
                let address = self.borrow(value, &args[0].ty).single();
                return Value::plain(if *op == Op::IsNull { address.not() } else { address });
            }
            _ => {}
        }
        let values = self.values(args);
        let mut parts: Vec<Expr> = values.into_iter().map(Value::single).collect();
        match op {
            Op::Load(element) => self.load(element, parts.remove(0)),
            Op::DropAt(element) => {
                self.drop_at(element, parts);
                Value::nothing()
            }
            Op::MemoryCopy => {
                let [dst, src, len] = three(parts);
                self.out.push(Stmt::MemoryCopy { dst, src, len });
                Value::nothing()
            }
            Op::MemoryFill => {
                let [dst, value, len] = three(parts);
                self.out.push(Stmt::MemoryFill { dst, value, len });
                Value::nothing()
            }
            Op::MemoryGrow => {
                let dst = self.temp(ir::Ty::I64);
                self.out.push(Stmt::MemoryGrow { dst, pages: parts.remove(0) });
                Value::plain(dst.into())
            }
            Op::MemorySize => Value::plain(Expr::MemorySize),
            Op::Bounds { wrap, exception, message } => {
                let site = self.site(exception, Message::Template(message.to_string()), node);
                let dst = self.temp(ir::Ty::I64);
                let (index, len) = (parts.remove(0), parts.remove(0));
                self.out.push(Stmt::Bounds { dst, index, len, wrap: *wrap, site });
                Value::plain(dst.into())
            }
            Op::Check { exception, message } => {
                let site = self.site(exception, Message::Template(message.to_string()), node);
                let cond = parts.remove(0);
                self.out.push(Stmt::check(cond, site, parts));
                Value::nothing()
            }
            Op::Charge => {
                self.out.push(Stmt::Charge(parts.remove(0)));
                Value::nothing()
            }
            Op::AsBlock | Op::AsStr => Value { parts, owned: true },
            Op::Host(index) => self.host(Import::ALL[*index], parts, ty, node),
            Op::Bitselect => {
                let [then, orelse, mask] = three(parts);
                Value::plain(Expr::bitselect(then, orelse, mask))
            }
            Op::Select => {
                let [cond, then, orelse] = three(parts);
                Value::plain(Expr::select(cond, then, orelse))
            }
            Op::SimdLoad => Value::plain(Expr::load(MemTy::V128, parts.remove(0), 0)),
            Op::SimdStore => {
                let (addr, value) = (parts.remove(0), parts.remove(0));
                self.out.push(Stmt::store(MemTy::V128, addr, 0, value));
                Value::nothing()
            }
            Op::Store(_) | Op::External(_) | Op::Address | Op::IsNull => Value::nothing(),
        }
    }

    fn host(&mut self, import: Import, args: Vec<Expr>, ty: &Type, node: u32) -> Value {
        let dst: Vec<ir::Local> = import.results().iter().map(|t| self.temp(*t)).collect();
        let loc = self.lowering.loc(self.index, node);
        self.out.push(Stmt::Call { dst: dst.clone(), callee: Callee::Import(import), args, loc });
        let parts: Vec<Expr> = dst.into_iter().map(Expr::Local).collect();
        Value { parts: if ty.width() == 0 { Vec::new() } else { parts }, owned: false }
    }

    fn load(&mut self, element: &Type, addr: Expr) -> Value {
        if let Type::Storage(storage) = element {
            return Value::plain(Expr::load(storage.mem(), addr, 0));
        }
        let scalars = element.scalars();
        let addr = if scalars.len() > 1 { self.in_local(addr) } else { addr };
        let parts = scalars
            .iter()
            .enumerate()
            .map(|(i, s)| Expr::load(mem_of(s.ty()), addr.clone(), Self::scalar_offset(element, i)))
            .collect();
        let value = Value { parts, owned: false };
        if element.has_refs() { self.own(value, element) } else { value }
    }

    fn store(&mut self, element: &Type, args: &[typed::Expr]) -> Value {
        let mut addr = vec![self.expr(&args[0]).single()];
        let at = self.out.len();
        let value = self.expr(&args[1]);
        let value = self.own(value, &args[1].ty);
        self.hold(at, &mut addr);
        let addr = addr.remove(0);
        if let Type::Storage(storage) = element {
            self.out.push(Stmt::store(storage.mem(), addr, 0, value.single()));
            return Value::nothing();
        }
        let scalars = element.scalars();
        if scalars.is_empty() {
            return Value::nothing();
        }
        let (addr, value) =
            if scalars.len() > 1 { (self.in_local(addr), self.spill(value)) } else { (addr, value) };
        for (i, part) in value.parts.into_iter().enumerate() {
            let mem = mem_of(scalars[i].ty());
            self.out.push(Stmt::store(mem, addr.clone(), Self::scalar_offset(element, i), part));
        }
        Value::nothing()
    }

    /// Releases `count` elements from an address on.
    fn drop_at(&mut self, element: &Type, parts: Vec<Expr>) {
        let refs = self.refs(element);
        if refs.iter().all(Option::is_none) {
            return;
        }
        let mut parts = parts.into_iter();
        let addr = parts.next().unwrap_or(Expr::I32(0));
        let count = parts.next().unwrap_or(Expr::I64(0));
        let addr = self.in_local(addr);
        let label = self.function.new_label();
        let var = self.temp(ir::Ty::I64);
        let size = element.element_size() as i32;
        let mut body = Vec::new();
        for (i, drop) in refs.into_iter().enumerate() {
            if let Some(drop) = drop {
                let at = addr.clone().i32_add(Expr::Local(var).i32_wrap().i32_mul(size));
                let value = Expr::load(MemTy::Ptr, at, Self::scalar_offset(element, i));
                body.push(Stmt::Release { value, drop });
            }
        }
        self.out.push(Stmt::For { label, var, start: Expr::I64(0), stop: count, step: 1, body });
    }
}

fn three(parts: Vec<Expr>) -> [Expr; 3] {
    parts.try_into().unwrap_or([Expr::I32(0), Expr::I32(0), Expr::I32(0)])
}
