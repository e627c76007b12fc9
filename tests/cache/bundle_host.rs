//! Bundles whose code calls functions of the embedder: they run where these are given, and are refused where
//! they are not.

use ovenbird::bundle::{self, BuildRequest};
use ovenbird::levels::Level;
use ovenbird::{Cost, Engine, Error, HostFunctionError, HostModule, LoadedBundle, Output, Source, Tenant};
use ovenbird_compiler::types::Type;

use super::machine::{Machine, key, trust};

const TEXT: &str = "\
import ovenbird
from rates import log, rate


@ovenbird.jit
def price(amount):
    return amount * rate(3)


def quiet(x):
    return x + 1


print(price(2.0), log('done'))
";

fn rates() -> HostModule {
    let rates = HostModule::new("rates").expect("a name");
    let rates = rates.function("rate", Cost::units(50), |day: i64| day as f64);
    rates.and_then(|m| m.function("log", Cost::units(1), |text: &str| text.len() as i64)).expect("functions")
}

fn built() -> Vec<u8> {
    let engine = Engine::builder().build().expect("an engine");
    let program = engine.compile(&Source::new("main.py", TEXT).host(rates())).expect("parsed");
    let request = BuildRequest {
        body: true,
        functions: vec![("price".to_owned(), vec![Type::Float]), ("quiet".to_owned(), vec![Type::Int])],
        targets: vec![bundle::Target::Level(Level::X86_64V2), bundle::Target::Native],
        ..BuildRequest::default()
    };
    bundle::build(&program, &request, &[&key()]).expect("built")
}

fn loaded(machine: &Machine) -> LoadedBundle {
    machine.engine().load_bundle(built(), &trust()).expect("trusted")
}

#[test]
fn a_bundle_calls_what_it_is_given() {
    let machine = Machine::new();
    let bundle = loaded(&machine).host(rates());
    let outcome = bundle.run(&Tenant::default(), Output::Capture(Vec::new()));
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(String::from_utf8_lossy(outcome.output.captured()), "6.0 4\n");
    let price = bundle.get::<fn(f64) -> f64>("price").expect("it is there");
    assert_eq!(price.call(&Tenant::default(), (4.0,)).expect("it runs"), 12.0);
    // The price is that of the registration here.
    let dear = HostModule::new("rates").expect("a name");
    let dear = dear.function("rate", Cost::units(5_000), |day: i64| day as f64).expect("a function");
    let units = |bundle: &LoadedBundle| {
        let price = bundle.get::<fn(f64) -> f64>("price").expect("it is there");
        price.call_with(&Tenant::default(), (4.0,), Output::Discard).usage.cpu_units
    };
    assert_eq!(units(&loaded(&machine).host(dear)), units(&bundle) + 4_950);
}

#[test]
fn a_bundle_whose_functions_are_absent_or_of_other_types_is_refused() {
    let problem = |result: Result<(), Error>| match result {
        Err(Error::Host { error, traceback }) => {
            assert!(traceback.is_empty());
            *error
        }
        other => panic!("{other:?}"),
    };
    let machine = Machine::new();
    let bundle = loaded(&machine);
    let price = |bundle: &LoadedBundle| bundle.get::<fn(f64) -> f64>("price").map(drop);
    let missing = |function: &str, wanted: &str| HostFunctionError::Missing {
        function: function.to_owned(),
        wanted: wanted.to_owned(),
    };
    assert_eq!(problem(price(&bundle)), missing("rates.rate", "(int) -> float"));
    assert!(
        problem(bundle.run(&Tenant::default(), Output::Discard).result.map(drop))
            .to_string()
            .contains("rates.")
    );
    // What calls none of them runs.
    let quiet = bundle.get::<fn(i64) -> i64>("quiet").expect("it is there");
    assert_eq!(quiet.call(&Tenant::default(), (1,)).expect("it runs"), 2);
    let other = HostModule::new("rates").expect("a name");
    let with_log = |m: HostModule| m.function("log", Cost::units(1), |text: &str| text.len() as i64);
    assert_eq!(
        problem(price(&bundle.clone().host(with_log(other.clone()).expect("a function")))),
        missing("rates.rate", "(int) -> float")
    );
    let float = other.function("rate", Cost::units(50), |day: f64| day).expect("a function");
    let error = problem(price(&bundle.host(float)));
    assert_eq!(
        error.to_string(),
        "the host function `rates.rate` is registered as `(float) -> float`, the code needs `(int) -> float`"
    );
}
