//! A host without the compiler, as a service that only runs what was compiled elsewhere: `ovenbird-embedded BUNDLE KEY`
//! loads the bundle, gives it the functions `rates.rate` and `rates.note`, calls what is in it in each way there is, and
//! prints what came of it, a line each. `tests/runtime.rs` builds the bundle and knows the lines.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use ovenbird::bundle::PublicKey;
use ovenbird::{Cost, Engine, Error, Grants, HostModule, Limits, LoadedBundle, Output, Tenant, Trust};
use ovenbird_arrow::{BatchFunction, Batches};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, key] = &arguments[..] else { return Err("usage: ovenbird-embedded BUNDLE KEY".into()) };
    let key: PublicKey = key.parse()?;
    let bundle =
        Engine::builder().build()?.load_bundle(std::fs::read(file)?, &Trust::nobody().key(key, "ours"))?;
    let calls = Arc::new(AtomicU64::new(0));
    let without = bundle.get::<fn(f64, i64) -> f64>("price").map(|_| "there");
    show("price without rates", without);
    let bundle = bundle.host(rates(&calls)?);
    functions(&bundle, &calls)?;
    rows(&bundle, &calls)?;
    frames(&bundle)?;
    Ok(())
}

fn rates(calls: &Arc<AtomicU64>) -> Result<HostModule, Error> {
    let count = Arc::clone(calls);
    let rate = move |day: i64| {
        count.fetch_add(1, Ordering::Relaxed);
        day as f64 / 2.0
    };
    let module = HostModule::new("rates")?.function("rate", Cost::units(1000), rate)?;
    module.function("note", Cost::units(1).per_byte(1), |text: &str| println!("note: {text}"))
}

fn show<T: Display>(what: &str, result: Result<T, Error>) {
    match result {
        Ok(value) => println!("{what}: {value}"),
        Err(error) => {
            println!("{what}: error: {}", error.to_string().lines().next_back().unwrap_or_default())
        }
    }
}

/// Calls with Rust's own values, a body with output, and a tenant that is denied the functions.
fn functions(bundle: &LoadedBundle, calls: &AtomicU64) -> Result<(), Error> {
    let (tenant, price) = (Tenant::named("acme"), bundle.get::<fn(f64, i64) -> f64>("price")?);
    let outcome = price.call_with(&tenant, (10.0, 5), Output::Discard);
    let paid = outcome.usage.cpu_units >= 1000;
    show("price", outcome.result);
    println!("the call of rate is paid for: {paid}");
    let denied = Tenant::named("other").grants(Grants::none().without_host_module("rates"));
    show("price of one who is denied it", price.call(&denied, (10.0, 5)));
    let poor = Tenant::named("poor").limits(Limits::default().cpu_units(900));
    show("price of one who cannot pay", price.call(&poor, (10.0, 5)));
    println!("calls of rate: {}", calls.load(Ordering::Relaxed));
    let body = bundle.run(&tenant, Output::Capture(Vec::new()));
    print!("body: {}", String::from_utf8_lossy(body.output.captured()));
    body.result.map(drop)
}

fn batch(nets: Vec<Option<f64>>, days: Vec<i64>) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    let fields = vec![Field::new("net", DataType::Float64, true), Field::new("day", DataType::Int64, false)];
    let (nets, days) = (Float64Array::from(nets), Int64Array::from(days));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(nets), Arc::new(days)])?)
}

/// A function for each row of a batch, with a function of the host in it.
fn rows(bundle: &LoadedBundle, calls: &AtomicU64) -> Result<(), Box<dyn std::error::Error>> {
    let batch = batch(vec![Some(1.0), None, Some(3.0)], vec![2, 4, 6])?;
    let price = bundle.rows("price", batch.schema_ref())?;
    let before = calls.load(Ordering::Relaxed);
    println!("price of rows: {}", shown(&price.call_batch(&Tenant::default(), &batch)?));
    println!("calls of rate for them: {}", calls.load(Ordering::Relaxed) - before);
    let label = bundle.rows("label", batch.schema_ref())?.call_batch(&Tenant::default(), &batch)?;
    println!("label of rows: {}", shown(&label));
    let other = Schema::new(vec![Field::new("net", DataType::Int64, true)]);
    show("price for other rows", bundle.rows("price", &other).map(|_: BatchFunction| "there"));
    show("absent for rows", bundle.rows("absent", batch.schema_ref()).map(|_: BatchFunction| "there"));
    Ok(())
}

/// A function of a whole batch.
fn frames(bundle: &LoadedBundle) -> Result<(), Box<dyn std::error::Error>> {
    let batch = batch(vec![Some(1.0), Some(20.0), Some(30.0)], vec![2, 4, 6])?;
    let dear = bundle.frames("dear", batch.schema_ref())?;
    println!("dear: {}", shown(&dear.call_batch(&Tenant::default(), &batch)?));
    Ok(())
}

/// Columns of numbers and texts, in words.
fn shown(batch: &RecordBatch) -> String {
    let column = |(field, array): (&Arc<Field>, &Arc<dyn Array>)| {
        let value = |row: usize| match array.as_any() {
            _ if array.is_null(row) => "NULL".to_owned(),
            any if any.is::<Float64Array>() => {
                any.downcast_ref::<Float64Array>().map_or(String::new(), |a| a.value(row).to_string())
            }
            any if any.is::<Int64Array>() => {
                any.downcast_ref::<Int64Array>().map_or(String::new(), |a| a.value(row).to_string())
            }
            any => any.downcast_ref::<StringArray>().map_or(String::new(), |a| a.value(row).to_owned()),
        };
        let values: Vec<String> = (0..array.len()).map(value).collect();
        format!("{} [{}]", field.name(), values.join(", "))
    };
    let columns: Vec<String> = batch.schema_ref().fields().iter().zip(batch.columns()).map(column).collect();
    columns.join(" ")
}
