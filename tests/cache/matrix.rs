//! What the cache is to have of what other caches have, row by row: the goal, and the tests that show that it is
//! held, or the decision in ARCHITECTURE.md that departs from it.

use ovenbird_tests::files::root;

use crate::evidence::are_shown;

/// How far a goal is held.
enum Held {
    /// The tests show all of it.
    Wholly,
    /// This decision, which has these words, says what is done instead; the tests show the rest.
    But(u8, &'static str),
    /// It is not there, and need not be.
    Optional,
}

use Held::{But, Optional, Wholly};

/// (Feature, goal, how far it is held, the tests that show that).
type Row = (&'static str, &'static str, Held, &'static [&'static str]);

const ROWS: &[Row] = &[
    (
        "opt-in",
        "by function, and one variable for off, read-only, verifying",
        Wholly,
        &[
            "without_cache_true_nothing_is_written",
            "caching_is_asked_for_function_by_function",
            "one_variable_turns_the_cache_off_or_to_reading_or_to_verifying",
        ],
    ),
    (
        "type-specialised entries",
        "one file for each function, types and compile-time values",
        Wholly,
        &[
            "signatures_have_entries_of_their_own",
            "each_list_of_types_and_of_functions_as_arguments_is_one_file",
        ],
    ),
    (
        "index and data files",
        "no index that is rewritten: an entry is one file that describes itself, lists are derived",
        Wholly,
        &["entries_alone_are_the_cache_and_say_themselves_what_they_are", "listing_and_clearing"],
    ),
    (
        "debug variable",
        "an own name and Numba's; tells where, what is read and written, and why",
        Wholly,
        &[
            "the_debug_variables_tell_where_the_cache_is_what_is_read_and_written_and_why",
            "events_say_where_what_and_why",
        ],
    ),
    (
        "notebook cells",
        "identity is meaning: neither cell number nor path",
        Wholly,
        &[
            "a_notebook_cell_under_another_number_is_the_same_code",
            "a_moved_program_is_still_cached",
            "a_function_in_another_file_is_the_same_function",
        ],
    ),
    (
        "a call in the same file as the function",
        "the key covers the function, not the file",
        Wholly,
        &["an_edited_call_site_in_the_same_file_keeps_the_function", "code_that_is_not_used_is_no_input"],
    ),
    (
        "functions that read files",
        "another file with the same schema hits; another schema misses with the reason",
        Wholly,
        &[
            "another_file_with_the_same_schema_is_a_hit",
            "a_changed_column_type_is_seen",
            "columns_in_another_order_are_seen",
            "nulls_that_appear_are_seen",
        ],
    ),
    (
        "location",
        "argument, environment, project, user, in this order; further folders are read; never an exception",
        Wholly,
        &[
            "what_a_further_folder_has_is_used_and_nothing_is_stored",
            "a_damaged_entry_there_is_a_miss_and_stays_as_it_is",
            "the_first_folder_that_has_something_usable_is_used",
            "a_folder_that_cannot_be_trusted_is_left_out_with_one_word",
            "what_is_named_last_goes_before_the_environment_the_project_and_the_users_folder",
            "the_nearest_setting_wins",
            "the_folder_beside_the_source_is_used_if_it_can_be_trusted",
            "without_a_home_the_program_runs_uncached",
            "a_cache_that_cannot_be_used_costs_only_time",
        ],
    ),
    (
        "portability",
        "code runs where its features are there; bundles for several CPU levels",
        Wholly,
        &[
            "a_machine_of_level_v2_loads_v2_and_nothing_higher_reaches_the_loader",
            "code_that_needs_a_missing_feature_is_a_miss_that_names_it",
            "the_code_of_a_level_names_exactly_its_features_whatever_this_machine_has",
        ],
    ),
    (
        "changes of the source",
        "by the typed program: comments and names rebuild nothing",
        Wholly,
        &[
            "comments_and_blank_lines_are_no_change",
            "names_of_local_variables_are_no_change",
            "edits_that_mean_nothing_keep_the_key",
            "edits_that_mean_something_change_the_key",
            "an_edited_function_is_compiled_again",
        ],
    ),
    (
        "version of the tool",
        "patch level and build count",
        Wholly,
        &[
            "another_engine_version_is_a_miss",
            "another_build_of_the_compiler_is_a_miss",
            "native_code_says_the_full_version",
            "an_edit_of_the_sources_gives_another_fingerprint_to_all_that_rests_on_them",
            "entries_are_under_the_fingerprints_of_this_build",
        ],
    ),
    (
        "callees in other files",
        "seen, however far down",
        Wholly,
        &[
            "an_edited_callee_in_another_file_is_seen",
            "an_edited_callee_further_down_is_seen",
            "an_edited_callee_three_levels_down_is_named",
            "whatever_a_function_rests_on_is_seen_by_the_direct_path",
        ],
    ),
    (
        "globals",
        "the value is in the key and looked at before a call, or is a parameter at run time",
        Wholly,
        &[
            "a_changed_global_is_seen",
            "a_value_that_the_host_changes_is_seen_by_the_next_call",
            "a_global_with_many_values_becomes_a_parameter",
            "a_global_that_is_reassigned_between_two_calls_is_seen_at_once",
            "equal_numbers_of_other_types_or_bits_are_other_values",
        ],
    ),
    (
        "compiler options in the key",
        "all of them, by construction",
        Wholly,
        &[
            "every_field_of_level_0_changes_the_key",
            "every_field_of_level_1_changes_the_key",
            "every_field_of_level_2_changes_the_key",
            "other_compiler_options_are_an_input",
            "other_native_settings_are_an_input_of_native_code_only",
        ],
    ),
    (
        "closures",
        "what is captured is in the key by its value",
        Wholly,
        &["captured_constants_do_not_collide", "a_changed_default_argument_is_seen"],
    ),
    (
        "levels of keys",
        "text, then wasm, then native code",
        Wholly,
        &[
            "a_function_is_loaded_by_the_text_alone",
            "whatever_a_function_rests_on_is_seen_by_the_direct_path",
            "a_second_process_compiles_nothing",
            "native_code_that_is_gone_is_made_from_the_stored_wasm",
        ],
    ),
    (
        "early cutoff",
        "at both levels",
        Wholly,
        &[
            "another_layout_of_the_text_is_no_change",
            "names_and_comments_of_a_callee_are_no_change",
            "a_refactoring_that_gives_the_same_wasm_compiles_no_native_code",
            "edits_that_give_the_same_wasm_share_native_code",
        ],
    ),
    ("reuse of single wasm functions", "perhaps, by Cranelift's own store", Optional, &[]),
    (
        "integrity",
        "a keyed code over all bytes, checked at each load",
        Wholly,
        &[
            "no_flipped_bit_and_no_truncation_opens",
            "a_damaged_entry_never_reaches_the_deserialiser",
            "damaged_large_code_never_reaches_the_deserialiser",
        ],
    ),
    (
        "authenticity",
        "the user's secret here; signatures for what comes from elsewhere",
        Wholly,
        &[
            "entries_that_somebody_without_the_secret_sealed_are_refused",
            "native_code_of_an_unknown_signer_is_refused_until_the_key_is_trusted",
            "unsigned_and_strangers_native_code_is_never_loaded_and_their_wasm_only_if_allowed",
        ],
    ),
    (
        "an entry belongs to its key",
        "the key is in the code",
        Wholly,
        &["key_kind_and_secret_are_bound", "entries_that_change_places_are_refused"],
    ),
    (
        "safe parsers",
        "first the code, then the parser; and that is safe as well",
        Wholly,
        &[
            "a_changed_file_is_never_valid",
            "a_damaged_entry_never_reaches_the_deserialiser",
            "a_sealed_trailer_of_any_bytes_is_shown_or_refused",
            "sealed_wasm_of_any_bytes_is_refused_or_runs_in_the_sandbox",
            "no_manifest_panics",
        ],
    ),
    (
        "atomic publishing",
        "a temporary file and a rename; one file",
        Wholly,
        &[
            "a_reader_sees_a_whole_entry_or_none",
            "whenever_a_process_is_killed_nothing_torn_is_loaded_and_nothing_is_left",
            "writers_of_one_key_at_the_same_moment_all_succeed_and_leave_one_entry",
        ],
    ),
    (
        "a writer that is killed",
        "leaves nothing wrong",
        Wholly,
        &[
            "whenever_a_process_is_killed_nothing_torn_is_loaded_and_nothing_is_left",
            "whoever_is_killed_and_whenever_nothing_is_lost_or_wrong",
            "when_the_process_that_compiles_is_killed_another_takes_over_at_once",
        ],
    ),
    (
        "one of many processes compiles",
        "a lock for each key, and a wait that ends",
        Wholly,
        &[
            "sixty_four_processes_on_one_cold_key_compile_once",
            "each_entry_has_one_maker_and_none_waits_for_another",
            "a_stopped_process_is_waited_for_only_so_long",
        ],
    ),
    (
        "damaged entries",
        "a miss that heals, and quarantine",
        Wholly,
        &[
            "every_damaged_entry_is_made_again_and_kept_aside_for_a_while",
            "a_damaged_entry_goes_to_quarantine_and_is_made_again",
            "leftovers_go_and_what_is_in_use_stays",
        ],
    ),
    (
        "eviction",
        "by size and age, touched by the hour, trimmed by the day",
        Wholly,
        &[
            "a_budget_holds_and_what_was_used_last_survives",
            "what_was_not_used_for_a_month_goes_with_the_next_days_trim",
            "a_use_renews_an_entry",
            "a_use_within_the_hour_writes_nothing",
        ],
    ),
    (
        "negative cache",
        "errors of the program that are always the same, and no others",
        Wholly,
        &[
            "a_type_error_is_shown_again_word_for_word_without_compiling",
            "what_a_limit_stopped_is_not_kept",
            "a_compile_that_time_stopped_is_not_remembered",
            "what_was_denied_or_could_not_be_read_is_not_kept",
            "diagnostics_are_forgotten_after_a_week",
        ],
    ),
    (
        "compression",
        "none of native code here; zstd for wasm, remote caches and bundles",
        But(20, "Artifacts are not compressed in the local cache"),
        &["code_is_compressed_where_it_travels_and_native_code_is_not_where_it_is_loaded"],
    ),
    (
        "mapping",
        "of large code in a private folder",
        But(18, "Entries are not mapped directly"),
        &["large_code_is_loaded_from_a_sealed_copy", "damaged_large_code_never_reaches_the_deserialiser"],
    ),
    (
        "remote tier",
        "object stores; read, and written with a key",
        Wholly,
        &[
            "it_is_only_read_unless_asked_to_write",
            "what_one_machine_stored_another_one_does_not_compile",
            "an_s3_compatible_server",
            "an_http_server",
        ],
    ),
    (
        "bundles",
        "signed, for several CPU levels",
        Wholly,
        &[
            "what_was_exported_hits_on_an_empty_machine_and_exports_the_same_bytes",
            "every_level_has_an_engine_id_of_its_own",
            "a_machine_of_level_v2_loads_v2_and_nothing_higher_reaches_the_loader",
            "no_altered_byte_and_no_truncation_is_used",
        ],
    ),
    (
        "read-only folders",
        "read in silence",
        Wholly,
        &[
            "a_read_only_folder_with_entries_gives_hits",
            "a_read_only_folder_without_entries_is_left_as_it_is",
            "a_read_only_folder_is_nothing_to_talk_about",
        ],
    ),
    (
        "full disk",
        "the result all the same; writes pause",
        Wholly,
        &["a_full_disk_costs_only_time", "a_full_disk_leaves_nothing_behind_and_pauses_writes"],
    ),
    (
        "NFS",
        "code is copied before it is run, and nothing depends on locks",
        Wholly,
        &[
            "an_entry_that_is_rewritten_in_place_does_not_touch_running_code",
            "without_locks_the_work_is_done_twice",
            "a_stale_handle_or_a_failing_disk_gets_one_more_try",
            "a_program_that_cannot_see_what_others_stored_runs_its_own_code",
        ],
    ),
    (
        "counts",
        "by reason, as JSON",
        Wholly,
        &[
            "counts_add_up_over_a_mixed_workload",
            "counts_as_json_have_outcomes_and_reasons_by_name",
            "the_command_line_logs_and_adds_up",
        ],
    ),
    (
        "why it missed",
        "field by field against the nearest entry",
        Wholly,
        &[
            "lists_every_change_and_marks_the_cause",
            "compares_with_the_nearest_entry",
            "the_command_line_says_the_same_for_people_and_as_data",
        ],
    ),
    (
        "verifying",
        "compiles again and compares",
        Wholly,
        &[
            "verify_mode_reports_a_planted_entry_and_uses_the_fresh_result",
            "verify_mode_reports_planted_native_code",
            "verify_mode_finds_nothing_where_nothing_is_wrong",
        ],
    ),
    (
        "command line",
        "stats, ls, why, verify, trim, clear",
        Wholly,
        &[
            "scopes_are_listed_and_looked_into_by_name",
            "the_command_line_says_the_same_for_people_and_as_data",
            "the_command_line_verifies_every_code",
            "the_command_line_compiles_a_file_again_and_compares",
            "the_command_line_trims_by_age_and_by_size",
        ],
    ),
];

/// The decision of this number, as ARCHITECTURE.md has it.
fn decision(number: u8) -> Option<String> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the file can be read");
    let (_, decisions) = text.split_once("## Decisions")?;
    let (_, rest) = decisions.split_once(&format!("\n{number}. "))?;
    let end = rest.find(&format!("\n{}. ", number + 1)).unwrap_or(rest.len());
    Some(rest[..end].split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn every_feature_has_its_tests_or_a_decision() {
    assert_eq!(ROWS.len(), 39);
    let distinct: std::collections::BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(distinct.len(), ROWS.len());
    for (feature, goal, held, tests) in ROWS {
        match held {
            Wholly => {}
            But(number, words) => {
                let text = decision(*number).unwrap_or_default();
                assert!(text.contains(words), "{feature}: decision {number} does not say `{words}`: {text}");
            }
            Optional => assert!(tests.is_empty(), "{feature} is there: {goal}"),
        }
    }
    let held = ROWS.iter().filter(|row| !matches!(row.2, Optional));
    are_shown(held.map(|(feature, _, _, tests)| ((*feature).to_owned(), *tests)));
}
