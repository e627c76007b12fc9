//! The attacks that the sandbox is held to, by number, and what shows that each is stopped: a test, here or beside the
//! code, or a case of the table of outcomes; and the guard that it is about.
//!
//! A name must be that of a test or a case, so that one which is removed or renamed leaves a gap that is seen. A test must
//! say, in its doc lines, what happens without which guard, and the guard must be in the file that it names; cases are
//! held to the same in `evil/guards.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ovenbird_tests::{files, guard};

#[path = "guards.rs"]
mod guards;

/// Number, attack, and of each proof the name and the guard that it is about.
struct Row(u8, &'static str, &'static [(&'static str, &'static str)]);

const ROWS: [Row; 28] = [
    Row(
        1,
        "a poisoned cache, which is native code",
        &[
            ("every_part_of_an_entry_is_authenticated", "the authentication code over every byte"),
            ("a_damaged_entry_never_reaches_the_deserialiser", "checking before loading"),
            ("a_forged_entry_is_not_run", "the secret in the code's key"),
        ],
    ),
    Row(
        2,
        "a file that is swapped between check and use",
        &[
            (
                "an_entry_that_is_rewritten_in_place_does_not_touch_running_code",
                "reading into private memory",
            ),
            ("nothing_but_a_private_regular_file_is_an_entry", "the checks of owner, mode and kind"),
            ("links_and_pipes_are_not_followed", "opening without following"),
        ],
    ),
    Row(
        3,
        "an entry under another key, of another tenant",
        &[
            ("an_entry_under_another_key_is_refused", "the key in the authentication code"),
            ("an_entry_of_one_tenant_is_refused_to_another", "secrets of scopes"),
            ("entries_that_change_places_are_refused", "the key in the authentication code"),
        ],
    ),
    Row(
        4,
        "code of a compiler that has a hole",
        &[
            ("another_engine_version_is_a_miss", "the full version in the key"),
            ("the_stored_version_is_the_full_one_and_fits", "the version down to the patch release"),
            ("native_code_says_the_full_version", "the full version in native code"),
            ("what_an_engine_that_is_revoked_made_is_not_used_any_more", "revocation"),
        ],
    ),
    Row(
        5,
        "a cache that one tenant fills, or spoils for others",
        &[
            ("a_quota_holds_for_one_tenant_and_touches_no_other", "quotas"),
            ("diagnostics_are_forgotten_after_a_week", "the age of negative entries"),
            ("a_tenant_may_not_queue_without_bound", "the length of a tenant's queue"),
        ],
    ),
    Row(
        6,
        "the cache as an oracle between tenants",
        &[
            ("what_one_tenant_has_had_compiled_is_new_to_the_next", "scopes"),
            ("names_of_files_do_not_tell_what_a_tenant_has", "keyed names"),
            ("what_others_have_compiled_cannot_be_told", "scopes"),
        ],
    ),
    Row(
        7,
        "paths that lead out of a grant",
        &[
            ("refuses_everything_outside", "resolving inside the directory"),
            ("path/literal/parent_deep", "counting levels"),
            ("path/literal/link_absolute", "cap-std"),
            ("path/literal/nul", "refusing forms as text"),
            (
                "any_path_opens_what_the_model_finds_inside_and_nothing_else",
                "all forms of paths, against a model",
            ),
        ],
    ),
    Row(
        8,
        "writing through a reader's rights",
        &[
            ("nothing_that_a_guest_may_see_is_changed_by_it", "opening for reading only"),
            ("source/open", "no such function"),
            ("module/import_wasi", "the closed list of imports"),
        ],
    ),
    Row(
        9,
        "files that are no files, or change",
        &[
            ("refuses_what_is_not_a_regular_file_without_waiting", "opening without waiting, and `fstat`"),
            ("path/literal/fifo", "the same"),
            ("parquet/changed/cut_in_place", "looking at the footer again"),
            ("a_file_that_was_cut_while_it_is_open_is_refused", "reading exactly or failing"),
        ],
    ),
    Row(
        10,
        "Parquet bombs",
        &[
            ("claims_beyond_the_page_are_refused", "sizes against the page"),
            ("endless_lists_and_deep_nesting_are_refused", "bounds of Thrift"),
            ("parquet/footer_list_bomb", "the same"),
            ("parquet/budget/host_bytes", "charging before allocating"),
            ("footers_that_lie", "each check of a footer"),
            ("pages_that_lie", "each check of a page"),
            ("the_ledger_knows_all_that_is_held", "every reservation"),
        ],
    ),
    Row(
        11,
        "decoders that show other people's memory",
        &[(
            "mutated_files_never_show_what_was_in_memory",
            "buffers that are zero, and pages that must be full",
        )],
    ),
    Row(
        12,
        "source that nests deeply",
        &[
            ("hostile_nesting_never_overflows", "the scanner before the parser"),
            ("source/elif", "the same"),
            ("a_million_levels_are_an_error_and_no_overflow", "the depth of what is decoded"),
            ("any_text_compiles_or_is_refused", "all of the compiler"),
        ],
    ),
    Row(
        13,
        "bombs in inference",
        &[
            ("source/bomb_tuple_doubling", "the size of types"),
            ("source/bomb_specialisations", "the number of specialisations"),
            ("time_stops_inference_wherever_it_is", "the clock where a file is taken in"),
            ("time_is_looked_at_the_more_often_the_more_there_is_to_infer", "the clock in inference"),
        ],
    ),
    Row(
        14,
        "bombs of code",
        &[
            ("every_limit_can_be_set_and_refuses_one_more", "the budgets of operations, locals and wasm"),
            ("time_stops_the_passes_and_the_encoder_wherever_they_are", "the clock between passes"),
            ("source/bomb_inlining", "the size of what is inlined"),
        ],
    ),
    Row(
        15,
        "endless loops",
        &[
            ("the_deadline_holds", "the watchdog"),
            ("loops/while_true.py", "metering of loops"),
            ("bulk_operations_pay", "metering of bulk operations"),
            ("module/loop_unpaid", "the verifier"),
            ("no_instruction_of_a_charge_can_be_another", "the exact charge"),
            ("a_purse_of_ones_own_is_none", "the purse that the host fills"),
            ("a_guest_cannot_fill_its_own_purse", "the verifier"),
        ],
    ),
    Row(
        16,
        "time in host functions",
        &[
            ("work/host_format.py", "the price of calls into the host"),
            ("loops/deadline_in_library.py", "the deadline in library loops"),
            ("an_endless_loop_over_an_array_ends_at_the_deadline", "metering of the library"),
            ("every_function_charges_by_what_it_does", "the price of each function"),
            ("no_call_begins_after_the_end", "the clock before a call"),
        ],
    ),
    Row(
        17,
        "results that lie",
        &[
            ("texts_that_are_nearly_right_are_refused", "the checks of the decoder"),
            ("a_text_that_is_none_counts_as_what_is_kept_of_it", "what results count as"),
            ("answers_of_random_bytes_are_no_panic", "the checks of what workers answer"),
        ],
    ),
    Row(
        18,
        "an instance that goes on after a trap",
        &[
            ("each_call_has_a_fresh_instance", "a store for each call"),
            ("a_failed_call_does_not_spoil_the_next_one", "the same"),
        ],
    ),
    Row(
        19,
        "too much memory, too much output",
        &[
            ("memory_is_bounded", "the limiter"),
            ("output_is_bounded_and_kept_up_to_there", "charging output"),
            ("arrays_count_as_memory_of_the_guest_and_as_output", "charging arguments and results"),
            ("memory/list_extend_self.py", "the limiter"),
            ("a_guest_that_calls_for_ever_does_not_use_up_the_host", "the ledger"),
            ("texts_of_exceptions_are_the_guests_own_and_not_endless", "the length of texts"),
        ],
    ),
    Row(
        20,
        "an escape by a wrong translation",
        &[
            ("a_worker_has_no_rights", "the second wall"),
            ("a_worker_has_no_system_calls_but_those_in_the_list", "the system-call filter"),
            ("a_worker_inherits_nothing", "the empty environment, no files, limits"),
            ("only_cranelift_is_built", "no other compiler in the build"),
            (
                "a_typed_program_is_valid_wasm_and_agrees_with_the_interpreter",
                "the interpreter, and explicit checks",
            ),
        ],
    ),
    Row(
        21,
        "what a tenant leaves behind in memory",
        &[
            ("a_fresh_memory_holds_nothing_of_anybody", "memory that is reset"),
            ("two_tenants_never_have_the_same_process", "owners of processes"),
        ],
    ),
    Row(
        22,
        "proposals of wasm that nobody needs",
        &[
            ("module/indirect_call", "the closed form of modules"),
            ("module/own_memory", "the same"),
            ("only_cranelift_is_built", "no components, threads or garbage collection in the build"),
        ],
    ),
    Row(
        23,
        "host functions that are called again from within",
        &[
            ("host/host_scan_next", "checked ranges"),
            ("ranges_are_checked_without_overflow", "the same"),
            ("no_argument_makes_it_panic", "the same"),
            ("forged_pointers_and_lengths_are_one_failed_call", "checked ranges"),
            ("forged_arguments_do_not_reach_the_embedder", "checked texts"),
            ("a_forged_allocator_cannot_enter_or_lead_the_host_astray", "no way back in"),
        ],
    ),
    Row(
        24,
        "clocks for those who watch timing",
        &[("the_clock_is_a_grant", "the grant"), ("work/clock.py", "the same")],
    ),
    Row(
        25,
        "what errors and terminals tell",
        &[
            ("errors_name_the_guest_path_only", "no host paths in errors"),
            ("terminals_get_lines_without_control_characters", "showing control characters"),
            ("output/control_exception.py", "the same"),
            ("no_secret_comes_out_whatever_is_asked", "all of it"),
        ],
    ),
    Row(
        26,
        "limits of recursion that differ",
        &[
            ("loops/recursion.py", "the stack limit"),
            ("a_thread_with_little_stack_is_lent_one", "stacks that are lent"),
            ("every_end_is_told_in_the_same_words", "the same limits in workers"),
        ],
    ),
    Row(
        27,
        "globals and files that code was frozen with",
        &[
            ("a_changed_global_is_seen", "values in the key"),
            ("an_edited_callee_in_another_file_is_seen", "callees in the key"),
            ("facts_are_looked_at_again", "facts of code that workers made"),
        ],
    ),
    Row(
        28,
        "the supply chain",
        &[
            ("every_dependency_is_locked_and_from_the_registry", "the lock file"),
            ("the_policy_refuses_advisories_and_strangers", "`deny.toml`"),
        ],
    ),
];

