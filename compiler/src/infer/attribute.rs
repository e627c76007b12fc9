//! Names of modules, attributes of values, methods, annotations.

use std::sync::Arc;

use super::convert::{never, str_const};
use super::ops::first;
use super::{Result, Walker};
use crate::ast::{self, ExprKind as Ast};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolved::{FuncId, Global, ModuleId};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::{Storage, Table, Type};

/// A module-level tuple of at least this many numbers becomes a table.
const TABLE_MIN: usize = 9;

/// Unknown names in one program for which a similar one is looked for.
const SUGGESTIONS: usize = 20;

/// Most letters of a name for which a similar one is looked for.
const LONGEST_GUESS: usize = 100;

impl Walker<'_, '_> {
    /// A name that is not local: of the module, then built in.
    pub(super) fn global(&mut self, name: &str, span: Span) -> Result<Expr> {
        let module = self.frame.module;
        if let Some(global) = self.session.resolver.module(module).names.get(name).cloned() {
            return self.global_value(module, name, &global, span);
        }
        if name == "__name__" {
            let path = self.session.resolver.module(module).path.clone();
            let main = self.frame.func.is_none() && self.session.is_main(module);
            return Ok(str_const(if main || self.session.is_main(module) { "__main__" } else { &path }));
        }
        if let Some(ty) = super::builtin::lookup(name) {
            return Ok(Expr::unit(ty));
        }
        if let Some(found) =
            self.session.resolver.library_module(&format!("builtins/{name}")).map_err(first)?
            && let Some(global) = self.session.resolver.module(found).names.get(name).cloned()
        {
            return self.global_value(found, name, &global, span);
        }
        let mut diagnostic =
            Diagnostic::new(Code::UnknownName, span, format!("name `{name}` is not defined"));
        if let Some(near) = self.near_name(name) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        Err(Box::new(diagnostic))
    }

    /// A name in scope that differs by one or two letters.
    fn near_name(&mut self, name: &str) -> Option<String> {
        // Each is compared with all names. Nobody reads more than a few, and a text can have as many as it likes.
        self.session.suggestions += 1;
        if self.session.suggestions > SUGGESTIONS {
            return None;
        }
        let module = self.session.resolver.module(self.frame.module);
        let all = self.frame.slots.iter().chain(module.names.keys());
        nearest(all.map(String::as_str).filter(|known| known.len() > 2), name).map(str::to_owned)
    }

    fn global_value(&mut self, module: ModuleId, name: &str, global: &Global, span: Span) -> Result<Expr> {
        match global {
            Global::Function(func) => Ok(Expr::unit(Type::Func(*func, [].into()))),
            Global::Class(class) => Ok(Expr::unit(Type::Class(class.clone()))),
            Global::Import(path, at) => self.import(path, *at),
            Global::ImportFrom { module: from, name: member, span: at } => {
                if from == "intrinsics" && self.session.resolver.module(module).library {
                    return super::builtin::intrinsic(member).map(Expr::unit).ok_or_else(|| {
                        Box::new(Diagnostic::new(
                            Code::UnknownImport,
                            *at,
                            format!("no intrinsic `{member}`"),
                        ))
                    });
                }
                if from == "__future__" || from == "typing" {
                    return Ok(Expr::unit(Type::Builtin("annotation")));
                }
                let owner = self.import(from, *at)?;
                self.member(&owner.ty, member, *at)
            }
            Global::Once(_) | Global::Variable(_) if self.session.is_run_time(module, name) => {
                self.run_time_global(module, name, span)
            }
            Global::Once(value) => self.constant(module, name, value, span),
            Global::Variable(at) => Err(not_constant(name, span, Some(*at))),
            Global::External(external) => Ok(Expr::unit(Type::External(external.clone()))),
            Global::Given(ty) => {
                self.note_constant(module, name, ty);
                Ok(self.constant_value(ty))
            }
        }
    }

    /// The value of a module-level name that is assigned once, if it is known at compile time.
    fn constant(&mut self, module: ModuleId, name: &str, value: &Arc<ast::Expr>, span: Span) -> Result<Expr> {
        let known = self.known_constant(module, name, value)?;
        let Some(ty) = known else { return Err(not_constant(name, span, None)) };
        self.note_constant(module, name, &ty);
        Ok(self.constant_value(&ty))
    }

