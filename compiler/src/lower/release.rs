//! Release functions: one a heap class, called when the last reference goes.

use super::Lowering;
use crate::abi;
use crate::ir::Local;
use crate::ir::{Callee, Expr, FuncId, Function, Inline, LocalDecl, MemTy, Stmt, Ty};
use crate::types::{Scalar, Type};

impl Lowering<'_> {
    pub(super) fn plan_releases(&mut self) {
        self.releases = self.unit.drops.clone();
    }

    /// Appends for each scalar of a type how it is freed, if it is a reference.
    pub(super) fn push_refs(&self, ty: &Type, out: &mut Vec<Option<FuncId>>) {
        // Most of a wide frame's type is names and numbers of columns.
        if ty.width() == 0 {
            return;
        }
        match ty {
            Type::Str | Type::Block | Type::Dataset(_) => out.push(Some(self.free())),
            Type::Tuple(items) | Type::Func(_, items) => items.iter().for_each(|t| self.push_refs(t, out)),
            Type::Method(_, object) => self.push_refs(object, out),
            Type::Instance(class, fields) => {
                if class.heap {
                    let known = self.releases.iter().position(|(t, _)| t == ty);
                    let base = self.unit.functions.len();
                    out.push(Some(known.map_or_else(|| self.free(), |i| FuncId((base + i) as u32))));
                } else {
                    fields.iter().for_each(|t| self.push_refs(t, out));
                }
            }
            other => other.scalars().iter().for_each(|_| out.push(None)),
        }
    }

    /// `core/memory.free`; units with references have it.
    pub(super) fn free(&self) -> FuncId {
        FuncId(self.unit.free.map_or(0, |f| f.0))
    }

    /// The release function of one heap class: what it holds, then its block.
    pub(super) fn release_function(&mut self, index: usize) -> Function {
        let (ty, del) = self.releases[index].clone();
        let object = Local(0);
        // Counting inside `__del__` must not release the object again.
        let mut body =
            vec![Stmt::store(MemTy::Ptr, Expr::Local(object), abi::BLOCK_COUNT, Expr::I32(abi::IMMORTAL))];
        let loc = self.loc(0, 0);
        if let Some(del) = del {
            let callee = Callee::Func(FuncId(del.0));
            body.push(Stmt::Call { dst: Vec::new(), callee, args: vec![object.into()], loc });
        }
        let fields = if let Type::Instance(_, fields) = &ty { fields.clone() } else { [].into() };
        let mut offset = abi::BLOCK_HEADER;
        for field in fields.iter() {
            let mut refs = Vec::new();
            self.push_refs(field, &mut refs);
            for (scalar, drop) in field.scalars().into_iter().zip(refs) {
                if let Some(drop) = drop {
                    let value = Expr::load(MemTy::Ptr, object, offset);
                    body.push(Stmt::Release { value, drop });
                }
                offset += if scalar == Scalar::Plain(Ty::V128) { 16 } else { 8 };
            }
        }
        let callee = Callee::Func(self.free());
        body.push(Stmt::Call { dst: Vec::new(), callee, args: vec![object.into()], loc });
        body.push(Stmt::Return(Vec::new()));
        Function {
            name: format!("release {ty}"),
            params: 1,
            results: Vec::new(),
            locals: vec![LocalDecl { ty: Ty::I32, name: "object".to_owned() }],
            body,
            labels: 0,
            inline: Inline::Never,
        }
    }
}
