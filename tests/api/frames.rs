//! Frames in and out, and functions of plain values over the rows of columns.

use std::sync::Arc;

use ovenbird::data::{Column, ColumnData, ColumnSlice, ColumnView, Element, Slice};
use ovenbird::{Arg, DataFrame, Error, Output, Program, Value};
use ovenbird_compiler::types::Type;

use super::{program, tenant};

fn plain<T: Element>(values: &[T]) -> Column {
    Column::new(ColumnData::Plain(T::own(values.to_vec())))
}

fn texts(values: &[&str]) -> Column {
    let mut offsets = vec![0];
    values.iter().for_each(|text| offsets.push(offsets[offsets.len() - 1] + text.len() as i32));
    Column::new(ColumnData::Text { offsets: offsets.into(), text: Arc::new(values.concat()) })
}

fn moments(name: &str, values: &[i64]) -> Column {
    Column::new(ColumnData::Datetime { name: name.into(), values: Arc::new(values.to_vec()) })
}

/// The column with only these rows there.
fn some(column: Column, rows: &[usize]) -> Column {
    let mut bits = vec![0_u8; column.len().div_ceil(8)];
    rows.iter().for_each(|row| bits[row / 8] |= 1 << (row % 8));
    column.with_valid(bits).expect("enough bits")
}

fn frame(columns: Vec<(&str, Column)>) -> Value {
    let columns = columns.into_iter().map(|(name, column)| (name.into(), column)).collect();
    Value::DataFrame(DataFrame::new(columns).expect("columns of one length"))
}

/// The cells of a column as text, `-` for those that are missing.
fn cells(column: &Column) -> Vec<String> {
    let cell = |row: usize| match column.data() {
        _ if !column.is_valid(row) => "-".to_owned(),
        ColumnData::Text { offsets, text } => {
            text[offsets[row] as usize..offsets[row + 1] as usize].to_owned()
        }
        ColumnData::Datetime { values, .. } => values[row].to_string(),
        ColumnData::Plain(elements) => match elements.lend() {
            Slice::Bool(values) => values[row].to_string(),
            Slice::Int64(values) => values[row].to_string(),
            Slice::Int32(values) => values[row].to_string(),
            Slice::Float64(values) => format!("{:?}", values[row]),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    (0..column.len()).map(cell).collect()
}

/// The columns of a result: name and type, and cells.
fn shown(value: &Value) -> Vec<(String, Vec<String>)> {
    let Value::DataFrame(frame) = value else { panic!("{value} is no frame") };
    let column =
        |(name, column): &(Arc<str>, Column)| (format!("{name}: {}", column.view().kind()), cells(column));
    frame.columns().iter().map(column).collect()
}

fn row(name: &str, cells: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), cells.iter().map(|&cell| cell.to_owned()).collect())
}

fn call(program: &Program, name: &str, args: &[Value]) -> Value {
    program.entry_for(name, args).expect("the function").call(&tenant(), args).expect("it returns")
}

