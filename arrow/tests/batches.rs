//! Batches through functions: types, NULLs, slices of batches, limits, and what is refused.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, NullArray,
    RecordBatch, StringArray, StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use ovenbird::bundle::{self, BuildRequest, SecretKey, Target};
use ovenbird::{Engine, Error, LimitKind, Limits, Output, Program, Source, Tenant, Trust, Value};
use ovenbird_arrow::{Batches, frame_type};

fn program(text: &str) -> Program {
    let engine = Engine::builder().build().expect("the engine can be made");
    engine.compile(&Source::new("test.py", text)).expect("the program can be parsed")
}

fn tenant() -> Tenant {
    Tenant::default()
}

/// A batch of columns, nullable where they have NULLs.
fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), array.null_count() > 0))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("a batch")
}

fn rows(program: &Program, name: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    program.rows(name, batch.schema_ref())?.call_batch(&tenant(), batch)
}

fn frames(program: &Program, name: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    program.frames(name, batch.schema_ref())?.call_batch(&tenant(), batch)
}

/// Fails unless a batch is this one column.
#[track_caller]
fn is(found: Result<RecordBatch, Error>, name: &str, nullable: bool, wanted: &dyn Array) {
    let found = found.expect("a batch");
    let field = found.schema_ref().field(0).clone();
    assert_eq!(field, Field::new(name, wanted.data_type().clone(), nullable));
    assert_eq!(found.num_columns(), 1);
    assert_eq!(found.column(0).as_ref(), wanted);
}

const TEXT: &str = "\
def score(x, y):
    return x * y


def same(x):
    return x


def greet(name):
    return \"hello \" + name


def inverse(n):
    return 1 // n


def bad(x):
    return (x, x)


def column(df):
    return df[\"x\"]
";

#[test]
fn functions_of_rows_take_all_types() {
    let program = program(TEXT);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Float32Array::from(vec![0.5, 2.0]))),
        ("y", Arc::new(UInt8Array::from(vec![4, 255]))),
    ];
    is(rows(&program, "score", &batch(columns)), "score", false, &Float64Array::from(vec![2.0, 510.0]));
    let one = |array: ArrayRef| batch(vec![("x", array)]);
    let narrow = one(Arc::new(Int32Array::from(vec![i32::MIN, 7])));
    is(rows(&program, "same", &narrow), "same", false, &Int64Array::from(vec![i64::from(i32::MIN), 7]));
    let bools: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, true]));
    is(rows(&program, "same", &one(bools.clone())), "same", false, &bools);
    let text = StringArray::from(vec!["Ada", "", "Zoë"]);
    let greeted = StringArray::from(vec!["hello Ada", "hello ", "hello Zoë"]);
    is(rows(&program, "greet", &one(Arc::new(text))), "greet", false, &greeted);
    let large = LargeStringArray::from(vec!["Ada", "", "Zoë"]);
    is(rows(&program, "greet", &one(Arc::new(large))), "greet", false, &greeted);
    let moments: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(-5)]).with_timezone("UTC"));
    is(rows(&program, "same", &one(moments.clone())), "same", true, &moments);
    let empty: ArrayRef = Arc::new(Float64Array::from(Vec::<f64>::new()));
    is(rows(&program, "same", &one(empty.clone())), "same", false, &empty);
}

