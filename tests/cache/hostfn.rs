//! Functions of the embedder: their types and their cost are inputs of keys and facts of scripts that are kept
//! whole; their names and the Rust code behind them are not.

use ovenbird::{Cost, HostModule};
use ovenbird_compiler::infer::Request;

use super::*;

const TEXT: &str = "\
import ovenbird
from rates import rate


@ovenbird.jit(cache=True)
def price(amount):
    return amount * rate(3)


print(price(2.0))
";

fn rates(cost: Cost, factor: f64) -> HostModule {
    let rates = HostModule::new("rates").expect("a name");
    rates.function("rate", cost, move |day: i64| day as f64 * factor).expect("a function")
}

/// The same function, but of a float.
fn floats() -> HostModule {
    let rates = HostModule::new("rates").expect("a name");
    rates.function("rate", Cost::units(50), |day: f64| day * 100.0).expect("a function")
}

struct Ran {
    printed: String,
    from: Vec<(String, &'static str, String)>,
    natives: u64,
}

/// Runs the text with a module in a new engine.
fn run(engine: &Engine, text: &str, host: HostModule) -> Ran {
    let program = engine.compile(&Source::new("main.py", text).host(host)).expect("parsed");
    let outcome = program.run(&Tenant::default(), Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    let from = outcome.units.iter().map(|unit| {
        (unit.label.clone(), unit.provenance.name(), unit.provenance.reason().unwrap_or_default())
    });
    Ran {
        printed: String::from_utf8_lossy(outcome.output.captured()).into_owned(),
        from: from.collect(),
        natives: engine.native_compiles(),
    }
}

fn origins(ran: &Ran) -> Vec<&'static str> {
    ran.from.iter().map(|unit| unit.1).collect()
}

#[test]
fn a_second_process_hits_whatever_code_is_behind_the_function() {
    let project = Project::new(&[]);
    for engine in [Project::engine, Project::direct_engine] {
        let first = run(&engine(&project), TEXT, rates(Cost::units(50), 1.0));
        assert_eq!((first.printed.as_str(), origins(&first)), ("6.0\n", vec!["miss"; 2]));
        let second = run(&engine(&project), TEXT, rates(Cost::units(50), 2.0));
        assert_eq!((second.printed.as_str(), second.natives), ("12.0\n", 0), "{:?}", second.from);
        assert!(origins(&second).iter().all(|from| *from != "miss"), "{:?}", second.from);
    }
    let direct = run(&project.direct_engine(), TEXT, rates(Cost::units(50), 4.0));
    assert_eq!((direct.printed.as_str(), origins(&direct)), ("24.0\n", vec!["hit.l0"; 2]));
}

#[test]
fn a_changed_type_is_a_miss_that_names_the_function() {
    let project = Project::new(&[]);
    run(&project.engine(), TEXT, rates(Cost::units(50), 1.0));
    let changed = run(&project.engine(), TEXT, floats());
    assert_eq!(changed.printed, "600.0\n");
    let unit = changed.from.iter().find(|unit| unit.0 == "main.price").expect("the unit");
    let why = "host function rates.rate changed: (int) -> float, 50 units -> (float) -> float, 50 units";
    assert_eq!((unit.1, unit.2.as_str()), ("miss", why));
}

#[test]
fn a_changed_cost_is_a_miss_that_names_the_function_and_keeps_the_native_code() {
    let project = Project::new(&[]);
    run(&project.engine(), TEXT, rates(Cost::units(50), 1.0));
    let changed = run(&project.engine(), TEXT, rates(Cost::units(60).per_byte(1), 1.0));
    let unit = changed.from.iter().find(|unit| unit.0 == "main.price").expect("the unit");
    let why =
        "host function rates.rate changed: (int) -> float, 50 units -> (int) -> float, 60 units + 1 a byte";
    assert_eq!((unit.1, unit.2.as_str(), changed.natives), ("miss", why, 0));
}

#[test]
fn a_renamed_function_is_the_same_function() {
    let project = Project::new(&[]);
    run(&project.engine(), TEXT, rates(Cost::units(50), 1.0));
    let renamed = HostModule::new("money").expect("a name");
    let renamed = renamed.function("price_of", Cost::units(50), |day: i64| day as f64 * 2.0);
    let text = TEXT.replace("from rates import rate", "from money import price_of as rate");
    let second = run(&project.engine(), &text, renamed.expect("a function"));
    assert_eq!((second.printed.as_str(), second.natives), ("12.0\n", 0), "{:?}", second.from);
}

#[test]
fn a_script_that_is_kept_whole_sees_that_a_function_changed() {
    let project = Project::new(&[]);
    let host = || rates(Cost::units(50), 1.0);
    run(&project.direct_engine(), TEXT, host());
    assert_eq!(origins(&run(&project.direct_engine(), TEXT, host())), ["hit.l0"; 2]);
    let engine = project.direct_engine();
    let other = run(&engine, TEXT, floats());
    assert_eq!(other.printed, "600.0\n", "a stale script");
    assert!(!origins(&other).contains(&"hit.l0"), "{:?}", other.from);
    // In memory it is a fact too.
    let again = run(&engine, TEXT, host());
    assert_eq!(again.printed, "6.0\n");
    // And that there is no module, and that there is one where a file was.
    let program = project.direct_engine().compile(&Source::new("main.py", TEXT)).expect("parsed");
    let outcome = program.run(&Tenant::default(), Output::Discard);
    assert!(matches!(outcome.result, Err(Error::Compile(_))), "{:?}", outcome.result);
}

#[test]
fn a_module_of_the_host_that_appears_is_seen_by_a_script_that_is_kept_whole() {
    let project = Project::new(&[("rates.py", "def rate(day):\n    return day * 7.0\n")]);
    let source = Source::new("main.py", TEXT).grants(project.grants());
    let printed = |source: &Source| {
        let program = project.direct_engine().compile(source).expect("parsed");
        let outcome = program.run(&project.tenant(), Output::Capture(Vec::new()));
        String::from_utf8_lossy(outcome.output.captured()).into_owned()
    };
    assert_eq!([printed(&source), printed(&source)], ["42.0\n", "42.0\n"]);
    assert_eq!(printed(&source.clone().host(rates(Cost::units(50), 1.0))), "6.0\n");
    assert_eq!(printed(&source), "42.0\n");
}

#[test]
fn why_names_the_function() {
    let project = Project::new(&[]);
    run(&project.engine(), TEXT, rates(Cost::units(50), 1.0));
    let program = project.engine().compile(&Source::new("main.py", TEXT).host(floats())).expect("parsed");
    let units = program.why(Request::Run).expect("it checks");
    let unit = units.iter().find(|unit| unit.label == "main.price").expect("the unit");
    let changes = &unit.wasm.as_ref().expect("asked").changes;
    let cause = changes.iter().find(|change| change.cause).expect("a cause");
    assert_eq!((cause.kind, cause.name.as_str()), ("host function", "rates.rate"));
    assert_eq!(cause.new.as_deref(), Some("(float) -> float, 50 units"));
}

#[test]
fn programs_whose_functions_differ_have_different_keys() {
    let key = |host: HostModule| {
        let engine = Engine::builder().build().expect("an engine");
        let program = engine.compile(&Source::new("main.py", TEXT).host(host)).expect("parsed");
        let checked = program.check(Request::Run).expect("it checks");
        checked.units.iter().map(|unit| ovenbird_compiler::canonical(unit)).collect::<Vec<_>>()
    };
    let module = |cost| rates(cost, 1.0);
    let one = key(module(Cost::units(50)));
    assert_eq!(one, key(rates(Cost::units(50), 2.0)));
    for other in [module(Cost::units(51)), module(Cost::units(50).per_byte(1)), floats()] {
        assert_ne!(one[1], key(other)[1]);
    }
}
