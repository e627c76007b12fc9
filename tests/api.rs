//! The embedding API: what a host sees, by values and counts.

use std::time::Duration;

use ovenbird::{Engine, Error, Limits, Output, Source, Tenant, Value};
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

const PROGRAM: &str = "\
import ovenbird

SCALE = 2.0

@ovenbird.jit
def scaled(x):
    return x * SCALE

@ovenbird.jit
def joined(a, b):
    return a + '-' + b

@ovenbird.jit
def divided(a, b):
    return inner(a, b)

def inner(a, b):
    return a / b

@ovenbird.jit
def counted(n):
    total = 0
    for i in range(n):
        total += i & 3
    return total

@ovenbird.jit
def forever():
    n = 0
    while True:
        n += 1

@ovenbird.jit
def grown(n):
    xs = []
    for i in range(n):
        xs.append(i)
    return len(xs)

@ovenbird.jit
def deep(n):
    return deep(n + 1) + 1 if n < 100000000 else 0

@ovenbird.jit
def chatty(n):
    for i in range(n):
        print('0123456789')

@ovenbird.jit
def pair(x):
    return x + 1, 'p' * x, x > 2
";

fn program() -> (ovenbird::Program, Tenant) {
    let engine = Engine::builder().build().expect("an engine");
    (engine.compile(&Source::new("api.py", PROGRAM)).expect("the program is right"), Tenant::default())
}

fn limited(limits: Limits) -> Tenant {
    Tenant::default().limits(limits)
}

#[test]
fn a_typed_handle_calls_with_rust_values() {
    let (program, tenant) = program();
    let scaled = program.get::<fn(f64) -> f64>("scaled").expect("a float function");
    assert_eq!(scaled.call(&tenant, (1.5,)).expect("a result"), 3.0);
    let joined = program.get::<fn(String, String) -> String>("joined").expect("a string function");
    let text = joined.call(&tenant, ("ä".to_owned(), "b".to_owned())).expect("a result");
    assert_eq!(text, "ä-b");
}

#[test]
fn each_argument_type_is_a_signature_of_its_own() {
    let (program, tenant) = program();
    let ints = program.entry_for("scaled", &[Value::Int(3)]).expect("ints");
    assert_eq!(ints.call(&tenant, &[Value::Int(3)]).expect("a result"), Value::Float(6.0));
    let pair = program.entry_for("pair", &[Value::Int(2)]).expect("a tuple");
    let parts = vec![Value::Int(3), Value::Str("pp".to_owned()), Value::Bool(false)];
    assert_eq!(pair.call(&tenant, &[Value::Int(2)]).expect("a result"), Value::Tuple(parts));
}

#[test]
fn a_wrong_signature_names_both_types() {
    let (program, _) = program();
    let error = program.get::<fn(f64) -> i64>("scaled").err().expect("a mismatch");
    assert_eq!(error.to_string(), "`scaled` returns `float`, the host asked for `int`");
    assert!(matches!(program.get::<fn(f64) -> f64>("missing"), Err(Error::Compile(_))));
}

#[test]
fn an_exception_has_its_class_text_and_lines() {
    let (program, tenant) = program();
    let divided = program.get::<fn(i64, i64) -> f64>("divided").expect("a function");
    let Err(Error::Raised(raised)) = divided.call(&tenant, (1, 0)) else { panic!("no exception") };
    assert_eq!(raised.summary(), "ZeroDivisionError: division by zero");
    let lines: Vec<(u32, &str)> = raised.traceback.iter().map(|f| (f.line, f.function.as_str())).collect();
    assert_eq!(lines, [(15, "divided"), (18, "inner")]);
    assert_eq!(raised.traceback[1].text, "return a / b");
}

#[test]
fn the_cpu_budget_is_exact_and_repeatable() {
    let (program, _) = program();
    let counted = program.entry_for("counted", &[Value::Int(0)]).expect("a function");
    let args = [Value::Int(100_000)];
    let free = counted.call_with(&Tenant::default(), &args, Output::Discard);
    assert_eq!(free.result.expect("a result"), Value::Int(150_000));
    let used = free.usage.cpu_units;
    assert!(used >= 100_000, "{used}");
    let enough = limited(Limits::default().cpu_units(used));
    assert!(counted.call(&enough, &args).is_ok());
    let short = limited(Limits::default().cpu_units(used - 1));
    let Err(Error::Limit { limit, .. }) = counted.call(&short, &args) else { panic!("no limit") };
    assert_eq!(limit.to_string().split(':').next(), Some("CPU limit exceeded"));
}

