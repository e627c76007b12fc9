//! Functions of arrays and frames are cached as all others: the same types hit in a new process, and a column of
//! another type is a miss that names it.

use std::sync::Arc;

use ovenbird::data::{Column, ColumnData, Element};
use ovenbird::{Array, Cache, DataFrame, Engine, Value};
use ovenbird_tests::project::Project;

const TEXT: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def twice(xs):
    return xs + xs


@ovenbird.jit(cache=True)
def total(df):
    return df[\"power\"].sum()


@ovenbird.jit(cache=True)
def half(x):
    return x * 0.5
";

fn column<T: Element>(values: Vec<T>) -> Column {
    Column::new(ColumnData::Plain(T::own(values)))
}

fn frame(power: Column) -> Value {
    let speed = column(vec![1.5; power.len()]);
    let columns = vec![("speed".into(), speed), (Arc::from("power"), power)];
    Value::DataFrame(DataFrame::new(columns).expect("columns of one length"))
}

/// An engine with the direct path over the folder of [`Project::engine`].
fn direct(project: &Project) -> Engine {
    let cache = Cache::open(project.cache_options());
    Engine::builder().cache(cache).probes(true).build().expect("the engine can be made")
}

/// What a new process finds: the result, where the code came from, and why it was not there.
fn ask(engine: &Engine, project: &Project, name: &str, arg: Value) -> (Value, String, Option<String>) {
    let args = [arg];
    let program = project.program(engine, "main.py");
    let function = if name == "half" {
        program.entry_for_rows(name, &args[0].ty()).expect("the function")
    } else {
        program.entry_for(name, &args).expect("the function")
    };
    let info = function.info();
    let found = (info.provenance.name().to_owned(), info.provenance.reason());
    (function.call(&project.tenant(), &args).expect("it returns"), found.0, found.1)
}

#[test]
fn a_new_process_finds_functions_of_arrays_at_all_levels() {
    let project = Project::new(&[("main.py", TEXT)]);
    let array = |values: Vec<f64>| Value::Array(Array::new(values));
    let made = ask(&direct(&project), &project, "twice", array(vec![1.0]));
    assert_eq!((made.0, made.1.as_str()), (array(vec![2.0]), "miss"));
    let engine = direct(&project);
    let direct = ask(&engine, &project, "twice", array(vec![3.0, 4.0]));
    assert_eq!(direct, (array(vec![6.0, 8.0]), "hit.l0".to_owned(), None), "another length is no other type");
    assert_eq!(engine.compiles(), 0);
    let engine = project.engine();
    assert_eq!(ask(&engine, &project, "twice", array(vec![3.0])).1, "hit.l2");
    let stats = engine.cache().stats();
    assert_eq!((stats.units.hits, stats.units.misses), (1, 0));
    let narrow = ask(&project.engine(), &project, "twice", Value::Array(Array::new(vec![1_i32])));
    assert_eq!(narrow.1, "miss");
    let reason = narrow.2.expect("a reason");
    assert!(reason.contains("array[int32]"), "{reason}");
}

#[test]
fn a_column_of_another_type_is_a_miss_that_names_it() {
    let project = Project::new(&[("main.py", TEXT)]);
    let first = ask(&direct(&project), &project, "total", frame(column(vec![1_i64, 2])));
    assert_eq!((first.0, first.1.as_str()), (Value::Int(3), "miss"));
    let again = ask(&direct(&project), &project, "total", frame(column(vec![5_i64])));
    assert_eq!(again, (Value::Int(5), "hit.l0".to_owned(), None));
    let changed = ask(&project.engine(), &project, "total", frame(column(vec![0.5])));
    assert_eq!((changed.0, changed.1.as_str()), (Value::Float(0.5), "miss"));
    let reason = changed.2.expect("a reason");
    assert!(reason.contains("power") && reason.contains("int64") && reason.contains("float64"), "{reason}");
    assert!(!reason.contains("speed"), "{reason}");
    let nulls = column(vec![1_i64, 2]).with_valid(vec![0b01]).expect("a bitmap");
    let nullable = ask(&project.engine(), &project, "total", frame(nulls));
    assert_eq!((nullable.0, nullable.1.as_str()), (Value::Float(1.0), "miss"));
    let reason = nullable.2.expect("a reason");
    assert!(reason.contains("power") && reason.contains("int64?"), "{reason}");
}

#[test]
fn a_function_of_rows_is_cached_like_others() {
    let project = Project::new(&[("main.py", TEXT)]);
    let rows =
        |power: Column| Value::DataFrame(DataFrame::new(vec![("power".into(), power)]).expect("a column"));
    let result = |values: Vec<f64>| {
        Value::DataFrame(DataFrame::new(vec![("result".into(), column(values))]).expect("a column"))
    };
    let made = ask(&direct(&project), &project, "half", rows(column(vec![1_i64, 3])));
    assert_eq!((made.0, made.1.as_str()), (result(vec![0.5, 1.5]), "miss"));
    for (engine, from) in [(direct(&project), "hit.l0"), (project.engine(), "hit.l2")] {
        let found = ask(&engine, &project, "half", rows(column(vec![4_i64])));
        assert_eq!((found.0, found.1.as_str()), (result(vec![2.0]), from));
    }
    let changed = ask(&project.engine(), &project, "half", rows(column(vec![1.0])));
    assert!(changed.2.expect("a reason").contains("power"));
}
