//! Runs a program on the IR interpreter: `interpret FILE [--ir] [--plain]`. For work on the compiler
//! and the library, where a build of the host would be in the way.

use std::sync::Arc;

use ovenbird_compiler::abi::Import;
use ovenbird_compiler::infer::{Program, Request};
use ovenbird_compiler::ir::eval::{EvalHost, EvalModule, Machine, Trap, Value};
use ovenbird_compiler::resolve::{Library, World};
use ovenbird_compiler::schema::{Schema, SchemaProblem};
use ovenbird_compiler::{ir, lower, optimise, render};

struct Files(std::path::PathBuf);

impl World for Files {
    fn module(&self, name: &str) -> Option<(String, String)> {
        let path = self.0.join(format!("{}.py", name.replace('.', "/")));
        std::fs::read_to_string(&path).ok().map(|text| (path.display().to_string(), text))
    }
    fn schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem> {
        Err(SchemaProblem { denied: false, text: format!("no datasets here: {path}") })
    }
}

struct Stdlib;

impl Library for Stdlib {
    fn get(&self, path: &str) -> Option<&str> {
        ovenbird_stdlib::get(path)
    }
    fn is_package(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        ovenbird_stdlib::MODULES.iter().any(|(p, _)| p.starts_with(&prefix))
    }
}

struct Host;

impl EvalHost for Host {
    fn call(&mut self, import: Import, args: &[Value], memory: &mut Vec<u8>) -> Result<Vec<Value>, String> {
        match (import, args) {
            (Import::Print, [Value::I32(ptr), Value::I64(len)]) => {
                let bytes = &memory[*ptr as usize..*ptr as usize + *len as usize];
                print!("{}", String::from_utf8_lossy(bytes));
                Ok(vec![])
            }
            (Import::Time, _) => Ok(vec![Value::F64(0.0)]),
            (
                Import::FormatF64,
                [Value::F64(x), Value::I64(kind), Value::I64(precision), Value::I32(out)],
            ) => {
                let text = match u8::try_from(*kind) {
                    Ok(b'f') => format!("{x:.*}", *precision as usize),
                    _ if x.fract() == 0.0 && x.abs() < 1e16 => format!("{x:.1}"),
                    _ => format!("{x}"),
                };
                memory[*out as usize..*out as usize + text.len()].copy_from_slice(text.as_bytes());
                Ok(vec![Value::I64(text.len() as i64)])
            }
            _ => Err(format!("{} is not available here", import.name())),
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = std::path::PathBuf::from(&args[0]);
    let text = std::fs::read_to_string(&path).expect("the program can be read");
    let world = Files(path.parent().expect("a file has a folder").to_owned());
    let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let (sources, result) = Program::check(&world, &Stdlib, (&stem, &args[0], &text), Request::Run);
    let units = match result {
        Ok(units) => units,
        Err(diagnostics) => {
            eprint!("{}", render::render(&diagnostics, &sources, false));
            std::process::exit(2);
        }
    };
    let plain = args.iter().any(|a| a == "--plain");
    let mut modules = Vec::new();
    for unit in &units {
        let mut module = lower::lower(unit);
        if let Err(problems) = ir::verify::verify(&module) {
            println!("{module}");
            panic!("lowering of {} is not valid: {problems:#?}", unit.label);
        }
        if !plain {
            optimise::optimise(&mut module, &optimise::Options::default());
            if let Err(problems) = ir::verify::verify(&module) {
                println!("{module}");
                panic!("optimised {} is not valid: {problems:#?}", unit.label);
            }
        }
        if args.iter().any(|a| a == "--ir") {
            println!("== {}\n{module}", unit.label);
        }
        let artifact = ovenbird_compiler::encode::encode(&module);
        eprintln!(
            "{}: {} functions, {} bytes of wasm",
            unit.label,
            module.functions.len(),
            artifact.wasm.len()
        );
        modules.push(module);
    }
    let mut placed = EvalModule::place(modules.iter().zip(&units).map(|(m, u)| {
        let links = u.entries.iter().map(|e| (e.unit, ir::FuncId(0))).collect::<Vec<_>>();
        (m, links)
    }));
    for (module, unit) in placed.iter_mut().zip(&units) {
        module.variables = unit.variable_scalars();
    }
    let mut machine = Machine::new(placed, 4096).expect("the modules can be placed");
    match machine.call_export(&mut Host, 0, "main", &[]) {
        Ok(_) => {}
        Err(Trap::Raised { module, site, args }) => {
            let m = &modules[module];
            let s = &m.sites[site.index()];
            let mut text = match &s.message {
                ir::Message::Template(t) => t.clone(),
                ir::Message::Dynamic => {
                    let at = args[0] as usize;
                    if at == 0 {
                        String::new()
                    } else {
                        let len =
                            i64::from_le_bytes(machine.memory[at + 16..at + 24].try_into().expect("8 bytes"));
                        String::from_utf8_lossy(&machine.memory[at + 24..at + 24 + len as usize]).into_owned()
                    }
                }
            };
            for (i, arg) in args.iter().enumerate() {
                text = text.replace(&format!("{{{i}}}"), &(*arg as i64).to_string());
            }
            let loc = m.locs[s.loc.index()];
            let function = &units[module].functions[loc.func as usize];
            let span = function.positions[loc.node as usize];
            let file = sources.file(span.file);
            println!("{}:{} in {}\n{}: {text}", file.name, file.line(span.start), function.name, s.exception);
            std::process::exit(1);
        }
        Err(other) => {
            println!("trap: {other:?}");
            std::process::exit(3);
        }
    }
}
