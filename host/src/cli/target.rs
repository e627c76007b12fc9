//! `FILE[::FUNC]` on the command line -> a checked program and the units that are meant.

use std::path::PathBuf;
use std::str::FromStr;

use ovenbird_compiler::ast::{self, ExprKind, StmtKind};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::parse::{parse_expression, parse_module};
use ovenbird_compiler::source::FileId;
use ovenbird_compiler::types::Type;

use crate::error::Error;
use crate::program::{Checked, Program};
use crate::value::Value;

/// A file, or a function in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) file: PathBuf,
    pub(super) func: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((file, func)) = text.rsplit_once("::") else {
            return Ok(Target { file: text.into(), func: None });
        };
        let is_name = !func.is_empty() && func.chars().all(|c| c.is_alphanumeric() || c == '_');
        if file.is_empty() || !is_name {
            return Err(format!("`{text}` is neither FILE nor FILE::FUNCTION"));
        }
        Ok(Target { file: file.into(), func: Some(func.to_owned()) })
    }
}

/// The units of a target.
pub(super) struct Selection {
    pub(super) checked: Checked,
    /// Those that the target names, by index; all of them for a file.
    pub(super) chosen: Vec<usize>,
}

/// Finds the units of a target. A function is taken for the argument types that are given, else as the
/// module's top level calls it, else by its annotations and defaults.
pub(super) fn select(
    program: &Program,
    func: Option<&str>,
    types: Option<&[Type]>,
) -> Result<Selection, Error> {
    let Some(func) = func else {
        let checked = program.check(Request::Run)?;
        let chosen = (0..checked.units.len()).collect();
        return Ok(Selection { checked, chosen });
    };
    let entry = |types: &[Type]| {
        let checked = program.check(Request::Entry(func, types))?;
        Ok(Selection { checked, chosen: vec![0] })
    };
    if let Some(types) = types {
        return entry(types);
    }
    let declared = declared(program, func)?;
    let checked = match (program.check(Request::Run), &declared) {
        (Ok(checked), _) => checked,
        // A function can be looked at although another part of the file is wrong.
        (Err(_), Ok(types)) => return entry(types),
        (Err(error), Err(_)) => return Err(error),
    };
    let is_it = |name: &str| name.rsplit_once('.').is_some_and(|(_, last)| last == func);
    let chosen: Vec<usize> = (0..checked.units.len()).filter(|i| is_it(&checked.units[*i].label)).collect();
    if !chosen.is_empty() {
        return Ok(Selection { checked, chosen });
    }
    let mut parts =
        checked.units.iter().flat_map(|unit| &unit.functions).filter(|f| !f.library && is_it(&f.name));
    if let Some(part) = parts.next() {
        let types: Vec<Type> =
            part.params.iter().filter_map(|p| Some(part.locals.get(p.0 as usize)?.ty.clone())).collect();
        return entry(&types);
    }
    match declared {
        Ok(types) => entry(&types),
        Err(param) => Err(Error::Signature(format!(
            "the type of `{param}` is not known: nothing calls `{func}` in the module body, and the parameter \
             has neither an annotation nor a default; give `--types`"
        ))),
    }
}

/// Types of a function's parameters by annotation or default; the name of the first one without.
pub(super) fn declared(program: &Program, func: &str) -> Result<Result<Vec<Type>, String>, Error> {
    let def = definition(program, func)
        .ok_or_else(|| Error::Signature(format!("no function `{func}` in `{}`", program.source().name())))?;
    let types = def.params.iter().map(|param| {
        let annotated = param.annotation.as_ref().and_then(|a| match &a.kind {
            ExprKind::Name(name) => scalar(name),
            ExprKind::None => Some(Type::None),
            _ => None,
        });
        let default = || param.default.as_ref().and_then(literal).map(|value| value.ty());
        annotated.or_else(default).ok_or_else(|| param.name.clone())
    });
    Ok(types.collect())
}

/// A top-level function of the program's file.
fn definition(program: &Program, func: &str) -> Option<std::sync::Arc<ast::Function>> {
    let module = parse_module(FileId(0), program.source().text()).ok()?;
    module.body.into_iter().find_map(|stmt| match stmt.kind {
        StmtKind::Function(def) if def.name == func => Some(def),
        _ => None,
    })
}

/// Names of the top-level functions of the program's file.
pub(super) fn functions(program: &Program) -> Vec<String> {
    let Ok(module) = parse_module(FileId(0), program.source().text()) else { return Vec::new() };
    let names = module.body.into_iter().filter_map(|stmt| match stmt.kind {
        StmtKind::Function(def) => Some(def.name.clone()),
        _ => None,
    });
    names.collect()
}

fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "str" => Type::Str,
        "None" => Type::None,
        _ => return None,
    })
}

/// `int, float` -> types.
pub(super) fn parse_types(text: &str) -> Result<Vec<Type>, Error> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let unknown =
        |word: &str| Error::Signature(format!("`{word}` is not one of int, float, bool, str, None"));
    words.map(|word| scalar(word).ok_or_else(|| unknown(word))).collect()
}

/// `1, 2.5, "text"` -> values.
pub(super) fn parse_args(text: &str) -> Result<Vec<Value>, Error> {
    let wrong = || Error::Signature(format!("`{text}` is not a list of literals such as `1, 2.5, \"text\"`"));
    let tuple = parse_expression(FileId(0), &format!("({text},)")).map_err(|_| wrong())?;
    match literal(&tuple) {
        Some(Value::Tuple(items)) => Ok(items),
        _ => Err(wrong()),
    }
}

/// The value of a literal.
fn literal(expr: &ast::Expr) -> Option<Value> {
    Some(match &expr.kind {
        ExprKind::None => Value::None,
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Int(value) => Value::Int(*value),
        ExprKind::Float(value) => Value::Float(*value),
        ExprKind::Str(value) => Value::Str(value.clone()),
        ExprKind::Tuple(items) => Value::Tuple(items.iter().map(literal).collect::<Option<_>>()?),
        ExprKind::Unary { op: ast::UnaryOp::Neg, operand } => match literal(operand)? {
            Value::Int(value) => Value::Int(value.wrapping_neg()),
            Value::Float(value) => Value::Float(-value),
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let target = |text: &str| text.parse::<Target>();
        assert_eq!(target("a/b.py"), Ok(Target { file: "a/b.py".into(), func: None }));
        assert_eq!(target("b.py::f"), Ok(Target { file: "b.py".into(), func: Some("f".to_owned()) }));
        assert!(target("b.py::").is_err() && target("::f").is_err() && target("b.py::f()").is_err());
    }

    #[test]
    fn arguments_are_literals() {
        let values = parse_args("1, -2.5, \"a,b\"").expect("literals");
        assert_eq!(values, [Value::Int(1), Value::Float(-2.5), Value::Str("a,b".to_owned())]);
        assert!(parse_args("f(1)").is_err() && parse_args("1, (").is_err());
        assert_eq!(parse_types("int, float").expect("types"), [Type::Int, Type::Float]);
    }
}
