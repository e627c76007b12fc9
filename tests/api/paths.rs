//! No error tells where on the host something lies: each way to fail, in a folder whose name would be seen.

use std::io::{self, Write};
use std::path::Path;

use ovenbird::bundle::{self, BuildRequest, SecretKey};
use ovenbird::{Engine, Error, Grants, Limits, LoadedBundle, Output, Program, Source, Tenant, Trust, Value};
use ovenbird_compiler::types::Type;
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use super::{ADD, engine};

/// Part of the name of the folder that everything happens in.
const SECRET: &str = "secret-place-of-the-host";

const PROGRAM: &str = "\
import pandas as pd


def read(path):
    return pd.read_parquet(path)['power'].sum()


def spin():
    n = 0
    while True:
        n += 1
    return n
";

struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other(format!("/{SECRET}/out is full")))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A folder with good and bad files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix(SECRET).tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    let good = std::fs::read(root().join("examples/data/cycling_dataset.pq")).expect("read");
    write("good.pq", &good);
    write("cut.pq", &good[..good.len() / 2]);
    write("empty.pq", b"");
    write("broken.py", b"def broken(:\n");
    std::fs::create_dir(folder.path().join("folder.pq")).expect("a folder");
    folder
}

fn program(folder: &Path, text: &str) -> Result<Program, Error> {
    engine().compile(&Source::new("main.py", text).grants(grants(folder)))
}

/// What the compiler says.
fn compile_errors(folder: &Path, errors: &mut Vec<Error>) {
    let programs = [
        "def f(:\n",
        "import absent\n",
        "import broken\n",
        "import pandas as pd\npd.read_parquet('absent.pq')\n",
    ];
    for text in programs {
        let tenant = Tenant::default().grants(grants(folder));
        let ended = program(folder, text).and_then(|program| program.run(&tenant, Output::Discard).result);
        errors.extend(ended.err());
    }
    for path in ["cut.pq", "empty.pq", "folder.pq", "../x.pq", "/etc/x.pq", "absent.pq"] {
        let text = format!("import pandas as pd\nprint(pd.read_parquet({path:?})['power'].sum())\n");
        let tenant = Tenant::default().grants(grants(folder));
        let ended = program(folder, &text).and_then(|program| program.run(&tenant, Output::Discard).result);
        errors.extend(ended.err());
    }
}

/// How calls end.
fn call_errors(folder: &Path, errors: &mut Vec<Error>) {
    let program = program(folder, PROGRAM).expect("it is parsed");
    let good = Value::Str("good.pq".to_owned());
    let read = program.entry_for("read", std::slice::from_ref(&good)).expect("it compiles");
    let here = Tenant::default().grants(grants(folder));
    for path in ["cut.pq", "empty.pq", "folder.pq", "../x.pq", "/etc/x.pq", "absent.pq"] {
        errors.extend(read.call(&here, &[Value::Str(path.to_owned())]).err());
    }
    errors.extend(read.call(&Tenant::default(), std::slice::from_ref(&good)).err());
    errors.extend(read.call(&here, &[Value::Int(1)]).err());
    let few = here.clone().limits(Limits::default().rows_read(10));
    errors.extend(read.call(&few, &[good]).err());
    let spin = program.get::<fn() -> i64>("spin").expect("it compiles");
    errors.extend(spin.call(&here.clone().limits(Limits::default().cpu_units(1000)), ()).err());
    let task = spin.spawn(&here, ());
    task.cancel();
    errors.extend(task.join().result.err());
    let printing = program_that_prints(folder).run(&here, Output::stream(Broken, false));
    errors.extend(printing.result.err());
}

fn program_that_prints(folder: &Path) -> Program {
    program(folder, "print('x' * 1000)\n").expect("it is parsed")
}

/// What bundles are refused with.
fn bundle_errors(folder: &Path, errors: &mut Vec<Error>) {
    let key = SecretKey::from_bytes([1; 32]);
    let source = Source::new(
        "main.py",
        format!("{ADD}\nimport pandas as pd\nprint(pd.read_parquet('good.pq')['power'].sum())\n"),
    );
    // Bundles are not built by workers.
    let builder = Engine::builder().build().expect("an engine");
    let built = builder.compile(&source.grants(grants(folder))).and_then(|program| {
        let functions = vec![("add".to_owned(), vec![Type::Int, Type::Int])];
        let request = BuildRequest { body: true, functions, ..BuildRequest::default() };
        bundle::build(&program, &request, &[&key])
    });
    let bytes = built.expect("built");
    let load = |bytes: Vec<u8>, trust: &Trust| Engine::builder().build()?.load_bundle(bytes, trust);
    let trust = Trust::nobody().key(key.public(), "ours");
    errors.extend(load(bytes.clone(), &Trust::nobody()).err());
    errors.extend(load(bytes[..bytes.len() / 2].to_vec(), &trust).err());
    let bundle: LoadedBundle = load(bytes, &trust).expect("trusted");
    errors.extend(bundle.get::<fn(f64) -> f64>("add").err());
    errors.extend(bundle.run(&Tenant::default(), Output::Discard).result.err());
    std::fs::remove_file(folder.join("good.pq")).expect("removed");
    errors.extend(bundle.run(&Tenant::default().grants(grants(folder)), Output::Discard).result.err());
    std::fs::copy(folder.join("cut.pq"), folder.join("good.pq")).expect("copied");
    errors.extend(bundle.run(&Tenant::default().grants(grants(folder)), Output::Discard).result.err());
}

#[test]
fn no_error_names_a_place_of_the_host() {
    let folder = folder();
    let mut errors = Vec::new();
    compile_errors(folder.path(), &mut errors);
    call_errors(folder.path(), &mut errors);
    bundle_errors(folder.path(), &mut errors);
    for error in &errors {
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
    // Each kind that a build with the compiler has is among them, but for bugs.
    let mut kinds: Vec<&str> = errors.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["cancelled", "compile", "denied", "io", "limit", "raised", "signature"]);
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Compile(_) => "compile",
        Error::Raised(_) => "raised",
        Error::Limit { .. } => "limit",
        Error::Cancelled { .. } => "cancelled",
        Error::Denied(_) => "denied",
        Error::Signature(_) => "signature",
        Error::Io(_) => "io",
        other => panic!("{other}"),
    }
}

#[test]
fn a_directory_that_cannot_be_granted_is_not_described() {
    let folder = folder();
    let absent = folder.path().join("absent");
    let error = Grants::none().dir_arg(&absent.display().to_string()).expect_err("it is not there");
    assert!(!error.to_string().contains(SECRET), "{error}");
}
