//! Calls: argument binding and specialisation.

use super::convert::{const_expr, never};
use super::{Result, SpecId, SpecKey, Walker, globals};
use crate::ast::{self, ExprKind as Ast, ParamKind};
use crate::budget::CompileLimit;
use crate::diagnostic::{Code, Diagnostic};
use crate::resolved::FuncId;
use crate::source::Span;
use crate::typed::{Expr, ExprKind, TFuncId};
use crate::types::{Const, Type};

/// Arguments after evaluation.
#[derive(Default)]
pub(super) struct Args {
    pub(super) positional: Vec<(Expr, Span)>,
    pub(super) named: Vec<(String, Expr, Span)>,
}

impl Args {
    pub(super) fn positional(values: Vec<Expr>, span: Span) -> Self {
        Self { positional: values.into_iter().map(|v| (v, span)).collect(), named: Vec::new() }
    }
}

impl Walker<'_, '_> {
    /// `func(args, keywords)`.
    pub(super) fn call_expr(
        &mut self,
        func: &ast::Expr,
        args: &[ast::Expr],
        keywords: &[(String, ast::Expr)],
        span: Span,
    ) -> Result<Expr> {
        // A method call finds its method without making a bound method first.
        if let Ast::Attribute { value, attr } = &func.kind {
            let object = self.expr(value)?;
            let ty = self.session.resolve(&object.ty);
            if ty == Type::Never {
                return Ok(never(vec![object]));
            }
            if !matches!(ty, Type::Module(_) | Type::Package(_) | Type::Class(_)) {
                if let Some(method) = self.find_method(&ty, attr)?
                    && !self.session.resolver.function(method).decoration.property
                {
                    let mut evaluated = self.eval_args(args, keywords)?;
                    evaluated.positional.insert(0, (object, value.span));
                    return self.call_function(method, Vec::new(), Vec::new(), evaluated, span);
                }
                let callee = self.attribute(object, attr, func.span)?;
                let evaluated = self.eval_args(args, keywords)?;
                return self.call_value(callee, evaluated, span);
            }
            let callee = self.attribute(object, attr, func.span)?;
            return self.call_callee(callee, args, keywords, span);
        }
        self.frame.calling = matches!(func.kind, Ast::Name(_));
        let callee = self.expr(func);
        self.frame.calling = false;
        self.call_callee(callee?, args, keywords, span)
    }

    fn call_callee(
        &mut self,
        callee: Expr,
        args: &[ast::Expr],
        keywords: &[(String, ast::Expr)],
        span: Span,
    ) -> Result<Expr> {
        if let Type::Builtin(name) = callee.ty
            && let Some(result) = self.syntactic_builtin(name, args, keywords, span)?
        {
            return Ok(result);
        }
        let evaluated = self.eval_args(args, keywords)?;
        self.call_value(callee, evaluated, span)
    }

    /// Evaluates arguments from left to right; `*tuple` is spread out.
    pub(super) fn eval_args(&mut self, args: &[ast::Expr], keywords: &[(String, ast::Expr)]) -> Result<Args> {
        let mut out = Args::default();
        for arg in args {
            if let Ast::Starred(inner) = &arg.kind {
                let value = self.expr(inner)?;
                let Type::Tuple(items) = self.session.resolve(&value.ty) else {
                    return Err(Box::new(
                        Diagnostic::new(Code::BadCall, arg.span, "only a tuple can be spread with `*`")
                            .label(format!("this is `{}`", self.session.resolve(&value.ty))),
                    ));
                };
                for i in 0..items.len() {
                    let part = match &value.kind {
                        ExprKind::Aggregate(parts) => parts[i].clone(),
                        _ => self.part(value.clone(), i),
                    };
                    out.positional.push((part, arg.span));
                }
            } else {
                out.positional.push((self.expr(arg)?, arg.span));
            }
        }
        for (name, value) in keywords {
            let names = match &value.kind {
                Ast::List(items) if name == "columns" => self.static_names(items)?,
                _ => None,
            };
            let expr = match names {
                Some(names) => names,
                None => self.expr(value)?,
            };
            out.named.push((name.clone(), expr, value.span));
        }
        Ok(out)
    }