#[test]
fn a_deadline_ends_an_endless_loop() {
    let (program, _) = program();
    let forever = program.get::<fn() -> ()>("forever").expect("it never returns, so any type will do");
    let tenant = limited(Limits::default().deadline(Duration::from_millis(20)).cpu_units(u64::MAX >> 2));
    let Err(Error::Limit { limit, .. }) = forever.call(&tenant, ()) else { panic!("no limit") };
    assert_eq!(limit.which, ovenbird::LimitKind::Deadline);
}

#[test]
fn memory_stack_and_output_are_bounded() {
    let (program, _) = program();
    let grown = program.get::<fn(i64) -> i64>("grown").expect("a function");
    let small = limited(Limits::default().memory_bytes(1 << 20));
    assert_eq!(grown.call(&small, (1_000,)).expect("fits"), 1_000);
    let Err(Error::Limit { limit, .. }) = grown.call(&small, (1_000_000,)) else { panic!("no limit") };
    assert_eq!(limit.which, ovenbird::LimitKind::Memory);

    let deep = program.get::<fn(i64) -> i64>("deep").expect("a function");
    let Err(Error::Limit { limit, .. }) = deep.call(&Tenant::default(), (0,)) else { panic!("no limit") };
    assert_eq!(limit.which, ovenbird::LimitKind::Stack);

    let chatty = program.get::<fn(i64) -> ()>("chatty").expect("a function");
    let quiet = limited(Limits::default().output_bytes(110));
    chatty.call(&quiet, (10,)).expect("just fits");
    let Err(Error::Limit { limit, .. }) = chatty.call(&quiet, (11,)) else { panic!("no limit") };
    assert_eq!((limit.which, limit.allowed), (ovenbird::LimitKind::Output, 110));
}

#[test]
fn output_goes_where_the_host_says() {
    let (program, tenant) = program();
    let chatty = program.entry_for("chatty", &[Value::Int(2)]).expect("a function");
    let outcome = chatty.call_with(&tenant, &[Value::Int(2)], Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"0123456789\n0123456789\n");
    assert_eq!(outcome.usage.io.output_bytes, 22);
}

#[test]
fn a_program_compiles_once_a_signature() {
    let (program, tenant) = program();
    let engine = program.engine().clone();
    for _ in 0..3 {
        let scaled = program.get::<fn(f64) -> f64>("scaled").expect("a function");
        scaled.call(&tenant, (1.0,)).expect("a result");
    }
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1));
    program.get::<fn(i64) -> f64>("scaled").expect("another signature");
    assert_eq!(engine.compiles(), 2);
}

#[test]
fn handles_are_shared_between_threads() {
    let (program, tenant) = program();
    let counted = program.get::<fn(i64) -> i64>("counted").expect("a function");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (counted, tenant) = (counted.clone(), &tenant);
            scope.spawn(move || assert_eq!(counted.call(tenant, (4 * n,)).expect("a result"), 6 * n));
        }
    });
}

#[test]
fn without_a_grant_there_is_no_file() {
    let text = "import pandas as pd\ndef f(path):\n    return pd.read_parquet(path)['power'].mean()\n";
    let engine = Engine::builder().build().expect("an engine");
    let data = root().join("examples/data");
    let path = [Value::Str("cycling_dataset.pq".to_owned())];
    let granted = engine.compile(&Source::new("f.py", text).grants(grants(&data))).expect("a program");
    let mean = granted.entry_for("f", &path).expect("its schema is known");
    let tenant = Tenant::default().grants(grants(&data));
    assert_eq!(mean.call(&tenant, &path).expect("a result"), Value::Float(102.078_421_322_398_77));
    let blind = engine.compile(&Source::new("f.py", text)).expect("a program");
    assert!(matches!(blind.entry_for("f", &path), Err(Error::Compile(_))));
}