    /// The type that holds the value of a module-level name, if it is a constant.
    pub(super) fn known_constant(
        &mut self,
        module: ModuleId,
        name: &str,
        value: &ast::Expr,
    ) -> Result<Option<Type>> {
        let key = (module, name.to_owned());
        if let Some(known) = self.session.constants.get(&key) {
            return Ok(known.clone());
        }
        self.session.constants.insert(key.clone(), None);
        let (errors, specs) = (self.session.diagnostics.len(), self.session.specs.len());
        let mut found = self.evaluate_constant(module, value)?;
        if self.session.diagnostics.len() > errors {
            // It calls what cannot be called here; where it stands it may be right.
            self.forget_errors(errors, specs);
            found = None;
        }
        self.session.constants.insert(key, found.clone());
        Ok(found)
    }

    /// Notes that the function depends on a constant of a user's module.
    fn note_constant(&mut self, module: ModuleId, name: &str, ty: &Type) {
        let library = self.session.resolver.module(module).library;
        if !library && !matches!(ty, Type::Func(..)) {
            let shown = ty.to_string().trim_start_matches("Literal[").trim_end_matches(']').to_owned();
            self.note_global(self.global_label(module, name), shown);
        }
    }

    /// An expression for a constant type: tuples are spelled out.
    fn constant_value(&mut self, ty: &Type) -> Expr {
        match ty {
            Type::Tuple(items) => {
                let parts = items.iter().map(|t| self.constant_value(t)).collect();
                Expr { kind: ExprKind::Aggregate(parts), ty: ty.clone() }
            }
            _ => Expr::unit(ty.clone()),
        }
    }

    fn evaluate_constant(&mut self, module: ModuleId, value: &ast::Expr) -> Result<Option<Type>> {
        if let Some(table) = table(value) {
            return Ok(Some(table));
        }
        let ty = match self.as_constant(module, |w| w.expr(value)) {
            Ok(expr) => self.session.resolve(&expr.ty),
            Err(error) if self.session.resolver.module(module).library => return Err(error),
            Err(_) => return Ok(None),
        };
        Ok(if ty.width() == 0 && ty.is_closed() && ty != Type::Never { Some(ty) } else { None })
    }

    /// A module or package by dotted path.
    fn import(&mut self, path: &str, span: Span) -> Result<Expr> {
        let slashed = path.replace('.', "/");
        if self.session.resolver.is_package(&slashed) {
            return Ok(Expr::unit(Type::Package(slashed.into())));
        }
        // One file of the library, for other library code.
        if self.session.resolver.module(self.frame.module).library
            && let Some(module) = self.session.resolver.library_module(&slashed).map_err(first)?
        {
            return Ok(Expr::unit(Type::Module(module)));
        }
        if let Some(module) = self.session.resolver.host_module(path) {
            return Ok(Expr::unit(Type::Module(module)));
        }
        if let Some(module) = self.session.resolver.user_module(path).map_err(first)? {
            return Ok(Expr::unit(Type::Module(module)));
        }
        Err(Box::new(
            Diagnostic::new(Code::UnknownImport, span, format!("no module `{path}`"))
                .label("neither beside the program nor in the library"),
        ))
    }

