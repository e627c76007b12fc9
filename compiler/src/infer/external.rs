//! Calls of functions that the embedder gives: arguments are checked against the declared types.

use std::sync::Arc;

use super::call::Args;
use super::convert::never;
use super::{Result, Session, Walker};
use crate::abi::external::External;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::typed::{Expr, ExprKind, Op};
use crate::types::Type;

impl Session<'_> {
    /// The number of a function of the embedder in this session.
    fn external_number(&mut self, external: &Arc<External>) -> usize {
        let known = self.externals.iter().position(|other| other == external);
        known.unwrap_or_else(|| {
            self.externals.push(external.clone());
            self.externals.len() - 1
        })
    }

    /// Numbers a function of the embedder in a unit that has these.
    pub(super) fn external_of_unit(&self, number: usize, unit: &mut Vec<External>) -> usize {
        let external = &*self.externals[number];
        let known = unit.iter().position(|other| other == external);
        known.unwrap_or_else(|| {
            unit.push(external.clone());
            unit.len() - 1
        })
    }
}

impl Walker<'_, '_> {
    /// Calls a function of the embedder. Its parameters have no names and no defaults.
    pub(super) fn call_external(&mut self, external: &Arc<External>, args: Args, span: Span) -> Result<Expr> {
        let (path, params) = (external.path(), &external.signature.params);
        if let Some((name, _, at)) = args.named.first() {
            let message = format!("the host function `{path}` has no argument `{name}`");
            let help = "its arguments are given by position";
            return Err(Box::new(Diagnostic::new(Code::BadCall, *at, message).help(help)));
        }
        if args.positional.len() != params.len() {
            let counted =
                if params.len() == 1 { "1 argument" } else { &format!("{} arguments", params.len()) };
            let message =
                format!("the host function `{path}` takes {counted}, {} given", args.positional.len());
            let signature = format!("it is `{path}{}`", external.signature.types());
            return Err(Box::new(Diagnostic::new(Code::BadCall, span, message).help(signature)));
        }
        let mut values = Vec::with_capacity(params.len());
        for (index, ((value, at), param)) in args.positional.into_iter().zip(params).enumerate() {
            let wanted = Type::plain(*param);
            let found = self.session.resolve(&value.ty);
            if found == Type::Never {
                values.push(value);
                return Ok(never(values));
            }
            if !self.can_coerce(&found, &wanted) {
                let found = found.widened();
                let message = format!(
                    "argument {} of the host function `{path}` is `{wanted}`, not `{found}`",
                    index + 1
                );
                let signature = format!("it is `{path}{}`", external.signature.types());
                let diagnostic = Diagnostic::new(Code::TypeMismatch, at, message);
                return Err(Box::new(diagnostic.label(format!("this is `{found}`")).help(signature)));
            }
            values.push(self.coerce(value, &wanted, at)?);
        }
        let op = Op::External(self.session.external_number(external));
        let node = self.frame.position(span);
        let ty = Type::plain(external.signature.result);
        Ok(Expr { kind: ExprKind::Intrinsic { op, args: values, node }, ty })
    }
}
