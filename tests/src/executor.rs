//! A program and the examples of a docstring -> what each example showed, on one executor.
//!
//! The examples that raise nothing run together, as a session, with a mark printed before each; those
//! that raise run alone, after the examples that print nothing (assignments). When a session as a whole
//! does not give what is wanted, its examples run alone too, so that a failure names the example.

use ovenbird::imports::{Answer, HostError, HostState, Val, call, format_f64};
use ovenbird::{Engine, Error, Grants, Limits, Output, Program, Source, Tenant};
use ovenbird_compiler::abi::Import;
use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::ir::eval::{self, EvalHost, EvalModule, Machine, Trap, Value};
use ovenbird_compiler::ir::{FuncId, Message, Module, verify};
use ovenbird_compiler::{abi, lower, optimise};

use crate::doctest::{self, Example};

/// A character that programs do not print; the line with it and a number begins an example.
const MARK: char = '\u{1d}';
/// Stack for the interpreter, which walks the tree.
const STACK: usize = 1 << 30;

/// What runs programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Executor {
    /// Native code in the sandbox.
    Sandbox,
    /// The interpreter, on the IR as it was lowered.
    Lowered,
    /// The interpreter, after the passes.
    Optimised,
}

impl Executor {
    /// All of them.
    pub const ALL: [Executor; 3] = [Executor::Sandbox, Executor::Lowered, Executor::Optimised];

    /// Its name in tests.
    pub fn name(self) -> &'static str {
        match self {
            Executor::Sandbox => "sandbox",
            Executor::Lowered => "lowered",
            Executor::Optimised => "optimised",
        }
    }
}

/// How a run ended: what it printed, and the exception or other failure that ended it.
#[derive(Debug)]
pub struct Ended {
    /// Printed text.
    pub printed: String,
    /// Why it ended early.
    pub failure: Option<Failure>,
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An exception of the program: its last line, in every way in which it may be read.
    Raised(Vec<String>),
    /// Anything else.
    Other(String),
}

/// Runs every docstring's examples of a file; a failure lists the examples that failed.
pub fn check_file(executor: Executor, name: &str, text: &str, grants: &Grants) -> Result<(), String> {
    let engine = Engine::builder().build().map_err(|e| e.to_string())?;
    check_file_on(&engine, executor, name, text, grants)
}