#[test]
fn frames_are_pandas_frames() {
    let text = "\
def clean(df):
    kept = df[df[\"power\"] > 10]
    kept[\"half\"] = kept[\"power\"] * 0.5
    return kept


def mean(df):
    return df[\"power\"].mean(), len(df)


def twice(df):
    return df[\"power\"] * 2


def by_city(df):
    return df.groupby(\"city\")[\"power\"].sum()
";
    let program = program(text);
    let columns = || {
        let city = some(texts(&["Ulm", "Köln", "", "Ulm"]), &[0, 1, 3]);
        vec![
            ("power", plain(&[10_i64, 20, 30, 40])),
            ("city", city),
            ("ok", plain(&[true, false, true, true])),
        ]
    };
    let args = [frame(columns())];
    assert_eq!(
        shown(&call(&program, "clean", &args)),
        [
            row("power: int64", &["20", "30", "40"]),
            row("city: str?", &["Köln", "-", "Ulm"]),
            row("ok: bool", &["false", "true", "true"]),
            row("half: float64?", &["10.0", "15.0", "20.0"]),
        ]
    );
    let wanted = Value::Tuple(vec![Value::Float(25.0), Value::Int(4)]);
    assert_eq!(call(&program, "mean", &args), wanted);
    assert_eq!(shown(&call(&program, "twice", &args)), [row("power: int64", &["20", "40", "60", "80"])]);
    assert_eq!(
        shown(&call(&program, "by_city", &args)),
        [row("city: str?", &["Köln", "Ulm"]), row("power: int64", &["20", "50"])]
    );
}

#[test]
fn missing_values_come_in_and_go_out() {
    let text = "\
def same(df):
    return df


def filled(df):
    return df[\"x\"].fillna(0.0)


def counts(df):
    return df[\"x\"].count(), df[\"n\"].count(), df[\"t\"].count(), df[\"m\"].count(), df[\"b\"].count()
";
    let program = program(text);
    let rows = 130;
    let odd: Vec<usize> = (0..rows).filter(|row| row % 2 == 1).collect();
    let numbers: Vec<i64> = (0..rows as i64).collect();
    let floats: Vec<f64> = numbers.iter().map(|n| *n as f64 + 0.5).collect();
    let words: Vec<String> = numbers.iter().map(|n| format!("w{n}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let columns = vec![
        ("x", some(plain(&floats), &odd)),
        ("n", some(plain(&numbers), &odd)),
        ("t", some(texts(&words), &odd)),
        ("m", some(moments("datetime64[us]", &numbers), &odd)),
    ];
    let found = shown(&call(&program, "same", &[frame(columns.clone())]));
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x: float64?", "n: float64?", "t: str?", "m: datetime64[us]?"]);
    for (at, wanted) in [("129.5", 0), ("129.0", 1), ("w129", 2), ("129", 3)].iter().map(|(w, i)| (*i, *w)) {
        let cells = &found[at].1;
        assert_eq!((cells[128].as_str(), cells[129].as_str()), ("-", wanted));
        assert_eq!(cells.iter().filter(|cell| *cell == "-").count(), 65);
    }
    let mut with_bools = columns.clone();
    with_bools.push(("b", some(plain(&vec![true; rows]), &odd)));
    let wanted = Value::Tuple(vec![Value::Int(65); 5]);
    assert_eq!(call(&program, "counts", &[frame(with_bools)]), wanted);
    let filled = shown(&call(&program, "filled", &[frame(columns)]));
    assert_eq!(filled[0].1[128..], ["0.0", "129.5"]);
    let empty = frame(vec![("x", some(plain::<f64>(&[]), &[]))]);
    assert_eq!(shown(&call(&program, "same", &[empty])), [row("x: float64?", &[])]);
}

const ROWS: &str = "\
def score(x, n):
    return x * n


def shout(name, times):
    return (name + \"!\") * times


def later(t, other):
    return t > other


def same(t):
    return t


def inverse(n):
    return 1 // n


def nothing(n):
    print(n)
";

fn rows(program: &Program, name: &str, columns: Vec<(&str, Column)>) -> Result<Value, Error> {
    let args = [frame(columns)];
    program.entry_for_rows(name, &args[0].ty())?.call(&tenant(), &args)
}

#[test]
fn functions_of_plain_values_go_over_rows() {
    let program = program(ROWS);
    let ask = |name, columns| shown(&rows(&program, name, columns).expect("it returns"));
    let score = ask("score", vec![("a", plain(&[0.5, 1.5])), ("b", plain(&[2_i32, 4]))]);
    assert_eq!(score, [row("result: float64", &["1.0", "6.0"])]);
    let ints = ask("score", vec![("a", plain(&[2_i64])), ("b", plain(&[4_u8]))]);
    assert_eq!(ints, [row("result: int64", &["8"])]);
    let shout = ask("shout", vec![("a", texts(&["grüß", "", "b"])), ("b", plain(&[2_i64, 3, 0]))]);
    assert_eq!(shout, [row("result: str", &["grüß!grüß!", "!!!", ""])]);
    let moment = |values: &[i64]| moments("datetime64[ms]", values);
    let later = ask("later", vec![("a", moment(&[1, 5])), ("b", moment(&[2, 4]))]);
    assert_eq!(later, [row("result: bool", &["false", "true"])]);
    let same = ask("same", vec![("a", moment(&[-1, 5]))]);
    assert_eq!(same, [row("result: datetime64[ms]", &["-1", "5"])]);
    let none = ask("same", vec![("a", plain::<f64>(&[]))]);
    assert_eq!(none, [row("result: float64", &[])]);
}

#[test]
fn a_null_in_any_argument_gives_null_and_the_function_is_not_called() {
    let program = program(ROWS);
    let ask = |name, columns| shown(&rows(&program, name, columns).expect("it returns"));
    let x = some(plain(&[1.0, 2.0, 3.0, 4.0]), &[0, 1, 3]);
    let n = some(plain(&[1_i64, 2, 3, 4]), &[1, 2, 3]);
    assert_eq!(ask("score", vec![("x", x), ("n", n)]), [row("result: float64?", &["-", "4.0", "-", "16.0"])]);
    // It would raise for 0.
    let zero = some(plain(&[0_i64, 1]), &[1]);
    assert_eq!(ask("inverse", vec![("n", zero)]), [row("result: int64?", &["-", "1"])]);
    let error = rows(&program, "inverse", vec![("n", plain(&[1_i64, 0]))]).expect_err("a division by zero");
    assert!(matches!(&error, Error::Raised(raised) if raised.exception == "ZeroDivisionError"), "{error}");
    let text = some(texts(&["a", "b", "c"]), &[0, 2]);
    let shout = ask("shout", vec![("name", text), ("times", plain(&[1_i64, 1, 2]))]);
    assert_eq!(shout, [row("result: str?", &["a!", "-", "c!c!"])]);
    // A value that is not a number is a value.
    let nan = ask("same", vec![("x", some(plain(&[f64::NAN, 1.0]), &[0]))]);
    assert_eq!(nan, [row("result: float64?", &["NaN", "-"])]);
    let many: Vec<f64> = (0..1000).map(f64::from).collect();
    let there: Vec<usize> = (0..1000).filter(|row| row % 3 == 0).collect();
    let found = ask("same", vec![("x", some(plain(&many), &there))]);
    assert!(found[0].1.iter().enumerate().all(|(row, cell)| (cell == "-") == (row % 3 != 0)));
}

#[test]
fn what_rows_cannot_do_is_said() {
    let program = program(ROWS);
    let message = |name, columns| rows(&program, name, columns).expect_err("no such function").to_string();
    let nothing = message("nothing", vec![("n", plain(&[1_i64]))]);
    assert!(nothing.contains("must return a number, a bool, a string or a time, not `None`"), "{nothing}");
    let few = message("score", vec![("x", plain(&[1.0]))]);
    assert!(few.contains("missing the argument `n`") && !few.contains("stdlib"), "{few}");
    let unknown = message("other", vec![("x", plain(&[1.0]))]);
    assert!(unknown.contains("no function `other`"), "{unknown}");
    let wrong = message("shout", vec![("x", plain(&[1.0])), ("n", plain(&[1_i64]))]);
    assert!(!wrong.contains("stdlib"), "{wrong}");
    let none = message("score", Vec::new());
    assert!(none.contains("at least one column"), "{none}");
}

#[test]
fn borrowed_columns_are_checked_before_they_are_copied() {
    let program = program("def f(df):\n    return len(df)\n");
    let view = |data, valid| ColumnView { data, valid };
    let text = |offsets, text| view(ColumnSlice::Text { offsets, text }, None);
    let numbers = |values| view(ColumnSlice::Plain(Slice::Int64(values)), None);
    let ty = |columns: &[ColumnView<'_>]| {
        let named = columns.iter().enumerate().map(|(i, c)| (i.to_string().into(), c.kind()));
        ovenbird_compiler::border::Border::Frame(named.collect()).ty()
    };
    let ask = |columns: Vec<ColumnView<'_>>, ty: &Type| {
        let function = program.entry("f", std::slice::from_ref(ty)).expect("f");
        function.call_args(&tenant(), &[Arg::Columns(columns)], Output::Discard).result
    };
    let good = vec![text(&[1, 2, 4], b"abcdef"), numbers(&[1, 2])];
    assert_eq!(ask(good.clone(), &ty(&good)).expect("a length"), Value::Int(2));
    let bad = [
        vec![text(&[1, 2, 4], b"abc"), numbers(&[1, 2])],
        vec![text(&[2, 1, 4], b"abcdef"), numbers(&[1, 2])],
        vec![text(&[-1, 1, 4], b"abcdef"), numbers(&[1, 2])],
        vec![text(&[], b"abcdef"), numbers(&[])],
        vec![text(&[0, 1], b"abcdef"), numbers(&[1, 2])],
        vec![view(ColumnSlice::Plain(Slice::Int64(&[1; 9])), Some(&[255]))],
        vec![numbers(&[1, 2]), numbers(&[1, 2])],
    ];
    for (index, columns) in bad.into_iter().enumerate() {
        let of = if index == 6 { ty(&good) } else { ty(&columns) };
        assert!(matches!(ask(columns, &of), Err(Error::Signature(_))), "{index}");
    }
}

/// A frame of eight wide columns of every kind, and of one: peaks of the guest's memory in a function that uses one column.
/// Fails without: leaving out what the artifact says that nobody looks at, in arguments or in the room for them.
#[test]
fn only_the_columns_that_are_used_are_copied() {
    const ROWS: usize = 100_000;
    let text = "\
def total(df):
    return df[\"power\"].sum()


def rows(df):
    return len(df)


def named(df):
    kept = df[df[\"name\"] == \"somebody\"]
    return kept[\"power\"].max()


def helped(df):
    return part(df, 10.0) + part(df, 20.0)


def part(df, least):
    kept = df[df[\"power\"] > least]
    return kept[\"power\"].sum()


def all_of_it(df):
    return df
";
    let program = program(text);
    let power = || plain(&(0..ROWS).map(|n| n as f64).collect::<Vec<f64>>());
    let missing = || some(power(), &[1, 5, 99_999]);
    let name = || texts(&vec!["somebody"; ROWS]);
    let one = frame(vec![("power", power())]);
    let wide = frame(vec![
        ("first", power()),
        ("name", name()),
        ("power", power()),
        ("missing", missing()),
        ("when", moments("datetime64[us]", &vec![7; ROWS])),
        ("other", name()),
        ("flag", plain(&vec![true; ROWS])),
        ("last", power()),
    ]);
    let bytes = |columns: u64| columns * 8 * ROWS as u64;
    let peak = |function: &ovenbird::DynFunction, arg: &Value| {
        let outcome = function.call_with(&tenant(), std::slice::from_ref(arg), Output::Discard);
        (outcome.result.expect("it returns"), outcome.usage.memory_peak)
    };
    let entry = |name: &str, arg: &Value| program.entry(name, &[arg.ty()]).expect("the function");
    for name in ["total", "rows", "helped"] {
        let [(narrow, small), (result, large)] = [&one, &wide].map(|arg| peak(&entry(name, arg), arg));
        assert_eq!(narrow, result, "{name}");
        assert!(large < small + bytes(1) / 2, "{name}: {small} and {large} bytes");
    }
    let (result, large) = peak(&entry("named", &wide), &wide);
    assert_eq!(result, Value::Float((ROWS - 1) as f64));
    assert!(large < bytes(5), "two columns: {large} bytes");
    let (whole, large) = peak(&entry("all_of_it", &wide), &wide);
    assert_eq!(shown(&whole).len(), 8);
    assert!(large > bytes(8), "all of it: {large} bytes");
}
