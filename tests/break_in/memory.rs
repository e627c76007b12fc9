//! What one tenant leaves behind in memory, looked for by the next.

use super::*;

/// Keeps a secret in every place that a function has: an argument, strings, a list, arrays of all sizes.
const VICTIM: &str = "
import numpy as np

def keep(secret, codes):
    kept = secret
    for i in range(8):
        kept = kept + secret
    table = np.empty((300, 100))
    for i in range(300):
        for j in range(100):
            table[i, j] = codes[(i + j) % len(codes)]
    numbers = []
    for i in range(20000):
        numbers.append(codes[i % len(codes)])
    return len(kept) + len(numbers)
";

/// Looks at memory that was never written, in pieces of all sizes: how much of it is not zero.
const SEARCH: &str = "
import numpy as np

def search(n):
    found = 0
    size = 16
    while size <= n:
        a = np.empty(size, dtype=np.uint8)
        for i in range(size):
            if a[i] != 0:
                found += 1
        size = size * 2
    b = np.empty((n // 64, 8))
    for i in range(n // 64):
        for j in range(8):
            if b[i, j] != 0.0:
                found += 1
    return found
";

fn program(engine: &Engine, text: &str) -> Program {
    engine.compile(&Source::new("m.py", text)).expect("it compiles")
}

/// Without `Memory::new` for each call in `host/src/run/instantiate.rs`, or wasmtime's reset of a slot, of which
/// `linear_memory_keep_resident` in `host/src/engine_config.rs` says how much is zeroed and how much unmapped: a
/// search finds what others left.
#[test]
fn a_fresh_memory_holds_nothing_of_anybody() {
    let codes: Vec<i64> = SECRET.bytes().map(i64::from).collect();
    for (place, builder) in engines() {
        let engine = builder.build().expect("an engine");
        let keep = program(&engine, VICTIM).get::<fn(String, &[i64]) -> i64>("keep").expect("the victim");
        let search = program(&engine, SEARCH).get::<fn(i64) -> i64>("search").expect("the attacker");
        let victim = Tenant::named("victim").limits(Limits::default().memory_bytes(48 << 20));
        for round in 0..10 {
            let kept = keep.call(&victim, (SECRET.to_owned(), &codes)).expect("a number");
            assert!(kept > 0);
            let found = search.call(&mallory(), (1 << 20,)).expect("a count");
            assert_eq!(found, 0, "{place}, round {round}: bytes of somebody else");
        }
    }
}

/// A search that finds nothing must be one that can find something: the attacker's own leftovers.
#[test]
fn the_search_sees_what_was_freed_in_the_same_call() {
    let text = format!(
        "{SEARCH}\n\ndef leave(n):\n    a = np.empty(n, dtype=np.uint8)\n    for i in range(n):\n        a[i] = 7\n    return a[0]\n\n\ndef both(n):\n    return leave(n) * 0 + search(n)\n"
    );
    let engine = Engine::builder().build().expect("an engine");
    let both = program(&engine, &text).get::<fn(i64) -> i64>("both").expect("both");
    assert!(both.call(&mallory(), (1 << 16,)).expect("a count") > 0);
}

/// Fails without: results that belong to their calls. Many tenants at once, some of them cancelled.
#[test]
fn nobody_gets_the_result_of_another() {
    for (place, builder) in engines() {
        let engine = builder.build().expect("an engine");
        let text = "def echo(secret, n):\n    t = 0\n    for i in range(n):\n        t ^= i\n    return secret + str(t * 0)\n";
        let echo = program(&engine, text).get::<fn(String, i64) -> String>("echo").expect("echo");
        let wrong: Mutex<Vec<String>> = Mutex::default();
        std::thread::scope(|scope| {
            for tenant in 0..4 {
                let (echo, wrong) = (&echo, &wrong);
                scope.spawn(move || {
                    let limits = Limits::default().memory_bytes(16 << 20);
                    let who = Tenant::named(format!("tenant {tenant}")).limits(limits);
                    for round in 0..30 {
                        let own = format!("{tenant}:{round}:");
                        let task = echo.spawn(&who, (own.clone(), 20_000));
                        if round % 3 == 0 {
                            task.cancel();
                        }
                        match task.join().result {
                            Ok(text) if text == format!("{own}0") => {}
                            Err(Error::Cancelled { .. }) if round % 3 == 0 => {}
                            // The pool has two slots.
                            Err(Error::Internal(why)) if why.contains("maximum concurrent") => {}
                            Err(Error::Limit { .. }) => {}
                            other => wrong.lock().expect("no panic").push(format!("{own} {other:?}")),
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().expect("no panic");
        assert!(wrong.is_empty(), "{place}: {wrong:?}");
    }
}

/// Arguments of every kind that a host may pass on from a tenant, to functions that look beyond them.
#[test]
fn arguments_end_where_they_end() {
    let text = "
def beyond(s, xs, i):
    t = 0
    if i < len(xs):
        t = xs[i]
    return t + len(s)

def at(xs, i):
    return xs[i]

def part(s, i, j):
    return s[i:j]
";
    for (place, builder) in engines() {
        let engine = builder.build().expect("an engine");
        let program = program(&engine, text);
        let at = program.get::<fn(&[i64], i64) -> i64>("at").expect("at");
        for i in [3, -4, i64::MAX, i64::MIN, 1 << 32, (1 << 32) + 1, -(1 << 32)] {
            let outcome = at.call_with(&mallory(), (&[1, 2, 3], i), Output::Discard);
            assert!(matches!(outcome.result, Err(Error::Raised(_))), "{place}: {i}: {:?}", outcome.result);
        }
        let part = program.get::<fn(String, i64, i64) -> String>("part").expect("part");
        for (i, j, wanted) in [
            (0, i64::MAX, "grüße"),
            (i64::MIN, i64::MAX, "grüße"),
            (i64::MAX, i64::MIN, ""),
            (2, 3, "ü"),
            (-1, i64::MAX, "e"),
        ] {
            assert_eq!(part.call(&mallory(), ("grüße".to_owned(), i, j)).expect("a part"), wanted, "{place}");
        }
        let odd = Value::Array(Array::new(vec![0_i64; 0]));
        let beyond = program.entry("beyond", &[Type::Str, odd.ty(), Type::Int]).expect("beyond");
        for text in ["", "\0", "\u{10ffff}"] {
            let args = [Value::Str(text.to_owned()), odd.clone(), Value::Int(0)];
            let length = Value::Int(text.chars().count() as i64);
            assert_eq!(beyond.call(&mallory(), &args).expect("a length"), length, "{place}");
        }
    }
}
