//! Types of the intrinsics that library code is written over. There is no other way from library
//! code to memory, SIMD or the host.

use super::attribute::storage;
use super::call::Args;
use super::convert::{binary, bool_const, str_const, unary};
use super::{Result, Walker};
use crate::abi::{self, Import};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{BinOp, Ty, UnOp};
use crate::schema::{DType, Index};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Op};
use crate::types::{Const, Storage, Type};

impl Walker<'_, '_> {
    /// Calls a built-in or intrinsic by name.
    pub(super) fn intrinsic(&mut self, name: &'static str, args: Args, span: Span) -> Result<Expr> {
        if let Some(result) = self.builtin_call(name, &args, span)? {
            return Ok(result);
        }
        let values: Vec<Expr> = args.positional.into_iter().map(|(e, _)| e).collect();
        if let Some(import) = Import::ALL.iter().position(|i| i.name() == name) {
            return self.host(import, values, span);
        }
        if let ("static_map", [callee, tuple]) = (name, values.as_slice()) {
            return self.static_map(callee, tuple, span);
        }
        if let Some(result) = self.static_intrinsic(name, &values, span)? {
            return Ok(result);
        }
        if let Some(result) = self.schema_intrinsic(name, &values, span)? {
            return Ok(result);
        }
        if let Some(result) = self.memory_intrinsic(name, &values, span)? {
            return Ok(result);
        }
        self.numeric_intrinsic(name, values, span)
    }

    fn bad_call(&self, name: &str, values: &[Expr], span: Span) -> Box<Diagnostic> {
        let types: Vec<String> = values.iter().map(|v| self.session.resolve(&v.ty).to_string()).collect();
        Box::new(Diagnostic::new(
            Code::BadCall,
            span,
            format!("`{name}` cannot be called with ({})", types.join(", ")),
        ))
    }

    fn op(&mut self, op: Op, args: Vec<Expr>, ty: Type, span: Span) -> Expr {
        let node = self.frame.position(span);
        Expr { kind: ExprKind::Intrinsic { op, args, node }, ty }
    }

    /// A host function: arguments are coerced by the ABI's types.
    fn host(&mut self, import: usize, values: Vec<Expr>, span: Span) -> Result<Expr> {
        let signature = Import::ALL[import];
        if values.len() != signature.params().len() {
            return Err(self.bad_call(signature.name(), &values, span));
        }
        let mut args = Vec::new();
        for (value, ty) in values.into_iter().zip(signature.params()) {
            args.push(match ty {
                Ty::I64 => self.coerce(value, &Type::Int, span)?,
                Ty::F64 => self.coerce(value, &Type::Float, span)?,
                Ty::I32 | Ty::V128 => value,
            });
        }
        let ty = match signature.results() {
            [] => Type::None,
            [Ty::F64] => Type::Float,
            [Ty::I64, ..] => Type::Int,
            _ => Type::Ptr,
        };
        Ok(self.op(Op::Host(import), args, ty, span))
    }

    /// What a `TypeValue` argument holds.
    fn type_arg(&mut self, value: &Expr) -> Option<Type> {
        match self.session.resolve(&value.ty) {
            Type::TypeValue(inner) => Some(*inner),
            _ => None,
        }
    }

    fn type_value(ty: Type) -> Expr {
        Expr::unit(Type::TypeValue(Box::new(ty)))
    }

    /// The part of a type that a tuple of positions leads to, from the outside in.
    fn part_at(&mut self, whole: &Expr, path: &Expr) -> Option<Type> {
        let Type::Tuple(path) = self.session.resolve(&path.ty) else { return None };
        path.iter().try_fold(self.type_arg(whole)?, |ty, position| match (ty, position) {
            (Type::Tuple(parts) | Type::Instance(_, parts), Type::Const(Const::Int(i))) => {
                parts.get(usize::try_from(*i).ok()?).cloned()
            }
            _ => None,
        })
    }

