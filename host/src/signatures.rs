//! A program -> those of its functions that can be asked for by themselves, with the types of their parameters: as the
//! module body calls them, or by annotations and defaults.

use ovenbird_compiler::ast::{self, ExprKind, StmtKind};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::parse::parse_module;
use ovenbird_compiler::source::FileId;
use ovenbird_compiler::types::Type;

use crate::compilation::{Compilation, too_late};
use crate::error::Error;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::probe::shape::Shape;
use crate::program::{Checked, Program};
use crate::value::Value;

/// A function and the types of its parameters.
pub(crate) type Signed = (String, Vec<Type>);

impl Program {
    /// The functions that can be asked for by themselves, and the types of their parameters: all those of the
    /// module that the host can hand what they take, and be handed what they return; or one function, for each list of types with
    /// which the module body calls it, else for those of its annotations and defaults. With worker processes it is found
    /// out in one of them.
    ///
    /// # Errors
    /// If the program is wrong, or nothing says what the function takes.
    pub fn signatures(&self, function: Option<&str>) -> Result<Vec<(String, Vec<Type>)>, Error> {
        match self.engine().client() {
            Some(client) => self.signatures_there(client, function),
            None => signatures(self, function, &|request| self.check_here(request)),
        }
    }

    /// The same in this process, with these globals and limits.
    pub(crate) fn signatures_within(
        &self,
        function: Option<&str>,
        globals: &Snapshot,
        limits: &Limits,
    ) -> Result<Vec<Signed>, Error> {
        signatures(self, function, &|request| self.check_anew(request, globals, limits, None))
    }
}

/// How a request is checked.
type Check<'a> = &'a dyn Fn(Request<'_>) -> Result<Checked, Error>;

fn signatures(program: &Program, function: Option<&str>, check: Check<'_>) -> Result<Vec<Signed>, Error> {
    let Some(name) = function else { return known(program, check) };
    let Selection { checked, chosen } = select_by(program, Some(name), None, check)?;
    Ok(chosen.into_iter().map(|at| (name.to_owned(), checked.units[at].params.clone())).collect())
}

/// The units of a target.
pub(crate) struct Selection {
    pub(crate) checked: Checked,
    /// Those that the target names, by index; all of them for a file.
    pub(crate) chosen: Vec<usize>,
}

/// Finds the units of a target. A function is taken for the argument types that are given, else as the
/// module's top level calls it, else by its annotations and defaults.
pub(crate) fn select(
    program: &Program,
    func: Option<&str>,
    types: Option<&[Type]>,
) -> Result<Selection, Error> {
    select_by(program, func, types, &|request| program.check_here(request))
}

fn select_by(
    program: &Program,
    func: Option<&str>,
    types: Option<&[Type]>,
    check: Check<'_>,
) -> Result<Selection, Error> {
    let Some(func) = func else {
        let checked = check(Request::Run)?;
        let chosen = (0..checked.units.len()).collect();
        return Ok(Selection { checked, chosen });
    };
    let entry = |types: &[Type]| {
        let checked = check(Request::Entry(func, types))?;
        Ok(Selection { checked, chosen: vec![0] })
    };
    if let Some(types) = types {
        return entry(types);
    }
    let declared = declared(program, func)?;
    let checked = match (check(Request::Run), &declared) {
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
fn declared(program: &Program, func: &str) -> Result<Result<Vec<Type>, String>, Error> {
    let def = definitions(program).into_iter().find(|def| def.name == func);
    let none = || Error::Signature(format!("no function `{func}` in `{}`", program.source().name()));
    let def = def.ok_or_else(none)?;
    Ok(declared_by(&def))
}

fn declared_by(def: &ast::Function) -> Result<Vec<Type>, String> {
    let types = def.params.iter().map(|param| {
        let annotated = param.annotation.as_ref().and_then(|a| match &a.kind {
            ExprKind::Name(name) => scalar(name),
            ExprKind::None => Some(Type::None),
            _ => None,
        });
        let default = || param.default.as_ref().and_then(literal).map(|value| value.ty());
        annotated.or_else(default).ok_or_else(|| param.name.clone())
    });
    types.collect()
}

/// The top-level functions of the program's file.
fn definitions(program: &Program) -> Vec<std::sync::Arc<ast::Function>> {
    let Ok(module) = parse_module(FileId(0), program.source().text()) else { return Vec::new() };
    let functions = module.body.into_iter().filter_map(|stmt| match stmt.kind {
        StmtKind::Function(def) => Some(def),
        _ => None,
    });
    functions.collect()
}

/// Their names.
pub(crate) fn functions(program: &Program) -> Vec<String> {
    definitions(program).into_iter().map(|def| def.name.clone()).collect()
}

/// The type of this name.
pub(crate) fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "int" => Type::Int,
        "float" => Type::Float,
        "bool" => Type::Bool,
        "str" => Type::Str,
        "None" => Type::None,
        _ => return None,
    })
}

/// The functions of a program whose signatures are known: as the body calls them, or by annotations. All of it is
/// one use of the program's time: each function is checked by itself, and there may be thousands.
fn known(program: &Program, check: Check<'_>) -> Result<Vec<Signed>, Error> {
    let compilation = Compilation::start(program.budget());
    let run = check(Request::Run)?;
    let module = program.source().module();
    let mut known: Vec<Signed> = Vec::new();
    for def in definitions(program) {
        if let Some(exceeded) = compilation.stopped() {
            return Err(too_late(exceeded, program.sources()));
        }
        let name = def.name.clone();
        let label = format!("{module}.{name}");
        let seen = run.units.iter().filter(|unit| !unit.body && unit.label == label);
        let seen: Vec<Vec<Type>> = seen.map(|unit| unit.params.clone()).collect();
        let declared = declared_by(&def).ok().filter(|_| seen.is_empty());
        for params in seen.into_iter().chain(declared) {
            // What is fine for the body may be nothing that a host can pass or take.
            if can_cross(&name, &params, check) {
                known.push((name.clone(), params));
            }
        }
    }
    Ok(known)
}

/// Whether a function can be called from outside for these types: it can be compiled, and host and function
/// can hand each other what it takes and returns.
fn can_cross(name: &str, params: &[Type], check: Check<'_>) -> bool {
    params.iter().all(|ty| Shape::of(ty).is_some())
        && check(Request::Entry(name, params))
            .is_ok_and(|checked| Shape::of(&checked.units[0].functions[0].result).is_some())
}

/// The value of a literal.
pub(crate) fn literal(expr: &ast::Expr) -> Option<Value> {
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
