//! Never stale: whatever changes the answer is a miss, and the reason is named.

use super::*;

#[test]
fn an_edited_function_is_compiled_again() {
    let project = warm();
    edit(&project, "main.py", "return y * K", "return y * K + 1");
    let run = project.run("main.py");
    run.prints("91\n");
    assert_eq!(run.unit("main.f"), ("miss", "its source changed"));
}

#[test]
fn an_edited_callee_in_the_same_file_is_seen() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\ndef g(x):\n    return x + 1\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return g(x) * 2\n\n\nprint(f(3))\n",
    )]);
    project.run("main.py").prints("8\n");
    edit(&project, "main.py", "x + 1", "x + 2");
    let run = project.run("main.py");
    run.prints("10\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee main.g changed"));
}

/// Without `hold` in `host/src/probe/facts.rs`: code is used that has an old callee in it.
#[test]
fn an_edited_callee_in_another_file_is_seen() {
    let project = warm();
    edit(&project, "helpers.py", "* 10", "* 100");
    let run = project.run("main.py");
    run.prints("900\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee helpers.scale changed"));
}

#[test]
fn an_edited_callee_further_down_is_seen() {
    let project = warm();
    edit(&project, "deep.py", "x + 1", "x + 2");
    let run = project.run("main.py");
    run.prints("120\n");
    assert_eq!(run.unit("main.f"), ("miss", "callee deep.base changed"));
}

#[test]
fn a_jit_callee_in_another_file_is_seen() {
    let project = warm();
    edit(
        &project,
        "helpers.py",
        "from deep import base\n\n",
        "import ovenbird\nfrom deep import base\n\n\n@ovenbird.jit(cache=True)",
    );
    project.run("main.py").prints("90\n");
    edit(&project, "helpers.py", "* 10", "* 20");
    project.run("main.py").prints("180\n");
}

#[test]
fn captured_constants_do_not_collide() {
    let text = |k: i64| {
        format!(
            "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    k = {k}\n    g = lambda y: y * k\n    return g(x)\n\n\nprint(f(2))\n"
        )
    };
    let project = Project::new(&[("main.py", &text(5))]);
    project.run("main.py").prints("10\n");
    project.write("main.py", &text(6));
    project.run("main.py").prints("12\n");
}

#[test]
fn a_changed_default_argument_is_seen() {
    let text = |k: i64| {
        format!(
            "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x, k={k}):\n    return x * k\n\n\nprint(f(2))\n"
        )
    };
    let project = Project::new(&[("main.py", &text(5))]);
    project.run("main.py").prints("10\n");
    project.write("main.py", &text(7));
    project.run("main.py").prints("14\n");
}

#[test]
fn functions_of_the_same_name_in_different_places_do_not_collide() {
    let one = project();
    one.run("main.py").prints("90\n");
    let engine = one.engine();
    let other = Project::new(&[
        ("main.py", MAIN),
        ("helpers.py", HELPERS),
        ("deep.py", "def base(x):\n    return x + 2\n"),
    ]);
    let outcome = other.program(&engine, "main.py").run(&other.tenant(), Output::Capture(Vec::new()));
    assert_eq!(outcome.output.captured(), b"120\n");
}

#[test]
fn other_compiler_options_are_an_input() {
    let project = warm();
    let with_probes = |options: Options, probes: bool| {
        let engine = Engine::builder().cache(Cache::open(project.cache_options())).options(options);
        let engine = engine.probes(probes);
        let engine = engine.build().expect("the engine can be made");
        let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
        assert_eq!(outcome.output.captured(), b"90\n");
        let unit = outcome.units.iter().find(|u| u.label == "main.f").expect("the unit");
        (unit.provenance.name(), unit.provenance.reason().unwrap_or_default())
    };
    let with = |options: Options| with_probes(options, false);
    with_probes(Options::default(), true);
    let default = optimise::Options::default;
    let changed = [
        ("level: 2 -> 0", optimise::Options { level: 0, ..default() }),
        ("simd: true -> false", optimise::Options { simd: false, ..default() }),
        ("bounds_versioning: true -> false", optimise::Options { bounds_versioning: false, ..default() }),
    ];
    for (change, optimise) in changed {
        let other = Options { optimise };
        // What the direct path knows of this text is not asked either.
        assert_eq!(with_probes(Options::default(), true).0, "hit.l0");
        let (from, why) = with_probes(other.clone(), true);
        assert_eq!(from, "miss");
        let (name, values) = change.split_once(": ").expect("a name");
        assert_eq!(why, format!("option optimise.{name} changed: {values}"));
        assert_eq!(with(Options::default()).0, "hit.l2", "toggled back");
        assert_eq!(with(other).0, "hit.l2");
    }
}

#[test]
fn other_native_settings_are_an_input_of_native_code_only() {
    let project = warm();
    let native = EngineOptions { canonical_nans: true, ..EngineOptions::default() };
    let engine = Engine::builder().cache(Cache::open(project.cache_options())).native(native);
    let engine = engine.build().expect("the engine can be made");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Discard);
    let unit = outcome.units.iter().find(|u| u.label == "main.f").expect("the unit");
    assert_eq!(unit.provenance.name(), "hit.l1");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 2));
}