#[test]
fn every_plain_type_keeps_its_values() {
    let program = program(TEXT);
    let one = |array: ArrayRef| batch(vec![("x", array)]);
    let ints = |array: ArrayRef, wanted: [i64; 2]| {
        is(rows(&program, "same", &one(array)), "same", false, &Int64Array::from(wanted.to_vec()));
    };
    ints(Arc::new(Int8Array::from(vec![i8::MIN, i8::MAX])), [-128, 127]);
    ints(Arc::new(Int16Array::from(vec![i16::MIN, i16::MAX])), [-32768, 32767]);
    ints(Arc::new(Int32Array::from(vec![i32::MIN, i32::MAX])), [i32::MIN.into(), i32::MAX.into()]);
    ints(Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX])), [i64::MIN, i64::MAX]);
    ints(Arc::new(UInt8Array::from(vec![0, u8::MAX])), [0, 255]);
    ints(Arc::new(UInt16Array::from(vec![0, u16::MAX])), [0, 65535]);
    ints(Arc::new(UInt32Array::from(vec![0, u32::MAX])), [0, u32::MAX.into()]);
    let same = |array: ArrayRef, wanted: &dyn Array| {
        let nullable = array.null_count() > 0;
        is(rows(&program, "same", &one(array.clone())), "same", nullable, wanted);
        // As a column of a frame NaT and a NULL are the same, so that a time may always be missing.
        is(frames(&program, "column", &one(array)), "x", true, wanted);
    };
    let (least, most) = (Some(i64::MIN + 1), Some(i64::MAX));
    for zone in [None, Some("UTC")] {
        let moments: [ArrayRef; 4] = [
            Arc::new(TimestampSecondArray::from(vec![least, None, most]).with_timezone_opt(zone)),
            Arc::new(TimestampMillisecondArray::from(vec![least, None, most]).with_timezone_opt(zone)),
            Arc::new(TimestampMicrosecondArray::from(vec![least, None, most]).with_timezone_opt(zone)),
            Arc::new(TimestampNanosecondArray::from(vec![least, None, most]).with_timezone_opt(zone)),
        ];
        for array in moments {
            same(array.clone(), &array);
        }
    }
    let days = Date32Array::from(vec![Some(i32::MIN), None, Some(19_000), Some(i32::MAX)]);
    let begin = |day: i32| Some(i64::from(day) * 86_400_000);
    let begins = vec![begin(i32::MIN), None, begin(19_000), begin(i32::MAX)];
    same(Arc::new(days), &TimestampMillisecondArray::from(begins.clone()));
    same(Arc::new(Date64Array::from(begins.clone())), &TimestampMillisecondArray::from(begins));
}

#[test]
fn times_of_every_unit_are_shown_and_compared() {
    let program = program("def shown(x):\n    return str(x)\n\n\ndef later(x, y):\n    return x > y\n");
    let one = |array: ArrayRef| batch(vec![("x", array)]);
    let is_shown = |array: ArrayRef, text: &str| {
        is(rows(&program, "shown", &one(array)), "shown", false, &StringArray::from(vec![text]));
    };
    is_shown(Arc::new(TimestampSecondArray::from(vec![1_709_164_835])), "2024-02-29 00:00:35");
    is_shown(
        Arc::new(TimestampSecondArray::from(vec![-1]).with_timezone("UTC")),
        "1969-12-31 23:59:59+00:00",
    );
    is_shown(
        Arc::new(TimestampMillisecondArray::from(vec![1_709_164_835_250])),
        "2024-02-29 00:00:35.250000",
    );
    is_shown(Arc::new(Date32Array::from(vec![19_782])), "2024-02-29 00:00:00");
    let pair = |y: ArrayRef| batch(vec![("x", Arc::new(Date32Array::from(vec![2])) as _), ("y", y)]);
    let later = rows(&program, "later", &pair(Arc::new(Date64Array::from(vec![86_400_000]))));
    is(later, "later", false, &BooleanArray::from(vec![true]));
    let error =
        rows(&program, "later", &pair(Arc::new(TimestampSecondArray::from(vec![1])))).expect_err("two units");
    assert!(error.to_string().contains("times of type `datetime64[ms]` and `datetime64[s]`"), "{error}");
}

#[test]
fn texts_come_in_every_form() {
    let program = program(TEXT);
    let texts = [Some("Ada"), None, Some(""), Some("a name that is too long to lie in a view"), Some("Ada")];
    let wanted = StringArray::from(texts.map(|text| text.map(|text| format!("hello {text}"))).to_vec());
    let dictionary: DictionaryArray<Int8Type> = texts.into_iter().collect();
    // A key can lead to a NULL, and a NULL can have a key that leads nowhere.
    let keys = Int8Array::new(vec![1, 99, 2, 3, 1].into(), Some(vec![true, false, true, true, true].into()));
    let values = StringArray::from(vec![None, Some("Ada"), Some(""), texts[3]]);
    let odd = DictionaryArray::new(keys, Arc::new(values.clone()));
    let null = DictionaryArray::new(Int8Array::from(vec![1, 0, 2, 3, 1]), Arc::new(values));
    let large = LargeStringArray::from(texts.to_vec());
    let wide = DictionaryArray::new(Int64Array::from(vec![0, 1, 2, 3, 4]), Arc::new(large.clone()));
    let forms: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from(texts.to_vec())),
        Arc::new(large),
        Arc::new(dictionary),
        Arc::new(odd),
        Arc::new(null),
        Arc::new(wide),
    ];
    for array in forms {
        let ty = array.data_type().clone();
        let schema = Arc::new(Schema::new(vec![Field::new("name", ty, true)]));
        let given = RecordBatch::try_new(schema, vec![array]).expect("a batch");
        is(rows(&program, "greet", &given), "greet", true, &wanted);
        is(rows(&program, "greet", &given.slice(1, 3)), "greet", true, &wanted.slice(1, 3));
    }
    let empty = DictionaryArray::new(Int8Array::from(vec![None, None]), Arc::new(StringArray::new_null(0)));
    let given = batch(vec![("name", Arc::new(empty))]);
    is(rows(&program, "greet", &given), "greet", true, &StringArray::new_null(2));
}

