//! Program → bundle: everything that can be called, compiled for every target, here or in workers, and signed here.
//!
//! Nothing comes from the cache and no clock is read, so the same program, options, targets and keys give the
//! same bytes on every machine (the target `native` excepted: it is this machine's CPU).

use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;

use super::contents::Contents;
use super::describe;
use super::keys::SecretKey;
use super::part::{Maker, makers};
use super::trust::Trust;
use crate::error::Error;
use crate::levels::Level;
use crate::program::Program;
use crate::worker::wrong_answer;

/// What native code is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Exactly this machine's CPU.
    Native,
    /// Every CPU of a level.
    Level(Level),
}

impl Target {
    /// The target of a name.
    pub fn parse(name: &str) -> Option<Target> {
        if name == "native" { Some(Target::Native) } else { Level::parse(name).map(Target::Level) }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Target::Native => "native",
            Target::Level(level) => level.name(),
        }
    }
}

/// What to put into a bundle.
#[derive(Clone, Debug, Default)]
pub struct BuildRequest {
    /// The module body.
    pub body: bool,
    /// Functions with the types of their parameters.
    pub functions: Vec<(String, Vec<Type>)>,
    /// Functions that are called for each row of a frame, with the types of the frames
    /// ([`Program::entry_for_rows`](crate::Program::entry_for_rows)).
    pub rows: Vec<(String, Type)>,
    /// What to make native code for; there is always wasm.
    pub targets: Vec<Target>,
    /// Leave the source out: tracebacks then have line numbers but no lines.
    pub strip: bool,
}

impl BuildRequest {
    /// What is asked of the program.
    fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        let functions = self.functions.iter().map(|(name, params)| Request::Entry(name, params));
        let rows = self.rows.iter().map(|(name, frame)| Request::Rows(name, frame));
        self.body.then_some(Request::Run).into_iter().chain(functions).chain(rows)
    }
}

/// Builds a bundle and signs it with all of these keys. With worker processes all of it is compiled in one of them, which
/// sees this program and no other, and never the keys.
pub fn build(program: &Program, request: &BuildRequest, keys: &[&SecretKey]) -> Result<Vec<u8>, Error> {
    if program.has_runtime_globals() {
        let what = "a global that the host changes at run time has no value in a bundle".to_owned();
        return Err(Error::Signature(what));
    }
    let (engine, targets, strip) = (program.engine(), &request.targets[..], request.strip);
    let (makers, mut contents) = (makers(engine, targets), Contents::default());
    // Whose fault it is if a part is not what it should be.
    let fault =
        |what: String| if engine.client().is_some() { wrong_answer(&what) } else { Error::Internal(what) };
    let maker = engine.client().is_none().then(|| Maker::new(engine, targets, strip)).transpose()?;
    for asked in request.requests() {
        let part = match &maker {
            Some(maker) => maker.part(asked, &program.check_here(asked)?)?,
            None => program.part_there(asked, targets, strip)?,
        };
        part.add_to(&mut contents, asked, &makers).map_err(fault)?;
    }
    if contents.is_empty() {
        return Err(Error::Signature("there is nothing to put into the bundle".to_owned()));
    }
    let bytes = contents.seal(keys).ok_or_else(|| Error::Io("the bundle would be too large".to_owned()))?;
    readable(&bytes).map_err(fault)?;
    Ok(bytes)
}

/// Whether names, indices and types in it are as those who load it want them: else nobody is given the signature.
pub(super) fn readable(bundle: &[u8]) -> Result<(), String> {
    describe(bundle, &Trust::nobody()).map(drop).map_err(|bad| bad.to_string())
}
