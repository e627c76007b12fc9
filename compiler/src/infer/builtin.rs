//! Names that the compiler itself knows: everything else of the library is found by path.

use super::call::Args;
use super::convert::bool_const;
use super::{Result, Walker};
use crate::abi::Import;
use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::Expr;
use crate::types::{Const, Type};

/// Built-in functions with rules of their own.
const BUILTINS: &[&str] = &["isinstance", "hasattr", "getattr", "len", "type", "range"];

/// Intrinsics of library code; see `intrinsic.rs`.
pub(super) const INTRINSICS: &[&str] = &[
    "noinline",
    "cold",
    "inline",
    "value",
    "static_error",
    "static_range",
    "static_index",
    "static_str",
    "static_len",
    "static_startswith",
    "static_near",
    "static_size",
    "static_map",
    "static_touched",
    "is_static",
    "storage",
    "value_type",
    "sizeof",
    "type_of",
    "part_type",
    "has_refs",
    "new_var",
    "coerce",
    "unify",
    "convert",
    "has_method",
    "class_name",
    "schema_names",
    "schema_numbers",
    "schema_dtype",
    "schema_nulls",
    "schema_index",
    "schema_index_name",
    "schema_fingerprint",
    "dataset",
    "load",
    "store",
    "drop_at",
    "memory_copy",
    "memory_fill",
    "memory_grow",
    "memory_size",
    "ptr_add",
    "ptr_to_int",
    "int_to_ptr",
    "as_block",
    "as_str",
    "address",
    "null_block",
    "is_null",
    "charge",
    "check_index",
    "check_position",
    "check",
    "select",
    "data_start",
    "i64_shr_u",
    "i64_clz",
    "i64_ctz",
    "i64_popcnt",
    "i64_div_s",
    "i64_rem_s",
    "i64_div_u",
    "i64_rem_u",
    "i64_shl",
    "i64_shr_s",
    "i64_rotl",
    "i64_lt_u",
    "f64_bits",
    "f64_from_bits",
    "f64_sqrt",
    "f64_floor",
    "f64_ceil",
    "f64_trunc",
    "f64_nearest",
    "f64_abs",
    "f64_copysign",
    "f64_min",
    "f64_max",
    "f64_to_int",
    "f64_to_f32",
    "f64_div",
    "int_to_f64",
    "simd_load",
    "simd_store",
    "f64x2_splat",
    "i64x2_splat",
    "f64x2_extract",
    "i64x2_extract",
    "f64x2_add",
    "f64x2_sub",
    "f64x2_mul",
    "f64x2_div",
    "f64x2_min",
    "f64x2_max",
    "f64x2_abs",
    "f64x2_neg",
    "f64x2_sqrt",
    "f64x2_eq",
    "f64x2_ne",
    "f64x2_lt",
    "f64x2_le",
    "f64x2_gt",
    "f64x2_ge",
    "i64x2_add",
    "i64x2_sub",
    "i64x2_eq",
    "i64x2_gt",
    "v128_and",
    "v128_or",
    "v128_xor",
    "v128_not",
    "bitselect",
];

/// A built-in name of ordinary code.
pub(super) fn lookup(name: &str) -> Option<Type> {
    let ty = match name {
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "str" => Type::Str,
        _ => return BUILTINS.iter().find(|b| **b == name).map(|b| Type::Builtin(b)),
    };
    Some(Type::TypeValue(Box::new(ty)))
}

/// A name of the pseudo-module `intrinsics`.
pub(super) fn intrinsic(name: &str) -> Option<Type> {
    if let Some(import) = Import::ALL.iter().find(|i| i.name() == name) {
        return Some(Type::Builtin(import.name()));
    }
    let class = match name {
        "Ptr" => Type::Ptr,
        "Block" => Type::Block,
        "Simd" => Type::Simd,
        "NoneType" => Type::None,
        _ => return INTRINSICS.iter().find(|i| **i == name).map(|i| Type::Builtin(i)),
    };
    Some(Type::TypeValue(Box::new(class)))
}

