//! A program that is only looked at: checked in a worker; the outline of what is right, or diagnostics with their places;
//! and the functions that it has.

use std::time::Duration;

use ovenbird_compiler::budget::CompileBudget;
use ovenbird_compiler::source::{SourceFile, Sources};
use ovenbird_compiler::types::Type;

use super::client::{Client, answer, job};
use super::frame::Most;
use super::wanted::params;
use super::wire::{Answer, Argument, Ask, Found, Wanted};
use crate::error::Error;
use crate::external::is_identifier;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::program::{Source, UnitOutline};

/// What checking answers: texts of the program's files, and what its units are called.
const FOUND: Most = Most { head: 64 << 20, tail: 0 };

impl Client {
    /// Checks a program: its files, its units, and how long it took.
    pub(crate) fn check(
        &self,
        source: &Source,
        wanted: &Wanted,
        globals: &Snapshot,
        limits: &Limits,
        budget: &CompileBudget,
    ) -> Result<(Sources, Vec<UnitOutline>, Duration), Error> {
        globals.check()?;
        let ask = Ask::Check(job(source, wanted, globals, limits, budget));
        let found = match self.ask_compiler(source, &ask, &[], FOUND, budget)?.0 {
            Answer::Checked(Ok(found)) => found,
            Answer::Checked(Err(fault)) => return Err(fault.error()),
            _ => return Err(answer("not what was found")),
        };
        let Found { files, units, time } = found;
        let mut sources = Sources::default();
        for (name, text) in files {
            sources.add(match text {
                Some(text) => SourceFile::new(name, text, false),
                // The library is the same in both.
                None => SourceFile::new(name.as_str(), library(&name).unwrap_or_default(), true),
            });
        }
        Ok((sources, units, time))
    }
}

/// What functions there are.
const FUNCTIONS: Most = Most { head: 16 << 20, tail: 0 };

impl Client {
    /// Which functions a program has, or for which arguments one of them is called.
    pub(crate) fn signatures(
        &self,
        source: &Source,
        function: Option<&str>,
        globals: &Snapshot,
        budget: &CompileBudget,
    ) -> Result<Vec<(String, Vec<Type>)>, Error> {
        globals.check()?;
        let job = job(source, &Wanted::Check, globals, &Limits::default(), budget);
        let ask = Ask::Signatures { job, function: function.map(str::to_owned) };
        let found = match self.ask_compiler(source, &ask, &[], FUNCTIONS, budget)?.0 {
            Answer::Signatures(Ok(found)) => found,
            Answer::Signatures(Err(fault)) => return Err(fault.error()),
            _ => return Err(answer("not what functions there are")),
        };
        let is_type = |argument: &Argument| matches!(argument, Argument::Of(shape) if shape.is_valid());
        let signature = |wanted: Wanted| match &wanted {
            Wanted::Entry(name, arguments)
                if function.map_or_else(|| is_identifier(name), |asked| asked == name)
                    && arguments.iter().all(is_type) =>
            {
                Ok((name.clone(), params(&wanted)))
            }
            _ => Err(answer("something that is no function that was asked for")),
        };
        found.into_iter().map(signature).collect()
    }
}

/// The text of a file of the library by its display name.
fn library(name: &str) -> Option<&'static str> {
    ovenbird_stdlib::get(name.strip_prefix("<stdlib>/")?.strip_suffix(".py")?)
}