#[test]
fn a_null_in_any_argument_gives_null() {
    let program = program(TEXT);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.0), Some(f64::NAN)]))),
        ("y", Arc::new(Int64Array::from(vec![Some(2), Some(2), None, Some(0)]))),
    ];
    let found = rows(&program, "score", &batch(columns)).expect("a batch");
    let found = found.column(0).as_any().downcast_ref::<Float64Array>().expect("floats");
    assert_eq!(found.iter().take(3).collect::<Vec<_>>(), [Some(2.0), None, None]);
    assert!(found.is_valid(3) && found.value(3).is_nan(), "NaN is a number");
    // It would raise for the 0 under a NULL.
    let zeros = Int64Array::new(vec![0, 1].into(), Some(vec![false, true].into()));
    let inverse = rows(&program, "inverse", &batch(vec![("n", Arc::new(zeros))]));
    is(inverse, "inverse", true, &Int64Array::from(vec![None, Some(1)]));
    let text = StringArray::from(vec![None, Some("x"), None]);
    let greeted = rows(&program, "greet", &batch(vec![("name", Arc::new(text))]));
    is(greeted, "greet", true, &StringArray::from(vec![None, Some("hello x"), None]));
}

#[test]
fn a_nullable_field_takes_batches_with_and_without_nulls() {
    let program = program(TEXT);
    let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
    let same = program.rows("same", &schema).expect("same");
    assert_eq!(same.result_schema().expect("a schema").field(0), &Field::new("same", DataType::Int64, true));
    for values in [vec![Some(1), Some(2)], vec![None, Some(2)], vec![None, None], vec![]] {
        let array = Int64Array::from(values);
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(array.clone())]).expect("a batch");
        is(same.call_batch(&tenant(), &batch), "same", true, &array);
    }
    // A field that cannot be NULL may stand where it can be, but not the other way round.
    let whole = batch(vec![("x", Arc::new(Int64Array::from(vec![5])))]);
    is(same.call_batch(&tenant(), &whole), "same", true, &Int64Array::from(vec![5]));
    let strict = program.rows("same", whole.schema_ref()).expect("same");
    let holes = batch(vec![("x", Arc::new(Int64Array::from(vec![None, Some(1)])))]);
    let error = strict.call_batch(&tenant(), &holes).expect_err("NULLs").to_string();
    assert_eq!(error, "the column `x` is `Int64`, nullable, the function was asked for with `Int64`");
}

#[test]
fn slices_of_batches_are_what_they_show() {
    let program = program(TEXT);
    let count = 1000;
    let numbers: Int64Array = (0..count).map(|n| (n % 3 != 0).then_some(n)).collect();
    let words: StringArray = (0..count).map(|n| (n % 3 != 1).then(|| format!("w{n}"))).collect();
    let flags: BooleanArray = (0..count).map(|n| Some(n % 5 == 0)).collect();
    for (start, length) in [(0, 1000), (1, 64), (7, 65), (8, 128), (500, 500), (999, 1), (1000, 0)] {
        let cut = |array: &dyn Array| array.slice(start, length);
        let nullable = |name: &str, array: ArrayRef| {
            let field = Field::new("x", array.data_type().clone(), true);
            let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array.clone()]);
            is(rows(&program, name, &batch.expect("a batch")), name, true, &array);
        };
        nullable("same", cut(&numbers));
        nullable("same", cut(&words));
        nullable("same", cut(&flags));
    }
}