    /// Calls a value: a function, closure, class, type or built-in.
    pub(super) fn call_value(&mut self, callee: Expr, args: Args, span: Span) -> Result<Expr> {
        match self.session.resolve(&callee.ty) {
            Type::Never => Ok(never(vec![callee])),
            Type::Func(func, captures) => {
                if let Some(values) = self.current_captures(func, span)? {
                    let types = values.iter().map(|v| self.session.resolve(&v.ty)).collect();
                    return self.call_function(func, values, types, args, span);
                }
                let mut values = Vec::new();
                for i in 0..captures.len() {
                    values.push(self.part(callee.clone(), i));
                }
                self.call_function(func, values, captures.to_vec(), args, span)
            }
            Type::Method(func, _) => {
                let ExprKind::Aggregate(parts) = callee.kind else {
                    return Err(not_callable(&callee.ty, span));
                };
                let mut args = args;
                args.positional.splice(0..0, parts.into_iter().map(|p| (p, span)));
                self.call_function(func, Vec::new(), Vec::new(), args, span)
            }
            Type::Builtin(name) => self.intrinsic(name, args, span),
            Type::External(external) => self.call_external(&external, args, span),
            Type::Class(class) => self.construct(&class, args, span),
            Type::TypeValue(inner) => {
                let name = match *inner {
                    Type::Int => "int",
                    Type::Float => "float",
                    Type::Bool => "bool",
                    Type::Str => "str",
                    Type::Storage(_) => "_cast",
                    _ => return Err(not_callable(&Type::TypeValue(inner), span)),
                };
                let mut args = args;
                if name == "_cast" {
                    args.positional.insert(0, (Expr::unit(Type::TypeValue(inner)), span));
                }
                let func = self.library_function(&format!("builtins/{name}"), name, span)?;
                self.call_function(func, Vec::new(), Vec::new(), args, span)
            }
            other => Err(not_callable(&other, span)),
        }
    }

    /// A function of the library by file and name.
    pub(super) fn library_function(&mut self, file: &str, name: &str, span: Span) -> Result<FuncId> {
        let module = self.session.resolver.library_module(file).map_err(super::ops::first)?;
        let func = module.and_then(|m| match self.session.resolver.module(m).names.get(name) {
            Some(crate::resolved::Global::Function(func)) => Some(*func),
            _ => None,
        });
        func.ok_or_else(|| {
            Box::new(Diagnostic::new(
                Code::UnknownName,
                span,
                format!("the library has no `{name}` in `{file}`"),
            ))
        })
    }