    /// A name in a module or package.
    fn member(&mut self, owner: &Type, name: &str, span: Span) -> Result<Expr> {
        match owner {
            Type::Module(module) => {
                let Some(global) = self.session.resolver.module(*module).names.get(name).cloned() else {
                    let path = self.session.resolver.module(*module).path.clone();
                    return Err(unknown_import(&path, name, span));
                };
                let saved = std::mem::replace(&mut self.frame.module, *module);
                let value = self.global_value(*module, name, &global, span);
                self.frame.module = saved;
                value
            }
            Type::Package(path) => {
                if &**path == "ovenbird" && matches!(name, "jit" | "njit") {
                    return Ok(Expr::unit(Type::Builtin("jit")));
                }
                for file in [format!("{path}/{name}"), format!("{path}/__init__")] {
                    if let Some(found) = self.session.resolver.library_module(&file).map_err(first)?
                        && let Some(global) = self.session.resolver.module(found).names.get(name).cloned()
                    {
                        let saved = std::mem::replace(&mut self.frame.module, found);
                        let value = self.global_value(found, name, &global, span);
                        self.frame.module = saved;
                        return value;
                    }
                }
                let sub = format!("{path}/{name}");
                if self.session.resolver.is_package(&sub) {
                    return Ok(Expr::unit(Type::Package(sub.into())));
                }
                Err(unknown_import(&path.replace('/', "."), name, span))
            }
            _ => Err(unknown_import("this value", name, span)),
        }
    }

    /// `object.attr`.
    pub(super) fn attribute(&mut self, object: Expr, attr: &str, span: Span) -> Result<Expr> {
        let ty = self.session.resolve(&object.ty);
        match &ty {
            Type::Never => return Ok(never(vec![object])),
            Type::Module(_) | Type::Package(_) => return self.member(&ty, attr, span),
            Type::Instance(class, fields) => {
                if let Some(i) = class.fields.iter().position(|f| f == attr) {
                    if class.heap {
                        let field = fields[i].clone();
                        if field.width() == 0 && field.is_closed() {
                            return Ok(Expr::unit(field));
                        }
                        return Ok(Expr { kind: ExprKind::Field(Box::new(object), i), ty: field });
                    }
                    return Ok(self.part(object, i));
                }
            }
            _ => {}
        }
        if let Some(method) = self.find_method(&ty, attr)? {
            if self.session.resolver.function(method).decoration.property {
                return self.call_method(object, attr, Vec::new(), span);
            }
            let ty = Type::Method(method, Box::new(ty));
            return Ok(Expr { kind: ExprKind::Aggregate(vec![object]), ty });
        }
        if self.find_method(&ty, "__getattr__")?.is_some() {
            return self.call_method(object, "__getattr__", vec![str_const(attr)], span);
        }
        let shown = ty.widened();
        Err(Box::new(Diagnostic::new(
            Code::UnknownAttribute,
            span,
            format!("`{shown}` has no attribute `{attr}`"),
        )))
    }

    /// `object.attr = value`.
    pub(super) fn set_attribute(
        &mut self,
        object: Expr,
        attr: &str,
        value: Expr,
        span: Span,
        out: &mut Vec<Stmt>,
    ) -> Result<()> {
        let ty = self.session.resolve(&object.ty);
        if let Type::Instance(class, fields) = &ty
            && class.heap
            && self.session.resolver.module(self.frame.module).library
            && let Some(field) = class.fields.iter().position(|f| f == attr)
        {
            let value = self.coerce(value, &fields[field], span)?;
            out.push(Stmt::SetField { object, field, value });
            return Ok(());
        }
        let shown = ty.widened();
        Err(Box::new(Diagnostic::new(
            Code::UnsupportedSyntax,
            span,
            format!("attribute `{attr}` of `{shown}` cannot be assigned"),
        )))
    }

    /// The method of a type: in its class, or in a file of the class's folder.
    pub(super) fn find_method(&mut self, ty: &Type, name: &str) -> Result<Option<FuncId>> {
        let ty = self.session.shallow(ty).widened();
        let folder = match &ty {
            Type::Instance(class, _) => {
                if let Some(method) = class.methods.get(name) {
                    return Ok(Some(*method));
                }
                class.folder.clone()
            }
            Type::Str | Type::Dataset(_) => "types/str/".to_owned(),
            Type::Int => "types/int/".to_owned(),
            Type::Float => "types/float/".to_owned(),
            Type::Bool => "types/bool/".to_owned(),
            Type::Tuple(_) => "types/tuple/".to_owned(),
            Type::None => "types/none/".to_owned(),
            _ => return Ok(None),
        };
        let Some(module) = self.session.resolver.library_module(&format!("{folder}{name}")).map_err(first)?
        else {
            return Ok(None);
        };
        Ok(match self.session.resolver.module(module).names.get(name) {
            Some(Global::Function(func)) => Some(*func),
            _ => None,
        })
    }

