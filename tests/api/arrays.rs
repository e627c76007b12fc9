//! Slices and arrays: copied in once, seen as NumPy arrays, copied out and checked.

use std::time::Duration;

use ovenbird::data::{Elements, Slice};
use ovenbird::{Arg, Array, Engine, Error, LimitKind, Limits, Output, Source, Tenant, Value};

use super::{program, tenant};

#[test]
fn slices_are_numpy_arrays() {
    let text = "\
def mean(xs):
    return xs.mean()


def total(xs):
    total = 0
    for x in xs:
        total += x
    return total


def last(xs, i):
    return xs[i] * 1.0


def count(flags):
    return int(flags.sum())
";
    let program = program(text);
    let xs = vec![1.0, 2.0, 6.0];
    let mean = program.get::<fn(&[f64]) -> f64>("mean").expect("floats");
    assert_eq!(mean.call(&tenant(), (&xs,)).expect("a mean"), 3.0);
    assert_eq!(mean.call(&tenant(), (&[4.0; 1000],)).expect("a mean"), 4.0);
    let halves = program.get::<fn(&[f32]) -> f64>("total").expect("floats of 32 bits");
    assert_eq!(halves.call(&tenant(), (&[0.5, 0.25],)).expect("a sum"), 0.75);
    let total = program.get::<fn(&[i64]) -> i64>("total").expect("ints");
    assert_eq!(total.call(&tenant(), (&[i64::MAX, -1],)).expect("a sum"), i64::MAX - 1);
    assert_eq!(total.call(&tenant(), (&[],)).expect("a sum"), 0);
    let small = program.get::<fn(&[i32]) -> i64>("total").expect("ints of 32 bits");
    assert_eq!(small.call(&tenant(), (&[i32::MIN, i32::MIN],)).expect("a sum"), -(1 << 32));
    let bytes = program.get::<fn(&[u8], i64) -> f64>("last").expect("bytes");
    assert_eq!(bytes.call(&tenant(), (&[1, 2, 255], -1)).expect("an element"), 255.0);
    let count = program.get::<fn(&[bool]) -> i64>("count").expect("bools");
    assert_eq!(count.call(&tenant(), (&[true, false, true],)).expect("a count"), 2);
}

#[test]
fn arrays_and_lists_come_back_as_vectors() {
    let text = "\
import numpy as np


def add(xs, ys):
    return xs + ys


def positive(xs):
    return xs > 0


def same(xs):
    return xs


def backwards(xs):
    return xs[::-1]


def squares(n):
    return [i * i for i in range(n)]


def zeros(n):
    return np.zeros(n)


def narrow(xs):
    return xs.astype(np.float32)


def nothing():
    return np.zeros(0)
";
    let program = program(text);
    let add = program.get::<fn(&[f64], &[f64]) -> Vec<f64>>("add").expect("add");
    assert_eq!(add.call(&tenant(), (&[1.0, 2.0], &[0.5, -2.0])).expect("sums"), [1.5, 0.0]);
    let positive = program.get::<fn(&[i64]) -> Vec<bool>>("positive").expect("positive");
    assert_eq!(positive.call(&tenant(), (&[1, -1, 0],)).expect("bools"), [true, false, false]);
    let same = program.get::<fn(&[i16]) -> Vec<i16>>("same").expect("same");
    assert_eq!(same.call(&tenant(), (&[1, -2, 3],)).expect("the same"), [1, -2, 3]);
    assert!(same.call(&tenant(), (&[],)).expect("the same").is_empty());
    let backwards = program.get::<fn(&[u32]) -> Vec<u32>>("backwards").expect("backwards");
    assert_eq!(backwards.call(&tenant(), (&[1, 2, u32::MAX],)).expect("a view"), [u32::MAX, 2, 1]);
    let owned = program.get::<fn(Vec<i8>) -> Vec<i8>>("backwards").expect("backwards");
    assert_eq!(owned.call(&tenant(), (vec![1, 2],)).expect("a view"), [2, 1]);
    let squares = program.get::<fn(i64) -> Vec<i64>>("squares").expect("a list");
    assert_eq!(squares.call(&tenant(), (4,)).expect("a list"), [0, 1, 4, 9]);
    let zeros = program.get::<fn(i64) -> Vec<f64>>("zeros").expect("zeros");
    assert_eq!(zeros.call(&tenant(), (3,)).expect("zeros"), [0.0; 3]);
    let narrow = program.get::<fn(&[f64]) -> Vec<f32>>("narrow").expect("narrow");
    assert_eq!(narrow.call(&tenant(), (&[0.1],)).expect("floats"), [0.1_f32]);
    let nothing = program.get::<fn() -> Vec<f64>>("nothing").expect("nothing");
    assert!(nothing.call(&tenant(), ()).expect("nothing").is_empty());
}

