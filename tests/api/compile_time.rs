//! How long the compiler works without looking at the clock, on the largest programs of many shapes that the default
//! budget lets through. A measurement, in time of the processor, so that a busy machine changes little:
//!
//! ```text
//! cargo test --release --workspace --test api -- --ignored --nocapture how_late_the_compile_limit_is
//! ```

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;

use ovenbird::engine_config::{EngineOptions, new_engine};
use ovenbird::native::Native;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::budget::{CompileBudget, Exceeded};
use ovenbird_compiler::guard::{Guard, Ledger, Refused};
use ovenbird_compiler::infer::{Program, Request};
use ovenbird_compiler::resolve::World;
use ovenbird_compiler::schema::{Schema, SchemaProblem};
use ovenbird_compiler::types::Type;

use super::budget::Stdlib;

/// Seconds of the processor that this process has used, to a hundredth.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Remembers the longest time between two looks at the clock.
struct Watch(Mutex<(f64, f64)>);

impl Watch {
    fn new() -> Watch {
        Watch(Mutex::new((processor_time(), 0.0)))
    }

    fn look(&self) -> Option<Exceeded> {
        let mut seen = self.0.lock().expect("not poisoned");
        let now = processor_time();
        *seen = (now, seen.1.max(now - seen.0));
        None
    }

    /// The longest since the last call of this.
    fn longest(&self) -> f64 {
        self.look();
        std::mem::take(&mut self.0.lock().expect("not poisoned").1)
    }
}

impl World for Watch {
    fn module(&self, _: &str) -> Option<(String, String)> {
        None
    }

    fn schema(&self, _: &str) -> Result<Arc<Schema>, SchemaProblem> {
        Err(SchemaProblem { denied: false, text: String::new() })
    }

    fn stopped(&self) -> Option<Exceeded> {
        self.look()
    }
}

/// What one program took: the longest time without a look in each stage, and the size of its wasm.
struct Measured {
    wasm: usize,
    functions: usize,
    infer: f64,
    passes: f64,
    encode: f64,
    native: f64,
}

impl Measured {
    fn worst(&self) -> f64 {
        self.infer.max(self.passes).max(self.encode).max(self.native)
    }
}

/// Compiles `f(n)` of a program as far as wasm, and tells how long each stage did not look; gives the limit that
/// refused it otherwise.
fn to_wasm(text: &str, watch: &Watch, budget: &CompileBudget) -> Result<(Artifact, [f64; 3]), String> {
    watch.longest();
    let types = [Type::Int];
    let request = Request::Entry("f", &types);
    let (_, checked) = Program::check(watch, &Stdlib, ("main", "main.py", text), request);
    let units = checked.map_err(|errors| errors.first().message.clone())?;
    let infer = watch.longest();
    let (ledger, stopped) = (Ledger::default(), || watch.look());
    let guard = Guard::new(budget, &ledger, &stopped);
    let refused = |refused: Refused| refused.exceeded.to_string();
    let options = ovenbird_compiler::Options::default();
    let module = ovenbird_compiler::intermediate_within(&units[0], &options, &guard).map_err(refused)?;
    let passes = watch.longest();
    let artifact = ovenbird_compiler::encode::encode_within(&module, &guard).map_err(refused)?;
    Ok((artifact, [infer, passes, watch.longest()]))
}

/// The same, and native code.
fn measure(text: &str) -> Result<Measured, String> {
    let (watch, budget) = (Watch::new(), CompileBudget::default());
    let (artifact, [infer, passes, encode]) = to_wasm(text, &watch, &budget)?;
    let engine = new_engine(&EngineOptions::default()).expect("an engine").engine;
    watch.longest();
    Native::compile(&engine, &artifact.wasm).map_err(|error| format!("{error:#}"))?;
    let (wasm, functions) = (artifact.wasm.len(), artifact.functions.len());
    Ok(Measured { wasm, functions, infer, passes, encode, native: watch.longest() })
}

/// Lines, each made of its number.
fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "    {}", line(i));
        text
    })
}

/// The sum of many variables, in expressions that are not too long.
fn sum(n: usize) -> String {
    let all: Vec<String> = (0..n).map(|i| format!("x{i}")).collect();
    let parts: Vec<String> = all.chunks(500).map(|part| format!("s += {}", part.join(" + "))).collect();
    lines(parts.len(), |i| parts[i].clone())
}