    /// The type that an annotation names, if it is one that is checked.
    pub(super) fn annotation(&mut self, annotation: &ast::Expr) -> Option<Type> {
        match &annotation.kind {
            Ast::Name(name) => match name.as_str() {
                "int" => Some(Type::Int),
                "float" => Some(Type::Float),
                "bool" => Some(Type::Bool),
                "str" => Some(Type::Str),
                _ => None,
            },
            Ast::None => Some(Type::None),
            _ => None,
        }
    }

    /// Python's rule: an `int` is accepted as a `float`, a `bool` as an `int`.
    pub(super) fn annotation_allows(&mut self, wanted: &Type, found: &Type) -> bool {
        let found = self.session.resolve(found).widened();
        match (wanted, &found) {
            (Type::Float, Type::Int | Type::Bool)
            | (Type::Int, Type::Bool)
            | (Type::Str, Type::Dataset(_)) => true,
            (_, Type::Never) => true,
            _ => *wanted == found,
        }
    }

    /// The type of a constant path that names a dataset.
    pub(super) fn dataset(&mut self, path: &str) -> Option<Type> {
        if !(path.ends_with(".pq") || path.ends_with(".parquet")) {
            return None;
        }
        self.session.resolver.world.schema(path).ok().map(Type::Dataset)
    }
}

pub(super) fn not_constant(name: &str, span: Span, assigned: Option<Span>) -> Box<Diagnostic> {
    let mut diagnostic =
        Diagnostic::new(Code::GlobalNotConstant, span, format!("the global `{name}` has no constant value"))
            .label("its value is not known when the function is compiled")
            .help(format!("pass `{name}` as an argument, assign it once at the top level, as a constant, or let the host give it a value"));
    if let Some(at) = assigned.filter(|at| at.end > at.start) {
        diagnostic = diagnostic.also(at, "assigned here");
    }
    Box::new(diagnostic)
}

fn unknown_import(owner: &str, name: &str, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::UnknownImport, span, format!("`{owner}` has no `{name}`")))
}

/// A long tuple of number literals, as a table.
fn table(value: &ast::Expr) -> Option<Type> {
    let Ast::Tuple(items) = &value.kind else { return None };
    if items.len() < TABLE_MIN {
        return None;
    }
    let mut bits = Vec::new();
    let float = items.iter().any(|item| matches!(number(item), Some((_, true))));
    for item in items {
        let (value, is_float) = number(item)?;
        bits.push(match (float, is_float) {
            (true, false) => ((value as i64) as f64).to_bits(),
            _ => value,
        });
    }
    Some(Type::Table(Arc::new(Table { float, bits })))
}

fn number(item: &ast::Expr) -> Option<(u64, bool)> {
    match &item.kind {
        Ast::Int(value) => Some((*value as u64, false)),
        Ast::Float(value) => Some((value.to_bits(), true)),
        Ast::Unary { op: ast::UnaryOp::Neg, operand } => match &operand.kind {
            Ast::Int(value) => Some((value.wrapping_neg() as u64, false)),
            Ast::Float(value) => Some(((-value).to_bits(), true)),
            _ => None,
        },
        _ => None,
    }
}

/// Storage by NumPy's name.
pub(super) fn storage(name: &str) -> Option<Storage> {
    Storage::ALL.into_iter().find(|s| s.name() == name)
}

/// The text that differs from `wanted` by one or two letters, if there is one.
pub(super) fn nearest<'t>(texts: impl Iterator<Item = &'t str>, wanted: &str) -> Option<&'t str> {
    // Of a single letter only the case may be wrong. Comparing takes the product of the lengths.
    let length = wanted.chars().count();
    let limit = length.saturating_sub(1).min(2);
    if length > LONGEST_GUESS {
        return None;
    }
    texts
        .filter(|t| t.chars().take(length + limit + 1).count().abs_diff(length) <= limit)
        .map(|t| (edit_distance(&t.to_lowercase(), &wanted.to_lowercase()), t))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, t)| t)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