const FRAMES: &str = "\
def clean(df):
    kept = df[df[\"power\"] > 10.0]
    kept[\"double\"] = kept[\"power\"] * 2.0
    return kept


def power(df):
    return df[\"power\"]


def total(df):
    return df[\"power\"].sum()


def count(df):
    return len(df), 1


def values(df):
    return df[\"n\"].to_numpy()


def mean(df):
    return df[[\"power\", \"n\"]].mean()


def words(df):
    return [\"a\", \"\", \"ß\"]


def result(df):
    return df[[\"result\"]]
";

#[test]
fn functions_of_frames_take_whole_batches() {
    let program = program(FRAMES);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("city", Arc::new(StringArray::from(vec![Some("Ulm"), None, Some("Köln"), Some("")]))),
        ("power", Arc::new(Float64Array::from(vec![Some(20.0), Some(30.0), None, Some(1.0)]))),
        ("n", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
    ];
    let given = batch(columns);
    let clean = program.frames("clean", given.schema_ref()).expect("clean");
    let found = clean.call_batch(&tenant(), &given).expect("a batch");
    assert_eq!(clean.result_schema().as_ref(), Some(found.schema_ref()));
    let wanted: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("Ulm"), None])),
        Arc::new(Float64Array::from(vec![20.0, 30.0])),
        Arc::new(Int64Array::from(vec![1, 2])),
        Arc::new(Float64Array::from(vec![40.0, 60.0])),
    ];
    assert_eq!(found.columns(), wanted);
    let names: Vec<&str> = found.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["city", "power", "n", "double"]);
    let powers = Float64Array::from(vec![Some(20.0), Some(30.0), None, Some(1.0)]);
    is(frames(&program, "power", &given), "power", true, &powers);
    is(frames(&program, "total", &given), "total", false, &Float64Array::from(vec![51.0]));
    is(frames(&program, "values", &given), "values", false, &Int64Array::from(vec![1, 2, 3, 4]));
    let mean = frames(&program, "mean", &given).expect("a Series");
    assert_eq!(mean.column(0).as_ref(), &StringArray::from(vec!["power", "n"]) as &dyn Array);
    assert_eq!(mean.column(1).as_ref(), &Float64Array::from(vec![17.0, 2.5]) as &dyn Array);
    let words = program.frames("words", given.schema_ref()).expect("words");
    let wanted = StringArray::from(vec!["a", "", "ß"]);
    assert_eq!(
        words.result_schema().expect("a schema").field(0),
        &Field::new("words", DataType::Utf8, false)
    );
    is(words.call_batch(&tenant(), &given), "words", false, &wanted);
    let pair = program.frames("count", given.schema_ref()).expect("count");
    assert_eq!(
        pair.call_value(&tenant(), &given).expect("a pair"),
        Value::Tuple(vec![Value::Int(4), Value::Int(1)])
    );
    let error = pair.call_batch(&tenant(), &given).expect_err("a pair is no batch").to_string();
    assert_eq!(error, "a `tuple[int, int]` cannot become a batch: call it for a value");
    let own = batch(vec![("result", Arc::new(Int64Array::from(vec![1])))]);
    is(frames(&program, "result", &own), "result", false, &Int64Array::from(vec![1]));
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    let program = program(TEXT);
    let refuse = |array: ArrayRef| {
        let batch = batch(vec![("when", array)]);
        let error = program.rows("same", batch.schema_ref()).map(drop).expect_err("not supported");
        assert!(matches!(error, Error::Signature(_)), "{error}");
        error.to_string()
    };
    let unsigned = refuse(Arc::new(UInt64Array::from(vec![1])));
    assert_eq!(
        unsigned,
        "the column `when` of type `UInt64` cannot be handed to a function: `int` has 63 bits and a sign; cast it to \
         `Int64`, which fails for larger values, or to `Float64`"
    );
    for (array, advice) in [
        (Arc::new(Decimal128Array::from(vec![1])) as ArrayRef, "cast it to `Float64`"),
        (Arc::new(Time64MicrosecondArray::from(vec![1])), "cast it to `Int64`"),
        (Arc::new(BinaryArray::from(vec![&b"x"[..]])), "leave it out"),
        (Arc::new(NullArray::new(1)), "cast it to the type"),
        (
            Arc::new(DictionaryArray::new(Int8Array::from(vec![0]), Arc::new(Int64Array::from(vec![1])))),
            "cast it to the type of its values",
        ),
    ] {
        let error = refuse(array);
        assert!(error.starts_with("the column `when` of type `") && error.contains(advice), "{error}");
    }
    let given = batch(vec![("x", Arc::new(Float64Array::from(vec![1.0])))]);
    let same = program.rows("same", given.schema_ref()).expect("same");
    let other = batch(vec![("x", Arc::new(Int64Array::from(vec![1])))]);
    let error = same.call_batch(&tenant(), &other).expect_err("another type").to_string();
    assert_eq!(error, "the column `x` is `Int64`, the function was asked for with `Float64`");
    let wide = batch(vec![("x", given.column(0).clone()), ("y", given.column(0).clone())]);
    let error = same.call_batch(&tenant(), &wide).expect_err("another column").to_string();
    assert_eq!(error, "the batch has 2 columns, the function was asked for with 1");
    let error = rows(&program, "bad", &given).expect_err("a tuple").to_string();
    assert!(error.contains("must return a number, a bool, a string or a time"), "{error}");
}

#[test]
fn batches_count_for_the_tenant_and_raise_like_all_calls() {
    let program = program(TEXT);
    let given = batch(vec![("n", Arc::new(Int64Array::from(vec![1; 8192])))]);
    let inverse = program.rows("inverse", given.schema_ref()).expect("inverse");
    let outcome = inverse.call_batch_with(&tenant(), &given, Output::Discard);
    assert_eq!(outcome.result.expect("a batch").num_rows(), 8192);
    assert_eq!(outcome.usage.io.output_bytes, 65_536);
    assert!(outcome.usage.cpu_units > 8192, "each row is paid for");
    let less = Tenant::default().limits(Limits::default().output_bytes(65_535));
    let error = inverse.call_batch(&less, &given).expect_err("too much output");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == LimitKind::Output));
    let slow = Tenant::default().limits(Limits::default().cpu_units(8000));
    let error = inverse.call_batch(&slow, &given).expect_err("too much work");
    assert!(matches!(error, Error::Limit { limit, .. } if limit.which == LimitKind::Cpu));
    let zero = batch(vec![("n", Arc::new(Int64Array::from(vec![1, 0])))]);
    let error = inverse.call_batch(&tenant(), &zero).expect_err("a division by zero");
    let Error::Raised(raised) = &error else { panic!("{error}") };
    assert_eq!(raised.exception, "ZeroDivisionError");
    assert!(error.to_string().contains("in inverse"), "{error}");
}

/// Fails without: telling functions of rows from those of frames, in a bundle.
#[test]
fn a_bundle_has_rows_and_frames() {
    let text = "def same(x):\n    return x\n\n\ndef twice(x):\n    return x + x\n";
    let program = program(text);
    let batch = batch(vec![("x", Arc::new(Float64Array::from(vec![Some(1.5), None])))]);
    let frame = frame_type(batch.schema_ref()).expect("columns that cross");
    let signer = SecretKey::from_bytes([1; 32]);
    let trust = Trust::nobody().key(signer.public(), "ours");
    let load = |request: &BuildRequest| {
        let bytes = bundle::build(&program, request, &[&signer]).expect("built");
        program.engine().load_bundle(bytes, &trust).expect("trusted")
    };
    let targets = vec![Target::Native];
    let both = load(&BuildRequest {
        functions: vec![("same".to_owned(), vec![frame.clone()])],
        rows: vec![("same".to_owned(), frame.clone()), ("twice".to_owned(), frame.clone())],
        targets: targets.clone(),
        ..BuildRequest::default()
    });
    for name in ["same", "twice"] {
        let found = both.rows(name, batch.schema_ref()).and_then(|f| f.call_batch(&tenant(), &batch));
        assert_eq!(found.expect("a batch"), rows(&program, name, &batch).expect("a batch"));
    }
    let found = both.frames("same", batch.schema_ref()).and_then(|f| f.call_batch(&tenant(), &batch));
    assert_eq!(found.expect("a batch"), frames(&program, "same", &batch).expect("a batch"));
    assert_eq!((both.functions().len(), both.row_functions().len()), (1, 2));
    let told = |result: Result<ovenbird_arrow::BatchFunction, Error>| {
        result.map(drop).expect_err("not there").to_string()
    };
    assert!(told(both.frames("twice", batch.schema_ref())).contains("has no function `twice`"));
    let narrow = Schema::new(vec![Field::new("x", DataType::Float32, true)]);
    let other = told(both.rows("twice", &narrow));
    assert!(other.contains("for rows for (frame[x: float64?]), not for (frame[x: float32?])"), "{other}");
    let only =
        load(&BuildRequest { rows: vec![("same".to_owned(), frame)], targets, ..BuildRequest::default() });
    assert!(told(only.frames("same", batch.schema_ref())).contains("has no function `same`"));
}
