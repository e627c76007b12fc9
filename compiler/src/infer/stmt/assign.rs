//! Assignments: a target and a typed value → statements. Unpacking, annotations and `+=` are assignments, too.

use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::infer::{Result, Walker};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::Type;

impl Walker<'_, '_> {
    pub(in crate::infer) fn assign_stmt(
        &mut self,
        targets: &[ast::Expr],
        value: &ast::Expr,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let mut value = self.expr(value)?;
        if targets.len() > 1 {
            value = self.temp(value, "chained", out);
        }
        for target in targets {
            self.assign_target(target, value.clone(), out)?;
        }
        Ok(())
    }

    /// A value whose annotation is checked: the annotation must allow the value's type.
    pub(in crate::infer) fn annotated(&mut self, value: &ast::Expr, annotation: &ast::Expr) -> Result<Expr> {
        let typed = self.expr(value)?;
        if let Some(wanted) = self.annotation(annotation) {
            if !self.annotation_allows(&wanted, &typed.ty) {
                let found = self.session.resolve(&typed.ty).widened();
                return Err(self.mismatch(&found, &wanted, value.span));
            }
            if !typed.ty.is_number() {
                return self.coerce(typed, &wanted, value.span);
            }
        }
        Ok(typed)
    }

    /// Assigns to a name, tuple, subscript or attribute.
    pub(in crate::infer) fn assign_target(
        &mut self,
        target: &ast::Expr,
        value: Expr,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        match &target.kind {
            Ast::Name(name) => {
                let Some(slot) = self.frame.slot(name) else {
                    if self.assign_global(name, &value, target.span, out)? {
                        return Ok(());
                    }
                    return Err(Box::new(Diagnostic::new(
                        Code::UnsupportedSyntax,
                        target.span,
                        format!("`{name}` cannot be assigned here"),
                    )));
                };
                let stmt = self.assign_slot(slot, value, target.span)?;
                out.push(stmt);
                Ok(())
            }
            Ast::Tuple(items) | Ast::List(items) => self.unpack(items, value, target.span, out),
            Ast::Subscript { value: object, index } => {
                let name = object;
                let object = self.expr(object)?;
                let index = self.index_expr(index)?;
                // A frame is a value: with a new column it is another one, of another type.
                if let Ast::Name(name) = &name.kind
                    && let Some(slot) = self.frame.slot(name)
                    && self.find_method(&object.ty, "_with_item")?.is_some()
                {
                    let new = self.call_method(object, "_with_item", vec![index, value], target.span)?;
                    out.push(self.assign_slot(slot, new, target.span)?);
                    return Ok(());
                }
                let call = self.call_method(object, "__setitem__", vec![index, value], target.span)?;
                out.push(Stmt::Expr(call));
                Ok(())
            }
            Ast::Attribute { value: object, attr } => {
                let object = self.expr(object)?;
                self.set_attribute(object, attr, value, target.span, out)
            }
            _ => Err(Box::new(Diagnostic::new(
                Code::UnsupportedSyntax,
                target.span,
                "this cannot be assigned to",
            ))),
        }
    }

    fn unpack(&mut self, items: &[ast::Expr], value: Expr, span: Span, out: &mut Vec<Stmt>) -> Result<()> {
        let ty = self.session.resolve(&value.ty);
        let Type::Tuple(types) = &ty else {
            if ty == Type::Never {
                for item in items {
                    self.assign_target(item, Expr::unit(Type::Never), out)?;
                }
                return Ok(());
            }
            return self.unpack_sequence(items, value, span, out);
        };
        if types.len() != items.len() {
            return Err(Box::new(Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("a tuple of {} is unpacked into {} names", types.len(), items.len()),
            )));
        }
        // All parts are read before any target is written: `a, b = b, a`.
        let mut parts = Vec::new();
        if let ExprKind::Aggregate(list) = value.kind {
            for part in list {
                let local = self.frame.new_local("part", part.ty.clone());
                let ty = part.ty.clone();
                out.push(Stmt::Assign(local, part));
                parts.push(Expr { kind: ExprKind::Local(local), ty });
            }
        } else {
            let local = self.frame.new_local("tuple", ty.clone());
            out.push(Stmt::Assign(local, value));
            for (i, part) in types.iter().enumerate() {
                let whole = Expr { kind: ExprKind::Local(local), ty: ty.clone() };
                parts.push(Expr { kind: ExprKind::Part(Box::new(whole), i), ty: part.clone() });
            }
        }
        for (item, part) in items.iter().zip(parts) {
            let part = if part.ty.width() == 0 { Expr::unit(part.ty) } else { part };
            self.assign_target(item, part, out)?;
        }
        Ok(())
    }

    /// Unpacks a list or array whose length is only known at run time.
    fn unpack_sequence(
        &mut self,
        items: &[ast::Expr],
        value: Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let whole = self.temp(value, "sequence", out);
        let wanted = Expr::int(items.len() as i64);
        let checked = self.call_library("builtins/_unpack", "_unpack", vec![whole.clone(), wanted], span)?;
        out.push(Stmt::Expr(checked));
        for (i, item) in items.iter().enumerate() {
            let part = self.call_method(whole.clone(), "__getitem__", vec![Expr::int(i as i64)], span)?;
            self.assign_target(item, part, out)?;
        }
        Ok(())
    }

    pub(in crate::infer) fn aug_assign(
        &mut self,
        target: &ast::Expr,
        op: ast::BinaryOp,
        value: &ast::Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        match &target.kind {
            Ast::Subscript { value: object, index } => {
                let object = self.expr(object)?;
                let object = self.temp(object, "object", out);
                let index = self.index_expr(index)?;
                let index = self.temp_index(index, out);
                let old = self.subscript_value(object.clone(), index.clone(), target.span)?;
                let value = self.expr(value)?;
                let new = self.binary(op, old, value, span)?;
                let call = self.call_method(object, "__setitem__", vec![index, new], target.span)?;
                out.push(Stmt::Expr(call));
            }
            Ast::Name(_) => {
                let old = self.expr(target)?;
                let value = self.expr(value)?;
                let in_place = format!("__i{}__", op.method());
                let new = if self.find_method(&old.ty, &in_place)?.is_some() {
                    self.call_method(old, &in_place, vec![value], span)?
                } else {
                    self.binary(op, old, value, span)?
                };
                self.assign_target(target, new, out)?;
            }
            _ => {
                return Err(Box::new(
                    Diagnostic::new(
                        Code::UnsupportedSyntax,
                        target.span,
                        "this cannot be assigned to in place",
                    )
                    .help("write the assignment out: `target = target + value`"),
                ));
            }
        }
        Ok(())
    }

    /// Makes the parts of an index usable twice.
    fn temp_index(&mut self, index: Expr, out: &mut Vec<Stmt>) -> Expr {
        match index.kind {
            ExprKind::Aggregate(parts) => {
                let parts = parts.into_iter().map(|p| self.temp(p, "index", out)).collect();
                Expr { kind: ExprKind::Aggregate(parts), ty: index.ty }
            }
            _ => self.temp(index, "index", out),
        }
    }
}