/// A shape of program, by size.
type Shape = (&'static str, fn(usize) -> String);

/// Programs of one function each that grow in one direction.
const SHAPES: &[Shape] = &[
    ("statements in a row", |n| {
        format!("def f(n):\n    s = n\n{}    return s\n", lines(n, |i| format!("s = s * {} ^ n", i + 3)))
    }),
    ("many variables", |n| {
        format!("def f(n):\n    s = 0\n{}{}    return s\n", lines(n, |i| format!("x{i} = n ^ {i}")), sum(n))
    }),
    ("many variables, and loops that they live through", |n| {
        let loops = lines(n, |i| format!("while s < {i}: s += n"));
        format!(
            "def f(n):\n    s = 0\n{}{loops}{}    return s\n",
            lines(n, |i| format!("x{i} = n ^ {i}")),
            sum(n)
        )
    }),
    ("many variables, each changed in a branch", |n| {
        let changes = lines(n, |i| format!("if n > {i}: x{i} += n"));
        format!(
            "def f(n):\n    s = 0\n{}{changes}{}    return s\n",
            lines(n, |i| format!("x{i} = n ^ {i}")),
            sum(n)
        )
    }),
    ("many variables, all changed in a loop", |n| {
        let changes = lines(n, |i| format!("    x{i} = x{} ^ n", (i + 1) % n));
        format!(
            "def f(n):\n    s = 0\n{}    for i in range(n):\n{changes}{}    return s\n",
            lines(n, |i| format!("x{i} = n ^ {i}")),
            sum(n)
        )
    }),
    ("branches in a row", |n| {
        format!("def f(n):\n    s = n\n{}    return s\n", lines(n, |i| format!("if s > {i}: s ^= n")))
    }),
    ("branches in a loop", |n| {
        let branches = lines(n, |i| format!("    if s > {i}: s ^= n"));
        format!("def f(n):\n    s = n\n    for i in range(n):\n{branches}    return s\n")
    }),
    ("jumps in a loop", |n| {
        let jumps = lines(n, |i| format!("    if n == {i}: continue"));
        format!("def f(n):\n    while n > 0:\n        n -= 1\n{jumps}    return n\n")
    }),
    ("elif chains", |n| {
        let chain = |_| {
            let arms: String = (0..150).fold(String::new(), |mut text, i| {
                let _ = write!(text, "\n    elif s == {i}:\n        s = n * {i}");
                text
            });
            format!("if s < 0:\n        s = 1{arms}")
        };
        format!("def f(n):\n    s = n\n{}    return s\n", lines(n, chain))
    }),
    ("loops in a row", |n| {
        format!(
            "def f(n):\n    s = n\n{}    return s\n",
            lines(n, |i| format!("for i in range(n): s ^= i * {i}"))
        )
    }),
    ("nested loops", |n| {
        let nest = |_| {
            let open: String = (0..40).fold(String::new(), |mut text, depth| {
                let _ = writeln!(text, "{}for i{depth} in range(s):", " ".repeat(4 + depth));
                text
            });
            format!("s += 1\n{open}{}s ^= i0 + i39", " ".repeat(44))
        };
        format!("def f(n):\n    s = n\n{}    return s\n", lines(n, nest))
    }),
    ("loops over arrays", |n| {
        let body = lines(n, |i| format!("for i in range(n): a[i] = b[i] * {i} + a[i]"));
        format!(
            "import numpy as np\n\n\ndef f(n):\n    a = np.arange(n)\n    b = np.arange(n)\n{body}    return a.sum()\n"
        )
    }),
    ("one loop over arrays", |n| {
        let body = lines(n, |i| format!("    a[i] = b[i] * {i} + a[i]"));
        format!(
            "import numpy as np\n\n\ndef f(n):\n    a = np.arange(n)\n    b = np.arange(n)\n    for i in range(n):\n{body}    return a.sum()\n"
        )
    }),
    ("array expressions", |n| {
        let body = lines(n, |i| format!("a = a * b + {i}"));
        format!(
            "import numpy as np\n\n\ndef f(n):\n    a = np.arange(n)\n    b = np.arange(n)\n{body}    return a.sum()\n"
        )
    }),
    ("long expressions", |n| {
        let terms: Vec<String> = (0..300).map(|i| format!("n * {i}")).collect();
        format!("def f(n):\n    s = n\n{}    return s\n", lines(n, |_| format!("s ^= {}", terms.join(" + "))))
    }),
    ("calls with many arguments", |n| {
        let items: Vec<String> = (0..900).map(|i| format!("n + {i}")).collect();
        format!(
            "def g(t, n):\n    if n > 0:\n        return g(t, n - 1)\n    return t[0]\n\n\ndef f(n):\n    s = n\n{}    return s\n",
            lines(n, |_| format!("s += g(({}), n)", items.join(", ")))
        )
    }),
    ("small functions inside each other", |n| {
        let mut text = "def g0(n):\n    return n * 3 ^ 1\n\n\n".to_owned();
        for i in 1..50 {
            let _ = writeln!(text, "def g{i}(n):\n    return g{}(n + 1) ^ g{}(n - 1)\n\n", i - 1, i - 1);
        }
        format!("{text}def f(n):\n    s = n\n{}    return s\n", lines(n, |_| "s ^= g49(n)".to_owned()))
    }),
    ("many functions", |n| {
        let functions: String = (0..n).fold(String::new(), |mut text, i| {
            let _ = writeln!(text, "def g{i}(n):\n    while n > {i}:\n        n -= 3\n    return n\n\n");
            text
        });
        format!("{functions}def f(n):\n    s = n\n{}    return s\n", lines(n, |i| format!("s += g{i}(n)")))
    }),
    ("a list of constants", |n| {
        let items: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        format!("def f(n):\n    return [{}][n]\n", items.join(", "))
    }),
    ("lists of values", |n| {
        format!("def f(n):\n    s = 0\n{}    return s\n", lines(n, |i| format!("s += [n, {i}, s][n % 3]")))
    }),
    ("loops over tuples", |n| {
        let items: Vec<String> = (0..n).map(|i| format!("n + {i}")).collect();
        format!(
            "def f(n):\n    t = ({},)\n    s = 0\n    for x in t:\n        for y in t:\n            s ^= x * y\n    return s\n",
            items.join(", ")
        )
    }),
    ("texts", |n| {
        format!(
            "def f(n):\n    s = ''\n{}    return len(s)\n",
            lines(n, |i| format!("s += f'{{n}} and {i}'"))
        )
    }),
    ("prints", |n| format!("def f(n):\n{}    return n\n", lines(n, |i| format!("print(n, {i})")))),
];

/// The largest program of a shape that is let through, at first by doubling; and what refused the next.
fn largest(program: fn(usize) -> String) -> (usize, Option<Measured>, String) {
    let (mut size, mut best, mut why) = (0, None, String::new());
    let mut step = 16;
    while step > size / 8 {
        match measure(&program(size + step)) {
            Ok(measured) => {
                size += step;
                let enough = measured.worst() > 4.0;
                best = Some(measured);
                if enough {
                    return (size, best, "too long to go on".to_owned());
                }
                step = if why.is_empty() { size } else { step / 2 };
            }
            Err(refused) => {
                why = refused;
                step /= 2;
            }
        }
    }
    (size, best, why)
}

/// Shapes that took the code generator seconds at this size; a sixteenth of it is allowed.
const SLOW: [(&str, usize); 8] = [
    ("jumps in a loop", 32_768),
    ("many variables, and loops that they live through", 2048),
    ("many variables, each changed in a branch", 4096),
    ("many variables, all changed in a loop", 8192),
    ("branches in a row", 40_960),
    ("branches in a loop", 16_384),
    ("elif chains", 160),
    ("nested loops", 256),
];

#[test]
fn what_takes_the_code_generator_long_is_refused_before_it_starts() {
    let check = |(name, size): (&str, usize)| {
        let (_, program) = SHAPES.iter().find(|(known, _)| *known == name).expect("a shape");
        let (watch, budget) = (Watch::new(), CompileBudget::default());
        let refused = to_wasm(&program(size), &watch, &budget).map(drop).expect_err(name);
        let limits = ["live variable limit", "function size limit", "code generator work limit"];
        assert!(limits.iter().any(|limit| refused.starts_with(limit)), "{name}: {refused}");
        to_wasm(&program(size / 16), &watch, &budget).map(drop).expect(name);
    };
    for slow in SLOW {
        let work = std::thread::Builder::new().stack_size(256 << 20).spawn(move || check(slow));
        work.expect("a thread").join().expect("no panic");
    }
}

#[test]
#[ignore = "a measurement"]
fn how_late_the_compile_limit_is() {
    let only = std::env::var("OVENBIRD_SHAPE").unwrap_or_default();
    for (name, program) in SHAPES.iter().filter(|(name, _)| name.contains(&only)) {
        // The compiler recurses as deep as programs are nested.
        let work = std::thread::Builder::new().stack_size(256 << 20).spawn(|| largest(*program));
        let (size, measured, why) = work.expect("a thread").join().expect("no panic");
        let Some(Measured { wasm, functions, infer, passes, encode, native }) = measured else {
            println!("{name}: refused: {why}");
            continue;
        };
        println!(
            "{name}: {size} ({functions} functions, {} KiB of wasm): infer {infer:.2} s, passes {passes:.2} s, \
             encode {encode:.2} s, native {native:.2} s; more: {why}",
            wasm >> 10
        );
    }
}
