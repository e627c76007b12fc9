//! Typed programs → wasm: it is valid and metered, and what it prints is what the interpreter prints, before and after
//! the passes, with and without guard pages.
//!
//! A miscompilation by our passes or encoder, or by Cranelift, shows as a difference. Without `verify_metering` in
//! `compiler/src/metering.rs` wasm that runs unpaid would pass; `metering/tests.rs` breaks each of its rules.

use std::time::Duration;

use ovenbird::engine_config::EngineOptions;
use ovenbird::{Engine, Limits, Tenant};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::metering::verify_metering;
use ovenbird_compiler::{Options, build, optimise};
use ovenbird_tests::executor::{Executor, Failure, execute};
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::generate::{self, Version};
use ovenbird_tests::project::Project;

/// What a run showed: printed text, and the last line of what ended it early.
fn agree(one: &Option<Failure>, other: &Option<Failure>) -> bool {
    match (one, other) {
        (None, None) => true,
        // The interpreter gives each way in which a message may be read.
        (Some(Failure::Raised(a)), Some(Failure::Raised(b))) => a.iter().any(|reading| b.contains(reading)),
        _ => false,
    }
}

/// Without `explicit_checks` in `host/src/engine_config.rs` and the interpreter in `compiler/src/ir/eval.rs` to compare with, a wrong
/// translation is not seen.
#[test]
fn a_typed_program_is_valid_wasm_and_agrees_with_the_interpreter() {
    let plain = Engine::builder().build().expect("an engine");
    let explicit = EngineOptions { explicit_checks: true, ..EngineOptions::default() };
    let explicit = Engine::builder().native(explicit).build().expect("an engine");
    let (mut ended, mut raised) = (0, 0);
    fuzz(6, &[7u64.to_le_bytes().to_vec()], |bytes| {
        let seed = bytes.iter().fold(0u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(*byte)));
        let made = generate::program(seed, Version::Plain);
        let project = Project::new(&[("main.py", &made.main), ("helpers.py", &made.helpers)]);
        let limits = Limits::default().deadline(Duration::from_secs(600)).cpu_units(1 << 40);
        let tenant = Tenant::default().grants(project.grants()).limits(limits);
        let program = project.program(&plain, "main.py");
        for unit in &program.check(Request::Run).expect("it is typed").units {
            for level in [0, 2] {
                let optimise = optimise::Options { level, ..optimise::Options::default() };
                let artifact = build(unit, &Options { optimise });
                assert_eq!(verify_metering(&artifact.wasm), Ok(()), "seed {seed}: {}", unit.label);
            }
        }
        let run = |executor, program| execute(executor, program, &tenant, "");
        let sandbox = run(Executor::Sandbox, &program);
        let others = [
            ("lowered", run(Executor::Lowered, &program)),
            ("optimised", run(Executor::Optimised, &program)),
            ("explicit checks", run(Executor::Sandbox, &project.program(&explicit, "main.py"))),
        ];
        for (name, other) in others {
            let same = sandbox.printed == other.printed && agree(&sandbox.failure, &other.failure);
            assert!(
                same,
                "seed {seed}, {name}: {sandbox:?}\n{other:?}\n# main.py\n{}\n# helpers.py\n{}",
                made.main, made.helpers
            );
        }
        match sandbox.failure {
            None => ended += 1,
            Some(Failure::Raised(_)) => raised += 1,
            Some(Failure::Other(why)) => panic!("seed {seed}: {why}"),
        }
    });
    assert!(ended >= raised, "{ended} ran to their end, {raised} raised");
}