    /// Calls a function of the library, or makes an instance of one of its classes.
    pub(super) fn call_library(
        &mut self,
        file: &str,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr> {
        let args = Args::positional(args, span);
        let module = self.session.resolver.library_module(file).map_err(super::ops::first)?;
        if let Some(module) = module
            && let Some(crate::resolved::Global::Class(class)) =
                self.session.resolver.module(module).names.get(name)
        {
            let class = class.clone();
            return self.construct(&class, args, span);
        }
        let func = self.library_function(file, name, span)?;
        self.call_function(func, Vec::new(), Vec::new(), args, span)
    }

    /// `object.name(args)` by its type.
    pub(super) fn call_method(
        &mut self,
        object: Expr,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr> {
        let ty = self.session.resolve(&object.ty);
        if ty == Type::Never {
            return Ok(never(vec![object]));
        }
        let Some(method) = self.find_method(&ty, name)? else {
            return Err(no_such_method(&ty, name, span));
        };
        let mut all = vec![object];
        all.extend(args);
        self.call_function(method, Vec::new(), Vec::new(), Args::positional(all, span), span)
    }

    /// Binds arguments to parameters.
    fn bind(&mut self, func: FuncId, args: Args, span: Span) -> Result<Vec<(Expr, Span)>> {
        let def = self.session.resolver.function(func).clone();
        let name = &def.ast.name;
        let mut positional = args.positional.into_iter();
        let mut named = args.named;
        let mut bound = Vec::new();
        for param in &def.ast.params {
            if param.kind == ParamKind::VarArgs {
                let rest: Vec<(Expr, Span)> = positional.by_ref().collect();
                let ty = Type::Tuple(rest.iter().map(|(e, _)| self.session.resolve(&e.ty)).collect());
                let parts = rest.into_iter().map(|(e, _)| e).collect();
                bound.push((Expr { kind: ExprKind::Aggregate(parts), ty }, span));
                continue;
            }
            let by_position = if param.kind == ParamKind::Normal { positional.next() } else { None };
            let by_name = named.iter().position(|(n, ..)| *n == param.name).map(|i| named.remove(i));
            match (by_position, by_name, &param.default) {
                (Some(_), Some((_, _, at)), _) => {
                    return Err(Box::new(Diagnostic::new(
                        Code::BadCall,
                        at,
                        format!("`{name}()` got multiple values for argument `{}`", param.name),
                    )));
                }
                (Some(value), None, _) => bound.push(value),
                (None, Some((_, value, at)), _) => bound.push((value, at)),
                (None, None, Some(default)) => {
                    let value = self.default_value(func, default)?;
                    bound.push((value, span));
                }
                (None, None, None) => {
                    return Err(Box::new(
                        Diagnostic::new(
                            Code::BadCall,
                            span,
                            format!("`{name}()` is missing the argument `{}`", param.name),
                        )
                        .also(def.ast.name_span, "defined here"),
                    ));
                }
            }
        }
        if let Some((_, at)) = positional.next() {
            let count = def.ast.params.len();
            return Err(Box::new(
                Diagnostic::new(Code::BadCall, at, format!("`{name}()` takes at most {count} arguments"))
                    .label("one too many"),
            ));
        }
        if let Some((unknown, _, at)) = named.first() {
            return Err(Box::new(Diagnostic::new(
                Code::BadCall,
                *at,
                format!("`{name}()` has no argument `{unknown}`"),
            )));
        }
        Ok(bound)
    }

    /// A parameter's default: constants only, evaluated in the function's module.
    fn default_value(&mut self, func: FuncId, default: &ast::Expr) -> Result<Expr> {
        let module = self.session.resolver.function(func).module;
        self.as_constant(module, |w| w.expr(default))
    }

    /// Calls a function with evaluated arguments: finds or makes the specialisation.
    pub(super) fn call_function(
        &mut self,
        func: FuncId,
        captures: Vec<Expr>,
        capture_types: Vec<Type>,
        args: Args,
        span: Span,
    ) -> Result<Expr> {
        let bound = self.bind(func, args, span)?;
        let def = self.session.resolver.function(func).clone();
        let library = self.session.resolver.module(def.module).library;
        let mut values = Vec::new();
        let mut types = Vec::new();
        for ((value, at), param) in bound.into_iter().zip(&def.ast.params) {
            let value = self.pass(value, param, library, at)?;
            let ty = self.session.resolve(&value.ty);
            if ty == Type::Never {
                values.push(value);
                return Ok(never(values));
            }
            self.check_size(&ty, span)?;
            types.push(ty);
            values.push(value);
        }
        if def.decoration.jit && !self.frame.jit && !library {
            return self.call_entry(func, values, types, span);
        }
        let jit = self.frame.jit || def.decoration.jit;
        let key = SpecKey { func, captures: capture_types, args: types, scope: globals::ANY_SCOPE, jit };
        let (spec, result) = self.specialise(key, span)?;
        let mut all = captures;
        all.extend(values);
        let node = self.frame.position(span);
        Ok(Expr { kind: ExprKind::Call { func: TFuncId(spec.0), args: all, node }, ty: result })
    }

    /// An argument in the form in which the parameter takes it: user functions are specialised on
    /// types, library functions also on strings (unless annotated `str`), flags, and what they mark
    /// `static`.
    fn pass(&mut self, value: Expr, param: &ast::Param, library: bool, span: Span) -> Result<Expr> {
        let annotation = param.annotation.as_ref();
        let says = |word: &str| annotation.is_some_and(|a| matches!(&a.kind, Ast::Name(n) if n == word));
        let ty = self.session.resolve(&value.ty);
        if library {
            let keep = says("static")
                || match ty {
                    Type::Const(Const::Str(_)) => !says("str"),
                    Type::Const(Const::Bool(_)) => true,
                    _ => false,
                };
            return match ty {
                Type::Const(_) if !keep => self.widen(value, span),
                _ => Ok(value),
            };
        }
        if let Type::Const(Const::Str(text)) = &ty
            && let Some(dataset) = self.dataset(text)
        {
            let text = text.clone();
            let kind = ExprKind::Const(Const::Str(text));
            return Ok(Expr { kind, ty: dataset });
        }
        let value = self.widen(value, span)?;
        if let Some(annotation) = annotation
            && let Some(wanted) = self.annotation(annotation)
            && !self.annotation_allows(&wanted, &value.ty)
        {
            let found = self.session.resolve(&value.ty);
            return Err(Box::new(
                Diagnostic::new(
                    Code::TypeMismatch,
                    span,
                    format!("`{}` is annotated `{wanted}`, the argument is `{found}`", param.name),
                )
                .also(param.span, "annotated here"),
            ));
        }
        Ok(value)
    }

    /// Finds or infers a function for argument types.
    pub(super) fn specialise(&mut self, key: SpecKey, span: Span) -> Result<(SpecId, Type)> {
        self.enter_scope();
        let (caller, any_scope) = (self.frame.spec, key.clone());
        let key = SpecKey { scope: self.session.scope(), ..key };
        if let Some(&id) = self.session.memo.get(&any_scope).or_else(|| self.session.memo.get(&key)) {
            let spec = self.session.spec(id);
            // What is not done yet may still turn out to depend on globals.
            let scoped = spec.scoped || !spec.done && key.scope != globals::ANY_SCOPE;
            if !spec.done {
                spec.used_assumption = true;
            }
            let result = spec.result.clone();
            if scoped {
                self.session.depends_on_scope(caller);
            }
            return Ok((id, self.session.resolve(&result)));
        }
        let (specialisations, depth) = (self.session.specs.len() + 1, self.session.depth + 1);
        let many = "the program needs too many specialised functions";
        self.session.within(CompileLimit::Specialisations, specialisations, span, many)?;
        let deep = "calls are nested too deeply for type inference";
        self.session.within(CompileLimit::CallDepth, depth, span, deep)?;
        let def = self.session.resolver.function(key.func).clone();
        let module = self.session.resolver.module(def.module);
        let (library, label) = (module.library, format!("{}.{}", module.path, def.qualname));
        let id = self.session.new_spec(label);
        self.session.memo.insert(key.clone(), id);
        let mut rounds = 0;
        let result = loop {
            self.session.spec(id).used_assumption = false;
            self.session.depth += 1;
            let inferred = self.session.infer_function(id, &key, span);
            self.session.depth -= 1;
            let function = match inferred {
                Ok(function) => function,
                Err(error) => {
                    self.session.memo.remove(&key);
                    return Err(self.blame_call(error, library, &key, span));
                }
            };
            let result = self.session.resolve(&function.result);
            let spec = self.session.spec(id);
            let settled = !spec.used_assumption || spec.result == result;
            spec.result = result.clone();
            spec.function = Some(function);
            rounds += 1;
            if settled {
                break result;
            }
            if rounds > 6 {
                return Err(Box::new(
                    Diagnostic::new(
                        Code::CannotInfer,
                        span,
                        format!("the result type of `{}` cannot be found", def.ast.name),
                    )
                    .help("add a path that returns without calling the function again"),
                ));
            }
            // What was inferred meanwhile may rest on the old assumption.
            let keep = id.0 as usize + 1;
            self.session.specs.truncate(keep);
            self.session.memo.retain(|_, other| other.0 <= id.0);
            self.session.units.retain(|unit| unit.root.0 <= id.0);
        };
        self.session.spec(id).done = true;
        if self.session.spec(id).scoped {
            self.session.depends_on_scope(caller);
        } else {
            self.session.memo.remove(&key);
            self.session.memo.insert(any_scope, id);
        }
        // A result whose element type is still to be found belongs to this call alone: two empty
        // lists may hold different things.
        if !result.is_closed() {
            self.session.memo.retain(|_, other| *other != id);
        }
        Ok((id, result))
    }

    /// An error inside library code is shown at the call; one in user code keeps its place and
    /// names the call.
    fn blame_call(
        &self,
        error: Box<Diagnostic>,
        library: bool,
        key: &SpecKey,
        span: Span,
    ) -> Box<Diagnostic> {
        let mut error = error;
        let in_library = self.session.resolver.sources.file(error.primary.span.file).library;
        let caller_library = self.session.resolver.module(self.frame.module).library;
        if in_library && !caller_library {
            error.primary.span = span;
            error.labels.clear();
            if error.primary.text.starts_with("this is") {
                error.primary.text.clear();
            }
        } else if !library && !in_library && error.labels.len() < 3 {
            let args: Vec<String> = key.args.iter().map(|t| shortened(&t.widened().to_string())).collect();
            error.labels.push(crate::diagnostic::Label {
                span,
                text: format!("called here with ({})", args.join(", ")),
            });
        }
        error
    }

    /// A call from a module body to a `@jit` function: through dispatch, as a unit of its own.
    fn call_entry(&mut self, func: FuncId, values: Vec<Expr>, types: Vec<Type>, span: Span) -> Result<Expr> {
        let unit = self.unit_for(func, types, span)?;
        let result = self.session.units[unit].result.clone();
        let spec = self.frame.spec;
        let entries = &mut self.session.spec(spec).entries;
        let entry = entries.iter().position(|u| *u == unit).unwrap_or_else(|| {
            entries.push(unit);
            entries.len() - 1
        });
        let node = self.frame.position(span);
        Ok(Expr { kind: ExprKind::CallEntry { entry, args: values, node }, ty: result })
    }

    /// The unit of a `@jit` function for argument types.
    pub(super) fn unit_for(&mut self, func: FuncId, types: Vec<Type>, span: Span) -> Result<usize> {
        self.enter_scope();
        let scope = self.session.scope();
        let same = |u: &super::UnitInfo| {
            u.func == Some(func) && u.args == types && [globals::ANY_SCOPE, scope].contains(&u.scope)
        };
        if let Some(known) = self.session.units.iter().position(same) {
            return Ok(known);
        }
        let any = globals::ANY_SCOPE;
        let key = SpecKey { func, captures: Vec::new(), args: types.clone(), scope: any, jit: true };
        let (root, result) = self.specialise(key, span)?;
        let scope = if self.session.spec(root).scoped { scope } else { any };
        self.session.units.push(super::UnitInfo { func: Some(func), args: types, scope, root, result });
        Ok(self.session.units.len() - 1)
    }

    /// An instance of a library class from its fields.
    fn construct(
        &mut self,
        class: &std::sync::Arc<crate::resolved::ClassDef>,
        args: Args,
        span: Span,
    ) -> Result<Expr> {
        if !self.session.resolver.module(self.frame.module).library && !class.path.starts_with("types/slice/")
        {
            let file = format!("{}__new__", class.folder);
            let func = self.library_function(&file, "__new__", span)?;
            return self.call_function(func, Vec::new(), Vec::new(), args, span);
        }
        if args.positional.len() != class.fields.len() || !args.named.is_empty() {
            return Err(Box::new(Diagnostic::new(
                Code::BadCall,
                span,
                format!("`{}` has {} fields", class.name, class.fields.len()),
            )));
        }
        let mut values = Vec::new();
        for (value, at) in args.positional {
            values.push(if class.heap { self.widen(value, at)? } else { value });
        }
        let types = values.iter().map(|v| self.session.resolve(&v.ty)).collect();
        let ty = Type::Instance(class.clone(), types);
        self.check_size(&ty, span)?;
        let kind = if class.heap { ExprKind::New(values) } else { ExprKind::Aggregate(values) };
        Ok(Expr { kind, ty })
    }

    /// The compile-time integer.
    pub(super) fn int_const(value: i64) -> Expr {
        const_expr(Const::Int(value))
    }
}

fn not_callable(ty: &Type, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::BadCall, span, format!("`{ty}` cannot be called")))
}

pub(super) fn no_such_method(ty: &Type, name: &str, span: Span) -> Box<Diagnostic> {
    let ty = ty.widened();
    let message = match name {
        "__getitem__" => format!("`{ty}` cannot be indexed"),
        "__setitem__" => format!("items of `{ty}` cannot be assigned"),
        "__len__" => format!("`{ty}` has no length"),
        "__contains__" => format!("`in` is not supported for `{ty}`"),
        "__item__" => format!("`{ty}` cannot be iterated over"),
        _ => format!("`{ty}` has no method `{name}`"),
    };
    Box::new(Diagnostic::new(Code::UnknownAttribute, span, message))
}

/// A type's name as a message has room for it.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