#[test]
fn arrays_of_more_dimensions_cross_as_values() {
    let text = "\
def turned(a):
    return a.T


def parts(a):
    return a[0], a.shape, (a.sum(), a[:, 1])
";
    let program = program(text);
    let table = Array::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).reshaped(&[2, 3]).expect("two by three");
    let args = [Value::Array(table)];
    let turned = program.entry_for("turned", &args).expect("turned");
    assert_eq!(turned.result().to_string(), "array[float64, 2 dimensions]");
    let Value::Array(found) = turned.call(&tenant(), &args).expect("an array") else { panic!("no array") };
    assert_eq!(found.shape(), [3, 2]);
    assert_eq!(found.into_vec(), Some(vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    let parts = program.entry_for("parts", &args).expect("parts");
    let array = |values: Vec<f64>| Value::Array(Array::new(values));
    let wanted = Value::Tuple(vec![
        array(vec![1.0, 2.0, 3.0]),
        Value::Tuple(vec![Value::Int(2), Value::Int(3)]),
        Value::Tuple(vec![Value::Float(21.0), array(vec![2.0, 5.0])]),
    ]);
    assert_eq!(parts.call(&tenant(), &args).expect("a tuple"), wanted);
}

#[test]
fn what_is_not_asked_for_is_an_error_that_names_both_types() {
    let program = program("def f(xs):\n    return xs * 0.5\n\n\ndef words():\n    return [\"a\"]\n");
    let Err(Error::Signature(text)) = program.get::<fn(&[i64]) -> Vec<i64>>("f") else {
        panic!("not an error")
    };
    assert_eq!(text, "`f` returns `array[float64]`, the host asked for `array[int64]`");
    let function = program.entry("f", &[Array::new(vec![1_i64]).ty()]).expect("f");
    for arg in [Value::Float(1.0), Value::Array(Array::new(vec![1_i32]))] {
        let error = function.call(&tenant(), &[arg]).expect_err("another type");
        assert_eq!(error.to_string(), "an argument is not a `array[int64]`");
    }
    let outcome = function.call_args(&tenant(), &[Arg::Slice(Slice::Uint8(&[1]))], Output::Discard);
    assert!(matches!(outcome.result, Err(Error::Signature(_))));
    let error = program.get::<fn() -> Vec<f64>>("words").err().expect("a list of strings").to_string();
    assert_eq!(error, "`words` returns `list[str]`, the host asked for `array[float64]`");
}

#[test]
fn errors_of_a_function_with_arrays_are_shown_in_its_own_text() {
    let program = program("def f(xs):\n    return xs[10]\n\n\ndef g(xs):\n    return xs.nonsense\n");
    let f = program.get::<fn(&[f64]) -> f64>("f").expect("f");
    let error = f.call(&tenant(), (&[1.0],)).expect_err("out of bounds");
    let Error::Raised(raised) = &error else { panic!("{error}") };
    assert_eq!(raised.exception, "IndexError");
    assert!(error.to_string().contains("line 2, in f"), "{error}");
    assert!(!error.to_string().contains("stdlib"), "{error}");
    let error = program.get::<fn(&[f64]) -> f64>("g").err().expect("no attribute").to_string();
    assert!(error.contains("nonsense") && !error.contains("stdlib"), "{error}");
}

/// Without `charge_output` in `receive` in `host/src/run/values.rs`: results are as large as they like.
#[test]
fn arrays_count_as_memory_of_the_guest_and_as_output() {
    let text = "def same(xs):\n    return xs\n\n\ndef total(xs):\n    return int(xs.sum())\n\n\ndef size(xs):\n    return len(xs)\n";
    let program = program(text);
    let same = program.get::<fn(&[f64]) -> Vec<f64>>("same").expect("same");
    let xs = vec![1.0; 1 << 17];
    let outcome = same.call_with(&tenant(), (&xs,), Output::Discard);
    assert_eq!(outcome.result.expect("the same"), xs);
    assert_eq!(outcome.usage.io.output_bytes, 1 << 20);
    assert!(outcome.usage.memory_peak > 1 << 20);
    let exact = Tenant::default().limits(Limits::default().output_bytes(1 << 20));
    same.call(&exact, (&xs,)).expect("exactly what is allowed");
    let less = Tenant::default().limits(Limits::default().output_bytes((1 << 20) - 1));
    let Err(Error::Limit { limit, .. }) = same.call(&less, (&xs,)) else {
        panic!("more output than allowed")
    };
    assert_eq!((limit.which, limit.used, limit.allowed), (LimitKind::Output, 1 << 20, (1 << 20) - 1));
    let total = program.get::<fn(&[f64]) -> i64>("total").expect("total");
    let small = Tenant::default().limits(Limits::default().memory_bytes(1 << 20));
    let Err(Error::Limit { limit, .. }) = total.call(&small, (&xs,)) else {
        panic!("more memory than allowed")
    };
    assert_eq!(limit.which, LimitKind::Memory);
    assert_eq!(total.call(&small, (&xs[..1000],)).expect("a smaller array"), 1000);
    // What nobody looks at is not copied.
    let size = program.get::<fn(&[f64]) -> i64>("size").expect("size");
    assert_eq!(size.call(&small, (&xs,)).expect("its length alone"), 1 << 17);
}

#[test]
fn spawned_calls_have_their_own_copy() {
    let program = program("def doubled(xs):\n    xs *= 2\n    return xs\n");
    let doubled = program.get::<fn(&[i64]) -> Vec<i64>>("doubled").expect("doubled");
    let task = {
        let xs = vec![1, 2, 3];
        doubled.spawn(&tenant(), (&xs,))
    };
    assert_eq!(task.join().result.expect("an array"), [2, 4, 6]);
    let xs = [5, 6];
    assert_eq!(doubled.call(&tenant(), (&xs,)).expect("an array"), [10, 12]);
    assert_eq!(xs, [5, 6]);
}

#[test]
fn globals_take_no_arrays() {
    let source = Source::new("g.py", "XS = 1\n\n\ndef f():\n    return XS\n");
    let source = source.global("XS", Value::Tuple(vec![Value::Array(Array::new(vec![1.0]))]));
    let program = Engine::builder().build().expect("an engine").compile(&source).expect("a program");
    let error = program.entry("f", &[]).err().expect("an array in a global");
    assert!(matches!(&error, Error::Signature(text) if text.contains("the global `XS`")), "{error}");
}

#[test]
fn globals_that_change_reach_functions_of_arrays() {
    let source = Source::new("g.py", "RATE = 1.0\n\n\ndef f(xs):\n    return xs * RATE\n");
    let source = source.global("RATE", Value::Float(2.0));
    let program = Engine::builder().build().expect("an engine").compile(&source).expect("a program");
    let f = program.get::<fn(&[f64]) -> Vec<f64>>("f").expect("f");
    for rate in 2..9 {
        program.set_global("RATE", Value::Float(f64::from(rate)));
        assert_eq!(f.call(&tenant(), (&[1.0],)).expect("an array"), [f64::from(rate)]);
    }
}

/// Without `trap_unless(TrapKind::Interrupted)` in `compiler/src/encode/meter.rs`: a loop in the library does not
/// look at the flag.
#[test]
fn an_endless_loop_over_an_array_ends_at_the_deadline() {
    let program = program("def f(xs):\n    while True:\n        xs[0] = xs[0] + 1.0\n    return xs\n");
    let f = program.get::<fn(&[f64]) -> ()>("f").expect("f");
    let tenant = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(20)));
    assert!(matches!(f.call(&tenant, (&[1.0],)), Err(Error::Limit { .. })));
}

#[test]
fn all_types_of_elements_come_back() {
    let program = program("def same(xs):\n    return xs[::1]\n");
    let each = [
        Elements::Bool(vec![true, false].into()),
        Elements::Int8(vec![-1, 2].into()),
        Elements::Uint8(vec![1, 255].into()),
        Elements::Int16(vec![-1, 2].into()),
        Elements::Uint16(vec![1, 65_535].into()),
        Elements::Int32(vec![-1, 2].into()),
        Elements::Uint32(vec![1, u32::MAX].into()),
        Elements::Int64(vec![i64::MIN, i64::MAX].into()),
        Elements::Float32(vec![0.5, f32::MAX].into()),
        Elements::Float64(vec![-0.0, f64::MIN_POSITIVE].into()),
    ];
    for elements in each {
        let array = Array::from(elements);
        let same = program.entry("same", &[array.ty()]).expect("same");
        assert_eq!(
            same.call(&tenant(), &[Value::Array(array.clone())]).expect("the same"),
            Value::Array(array)
        );
    }
}
