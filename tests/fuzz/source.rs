//! Source text → compile: whatever the text, it is a program or it is refused, with places that can be shown; what
//! is made of it is wasm that the verifier lets through.
//!
//! Without the scanner before the parser (`compiler/src/parse/scan.rs`), the budgets of `compiler/src/budget.rs`, or
//! with a panic anywhere in the compiler, a round dies.

use ovenbird::{CompileBudget, Engine, Error, Source};
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::metering::verify_metering;
use ovenbird_compiler::{Options, build};
use ovenbird_tests::files::{find, root};
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::random::Rng;

/// Less than the defaults, so that a round is quick.
fn budget() -> CompileBudget {
    let mut budget = CompileBudget::default();
    budget.source_bytes = 64 << 10;
    budget.steps = 40_000;
    budget.operations = 40_000;
    budget.specialisations = 300;
    budget
}

/// Programs of the tests: honest ones, and attacks.
fn corpus() -> Vec<Vec<u8>> {
    let folders = ["tests/lang", "tests/evil", "tests/ui", "examples"];
    let paths = folders.iter().flat_map(|folder| find(&root().join(folder), "py"));
    let texts = paths.map(|path| std::fs::read(path).expect("a program"));
    let small: Vec<Vec<u8>> = texts.filter(|text| text.len() < 8 << 10).collect();
    assert!(small.len() > 100, "{} programs", small.len());
    small
}

/// Compiles a text for each of the ways in which a host asks; gives whether it is a program.
fn check(engine: &Engine, text: &str) -> bool {
    let program = match engine.compile_within(&Source::new("fuzz.py", text), &budget()) {
        Ok(program) => program,
        Err(error) => return refused(&error),
    };
    let mut good = true;
    for request in [Request::Check, Request::Run] {
        match program.check(request) {
            Err(error) => good = refused(&error),
            Ok(checked) => {
                for unit in &checked.units {
                    let artifact = build(unit, &Options::default());
                    assert_eq!(verify_metering(&artifact.wasm), Ok(()), "{}", unit.label);
                    assert_eq!(Artifact::decode(&artifact.encode()).as_ref(), Ok(&artifact));
                }
            }
        }
    }
    good
}

/// A refusal that can be shown, and that blames the program.
fn refused(error: &Error) -> bool {
    let Error::Compile(error) = error else { panic!("{error}") };
    assert!(!error.render(false).is_empty() && !error.to_json().is_empty());
    assert!(!error.render(false).contains("internal error"), "{}", error.render(false));
    false
}

/// Words, numbers, strings, signs and blanks of a text.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' => 1,
        ' ' => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = 0;
    for (at, c) in text.char_indices() {
        if at > start && (kind(c) != last || last == 3) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = kind(c);
    }
    tokens.push(&text[start..]);
    tokens
}

/// Without `Scanner` in `compiler/src/parse/scan.rs`, or `fn check` in `compiler/src/budget.rs`: a text is a crash, or has no end.
#[test]
fn any_text_compiles_or_is_refused() {
    let engine = Engine::builder().build().expect("an engine");
    let mut good = 0;
    fuzz(150, &corpus(), |bytes| {
        good += u32::from(check(&engine, &String::from_utf8_lossy(bytes)));
    });
    assert!(good > 20, "{good} programs are left of the mutations");
}

/// Mutations that keep the words: most are still programs as far as the parser goes.
#[test]
fn words_in_any_order_compile_or_are_refused() {
    let engine = Engine::builder().build().expect("an engine");
    let texts: Vec<String> =
        corpus().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let words: Vec<Vec<&str>> = texts.iter().map(|text| tokens(text)).collect();
    let seed = [0u8; 16].to_vec();
    fuzz(150, &[seed], |bytes| {
        let digest =
            bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(*byte));
        let mut rng = Rng::new(digest);
        let mut text = words[rng.below(words.len())].clone();
        for _ in 0..1 + rng.below(6) {
            let (at, other) = (rng.below(text.len()), &words[rng.below(words.len())]);
            let from = rng.below(other.len());
            match rng.below(5) {
                0 => text[at] = other[from],
                1 => text.insert(at, other[from]),
                2 if text.len() > 1 => drop(text.remove(at)),
                3 => text.swap(at, digest as usize % (at + 1)),
                _ => {
                    let piece = &other[from..(from + 1 + rng.below(40)).min(other.len())];
                    text.splice(at..at, piece.iter().copied());
                }
            }
        }
        check(&engine, &text.concat());
    });
}