/// The same on an engine that is there.
pub fn check_file_on(
    engine: &Engine,
    executor: Executor,
    name: &str,
    text: &str,
    grants: &Grants,
) -> Result<(), String> {
    let tolerance = doctest::tolerance(text);
    let source = Source::new(name, text).grants(grants.clone());
    let program = engine.compile(&source).map_err(|e| e.to_string())?;
    let limits = Limits::default().deadline(std::time::Duration::from_secs(600)).memory_bytes(4 << 30);
    let tenant = Tenant::default().grants(grants.clone()).limits(limits.cpu_units(1 << 40));
    let mut failures = Vec::new();
    for session in doctest::sessions(text)? {
        let run = |text: &str| execute(executor, &program, &tenant, text);
        failures.extend(check_session(&session, tolerance, &run));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Runs examples that share a scope; gives a text for each that failed.
fn check_session(examples: &[Example], tolerance: f64, run: &dyn Fn(&str) -> Ended) -> Vec<String> {
    let quiet: Vec<usize> = (0..examples.len()).filter(|i| examples[*i].exception().is_none()).collect();
    let together: String = quiet.iter().map(|i| marked(*i, &examples[*i].source)).collect();
    let ended = run(&together);
    let mut failures = Vec::new();
    let mut setup = String::new();
    for (index, example) in examples.iter().enumerate() {
        let passed = example.exception().is_none()
            && segment(&ended, index).is_some_and(|got| doctest::matches(&example.want, got, tolerance));
        if !passed {
            let alone = run(&format!("{setup}{}", marked(index, &example.source)));
            failures.extend(judge(example, index, &alone, tolerance));
        }
        if example.want.is_empty() {
            setup.push_str(&example.source);
        }
    }
    failures
}

fn marked(index: usize, source: &str) -> String {
    format!("print(\"\\x1d{index}\")\n{source}")
}

/// What an example printed; `None` if it was not reached or did not end.
fn segment(ended: &Ended, index: usize) -> Option<&str> {
    let begin = format!("{MARK}{index}\n");
    let after = &ended.printed[ended.printed.find(&begin)? + begin.len()..];
    match after.find(MARK) {
        Some(end) => Some(&after[..end]),
        None if ended.failure.is_none() => Some(after),
        None => None,
    }
}

/// Compares what an example did alone with what it wants.
fn judge(example: &Example, index: usize, ended: &Ended, tolerance: f64) -> Option<String> {
    let got = match (&ended.failure, example.exception()) {
        (Some(Failure::Raised(readings)), Some(wanted)) => {
            if readings.iter().any(|reading| reading == wanted) {
                return None;
            }
            readings.first().cloned().unwrap_or_default()
        }
        (Some(Failure::Raised(readings)), None) => readings.first().cloned().unwrap_or_default(),
        (Some(Failure::Other(text)), _) => text.clone(),
        (None, _) => {
            let got = segment(ended, index).unwrap_or_default();
            if example.exception().is_none() && doctest::matches(&example.want, got, tolerance) {
                return None;
            }
            got.to_owned()
        }
    };
    Some(format!(">>> {}--- wanted\n{}--- got\n{}\n", example.source, example.want, got.trim_end()))
}

/// Runs the module as an import would and then these statements.
pub fn execute(executor: Executor, program: &Program, tenant: &Tenant, text: &str) -> Ended {
    match executor {
        Executor::Sandbox => {
            let outcome = program.run_then("<doctest>", text, tenant, Output::Capture(Vec::new()));
            let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
            Ended { printed, failure: outcome.result.err().map(failure) }
        }
        Executor::Lowered => interpret(program, tenant, text, false),
        Executor::Optimised => interpret(program, tenant, text, true),
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Raised(raised) => Failure::Raised(vec![raised.summary()]),
        other => Failure::Other(other.to_string()),
    }
}

fn interpret(program: &Program, tenant: &Tenant, text: &str, optimised: bool) -> Ended {
    let broken = |why: String| Ended { printed: String::new(), failure: Some(Failure::Other(why)) };
    let units = match program.check(Request::Then("<doctest>", text)) {
        Ok(checked) => checked.units,
        Err(error) => return broken(error.to_string()),
    };
    let mut modules = Vec::new();
    for unit in &units {
        let mut module = lower::lower(unit);
        if optimised {
            optimise::optimise(&mut module, &optimise::Options::default());
        }
        if let Err(problems) = verify::verify(&module) {
            return broken(format!("{} is not valid IR: {}", unit.label, problems.join("\n")));
        }
        modules.push(module);
    }
    let links = units.iter().map(|unit| unit.entries.iter().map(|e| (e.unit, FuncId(0))).collect());
    let links: Vec<Vec<(usize, FuncId)>> = links.collect();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let variables: Vec<_> = units.iter().map(|unit| unit.variable_scalars()).collect();
        let source = program.source();
        let thread = thread.spawn_scoped(scope, || walk(&modules, links, variables, source, tenant));
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => broken("the interpreter panicked".to_owned()),
            Err(error) => broken(error.to_string()),
        }
    })
}

/// Interprets linked modules, the first one's `main`.
fn walk(
    modules: &[Module],
    links: Vec<Vec<(usize, FuncId)>>,
    variables: Vec<Vec<(usize, usize)>>,
    source: &Source,
    tenant: &Tenant,
) -> Ended {
    let output = Output::Capture(Vec::new());
    let state = HostState::new(tenant.limits.clone(), tenant.grants.clone(), output);
    let mut host = Host { source, state, error: None };
    let mut placed = EvalModule::place(modules.iter().zip(links));
    for (module, variables) in placed.iter_mut().zip(variables) {
        module.variables = variables;
    }
    let failure = match Machine::new(placed, 1 << 15) {
        Err(trap) => Some(Failure::Other(format!("{trap:?}"))),
        Ok(mut machine) => {
            machine.max_calls = 20_000;
            machine.max_stack = STACK - (16 << 20);
            machine.fuel = 1 << 36;
            let ended = machine.call_export(&mut host, 0, abi::MAIN, &[]);
            ended.err().map(|trap| explain(&machine, &host, trap))
        }
    };
    Ended { printed: String::from_utf8_lossy(host.state.output.captured()).into_owned(), failure }
}

