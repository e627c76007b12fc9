//! Globals: constants are inputs of the key, what is reassigned is seen at once, what the host changes too.

use super::*;

/// Without `globals` in `L0Recipe` in `host/src/cache/key.rs`: code is used that was frozen with an old value.
#[test]
fn a_changed_global_is_seen() {
    let project = warm();
    edit(&project, "main.py", "K = 3", "K = 4");
    let run = project.run("main.py");
    run.prints("120\n");
    assert_eq!(run.unit("main.f"), ("miss", "global main.K changed: 3 -> 4"));
    edit(&project, "main.py", "K = 4", "K = 3");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_changed_global_that_is_derived_is_seen() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\nA = 2\nB = A * 10\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x + B\n\n\nprint(f(1))\n",
    )]);
    project.run("main.py").prints("21\n");
    edit(&project, "main.py", "A = 2", "A = 3");
    project.run("main.py").prints("31\n");
}

const TWICE: &str = "\
import ovenbird

K = 3


@ovenbird.jit(cache=True)
def f(x):
    return x * K


print(f(2))
K = 4
print(f(2))
";

#[test]
fn a_global_that_is_reassigned_between_two_calls_is_seen_at_once() {
    let project = Project::new(&[("main.py", TWICE)]);
    let run = project.run("main.py");
    run.prints("6\n8\n");
    assert_eq!(run.compiles, 2, "one function and the body: the global is read at run time");
    project.run("main.py").prints("6\n8\n").hits();
    edit(&project, "main.py", "K = 4", "K = 40");
    let run = project.run("main.py");
    run.prints("6\n80\n");
    assert_eq!(run.unit("main.f").0, "hit.l2", "its value is no input of the function");
}

#[test]
fn an_array_is_never_embedded() {
    let text = "import numpy as np\n\nimport ovenbird\n\nweights = np.array([1.0, 2.0, 3.0])\n\n\n@ovenbird.jit(cache=True)\ndef f(i):\n    return weights[i]\n\n\nprint(f(1))\n";
    let project = Project::new(&[("main.py", text)]);
    project.run("main.py").prints("2.0\n");
    edit(&project, "main.py", "2.0, 3.0", "20.0, 30.0");
    let run = project.run("main.py");
    run.prints("20.0\n");
    assert_eq!(run.unit("main.f").0, "hit.l2");
}

#[test]
fn the_type_of_a_reassigned_global_is_an_input() {
    let project = Project::new(&[("main.py", TWICE)]);
    project.run("main.py").prints("6\n8\n");
    edit(&project, "main.py", "K = 4", "K = 4.5");
    let run = project.run("main.py");
    run.prints("6\n9.0\n");
    let from: Vec<_> = run.units.iter().filter(|u| u.0 == "main.f").map(|u| u.1).collect();
    assert_eq!(from, ["hit.l2", "miss"], "one specialisation a type: {:?}", run.units);
}

#[test]
fn a_renamed_run_time_global_keeps_its_code() {
    let project = Project::new(&[("main.py", TWICE)]);
    project.run("main.py").prints("6\n8\n");
    edit(&project, "main.py", "K", "FACTOR");
    assert_eq!(project.run("main.py").natives, 0);
}

const SHOP: &str = "\
import ovenbird

RATE = 0.5


@ovenbird.jit(cache=True)
def taxed(price):
    return price * (1.0 + RATE)


print(taxed(10.0))
";

fn shop(project: &Project, engine: &Engine, rate: Value) -> ovenbird::Program {
    let source = Source::new("main.py", SHOP).grants(project.grants()).global("RATE", rate);
    engine.compile(&source).expect("the program can be parsed")
}

fn call(function: &ovenbird::DynFunction, project: &Project) -> Value {
    function.call(&project.tenant(), &[Value::Float(10.0)]).expect("it returns")
}

#[test]
fn a_value_that_the_host_changes_is_seen_by_the_next_call() {
    let project = Project::new(&[]);
    let engine = project.engine();
    let program = shop(&project, &engine, Value::Float(0.25));
    let taxed = program.entry("taxed", &[Type::Float]).expect("the function");
    let clone = taxed.clone();
    assert_eq!(call(&taxed, &project), Value::Float(12.5));
    program.set_global("RATE", Value::Float(1.0));
    assert_eq!(call(&taxed, &project), Value::Float(20.0));
    assert_eq!(call(&clone, &project), Value::Float(20.0));
    program.clone().set_global("RATE", Value::Int(3));
    assert_eq!(call(&taxed, &project), Value::Float(40.0), "another type");
    program.set_global("RATE", Value::Str("much".to_owned()));
    let error = taxed.call(&project.tenant(), &[Value::Float(10.0)]).expect_err("no number");
    assert!(matches!(error, Error::Compile(_)), "{error:?}");
    program.set_global("RATE", Value::Float(0.25));
    assert_eq!(call(&taxed, &project), Value::Float(12.5));
}

#[test]
fn a_global_with_many_values_becomes_a_parameter() {
    let project = Project::new(&[]);
    let engine = project.direct_engine();
    let program = shop(&project, &engine, Value::Float(0.0));
    let taxed = program.entry("taxed", &[Type::Float]).expect("the function");
    for rate in [0.0, 1.0, 2.0] {
        program.set_global("RATE", Value::Float(rate));
        assert_eq!(call(&taxed, &project), Value::Float(10.0 + 10.0 * rate));
    }
    assert_eq!(engine.compiles(), 3, "one for each value");
    for _ in 0..2 {
        for rate in [3.0, 4.0, 5.0, 6.0, 0.0, 1.0] {
            program.set_global("RATE", Value::Float(rate));
            assert_eq!(call(&taxed, &project), Value::Float(10.0 + 10.0 * rate));
        }
    }
    assert_eq!(engine.compiles(), 4, "and one for all others");
}