    fn static_intrinsic(&mut self, name: &str, values: &[Expr], span: Span) -> Result<Option<Expr>> {
        let result = match (name, values) {
            ("static_error", parts) => {
                let mut text = String::new();
                for part in parts {
                    match self.session.resolve(&part.ty) {
                        Type::Const(Const::Str(s)) => text.push_str(&s),
                        Type::TypeValue(inner) => text.push_str(&inner.to_string()),
                        other => text.push_str(&other.to_string()),
                    }
                }
                let code =
                    if text.starts_with("no column") { Code::UnknownColumn } else { Code::TypeMismatch };
                let (message, help) =
                    text.split_once(" | ").map_or((text.as_str(), None), |(m, h)| (m, Some(h)));
                let mut diagnostic = Diagnostic::new(code, span, message);
                if let Some(help) = help {
                    diagnostic = diagnostic.help(help);
                }
                return Err(Box::new(diagnostic));
            }
            ("static_range", [count]) => match count.ty {
                Type::Const(Const::Int(n)) if (0..=4096).contains(&n) => {
                    let items: Vec<Expr> = (0..n).map(Self::int_const).collect();
                    let ty = Type::Tuple(items.iter().map(|i| i.ty.clone()).collect());
                    Expr { kind: ExprKind::Aggregate(items), ty }
                }
                _ => return Err(self.bad_call(name, values, span)),
            },
            ("static_index", [tuple, item]) => {
                let (tuple, item) = (self.session.resolve(&tuple.ty), self.session.resolve(&item.ty));
                let Type::Tuple(items) = tuple else { return Err(self.bad_call(name, values, span)) };
                Self::int_const(items.iter().position(|t| *t == item).map_or(-1, |i| i as i64))
            }
            ("static_str", [value]) => match self.session.resolve(&value.ty) {
                Type::Const(Const::Str(_)) => value.clone(),
                Type::Const(other) => str_const(&other.to_string()),
                other => str_const(&other.to_string()),
            },
            ("static_len", [value]) => match self.session.resolve(&value.ty) {
                Type::Tuple(items) => Self::int_const(items.len() as i64),
                Type::Const(Const::Str(text)) => Self::int_const(text.chars().count() as i64),
                _ => return Err(self.bad_call(name, values, span)),
            },
            ("static_startswith", [text, prefix]) => {
                match (self.session.resolve(&text.ty), self.session.resolve(&prefix.ty)) {
                    (Type::Const(Const::Str(text)), Type::Const(Const::Str(prefix))) => {
                        bool_const(text.starts_with(&*prefix))
                    }
                    _ => return Err(self.bad_call(name, values, span)),
                }
            }
            ("static_near", [tuple, item]) => self.near_item(tuple, item),
            ("static_touched", [object]) => self.touched(object),
            ("is_static", [value]) => {
                let ty = self.session.resolve(&value.ty);
                bool_const(ty.width() == 0 && ty != Type::Never)
            }
            ("storage", [value]) => {
                let found = match self.session.resolve(&value.ty) {
                    Type::Const(Const::Str(text)) => storage(&text),
                    Type::TypeValue(inner) => match *inner {
                        Type::Int => Some(Storage::Int64),
                        Type::Float => Some(Storage::Float64),
                        Type::Bool => Some(Storage::Bool),
                        Type::Storage(known) => Some(known),
                        _ => None,
                    },
                    _ => None,
                };
                match found {
                    Some(found) => Self::type_value(Type::Storage(found)),
                    None => {
                        let shown = self.session.resolve(&values[0].ty);
                        return Err(Box::new(Diagnostic::new(
                            Code::TypeMismatch,
                            span,
                            format!("`{shown}` is not an element type for arrays"),
                        )));
                    }
                }
            }
            ("value_type", [ty]) => match self.type_arg(ty) {
                Some(Type::Storage(known)) => Self::type_value(known.value()),
                Some(other) => Self::type_value(other),
                None => return Err(self.bad_call(name, values, span)),
            },
            ("sizeof", [ty]) => match self.type_arg(ty) {
                Some(inner) => Self::int_const(i64::from(inner.element_size())),
                None => return Err(self.bad_call(name, values, span)),
            },
            ("static_size", [value]) => Self::int_const(self.session.resolve(&value.ty).size() as i64),
            ("part_type", [whole, path]) => match self.part_at(whole, path) {
                Some(part) => Self::type_value(part),
                None => return Err(self.bad_call(name, values, span)),
            },
            ("type_of", [value]) => Self::type_value(self.session.resolve(&value.ty).widened()),
            ("has_refs", [ty]) => match self.type_arg(ty) {
                Some(inner) => bool_const(inner.has_refs()),
                None => return Err(self.bad_call(name, values, span)),
            },
            ("new_var", []) => {
                self.session.vars.push(None);
                Self::type_value(Type::Var(self.session.vars.len() as u32 - 1))
            }
            ("coerce" | "convert", [ty, value]) => {
                let Type::TypeValue(inner) = self.session.resolve(&ty.ty) else {
                    return Err(self.bad_call(name, values, span));
                };
                let target = if let Type::Storage(known) = *inner { known.value() } else { *inner };
                self.coerce(value.clone(), &target, span)?
            }
            ("unify", [a, b]) => {
                let (Some(x), Some(y)) = (self.type_arg(a), self.type_arg(b)) else {
                    return Err(self.bad_call(name, values, span));
                };
                match self.join(&x, &y) {
                    Some(joined) => Self::type_value(self.session.resolve(&joined)),
                    None => {
                        return Err(Box::new(
                            Diagnostic::new(
                                Code::TypeMismatch,
                                span,
                                format!(
                                    "`{}` and `{}` cannot be elements of one container",
                                    x.widened(),
                                    y.widened()
                                ),
                            )
                            .help("use a tuple for values of different types"),
                        ));
                    }
                }
            }
            ("has_method", [value, method]) => {
                let Type::Const(Const::Str(method)) = &method.ty else {
                    return Err(self.bad_call(name, values, span));
                };
                let ty = self.session.resolve(&value.ty);
                bool_const(self.find_method(&ty, method)?.is_some())
            }
            ("class_name", [value]) => match self.session.resolve(&value.ty).widened() {
                Type::Instance(class, _) => str_const(&class.name),
                Type::TypeValue(inner) => str_const(&inner.to_string()),
                other => str_const(&other.to_string()),
            },
            ("data_start", []) => Self::int_const(i64::from(abi::DATA_START)),
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    /// `static_map(f, tuple)`: the tuple of `f(item)`, each item with its own type.
    fn static_map(&mut self, callee: &Expr, tuple: &Expr, span: Span) -> Result<Expr> {
        let Type::Tuple(types) = self.session.resolve(&tuple.ty) else {
            return Err(self.bad_call("static_map", &[callee.clone(), tuple.clone()], span));
        };
        let mut items = Vec::new();
        for i in 0..types.len() {
            let item = match &tuple.kind {
                ExprKind::Aggregate(parts) => parts[i].clone(),
                _ => self.part(tuple.clone(), i),
            };
            items.push(self.call_value(callee.clone(), Args::positional(vec![item], span), span)?);
        }
        let ty = Type::Tuple(items.iter().map(|i| self.session.resolve(&i.ty)).collect());
        self.check_size(&ty, span)?;
        Ok(Expr { kind: ExprKind::Aggregate(items), ty })
    }

    /// The string of a tuple of constants that a constant was probably meant to be, or `None`.
    fn near_item(&mut self, tuple: &Expr, item: &Expr) -> Expr {
        let (tuple, item) = (self.session.resolve(&tuple.ty), self.session.resolve(&item.ty));
        let (Type::Tuple(items), Type::Const(Const::Str(wanted))) = (tuple, item) else {
            return Expr::unit(Type::None);
        };
        let texts =
            items.iter().filter_map(|t| if let Type::Const(Const::Str(s)) = t { Some(&**s) } else { None });
        match super::attribute::nearest(texts, &wanted) {
            Some(near) => str_const(near),
            None => Expr::unit(Type::None),
        }
    }

    /// The constant names with which `__getitem__` or `__getattr__` of a value's type has been called
    /// in what was inferred so far, sorted: which columns a function of a row uses.
    fn touched(&mut self, object: &Expr) -> Expr {
        let ty = self.session.resolve(&object.ty);
        let names: std::collections::BTreeSet<std::sync::Arc<str>> = self
            .session
            .memo
            .keys()
            .filter_map(|key| match key.args.as_slice() {
                [owner, Type::Const(Const::Str(name))] if *owner == ty => Some(name.clone()),
                _ => None,
            })
            .collect();
        let items: Vec<Expr> = names.iter().map(|name| str_const(name)).collect();
        let ty = Type::Tuple(items.iter().map(|i| i.ty.clone()).collect());
        Expr { kind: ExprKind::Aggregate(items), ty }
    }

    fn schema_intrinsic(&mut self, name: &str, values: &[Expr], span: Span) -> Result<Option<Expr>> {
        if name == "dataset" {
            return self.dataset_intrinsic(values, span).map(Some);
        }
        if !name.starts_with("schema_") {
            return Ok(None);
        }
        let Some(Type::Dataset(schema)) = values.first().map(|v| self.session.resolve(&v.ty)) else {
            return Err(self.bad_call(name, values, span));
        };
        let column = match values.get(1).map(|v| &v.ty) {
            Some(Type::Const(Const::Int(i))) => schema.columns.get(*i as usize),
            _ => None,
        };
        let result = match (name, column) {
            // The columns besides the row labels.
            ("schema_names" | "schema_numbers", _) => {
                let label = match &schema.index {
                    Index::Column { column, .. } => Some(*column),
                    Index::Range => None,
                };
                let shown = schema.columns.iter().enumerate().filter(|(i, _)| Some(*i) != label);
                let items: Vec<Expr> = if name == "schema_names" {
                    shown.map(|(_, c)| str_const(&c.name)).collect()
                } else {
                    shown.map(|(i, _)| Self::int_const(i as i64)).collect()
                };
                let ty = Type::Tuple(items.iter().map(|i| i.ty.clone()).collect());
                Expr { kind: ExprKind::Aggregate(items), ty }
            }
            ("schema_dtype", Some(column)) => match &column.dtype {
                DType::Unsupported(what) => str_const(&format!("unsupported:{what}")),
                known => str_const(&known.to_string()),
            },
            ("schema_nulls", Some(column)) => bool_const(column.has_nulls),
            ("schema_index", _) => Self::int_const(match &schema.index {
                Index::Range => -1,
                Index::Column { column, .. } => *column as i64,
            }),
            ("schema_index_name", _) => match &schema.index {
                Index::Column { name: Some(name), .. } => str_const(name),
                _ => Expr::unit(Type::None),
            },
            ("schema_fingerprint", _) => Self::int_const(schema.fingerprint() as i64),
            _ => return Err(self.bad_call(name, values, span)),
        };
        let label = "dataset".to_owned();
        let columns: Vec<String> =
            schema.columns.iter().map(|c| format!("{}: {}", c.name, c.dtype)).collect();
        let spec = self.frame.spec;
        let reads = &mut self.session.spec(spec).schemas;
        if !reads.iter().any(|(_, known)| *known == columns) {
            reads.push((label, columns));
        }
        Ok(Some(result))
    }

    /// `dataset(path)`: the path as a dataset whose schema is known.
    fn dataset_intrinsic(&mut self, values: &[Expr], span: Span) -> Result<Expr> {
        let [path] = values else { return Err(self.bad_call("dataset", values, span)) };
        match self.session.resolve(&path.ty) {
            Type::Dataset(_) => Ok(path.clone()),
            Type::Const(Const::Str(text)) => match self.session.resolver.world.schema(&text) {
                Ok(schema) => {
                    Ok(Expr { kind: ExprKind::Const(Const::Str(text.clone())), ty: Type::Dataset(schema) })
                }
                Err(problem) => Err(Box::new(
                    Diagnostic::new(
                        if problem.denied { Code::Denied } else { Code::BadDataset },
                        span,
                        format!("`{text}` cannot be read: {}", problem.text),
                    )
                    .label("its schema is needed to compile this"),
                )),
            },
            _ => Err(Box::new(
                Diagnostic::new(
                    Code::BadDataset,
                    span,
                    "the path of a dataset must be known when the function is compiled",
                )
                .label("neither a literal nor an argument that is a literal")
                .help("write the path as a literal, or pass it as a literal argument of the `@jit` function"),
            )),
        }
    }

    fn memory_intrinsic(&mut self, name: &str, values: &[Expr], span: Span) -> Result<Option<Expr>> {
        let int = |w: &mut Self, e: &Expr| w.coerce(e.clone(), &Type::Int, span);
        let result = match (name, values) {
            ("load", [ty, ptr]) => {
                let Some(inner) = self.type_arg(ty) else { return Err(self.bad_call(name, values, span)) };
                // As long as nothing says what a list holds, no element can be read from it.
                if matches!(inner, Type::Var(_)) {
                    return Ok(Some(Expr::unit(Type::Never)));
                }
                let loaded = if let Type::Storage(known) = inner { known.value() } else { inner.clone() };
                self.op(Op::Load(inner), vec![ptr.clone()], loaded, span)
            }
            ("store", [ty, ptr, value]) => {
                let Some(inner) = self.type_arg(ty) else { return Err(self.bad_call(name, values, span)) };
                let target = if let Type::Storage(known) = inner { known.value() } else { inner.clone() };
                let value = match (self.session.resolve(&value.ty).widened(), &target) {
                    // NumPy stores floats into integer arrays by truncation.
                    (Type::Float, Type::Int) => {
                        unary(UnOp::I64TruncSatF64S, self.widen(value.clone(), span)?, Type::Int)
                    }
                    (Type::Int | Type::Float, Type::Bool) => self.truth(value.clone(), span)?,
                    _ => value.clone(),
                };
                let value = self.coerce(value, &target, span)?;
                self.op(Op::Store(inner), vec![ptr.clone(), value], Type::None, span)
            }
            ("drop_at", [ty, ptr, count]) => {
                let Some(inner) = self.type_arg(ty) else { return Err(self.bad_call(name, values, span)) };
                let count = int(self, count)?;
                self.op(Op::DropAt(inner), vec![ptr.clone(), count], Type::None, span)
            }
            ("memory_copy", [dst, src, bytes]) => {
                let bytes = int(self, bytes)?;
                self.op(Op::MemoryCopy, vec![dst.clone(), src.clone(), bytes], Type::None, span)
            }
            ("memory_fill", [dst, value, bytes]) => {
                let (value, bytes) = (int(self, value)?, int(self, bytes)?);
                self.op(Op::MemoryFill, vec![dst.clone(), value, bytes], Type::None, span)
            }
            ("memory_grow", [pages]) => {
                let pages = int(self, pages)?;
                self.op(Op::MemoryGrow, vec![pages], Type::Int, span)
            }
            ("memory_size", []) => self.op(Op::MemorySize, Vec::new(), Type::Int, span),
            ("ptr_add", [ptr, offset]) => {
                let offset = int(self, offset)?;
                let offset = unary(UnOp::I32WrapI64, offset, Type::Ptr);
                binary(BinOp::I32Add, ptr.clone(), offset, Type::Ptr)
            }
            ("ptr_to_int", [ptr]) => unary(UnOp::I64ExtendI32U, ptr.clone(), Type::Int),
            ("int_to_ptr", [value]) => {
                let value = int(self, value)?;
                unary(UnOp::I32WrapI64, value, Type::Ptr)
            }
            ("as_block", [ptr]) => self.op(Op::AsBlock, vec![ptr.clone()], Type::Block, span),
            ("as_str", [ptr]) => self.op(Op::AsStr, vec![ptr.clone()], Type::Str, span),
            ("address", [value]) => {
                let value = self.widen(value.clone(), span)?;
                self.op(Op::Address, vec![value], Type::Ptr, span)
            }
            ("null_block", []) => {
                let zero = unary(UnOp::I32WrapI64, Expr::int(0), Type::Ptr);
                self.op(Op::AsBlock, vec![zero], Type::Block, span)
            }
            ("is_null", [value]) => self.op(Op::IsNull, vec![value.clone()], Type::Bool, span),
            ("charge", [units]) => {
                let units = int(self, units)?;
                self.op(Op::Charge, vec![units], Type::None, span)
            }
            ("check_index" | "check_position", [index, length, exception, message]) => {
                let (Type::Const(Const::Str(exception)), Type::Const(Const::Str(message))) =
                    (self.session.resolve(&exception.ty), self.session.resolve(&message.ty))
                else {
                    return Err(self.bad_call(name, values, span));
                };
                let (index, length) = (int(self, index)?, int(self, length)?);
                let op = Op::Bounds { wrap: name == "check_index", exception, message };
                self.op(op, vec![index, length], Type::Int, span)
            }
            ("check", [condition, exception, message, rest @ ..]) => {
                let (Type::Const(Const::Str(exception)), Type::Const(Const::Str(message))) =
                    (self.session.resolve(&exception.ty), self.session.resolve(&message.ty))
                else {
                    return Err(self.bad_call(name, values, span));
                };
                let condition = self.truth(condition.clone(), span)?;
                let mut args = vec![self.coerce(condition, &Type::Bool, span)?];
                for arg in rest {
                    args.push(self.widen(arg.clone(), span)?);
                }
                let op = Op::Check { exception, message };
                self.op(op, args, Type::None, span)
            }
            ("select", [condition, a, b]) => {
                let ty = self.join(&a.ty, &b.ty).ok_or_else(|| self.bad_call(name, values, span))?;
                let condition = self.truth(condition.clone(), span)?;
                let condition = self.coerce(condition, &Type::Bool, span)?;
                let ty = self.session.resolve(&ty).widened();
                let a = self.coerce(a.clone(), &ty, span)?;
                let b = self.coerce(b.clone(), &ty, span)?;
                self.op(Op::Select, vec![condition, a, b], ty, span)
            }
            ("bitselect", [a, b, mask]) => {
                self.op(Op::Bitselect, vec![a.clone(), b.clone(), mask.clone()], Type::Simd, span)
            }
            ("simd_load", [ptr]) => self.op(Op::SimdLoad, vec![ptr.clone()], Type::Simd, span),
            ("simd_store", [ptr, value]) => {
                self.op(Op::SimdStore, vec![ptr.clone(), value.clone()], Type::None, span)
            }
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    fn numeric_intrinsic(&mut self, name: &str, values: Vec<Expr>, span: Span) -> Result<Expr> {
        if let Some(op) = unary_by_name(name, &values) {
            let (from, to) = op.types();
            let value = self.coerce_prim(values[0].clone(), from, span)?;
            return Ok(unary(op, value, prim_type(to)));
        }
        if let (Some(op), [left, right]) = (binary_by_name(name), values.as_slice()) {
            let (from, to) = op.types();
            let left = self.coerce_prim(left.clone(), from, span)?;
            let right = self.coerce_prim(right.clone(), from, span)?;
            let ty = if to == Ty::I32 { Type::Bool } else { prim_type(to) };
            return Ok(binary(op, left, right, ty));
        }
        Err(self.bad_call(name, &values, span))
    }

    fn coerce_prim(&mut self, value: Expr, ty: Ty, span: Span) -> Result<Expr> {
        match ty {
            Ty::I64 => self.coerce(value, &Type::Int, span),
            Ty::F64 => self.coerce(value, &Type::Float, span),
            Ty::I32 | Ty::V128 => Ok(value),
        }
    }
}

fn prim_type(ty: Ty) -> Type {
    match ty {
        Ty::I32 => Type::Bool,
        Ty::I64 => Type::Int,
        Ty::F64 => Type::Float,
        Ty::V128 => Type::Simd,
    }
}

fn unary_by_name(name: &str, values: &[Expr]) -> Option<UnOp> {
    let lane = match values.get(1).map(|v| (&v.ty, &v.kind)) {
        Some((Type::Const(Const::Int(lane @ 0..=1)), _)) => Some(*lane as u8),
        Some((_, ExprKind::Const(Const::Int(lane @ 0..=1)))) => Some(*lane as u8),
        _ => None,
    };
    let op = match name {
        "f64x2_extract" => return lane.map(UnOp::F64x2Extract),
        "i64x2_extract" => return lane.map(UnOp::I64x2Extract),
        "i64_clz" => UnOp::I64Clz,
        "i64_ctz" => UnOp::I64Ctz,
        "i64_popcnt" => UnOp::I64Popcnt,
        "f64_bits" => UnOp::I64ReinterpretF64,
        "f64_from_bits" => UnOp::F64ReinterpretI64,
        "f64_sqrt" => UnOp::F64Sqrt,
        "f64_floor" => UnOp::F64Floor,
        "f64_ceil" => UnOp::F64Ceil,
        "f64_trunc" => UnOp::F64Trunc,
        "f64_nearest" => UnOp::F64Nearest,
        "f64_abs" => UnOp::F64Abs,
        "f64_to_int" => UnOp::I64TruncSatF64S,
        "f64_to_f32" => UnOp::F64RoundToF32,
        "int_to_f64" => UnOp::F64ConvertI64S,
        "f64x2_splat" => UnOp::F64x2Splat,
        "i64x2_splat" => UnOp::I64x2Splat,
        "f64x2_abs" => UnOp::F64x2Abs,
        "f64x2_neg" => UnOp::F64x2Neg,
        "f64x2_sqrt" => UnOp::F64x2Sqrt,
        "v128_not" => UnOp::V128Not,
        _ => return None,
    };
    (values.len() == 1).then_some(op)
}

fn binary_by_name(name: &str) -> Option<BinOp> {
    Some(match name {
        "i64_shr_u" => BinOp::I64ShrU,
        "i64_shr_s" => BinOp::I64ShrS,
        "i64_shl" => BinOp::I64Shl,
        "i64_rotl" => BinOp::I64Rotl,
        "i64_div_s" => BinOp::I64DivS,
        "i64_rem_s" => BinOp::I64RemS,
        "i64_div_u" => BinOp::I64DivU,
        "i64_rem_u" => BinOp::I64RemU,
        "i64_lt_u" => BinOp::I64LtU,
        "f64_copysign" => BinOp::F64Copysign,
        "f64_min" => BinOp::F64Min,
        "f64_max" => BinOp::F64Max,
        "f64_div" => BinOp::F64Div,
        "f64x2_add" => BinOp::F64x2Add,
        "f64x2_sub" => BinOp::F64x2Sub,
        "f64x2_mul" => BinOp::F64x2Mul,
        "f64x2_div" => BinOp::F64x2Div,
        "f64x2_min" => BinOp::F64x2Min,
        "f64x2_max" => BinOp::F64x2Max,
        "f64x2_eq" => BinOp::F64x2Eq,
        "f64x2_ne" => BinOp::F64x2Ne,
        "f64x2_lt" => BinOp::F64x2Lt,
        "f64x2_le" => BinOp::F64x2Le,
        "f64x2_gt" => BinOp::F64x2Gt,
        "f64x2_ge" => BinOp::F64x2Ge,
        "i64x2_add" => BinOp::I64x2Add,
        "i64x2_sub" => BinOp::I64x2Sub,
        "i64x2_eq" => BinOp::I64x2Eq,
        "i64x2_gt" => BinOp::I64x2GtS,
        "v128_and" => BinOp::V128And,
        "v128_or" => BinOp::V128Or,
        "v128_xor" => BinOp::V128Xor,
        _ => return None,
    })
}
