//! `check`: parse, resolve and infer; diagnostics only.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ovenbird_compiler::infer::Request;

use super::common::{Common, Place, error_json, print, report};
use crate::engine::Engine;
use crate::error::Error;

/// Arguments of `check`.
#[derive(Args)]
#[command(after_long_help = "\
Checks each module body and every function that it calls or whose parameters are annotated. Nothing runs. \
With --json, standard output gets one array of all diagnostics: code, message, file, line, column, end_line, \
end_column, label, help, related.

Exit code: 0 no errors, 2 errors.")]
pub(super) struct Check {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

impl Check {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        // Nothing is compiled, so nothing can come from a cache.
        let engine = self.common.uncached(self.place)?;
        let mut code = ExitCode::SUCCESS;
        let (mut diagnostics, mut text) = (Vec::new(), String::new());
        for file in &self.files {
            match self.check(&engine, file) {
                Ok(units) => {
                    let units = if units == 1 { "1 unit".to_owned() } else { format!("{units} units") };
                    text.push_str(&format!("{} ok ({units})\n", file.display()));
                }
                Err(error) => {
                    code = ExitCode::from(2);
                    match (&error, self.common.json) {
                        (Error::Compile(compile), true) => {
                            let list = compile.to_json();
                            diagnostics.extend(list.iter().filter_map(|d| serde_json::to_value(d).ok()));
                        }
                        (_, true) => {
                            let mut value = error_json(&error);
                            value["file"] = file.display().to_string().into();
                            diagnostics.push(value);
                        }
                        (_, false) => {
                            report(&error, self.common.colored());
                        }
                    }
                }
            }
        }
        if self.common.json {
            print(&format!("{}\n", serde_json::Value::Array(diagnostics)))?;
        } else {
            print(&text)?;
        }
        Ok(code)
    }

    /// Number of the units of a file without errors.
    fn check(&self, engine: &Engine, file: &Path) -> Result<usize, Error> {
        let (source, _) = self.common.source(file)?;
        let program = engine.compile(&source)?;
        Ok(program.check(Request::Check)?.outline().len())
    }
}
