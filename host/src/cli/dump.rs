//! `dump`: what a stage of the compiler makes of a function or a module body, as text.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ovenbird_compiler::ast::{Function, Module, StmtKind};
use ovenbird_compiler::parse::parse_module;
use ovenbird_compiler::resolve::Resolver;
use ovenbird_compiler::resolved::{Global, ModuleId};
use ovenbird_compiler::source::FileId;
use ovenbird_compiler::typed::Unit;

use super::common::{Common, Place, print};
use super::target::{Target, parse_types};
use crate::compilation::{Compilation, with_sources};
use crate::error::{CompileError, Error};
use crate::limits::Limits;
use crate::program::Program;
use crate::signatures::{Selection, select};
use crate::stages;
use crate::world::{GrantedWorld, Stdlib};

mod asm;
mod tree;
mod typed;

/// Stages of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Syntax tree, without positions.
    Ast,
    /// Names of the module, and the scope of each function.
    Resolved,
    /// Typed program: the unit's functions, each specialised.
    Typed,
    /// Intermediate representation, optimised unless `--plain`.
    Ir,
    /// WebAssembly as text.
    Wat,
    /// Native code of this machine.
    Asm,
}

/// Arguments of `dump`.
#[derive(Args)]
#[command(after_long_help = "\
A function is shown for the argument types with which the module body calls it, once for each list of types; \
else for those of its annotations and defaults, or of --types. Nothing comes from the cache. The text is for \
people and changes between versions.

With --stage asm, -o writes the native code as an ELF file for `objdump -d`; on machines other than x86-64 the \
text is hexadecimal.")]
pub(super) struct Dump {
    /// FILE::FUNCTION, or FILE for the module body.
    #[arg(value_name = "FILE[::FUNC]")]
    target: Target,
    /// What to show.
    #[arg(long, value_enum, default_value_t = Stage::Ir)]
    stage: Stage,
    /// The intermediate representation before any optimisation; also in the later stages.
    #[arg(long)]
    plain: bool,
    /// Argument types of FUNC: `int, float, bool, str`.
    #[arg(long, value_name = "TYPES")]
    types: Option<String>,
    /// Write the bytes of the stage to a file: wasm for `wat`, ELF for `asm`.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Dump {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        if self.output.is_some() && !matches!(self.stage, Stage::Wat | Stage::Asm) {
            return Err(Error::Signature("`-o` goes with `--stage wat` and `--stage asm`".to_owned()));
        }
        let (program, tenant) = self.common.open(&self.target.file, Place::HERE)?;
        let parts = match self.stage {
            Stage::Ast => vec![(self.name(), self.ast(&program)?)],
            Stage::Resolved => {
                let world = GrantedWorld::new(&tenant.grants, &Limits::default());
                vec![(self.name(), self.resolved(&program, &world)?)]
            }
            _ => self.units(&program)?,
        };
        if self.common.json {
            let stage = self.stage.to_possible_value().map(|value| value.get_name().to_owned());
            let part = |(name, text): &(String, String)| serde_json::json!({"unit": name, "stage": stage, "text": text});
            print(&format!("{}\n", parts.iter().map(part).collect::<serde_json::Value>()))?;
        } else {
            let several = parts.len() > 1;
            for (name, text) in &parts {
                let title = if several { format!("; {name}\n") } else { String::new() };
                print(&format!("{title}{text}{}", if text.ends_with('\n') { "" } else { "\n" }))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn name(&self) -> String {
        self.target.func.clone().unwrap_or_else(|| "<module>".to_owned())
    }

    fn no_function(&self, func: &str) -> Error {
        Error::Signature(format!("no function `{func}` in `{}`", self.target.file.display()))
    }

    fn ast(&self, program: &Program) -> Result<String, Error> {
        let module = parse_module(FileId(0), program.source().text()).map_err(|diagnostics| {
            Error::Compile(Box::new(CompileError { diagnostics, sources: program.sources(), cached: false }))
        })?;
        match &self.target.func {
            None => Ok(tree::print(&module)),
            Some(func) => {
                let def = definition(&module, func).ok_or_else(|| self.no_function(func))?;
                Ok(tree::print(def))
            }
        }
    }

    fn resolved(&self, program: &Program, world: &GrantedWorld<'_>) -> Result<String, Error> {
        let mut resolver = Resolver::new(world, &Stdlib);
        let source = program.source();
        let id =
            resolver.load_user(source.module(), source.name(), source.text()).map_err(|diagnostics| {
                Error::Compile(Box::new(CompileError {
                    diagnostics,
                    sources: resolver.sources.clone(),
                    cached: false,
                }))
            })?;
        let only = self.target.func.as_deref();
        let text = names(&resolver, id, only);
        if text.is_empty()
            && let Some(func) = only
        {
            return Err(self.no_function(func));
        }
        Ok(text)
    }

    /// The stages that work on units.
    fn units(&self, program: &Program) -> Result<Vec<(String, String)>, Error> {
        let types = self.types.as_deref().map(parse_types).transpose()?;
        let Selection { checked, chosen } = select(program, self.target.func.as_deref(), types.as_deref())?;
        // A file stands for its body, which comes first.
        let chosen = if self.target.func.is_none() { &chosen[..chosen.len().min(1)] } else { &chosen[..] };
        let mut parts = Vec::new();
        for unit in chosen.iter().filter_map(|index| checked.units.get(*index)) {
            let params: Vec<String> = unit.params.iter().map(ToString::to_string).collect();
            let text = self.unit(program, &checked.compilation, unit);
            let text = text.map_err(|error| with_sources(error, &checked.sources))?;
            parts.push((format!("{}({})", unit.label, params.join(", ")), text));
        }
        Ok(parts)
    }

    /// A stage's text, made within what compiling the program may use.
    fn unit(&self, program: &Program, compilation: &Compilation, unit: &Unit) -> Result<String, Error> {
        if self.stage == Stage::Typed {
            return Ok(typed::print(unit));
        }
        let engine = program.engine();
        let module = if self.plain {
            stages::plain(unit, compilation)?
        } else {
            stages::intermediate(engine, unit, compilation)?
        };
        if self.stage == Stage::Ir {
            return Ok(module.to_string());
        }
        let artifact = stages::encoded(unit, &module, compilation)?;
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        if self.stage == Stage::Wat {
            self.write(&artifact.wasm)?;
            return wasmprinter::print_bytes(&artifact.wasm).map_err(|e| internal(&e));
        }
        let compiled = stages::native(engine, unit, &artifact, compilation)?;
        self.write(&compiled.elf().map_err(|e| internal(&e))?)?;
        let module = compiled.native().module().map_err(|error| internal(&error))?;
        Ok(asm::print(module, &artifact))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        let Some(file) = &self.output else { return Ok(()) };
        std::fs::write(file, bytes).map_err(|e| Error::Io(format!("cannot write `{}`: {e}", file.display())))
    }
}

fn definition<'a>(module: &'a Module, func: &str) -> Option<&'a Function> {
    module.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Function(def) if def.name == func => Some(&**def),
        _ => None,
    })
}

