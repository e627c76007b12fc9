//! Lowering within a budget: code that becomes very much larger than its typed form is refused while it is made, and
//! neither the budget nor the names of types make it larger than it must be.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ovenbird_compiler::budget::{CompileBudget, CompileLimit, Exceeded};
use ovenbird_compiler::guard::{Guard, Ledger, Refused};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::types::Type;

/// A function whose variable is a wider tuple in each of its lines: the square of them when each value has its local.
fn widening(lines: usize) -> Arc<Unit> {
    let body = "    x = x + (a,)\n".repeat(lines);
    unit(&format!("def f(a):\n    x = (a,)\n{body}    return x[0]\n"))
}

/// A function `f` of an integer.
fn unit(text: &str) -> Arc<Unit> {
    // What the compiler makes of it is looked at here, in this process.
    let engine = ovenbird::Engine::builder().build().expect("the engine can be made");
    let program = engine.compile(&ovenbird::Source::new("main.py", text)).expect("it can be parsed");
    let mut checked = program.check(Request::Entry("f", &[Type::Int])).expect("it is right");
    checked.units.remove(0)
}

/// Lowers within a budget; how often the host was asked whether to stop, and what came of it.
fn lower(unit: &Unit, budget: &CompileBudget, patience: usize) -> (usize, Result<(), Refused>) {
    const STOP: Exceeded = Exceeded { which: CompileLimit::Time, used: 2, allowed: 1 };
    let (ledger, asked) = (Ledger::default(), AtomicUsize::new(0));
    let stopped = || (asked.fetch_add(1, Ordering::Relaxed) >= patience).then_some(STOP);
    let result = ovenbird_compiler::plain_within(unit, &Guard::new(budget, &ledger, &stopped));
    (asked.into_inner(), result.map(drop))
}

/// Without `self.count()` in `compiler/src/lower/stmt.rs`: the function is lowered to its end before it is counted. Without
/// `self.meter.count` in `compiler/src/lower.rs`: all of its variables are there before they are.
#[test]
fn code_that_grows_too_large_is_refused_while_it_is_made() {
    let unit = widening(300);
    for (which, allowed) in [
        (CompileLimit::Memory, 700_000),
        (CompileLimit::FunctionOperations, 2_000),
        (CompileLimit::Operations, 2_000),
    ] {
        let budget = CompileBudget::default().with(which, allowed);
        let (_, result) = lower(&unit, &budget, usize::MAX);
        let Refused { exceeded, function } = result.expect_err("it is too much");
        assert_eq!((exceeded.which, exceeded.allowed), (which, allowed));
        assert_eq!(function.as_deref(), Some("main.f"), "{which:?}");
        // One line more than is allowed, and not the whole function, which is many times as much.
        assert!(exceeded.used <= allowed * 2, "{which:?}: {}", exceeded.used);
        let several = CompileBudget::default().with(which, allowed * 8);
        assert!(lower(&unit, &several, usize::MAX).1.is_err(), "the whole is more than 8 times as much");
    }
}

/// Without `self.guard.look()` in `compiler/src/lower/meter.rs`: time is looked at when all is made.
#[test]
fn time_stops_lowering_wherever_it_is() {
    let unit = widening(120);
    let budget = CompileBudget::default();
    let (asked, result) = lower(&unit, &budget, usize::MAX);
    result.expect("it is right");
    assert!(asked > 20, "asked only {asked} times");
    for patience in 0..asked {
        let (again, result) = lower(&unit, &budget, patience);
        assert_eq!(result.expect_err("it was told to stop").exceeded.which, CompileLimit::Time);
        assert_eq!(again, patience + 1, "it stops when it is told to");
    }
}