impl Walker<'_, '_> {
    /// Built-ins whose arguments are not all ordinary expressions.
    pub(super) fn syntactic_builtin(
        &mut self,
        name: &'static str,
        args: &[ast::Expr],
        keywords: &[(String, ast::Expr)],
        span: Span,
    ) -> Result<Option<Expr>> {
        match (name, args) {
            ("isinstance", [value, class]) => {
                let value = self.expr(value)?;
                let ty = self.session.resolve(&value.ty);
                let answer = self.is_instance(&ty, class)?;
                Ok(Some(bool_const(answer)))
            }
            ("jit", _) => Err(Box::new(Diagnostic::new(
                Code::UnsupportedSyntax,
                span,
                "`jit` is only supported as a decorator",
            ))),
            ("range", _) => {
                let evaluated = self.eval_args(args, keywords)?;
                let values = evaluated.positional.into_iter().map(|(e, _)| e).collect();
                Ok(Some(self.call_library("types/range/_range", "_range", values, span)?))
            }
            _ => Ok(None),
        }
    }

    fn is_instance(&mut self, ty: &Type, class: &ast::Expr) -> Result<bool> {
        if let Ast::Tuple(items) = &class.kind {
            for item in items {
                if self.is_instance(ty, item)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        if let Ast::Name(name) = &class.kind {
            match name.as_str() {
                "tuple" => return Ok(matches!(ty, Type::Tuple(_) | Type::Table(_))),
                "function" => return Ok(matches!(ty, Type::Func(..) | Type::Method(..))),
                "type" => return Ok(matches!(ty, Type::TypeValue(_) | Type::Class(_))),
                "list" | "ndarray" | "slice" | "range" | "Series" | "DataFrame"
                    if self.frame.slot(name).is_none()
                        && !self.session.resolver.module(self.frame.module).names.contains_key(name) =>
                {
                    return Ok(matches!(ty, Type::Instance(c, _) if c.name == *name));
                }
                _ => {}
            }
        }
        let value = self.expr(class)?;
        let widened = ty.widened();
        Ok(match self.session.resolve(&value.ty) {
            Type::TypeValue(inner) => match (&*inner, &widened) {
                (Type::Int, Type::Bool) => true,
                (Type::Str, Type::Dataset(_)) => true,
                (want, have) => want == have,
            },
            Type::Class(class) => matches!(&widened, Type::Instance(c, _) if *c == class),
            // Functions of the library that stand for a class, such as `list`, by name.
            Type::Func(func, _) => {
                let name = self.session.resolver.function(func).ast.name.clone();
                matches!(&widened, Type::Instance(c, _) if c.name == name)
            }
            Type::None => widened == Type::None,
            _ => false,
        })
    }

    /// Built-ins of ordinary code with evaluated arguments.
    pub(super) fn builtin_call(&mut self, name: &str, args: &Args, span: Span) -> Result<Option<Expr>> {
        let values: Vec<Expr> = args.positional.iter().map(|(e, _)| e.clone()).collect();
        match (name, values.as_slice()) {
            ("len", [value]) => {
                let ty = self.session.resolve(&value.ty);
                Ok(Some(match &ty {
                    Type::Tuple(items) => Self::int_const(items.len() as i64),
                    Type::Table(table) => Self::int_const(table.bits.len() as i64),
                    Type::Const(Const::Str(text)) => Self::int_const(text.chars().count() as i64),
                    _ => self.call_method(value.clone(), "__len__", Vec::new(), span)?,
                }))
            }
            ("hasattr", [value, name]) => {
                let Type::Const(Const::Str(attr)) = &name.ty else { return Ok(None) };
                let ty = self.session.resolve(&value.ty);
                let field = matches!(&ty, Type::Instance(c, _) if c.fields.iter().any(|f| **f == **attr));
                let found = field || self.find_method(&ty, attr)?.is_some();
                Ok(Some(bool_const(found)))
            }
            ("getattr", [value, name]) => {
                let Type::Const(Const::Str(attr)) = &name.ty else { return Ok(None) };
                Ok(Some(self.attribute(value.clone(), attr, span)?))
            }
            ("type", [value]) => {
                let ty = self.session.resolve(&value.ty).widened();
                Ok(Some(Expr::unit(Type::TypeValue(Box::new(ty)))))
            }
            _ => Ok(None),
        }
    }
}
