//! Entries that a host calls: a function for argument types, through the library where what goes in or comes out
//! is no plain value.
//!
//! The library's function `border/call` makes arrays and frames of the tuples that stand for them
//! (`crate::border`), calls the user's function, and takes its result apart; `border/rows` calls it for each row
//! of columns. The unit is then the library's function, under the name of the user's.

use super::globals::ANY_SCOPE;
use super::{Result, Session, SpecKey, UnitInfo, Walker};
use crate::border::Border;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolved::{FuncId, Global, ModuleId};
use crate::source::Span;
use crate::types::Type;

/// A function of the library between the host and the user's function.
const CALL: (&str, &str) = ("border/call", "call");
/// The same for the rows of columns.
const ROWS: (&str, &str) = ("border/rows", "rows");

impl Session<'_> {
    /// The unit of a function for argument types.
    pub(super) fn entry(
        &mut self,
        module: ModuleId,
        shown: &str,
        name: &str,
        types: &[Type],
    ) -> std::result::Result<(), Diagnostics> {
        let func = self.function_named(module, shown, name)?;
        if !types.iter().any(Border::is_in) {
            let start = Span::new(self.resolver.module(module).file, 0, 0);
            let spec = self.new_spec("request".to_owned());
            let frame = self.new_frame(spec, module, None, false, false);
            let mut walker = Walker { session: self, frame };
            let unit = walker.unit_for(func, types.to_vec(), start);
            self.check()?;
            let unit = unit.map_err(|error| Diagnostics::from(*error))?;
            if !self.is_object(&self.units[unit].result) {
                return Ok(());
            }
            // What it returns is an object of the library, which the library must take apart.
            self.units.truncate(unit);
        }
        self.through(CALL, func, types)
    }

    /// The unit that calls a function for each row of a frame's columns, in their order.
    pub(super) fn rows(
        &mut self,
        module: ModuleId,
        shown: &str,
        name: &str,
        frame: &Type,
    ) -> std::result::Result<(), Diagnostics> {
        let func = self.function_named(module, shown, name)?;
        self.through(ROWS, func, std::slice::from_ref(frame))
    }

    fn function_named(
        &self,
        module: ModuleId,
        shown: &str,
        name: &str,
    ) -> std::result::Result<FuncId, Diagnostics> {
        let module = self.resolver.module(module);
        match module.names.get(name) {
            Some(Global::Function(func)) => Ok(*func),
            _ => {
                let start = Span::new(module.file, 0, 0);
                let message = format!("no function `{name}` in `{shown}`");
                Err(Diagnostic::new(Code::UnknownName, start, message).into())
            }
        }
    }

    /// A unit of the library's function for the user's function and arguments of these types.
    fn through(
        &mut self,
        (file, name): (&str, &str),
        func: FuncId,
        types: &[Type],
    ) -> std::result::Result<(), Diagnostics> {
        let def = self.resolver.function(func).clone();
        let user = self.resolver.module(def.module);
        let label = format!("{}.{}", user.path, def.qualname);
        let spec = self.new_spec("request".to_owned());
        let frame = self.new_frame(spec, def.module, None, false, false);
        let mut walker = Walker { session: self, frame };
        let found = walker.border_spec(file, name, func, types.to_vec(), def.ast.name_span);
        self.check()?;
        let (root, result) = found.map_err(|error| {
            // Where the library calls the function is nothing that a user has seen.
            let mut error = *error;
            error.labels.retain(|label| !self.resolver.sources.file(label.span.file).library);
            Diagnostics::from(error)
        })?;
        self.spec(root).label = label;
        let args = types.to_vec();
        self.units.push(UnitInfo { func: Some(func), args, scope: ANY_SCOPE, root, result });
        Ok(())
    }

    /// Whether a type is, or holds, an object of a class.
    fn is_object(&self, ty: &Type) -> bool {
        match self.resolve(ty) {
            Type::Instance(..) => true,
            Type::Tuple(items) => items.iter().any(|item| self.is_object(item)),
            _ => false,
        }
    }
}

impl Walker<'_, '_> {
    fn border_spec(
        &mut self,
        file: &str,
        name: &str,
        func: FuncId,
        types: Vec<Type>,
        span: Span,
    ) -> Result<(super::SpecId, Type)> {
        let library = self.library_function(file, name, span)?;
        let args = vec![Type::Func(func, [].into()), Type::tuple(types)];
        let key = SpecKey { func: library, captures: Vec::new(), args, scope: ANY_SCOPE, jit: true };
        self.specialise(key, span)
    }
}
