//! Runs the examples of one docstring in as few scripts as possible.
//!
//! Examples that raise nothing run together in one script. One that fails to compile or raises is found
//! by checking it alone or by the output so far, recorded as failed and taken out, and the rest runs again. An
//! example that expects an exception ends its run, so each has a script of its own, after the examples
//! before it that bind names.

use ovenbird_compiler::infer::Request;

use super::compare;
use super::example::{Docstring, Example};
use super::script::{Script, binds, split};
use crate::error::Error;
use crate::imports::Output;
use crate::program::Program;
use crate::run::Tenant;

/// What came of one example.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// As expected.
    Passed,
    /// Asked not to be run.
    Skipped,
    /// It printed or raised this instead.
    Failed(String),
}

/// Runs examples of one file.
pub(super) struct Runner<'a> {
    pub(super) program: &'a Program,
    pub(super) tenant: &'a Tenant,
    /// Name of the scripts in messages.
    pub(super) name: String,
}

/// How a script ended.
struct Ran {
    /// Output of each example that was begun.
    outputs: Vec<String>,
    error: Option<Error>,
}

impl Runner<'_> {
    /// The verdicts of a docstring's examples, in order.
    pub(super) fn run(&self, docstring: &Docstring) -> Vec<Verdict> {
        let examples = &docstring.examples;
        let mut verdicts: Vec<Option<Verdict>> = examples
            .iter()
            .map(|example| match example.flags {
                flags if flags.skip => Some(Verdict::Skipped),
                flags if flags.unknown => {
                    Some(Verdict::Failed("error: a directive that is not known\n".to_owned()))
                }
                _ => None,
            })
            .collect();
        self.run_quiet(examples, &mut verdicts);
        self.run_raising(examples, &mut verdicts);
        verdicts
            .into_iter()
            .map(|v| v.unwrap_or_else(|| Verdict::Failed("error: it was not run\n".to_owned())))
            .collect()
    }

    /// Runs the examples that expect no exception.
    fn run_quiet(&self, examples: &[Example], verdicts: &mut [Option<Verdict>]) {
        let mut kept: Vec<usize> = (0..examples.len())
            .filter(|i| verdicts[*i].is_none() && examples[*i].exception.is_none())
            .collect();
        while !kept.is_empty() {
            let chosen: Vec<&Example> = kept.iter().map(|i| &examples[*i]).collect();
            let ran = self.script(&Script::new(&chosen));
            let failed = match ran.error {
                None => Vec::new(),
                Some(error @ Error::Compile(_)) => self.uncompiled(&chosen, error),
                // The last one that began; its output so far does not count.
                Some(error) => vec![(ran.outputs.len().saturating_sub(1), error)],
            };
            for (at, error) in &failed {
                verdicts[kept[*at]] = Some(Verdict::Failed(describe(error)));
            }
            for (output, index) in ran.outputs.iter().zip(&kept) {
                verdicts[*index].get_or_insert_with(|| judge(&examples[*index], output));
            }
            if failed.is_empty() {
                return;
            }
            kept.retain(|index| {
                verdicts[*index].is_none() || binds_and_ran(&examples[*index], &verdicts[*index])
            });
            // What ran is run again only for those after it, and its first verdict stands.
            if kept.iter().all(|index| verdicts[*index].is_some()) {
                return;
            }
        }
    }

    /// Those of the examples that do not compile, each with its own errors; all of them have `error`.
    fn uncompiled(&self, chosen: &[&Example], error: Error) -> Vec<(usize, Error)> {
        let mut failed = Vec::new();
        let mut before: Vec<&Example> = Vec::new();
        for (at, example) in chosen.iter().enumerate() {
            before.push(example);
            let script = Script::new(&before);
            if let Err(error) = self.program.diagnose(Request::Then(&self.name, &script.text)) {
                failed.push((at, error));
                before.pop();
            } else if !binds(example) {
                before.pop();
            }
        }
        if failed.is_empty() {
            // Where each one compiles, the first is to blame for all that can be known.
            failed.push((0, error));
        }
        failed
    }

    /// Runs each example that expects an exception, after those before it that it may build on.
    fn run_raising(&self, examples: &[Example], verdicts: &mut [Option<Verdict>]) {
        let mut before: Vec<&Example> = Vec::new();
        let mut bound = false;
        for (index, example) in examples.iter().enumerate() {
            let Some(want) = &example.exception else {
                if matches!(verdicts[index], Some(Verdict::Passed)) {
                    before.push(example);
                    bound |= binds(example);
                }
                continue;
            };
            if verdicts[index].is_some() {
                continue;
            }
            let mut chosen = if bound { before.clone() } else { Vec::new() };
            chosen.push(example);
            let ran = self.script(&Script::new(&chosen));
            verdicts[index] = Some(match ran.error {
                Some(Error::Raised(raised))
                    if compare::is_exception(want, &raised.summary(), example.flags) =>
                {
                    Verdict::Passed
                }
                Some(error) => Verdict::Failed(describe(&error)),
                None => Verdict::Failed(ran.outputs.last().cloned().unwrap_or_default()),
            });
        }
    }

    fn script(&self, script: &Script) -> Ran {
        let outcome =
            self.program.run_then(&self.name, &script.text, self.tenant, Output::Capture(Vec::new()));
        let outputs = split(&String::from_utf8_lossy(outcome.output.captured()));
        Ran { outputs, error: outcome.result.err() }
    }
}

/// True for an example that others may need and that went well.
fn binds_and_ran(example: &Example, verdict: &Option<Verdict>) -> bool {
    matches!(verdict, Some(Verdict::Passed)) && binds(example)
}

fn judge(example: &Example, output: &str) -> Verdict {
    if compare::is_output(example, output) { Verdict::Passed } else { Verdict::Failed(output.to_owned()) }
}

/// An error as the output that stands for it.
fn describe(error: &Error) -> String {
    match error {
        Error::Raised(raised) => format!("Traceback (most recent call last):\n{}\n", {
            let frames: String = raised.traceback.iter().map(|frame| format!("{frame}\n")).collect();
            frames + &raised.summary()
        }),
        other => format!("{other}\n"),
    }
}