/// Without the table of `compiler/src/types/canonical.rs`: the bytes of a key are the square of what the program is, as each
/// expression has its type spelled out.
#[test]
fn what_a_key_covers_grows_like_the_program() {
    let bytes = |lines| {
        let (length, unit) = (Cell::new(0), widening(lines));
        ovenbird_compiler::write_canonical(&unit, &mut |piece| length.set(length.get() + piece.len()));
        let aggregates: usize = (1..=lines + 1).sum();
        length.get() / aggregates
    };
    let (narrow, wide) = (bytes(100), bytes(400));
    assert!(wide < narrow * 2, "{narrow} and {wide} bytes for each item of a tuple");
}

/// The least memory within which a stage makes its code.
fn needed(make: impl Fn(&Guard<'_>) -> Result<(), Refused>) -> u64 {
    let is_enough = |amount| {
        let budget = CompileBudget::default().with(CompileLimit::Memory, amount);
        make(&Guard::new(&budget, &Ledger::default(), &|| None)).is_ok()
    };
    super::budget::least(CompileBudget::default().memory, is_enough)
}

/// Without `charge` of a module in `compiler/src/optimise/sizes.rs`: what the passes add, as inlining does, costs nothing.
#[test]
fn code_that_the_passes_make_is_charged() {
    let calls = "    a = g(a)\n".repeat(200);
    let unit = unit(&format!(
        "def g(a):\n    return (a * 3 + 1) ^ (a + 7) * (a - 2)\n\n\ndef f(a):\n{calls}    return a\n"
    ));
    let options = ovenbird_compiler::Options::default();
    let plain = needed(|guard| ovenbird_compiler::plain_within(&unit, guard).map(drop));
    let whole = needed(|guard| ovenbird_compiler::intermediate_within(&unit, &options, guard).map(drop));
    assert!(whole > plain * 2, "{plain} and {whole}");
}

/// Without `crossings.saturating_mul` in `compiler/src/optimise/sizes.rs`: what the register allocator has to keep apart takes no
/// memory.
#[test]
fn variables_that_live_where_paths_join_are_charged() {
    let numbered = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let variables = numbered(100, &|i| format!("    x{i} = a + {i}\n"));
    let uses = numbered(100, &|i| format!("    s += x{i}\n"));
    let branches = numbered(50, &|i| format!("    if a > {i}:\n        s += 1\n"));
    let needed = |parts: [&str; 2]| {
        let unit = unit(&format!("def f(a):\n    s = 0\n{variables}{}    return s\n", parts.concat()));
        needed(|guard| ovenbird_compiler::plain_within(&unit, guard).map(drop))
    };
    let (short, long) = (needed([&uses, &branches]), needed([&branches, &uses]));
    assert!(long > short + 100 * 50 * 32, "{short} and {long}");
}

/// Without `self.session.pay` in `compiler/src/infer/memory.rs`: statements cost nothing when they are inferred; without
/// `self.pay` in `pay_for`: nothing when a unit takes its copy of a function.
#[test]
fn a_statement_is_charged_when_it_is_made_and_when_it_is_copied() {
    use ovenbird_compiler::budget::charges::{SOURCE_BYTE, TOKEN, TYPED};
    const LINE: &str = "    x = x * 2 + 1\n";
    let needed = |lines: usize| {
        let text = format!("def f(x):\n{}    return x\n", LINE.repeat(lines));
        let engine = ovenbird::Engine::builder().build().expect("the engine can be made");
        let source = ovenbird::Source::new("main.py", text);
        let is_enough = |amount| {
            let budget = CompileBudget::default().with(CompileLimit::Memory, amount);
            let program = engine.compile_within(&source, &budget);
            program.and_then(|program| program.check(Request::Entry("f", &[Type::Int]))).is_ok()
        };
        super::budget::least(CompileBudget::default().memory, is_enough)
    };
    let line = (needed(300) - needed(100)) / 200;
    // An assignment, two operations and three operands; seven tokens and the end of the line.
    let (typed, text) = (6 * TYPED, 8 * TOKEN + LINE.len() as u64 * SOURCE_BYTE);
    assert!(line + TOKEN >= 2 * typed + text, "{line} bytes: {typed} typed, {text} of text");
}