/// All tests in the tree, with their doc lines, and all cases in the table, which are looked at where they are made.
fn names() -> BTreeMap<String, Option<String>> {
    let root = files::root();
    let mut names = BTreeMap::new();
    for folder in ["tests", "host", "compiler", "arrow"] {
        for path in files::find(&root.join(folder), "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let (mut test, mut doc) = (false, String::new());
            for line in text.lines().map(str::trim_start) {
                if let Some(more) = line.strip_prefix("///") {
                    doc.push_str(more);
                    continue;
                }
                let function = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next());
                match function {
                    Some(name) if test => {
                        names.insert(name.to_owned(), Some(std::mem::take(&mut doc)));
                        test = false;
                    }
                    _ => test = line.starts_with("#[test]") || (test && line.starts_with("#[")),
                }
                if !test && !line.starts_with("#[") {
                    doc.clear();
                }
            }
        }
    }
    let outcomes = std::fs::read_to_string(root.join("tests/evil/outcomes.txt")).unwrap_or_default();
    let cases = outcomes.lines().filter_map(|line| Some((line.split_once(": ")?.0.to_owned(), None)));
    names.extend(cases);
    names
}

#[test]
fn every_attack_has_its_proofs() {
    check().unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Every case of the table of outcomes says which guard it is about, and no guard is said of cases that are not there.
#[test]
fn every_case_says_which_guard_it_is_about() {
    let folder = files::root().join("tests/evil");
    let table = std::fs::read_to_string(folder.join("outcomes.txt")).expect("the table");
    let names: Vec<String> =
        table.lines().filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect();
    let mut wrong: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", guards::check(name, &folder).err()?)))
        .collect();
    let unused = guards::unused(&names.iter().collect::<Vec<_>>());
    wrong.extend(unused.into_iter().map(|beginning| format!("no case is named {beginning}…")));
    assert!(names.len() > 200 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the table.
fn check() -> Result<(), String> {
    let names = names();
    let mut wrong = Vec::new();
    for (at, Row(number, attack, proofs)) in ROWS.iter().enumerate() {
        if usize::from(*number) != at + 1 || proofs.is_empty() {
            wrong.push(format!("row {number} is out of order or without a proof"));
        }
        for (name, about) in *proofs {
            let said = match names.get(*name) {
                None => Err("no such test or case".to_owned()),
                Some(None) => Ok(()),
                Some(Some(doc)) => guard::check(doc),
            };
            if let Err(why) = said {
                wrong.push(format!("row {number} ({attack}), `{name}` (about {about}): {why}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Without `checksum` being looked for in `tests/evil/rows.rs`, or the lock file: a package is whatever its server
/// says today.
#[test]
fn every_dependency_is_locked_and_from_the_registry() {
    every_dependency_is_locked().unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Every package in the lock file is of this tree or from the registry, with a checksum.
fn every_dependency_is_locked() -> Result<(), String> {
    let lock = std::fs::read_to_string(files::root().join("Cargo.lock")).map_err(|e| e.to_string())?;
    let mut own = BTreeSet::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let name = field("name").unwrap_or_default();
        match field("source") {
            None => drop(own.insert(name)),
            Some(source) if source != "registry+https://github.com/rust-lang/crates.io-index" => {
                return Err(format!("{name} is from {source}"));
            }
            Some(_) if field("checksum").is_none() => return Err(format!("{name} has no checksum")),
            Some(_) => {}
        }
    }
    match own.iter().find(|name| !name.starts_with("ovenbird")) {
        None => Ok(()),
        Some(stranger) => Err(format!("{stranger} is in the tree and not ours")),
    }
}

/// Without `default-features = false` for wasmtime in `Cargo.toml`: other compilers and proposals are in the build.
#[test]
fn only_cranelift_is_built() {
    no_other_compilers_or_proposals().unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Winch, components, threads and garbage collection are not in the build: their crates are not in the lock file, and
/// nobody turns them on.
fn no_other_compilers_or_proposals() -> Result<(), String> {
    let root = files::root();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let lock = read(&root.join("Cargo.lock"));
    for gone in ["winch-codegen", "wasmtime-internal-winch", "wasmtime-wasi"] {
        if lock.contains(&format!("name = \"{gone}\"")) {
            return Err(format!("{gone} is in the lock file"));
        }
    }
    let manifests = ["Cargo.toml", "host/Cargo.toml", "tests/Cargo.toml", "benches/Cargo.toml"];
    for manifest in manifests {
        for line in read(&root.join(manifest)).lines().filter(|line| line.contains("wasmtime")) {
            let features = ["winch", "component-model", "threads", "gc", "async"];
            if let Some(feature) = features.iter().find(|f| line.contains(&format!("\"{f}\""))) {
                return Err(format!("{manifest} turns {feature} on"));
            }
        }
    }
    Ok(())
}

/// Without `ignore = []` or `unknown-git = "deny"` in `deny.toml`: a known hole, or a stranger's code, gets in.
#[test]
fn the_policy_refuses_advisories_and_strangers() {
    the_policy_refuses().unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// `deny.toml` refuses what it is there for.
fn the_policy_refuses() -> Result<(), String> {
    let policy = std::fs::read_to_string(files::root().join("deny.toml")).map_err(|e| e.to_string())?;
    let lines =
        ["ignore = []", "unknown-registry = \"deny\"", "unknown-git = \"deny\"", "wildcards = \"deny\""];
    match lines.iter().find(|line| !policy.lines().any(|found| found.trim() == **line)) {
        None => Ok(()),
        Some(line) => Err(format!("`{line}` is not in deny.toml")),
    }
}
