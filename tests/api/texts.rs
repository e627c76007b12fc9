//! Lists of strings and tables in and out, and strings that are lent.

use ovenbird::data::Array2;
use ovenbird::{Arg, Error, LimitKind, Limits, Output, Tenant, Value};

use super::{program, tenant};

const TEXT: &str = "\
def same(words):
    return words


def shout(words):
    return [word.upper() + '!' for word in words]


def longest(words):
    return max(words, key=len) if len(words) > 0 else ''


def parts(text, separator):
    return text.split(separator)


def tell(words, count, xs, name):
    return (words[:count], len(xs), name)


def nothing(n):
    words = ['x']
    words.pop()
    return words


def pick(words):
    return words[5]
";

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn lists_of_strings_go_in_and_come_out() {
    let program = program(TEXT);
    let same = program.get::<fn(&[&str]) -> Vec<String>>("same").expect("same");
    for texts in [&[][..], &[""], &["", "", ""], &["a", "añb", "", "日本\0語", "it's\n"]] {
        assert_eq!(same.call(&tenant(), (texts,)).expect("the same"), owned(texts));
    }
    let many: Vec<String> = (0..10_000).map(|n| "x".repeat(n % 50)).collect();
    let again = program.get::<fn(Vec<String>) -> Vec<String>>("same").expect("same");
    assert_eq!(again.call(&tenant(), (many.clone(),)).expect("the same"), many);
    let shout = program.get::<fn(&[&str]) -> Vec<String>>("shout").expect("shout");
    assert_eq!(shout.call(&tenant(), (&["oven", "bird"],)).expect("a list"), owned(&["OVEN!", "BIRD!"]));
    let parts = program.get::<fn(&str, &str) -> Vec<String>>("parts").expect("parts");
    let text = "a,b,,c".to_owned();
    assert_eq!(parts.call(&tenant(), (&text, ",")).expect("a list"), owned(&["a", "b", "", "c"]));
    let nothing = program.get::<fn(i64) -> Vec<String>>("nothing").expect("nothing");
    assert!(nothing.call(&tenant(), (0,)).expect("an empty list").is_empty());
}

#[test]
fn a_list_among_other_parameters_and_results() {
    let program = program(TEXT);
    let words = Value::Texts(owned(&["a", "b", "c"]));
    let types = [
        words.ty(),
        Value::Int(0).ty(),
        Value::Array(ovenbird::Array::new(vec![0.0])).ty(),
        Value::Str(String::new()).ty(),
    ];
    let tell = program.entry("tell", &types).expect("tell");
    let slice = ovenbird::data::Slice::Float64(&[1.0, 2.0]);
    let args = [
        Arg::Texts(&["a", "b", "c"]),
        Arg::Owned(Value::Int(2)),
        Arg::Slice(slice),
        Arg::Owned(Value::Str("n".to_owned())),
    ];
    let found = tell.call_args(&tenant(), &args, Output::Discard).result.expect("a tuple");
    let wanted = vec![Value::Texts(owned(&["a", "b"])), Value::Int(2), Value::Str("n".to_owned())];
    assert_eq!(found, Value::Tuple(wanted));
    assert_eq!(found.to_string(), "(['a', 'b'], 2, 'n')");
    assert_eq!(found.ty().to_string(), "tuple[list[str], int, str]");
    let error = tell.call(&tenant(), &[Value::Int(1)]).expect_err("too few").to_string();
    assert!(error.contains("argument"), "{error}");
    let error = program.get::<fn(&[&str]) -> Vec<i64>>("same").err().expect("another type").to_string();
    assert_eq!(error, "`same` returns `list[str]`, the host asked for `array[int64]`");
    let longest = program.get::<fn(&[&str]) -> String>("longest").expect("longest");
    let task = longest.spawn(&tenant(), (&["a", "abc", "ab"],));
    assert_eq!(task.join().result.expect("a string"), "abc");
}

#[test]
fn lists_count_as_what_the_host_holds_for_them() {
    let program = program("def many(n):\n    return [''] * n\n\n\ndef size(words):\n    return len(words)\n");
    let many = program.get::<fn(i64) -> Vec<String>>("many").expect("many");
    let (count, each) = (1000, size_of::<String>() as u64);
    let bytes = count * each + 4 * (count + 1);
    let enough = Tenant::default().limits(Limits::default().output_bytes(bytes));
    let outcome = many.call_with(&enough, (count as i64,), Output::Discard);
    assert_eq!(outcome.result.expect("just enough").len() as u64, count);
    assert_eq!(outcome.usage.io.output_bytes, bytes);
    let less = Tenant::default().limits(Limits::default().output_bytes(bytes - 1));
    let error = many.call(&less, (count as i64,)).expect_err("too much");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == LimitKind::Output), "{error}");
    let size = program.get::<fn(&[&str]) -> i64>("size").expect("size");
    let small = Tenant::default().limits(Limits::default().memory_bytes(1 << 20));
    let texts = vec!["some text"; 100_000];
    let error = size.call(&small, (&texts,)).expect_err("too much memory");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == LimitKind::Memory), "{error}");
    assert_eq!(size.call(&small, (&texts[..1000],)).expect("less"), 1000);
}

#[test]
fn an_error_in_a_function_of_lists_has_its_place() {
    let program = program(TEXT);
    let pick = program.get::<fn(&[&str]) -> String>("pick").expect("pick");
    let error = pick.call(&tenant(), (&["a"],)).expect_err("no such element");
    assert!(matches!(&error, Error::Raised(raised) if raised.exception == "IndexError"), "{error}");
    assert!(error.to_string().contains("in pick") && !error.to_string().contains("stdlib"), "{error}");
}

#[test]
fn tables_have_typed_handles() {
    let program = program(
        "def turned(xs):\n    return xs.T\n\n\ndef sums(xs, ys):\n    return (xs @ ys).sum(axis=0)\n",
    );
    let turned = program.get::<fn(Array2<i32>) -> Array2<i32>>("turned").expect("turned");
    let table = Array2::new(vec![1, 2, 3, 4, 5, 6], 2, 3).expect("six values");
    let found = turned.call(&tenant(), (table.clone(),)).expect("a table");
    assert_eq!(found, Array2::new(vec![1, 4, 2, 5, 3, 6], 3, 2).expect("six values"));
    let empty = Array2::new(Vec::new(), 0, 3).expect("no values");
    let found = turned.call(&tenant(), (empty,)).expect("a table");
    assert_eq!((found.rows(), found.columns()), (3, 0));
    let sums = program.get::<fn(Array2<f64>, Array2<f64>) -> Vec<f64>>("sums").expect("sums");
    let one = Array2::new(vec![1.0, 2.0], 1, 2).expect("two values");
    let two = Array2::new(vec![1.0, 10.0, 2.0, 20.0], 2, 2).expect("four values");
    assert_eq!(sums.call(&tenant(), (one, two)).expect("sums"), [5.0, 50.0]);
    let error = program.get::<fn(Array2<f64>) -> Vec<f64>>("turned").err().expect("another type").to_string();
    assert_eq!(error, "`turned` returns `array[float64, 2 dimensions]`, the host asked for `array[float64]`");
}