/// What the names of a module stand for; of one name alone if `only` is given.
fn names(resolver: &Resolver<'_>, id: ModuleId, only: Option<&str>) -> String {
    let module = resolver.module(id);
    let mut text = String::new();
    if only.is_none() {
        let _ = writeln!(text, "module {}", module.path);
    }
    for (name, global) in &module.names {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let _ = match global {
            Global::Function(func) => {
                let def = resolver.function(*func);
                let flags = def.decoration;
                let jit = [(flags.jit, "jit"), (flags.cache, "cache"), (flags.property, "property")];
                let words: Vec<&str> = jit.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
                let _ = writeln!(text, "  {name}: function {} {}", def.qualname, words.join(" "));
                let _ = writeln!(
                    text,
                    "    params   {}",
                    def.ast.params.iter().map(|p| &*p.name).collect::<Vec<_>>().join(", ")
                );
                let _ = writeln!(text, "    locals   {}", def.locals.join(", "));
                writeln!(text, "    captures {}", def.captures.join(", "))
            }
            Global::Class(class) => writeln!(text, "  {name}: class {}", class.path),
            Global::Import(path, _) => writeln!(text, "  {name}: import {path}"),
            Global::ImportFrom { module, name: original, .. } => {
                writeln!(text, "  {name}: from {module} import {original}")
            }
            Global::Once(value) => writeln!(
                text,
                "  {name}: constant {}",
                tree::print(&**value).trim_end().replace('\n', "\n    ")
            ),
            Global::External(external) => {
                writeln!(text, "  {name}: host function {}", external.signature.types())
            }
            Global::Given(ty) => writeln!(text, "  {name}: given by the host, {ty}"),
            Global::Variable(_) => writeln!(text, "  {name}: variable"),
        };
    }
    text
}