#[test]
fn a_parameter_may_be_a_string_or_a_tuple() {
    let text = "NAME = \"\"\nRANGE = (0, 1)\n\n\ndef inner(x):\n    return min(max(x, RANGE[0]), RANGE[1])\n\n\ndef show(x):\n    return NAME + \" \" + str(inner(x))\n";
    let engine = Engine::builder().build().expect("the engine can be made");
    let source = Source::new("main.py", text).global("NAME", Value::Str("n".to_owned()));
    let program = engine.compile(&source.global("RANGE", Value::Int(0))).expect("parsed");
    for at in 0..8 {
        program.set_global("NAME", Value::Str(format!("name {at}")));
        program.set_global("RANGE", Value::Tuple(vec![Value::Int(at), Value::Int(at + 2)]));
        let show = program.get::<fn(i64) -> String>("show").expect("the function");
        for (x, shown) in [(-1, at), (at + 1, at + 1), (100, at + 2)] {
            let got = show.call(&Tenant::default(), (x,)).expect("it returns");
            assert_eq!(got, format!("name {at} {shown}"));
        }
    }
    assert!(engine.compiles() <= 8, "{}", engine.compiles());
}

#[test]
fn a_value_that_the_host_gives_is_named_when_it_changed() {
    let project = Project::new(&[]);
    let first = shop(&project, &project.engine(), Value::Float(0.25));
    first.entry("taxed", &[Type::Float]).expect("the function");
    let changed = shop(&project, &project.engine(), Value::Float(0.75));
    let taxed = changed.entry("taxed", &[Type::Float]).expect("the function");
    assert_eq!(call(&taxed, &project), Value::Float(17.5));
    let reason = taxed.info().provenance.reason().unwrap_or_default();
    assert_eq!(reason, "global main.RATE changed: 0.25 -> 0.75");
    let same = shop(&project, &project.engine(), Value::Float(0.25));
    let taxed = same.entry("taxed", &[Type::Float]).expect("the function");
    assert_eq!(taxed.info().provenance.name(), "hit.l2");
}

#[test]
fn the_direct_path_tells_values_that_the_host_gives_apart() {
    let project = Project::new(&[]);
    for from in ["miss", "hit.l0"] {
        for (rate, price) in [(0.25, 12.5), (0.75, 17.5), (-0.0, 10.0)] {
            let program = shop(&project, &project.direct_engine(), Value::Float(rate));
            let taxed = program.entry("taxed", &[Type::Float]).expect("the function");
            assert_eq!(call(&taxed, &project), Value::Float(price));
            assert_eq!(taxed.info().provenance.name(), from);
        }
    }
}

#[test]
fn a_script_runs_with_the_values_that_the_host_gives() {
    let project = Project::new(&[]);
    for engine in [project.engine(), project.direct_engine(), project.direct_engine()] {
        let program = shop(&project, &engine, Value::Float(0.25));
        for rate in [0.25, 0.5, 0.75, 1.0, 2.0, 0.25] {
            program.set_global("RATE", Value::Float(rate));
            let outcome = program.run(&project.tenant(), Output::Capture(Vec::new()));
            outcome.result.expect("it runs");
            let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
            assert_eq!(printed, format!("{:?}\n", 10.0 + 10.0 * rate));
        }
    }
}

#[test]
fn a_program_that_assigns_what_the_host_gives_a_second_time_is_refused() {
    let engine = Engine::builder().build().expect("the engine can be made");
    for text in [
        "K = 1\nK = 2\n\n\ndef f(x):\n    return x * K\n",
        "K = 1\n\n\ndef g():\n    global K\n    K = 2\n\n\ndef f(x):\n    return x * K\n",
        "def K(x):\n    return x\n\n\ndef f(x):\n    return K(x)\n",
        "for K in range(3):\n    pass\n\n\ndef f(x):\n    return x * K\n",
        "J = K = 3\n\n\ndef f(x):\n    return x * K\n",
    ] {
        let program =
            engine.compile(&Source::new("main.py", text).global("K", Value::Int(5))).expect("parsed");
        let error = program.entry("f", &[Type::Int]).err();
        assert!(matches!(error, Some(Error::Compile(_))), "{text}: {error:?}");
    }
    let text = "def f(x):\n    return x * K\n";
    let program = engine.compile(&Source::new("main.py", text).global("K", Value::Int(5))).expect("parsed");
    let f = program.get::<fn(i64) -> i64>("f").expect("a global of the host alone");
    assert_eq!(f.call(&Tenant::default(), (2,)).expect("it returns"), 10);
}

#[test]
fn threads_see_either_the_old_value_or_the_new_one() {
    let project = Project::new(&[]);
    let program = shop(&project, &project.engine(), Value::Float(0.0));
    let taxed = program.entry("taxed", &[Type::Float]).expect("the function");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let Value::Float(price) = call(&taxed, &project) else { panic!("no number") };
                    assert!(price.fract() == 0.0 && (10.0..=90.0).contains(&price), "{price}");
                }
            });
        }
        for rate in 0..9 {
            program.set_global("RATE", Value::Float(f64::from(rate)));
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    assert_eq!(call(&taxed, &project), Value::Float(90.0));
}