fn explain(machine: &Machine<'_>, host: &Host<'_>, trap: Trap) -> Failure {
    match (trap, host.error.as_ref().and_then(HostError::exception)) {
        (Trap::Raised { module, site, args }, _) => {
            let Some(site) = machine.modules()[module].module.sites.get(site.index()) else {
                return Failure::Other("raised at a site that is not there".to_owned());
            };
            let line = |message: String| {
                if message.is_empty() {
                    site.exception.to_string()
                } else {
                    format!("{}: {message}", site.exception)
                }
            };
            Failure::Raised(readings(&machine.memory, &site.message, args).into_iter().map(line).collect())
        }
        (Trap::Host(_), Some((exception, message))) => {
            Failure::Raised(vec![format!("{exception}: {message}")])
        }
        (other, _) => Failure::Other(format!("{other:?}")),
    }
}

/// An exception's text. The site does not say which arguments are floats: all readings are given.
fn readings(memory: &[u8], message: &Message, args: [u64; 4]) -> Vec<String> {
    match message {
        Message::Dynamic => vec![string(memory, args[0] as usize).unwrap_or_default()],
        Message::Template(template) => (0..16u32)
            .map(|floats| {
                let mut text = template.clone();
                for (i, arg) in args.iter().enumerate() {
                    let shown = if floats & (1 << i) == 0 {
                        (*arg as i64).to_string()
                    } else {
                        format_f64(f64::from_bits(*arg), b'r', 0).unwrap_or_default()
                    };
                    text = text.replace(&format!("{{{i}}}"), &shown);
                }
                text
            })
            .collect(),
    }
}

/// A string block of the guest; address 0 is no string.
fn string(memory: &[u8], address: usize) -> Option<String> {
    let header = address + abi::BLOCK_HEADER as usize;
    let length = memory.get(header..header + 8).filter(|_| address != 0)?;
    let length = usize::try_from(i64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let start = address + abi::STR_BYTES as usize;
    Some(String::from_utf8_lossy(memory.get(start..start.checked_add(length)?)?).into_owned())
}

/// The product's host functions and the embedder's, for the interpreter.
struct Host<'a> {
    source: &'a Source,
    state: HostState,
    error: Option<HostError>,
}

impl Host<'_> {
    /// Keeps the error, and gives what the interpreter wants.
    fn noted<T>(&mut self, result: Result<T, HostError>) -> Result<T, String> {
        result.map_err(|error| {
            let text = error.to_string();
            self.error = Some(error);
            text
        })
    }
}

/// Arguments as the host takes them.
fn arguments(args: &[Value]) -> Result<Vec<Val>, String> {
    let convert = |value: &Value| match value {
        Value::I32(v) => Ok(Val::I32(*v)),
        Value::I64(v) => Ok(Val::I64(*v)),
        Value::F64(v) => Ok(Val::F64(*v)),
        Value::V128(_) => Err("a vector is no argument of a host function".to_owned()),
    };
    args.iter().map(convert).collect()
}

fn value(value: Val) -> Value {
    match value {
        Val::I32(v) => Value::I32(v),
        Val::I64(v) => Value::I64(v),
        Val::F64(v) => Value::F64(v),
    }
}

impl EvalHost for Host<'_> {
    fn call(&mut self, import: Import, args: &[Value], memory: &mut Vec<u8>) -> Result<Vec<Value>, String> {
        let result = call(&mut self.state, memory, import, &arguments(args)?);
        Ok(self.noted(result)?.into_iter().map(value).collect())
    }

    fn external(
        &mut self,
        external: &External,
        args: &[Value],
        memory: &[u8],
    ) -> Result<eval::Answer, String> {
        let module = self.source.host_module(&external.module).ok_or("no such host module")?;
        let answer = module.call(&external.name, &arguments(args)?, memory);
        Ok(match self.noted(answer)? {
            Answer::Nothing => eval::Answer::Nothing,
            Answer::Scalar(scalar) => eval::Answer::Scalar(value(scalar)),
            Answer::Text(text) => eval::Answer::Text(text),
        })
    }
}
