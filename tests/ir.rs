//! The IR of small programs: `ir/<pass>/<what>.py`. The first line says the stage, the text of the first
//! function's IR stands in the comment behind `# ---`.

use libtest_mimic::{Arguments, Trial};
use ovenbird::{Engine, Source};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::ir::{FuncId, print, verify::verify};
use ovenbird_compiler::types::Type;
use ovenbird_compiler::{Options, intermediate, lower};
use ovenbird_tests::files::{find, root, shown};
use ovenbird_tests::golden;

/// Between the program and the expected text.
const MARK: &str = "\n# ---\n";

fn main() {
    let arguments = Arguments::from_args();
    let folder = root().join("tests/ir");
    let trials = find(&folder, "py").into_iter().map(|path| {
        let name = shown(&path, &folder);
        Trial::test(name.clone(), move || {
            let text = std::fs::read_to_string(&path)?;
            let (program, wanted) = text.split_once(MARK).unwrap_or((&text, ""));
            let got = comment(&compiled(&name, program)?);
            if golden::blessing() {
                return Ok(std::fs::write(&path, format!("{}{MARK}{got}", program.trim_end()))?);
            }
            golden::same(wanted, &got).map_err(Into::into)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

/// IR of the function `main` for the types in the line `# types: …`.
fn compiled(name: &str, program: &str) -> Result<String, String> {
    let header = |key: &str| {
        let prefix = format!("# {key}: ");
        program.lines().find_map(|l| l.strip_prefix(&prefix)).unwrap_or("").trim().to_owned()
    };
    let types: Vec<Type> = header("types")
        .split_whitespace()
        .map(|word| match word {
            "int" => Ok(Type::Int),
            "float" => Ok(Type::Float),
            "bool" => Ok(Type::Bool),
            "str" => Ok(Type::Str),
            other => Err(format!("unknown type {other}")),
        })
        .collect::<Result<_, String>>()?;
    let engine = Engine::builder().build().map_err(|e| e.to_string())?;
    let checked = engine
        .compile(&Source::new(name, program))
        .and_then(|p| p.check(Request::Entry("main", &types)))
        .map_err(|e| e.to_string());
    let unit = checked?.units.remove(0);
    let module = match header("stage").as_str() {
        "lower" => lower::lower(&unit),
        "optimise" => intermediate(&unit, &Options::default()),
        other => return Err(format!("unknown stage `{other}`")),
    };
    verify(&module).map_err(|problems| problems.join("\n"))?;
    Ok(print::function(&module, FuncId(0)))
}
