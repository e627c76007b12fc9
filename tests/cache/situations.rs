//! The situations that the cache is held to, by number, and the test that shows each; and the same for the
//! ways in which its design is proved.
//!
//! A name here must be that of a test, here or beside the code. So a test that is renamed or removed leaves
//! a gap that is seen.

use crate::evidence::are_shown;

/// (Number, the tests that show it).
const SITUATIONS: &[(u8, &[&str])] = &[
    // The seed's behaviour, and its limitations removed.
    (1, &["a_second_process_compiles_nothing"]),
    (2, &["without_cache_true_nothing_is_written", "without_cache_true_a_function_leaves_nothing"]),
    (3, &["signatures_have_entries_of_their_own"]),
    (4, &["another_file_with_the_same_schema_is_a_hit"]),
    (5, &["a_changed_column_type_is_seen"]),
    (6, &["more_rows_are_no_change"]),
    (7, &["events_say_where_what_and_why"]),
    (8, &["an_edited_call_site_in_the_same_file_keeps_the_function"]),
    (9, &["a_notebook_cell_under_another_number_is_the_same_code"]),
    (10, &["a_moved_cache_keeps_its_entries"]),
    (11, &["a_rewritten_file_with_the_same_bytes_is_no_change", "an_edit_that_keeps_size_and_time_is_seen"]),
    (12, &["another_engine_version_is_a_miss", "entries_of_an_older_build_go_with_a_later_trim"]),
    (13, &["another_build_of_the_compiler_is_a_miss"]),
    (14, &["an_edited_callee_in_another_file_is_seen"]),
    (15, &["an_edited_callee_further_down_is_seen", "an_edited_callee_three_levels_down_is_named"]),
    (16, &["names_and_comments_of_a_callee_are_no_change"]),
    (17, &["a_recursive_pair_is_one_unit_of_change"]),
    (18, &["a_changed_global_is_seen", "a_value_that_the_host_gives_is_named_when_it_changed"]),
    (
        19,
        &[
            "a_global_that_is_reassigned_between_two_calls_is_seen_at_once",
            "a_value_that_the_host_changes_is_seen_by_the_next_call",
        ],
    ),
    (20, &["a_global_with_many_values_becomes_a_parameter"]),
    (21, &["functions_of_the_same_name_in_different_places_do_not_collide"]),
    (22, &["captured_constants_do_not_collide"]),
    (
        23,
        &[
            "comments_and_blank_lines_are_no_change",
            "a_docstring_is_no_change",
            "an_annotation_that_says_what_is_inferred_is_no_change",
        ],
    ),
    (24, &["names_of_local_variables_are_no_change", "tracebacks_of_cached_code_show_the_lines_of_now"]),
    (25, &["a_refactoring_that_gives_the_same_wasm_compiles_no_native_code"]),
    (26, &["native_code_that_is_gone_is_made_from_the_stored_wasm"]),
    (27, &["other_compiler_options_are_an_input"]),
    (28, &["other_native_settings_are_an_input_of_native_code_only"]),
    // Integrity and trust.
    (
        29,
        &[
            "a_damaged_entry_never_reaches_the_deserialiser",
            "every_damaged_entry_is_made_again_and_kept_aside_for_a_while",
        ],
    ),
    (30, &["a_damaged_entry_never_reaches_the_deserialiser", "an_entry_of_any_shorter_length_is_a_miss"]),
    (31, &["an_entry_under_another_name_or_secret_is_refused", "an_entry_under_another_key_is_refused"]),
    (
        32,
        &[
            "entries_that_somebody_without_the_secret_sealed_are_refused",
            "another_users_secret_opens_nothing",
        ],
    ),
    (
        33,
        &[
            "nothing_but_a_private_regular_file_is_an_entry",
            "a_pipe_in_an_entrys_place_keeps_nobody_waiting",
            "links_and_pipes_are_not_followed",
        ],
    ),
    (
        34,
        &[
            "a_folder_that_others_can_write_is_refused_with_one_warning",
            "a_folder_of_somebody_else_is_refused",
            "the_command_line_warns_once_of_a_folder_that_is_not_safe_and_leaves_it_alone",
        ],
    ),
    (
        35,
        &[
            "an_entry_that_is_rewritten_in_place_does_not_touch_running_code",
            "large_code_is_loaded_from_a_sealed_copy",
        ],
    ),
    (36, &["a_lost_secret_costs_one_compilation_and_is_made_again_for_this_user_only"]),
    (37, &["an_altered_blob_signature_or_manifest_leaves_the_cache_as_it_was"]),
    (38, &["native_code_of_an_unknown_signer_is_refused_until_the_key_is_trusted"]),
    (39, &["unsigned_and_strangers_native_code_is_never_loaded_and_their_wasm_only_if_allowed"]),
    (
        40,
        &[
            "a_revoked_key_and_a_revoked_engine_are_not_loaded_although_signed",
            "code_of_a_revoked_engine_is_not_imported",
            "native_code_of_a_revoked_engine_is_not_loaded_although_signed",
            "what_an_engine_that_is_revoked_made_is_not_used_any_more",
            "what_was_imported_under_a_key_that_is_revoked_is_not_used_any_more",
        ],
    ),
    // Portability.
    (41, &["a_machine_of_level_v2_loads_v2_and_nothing_higher_reaches_the_loader"]),
    (42, &["code_that_needs_a_missing_feature_is_a_miss_that_names_it"]),
    (
        43,
        &[
            "the_code_of_a_level_names_exactly_its_features_whatever_this_machine_has",
            "the_code_of_a_level_is_the_same_on_machines_with_more_and_with_less",
        ],
    ),
    (44, &["code_for_arm_is_made_on_any_machine_and_says_so"]),
    (45, &["without_native_code_for_this_cpu_the_wasm_is_compiled_once_and_then_hits"]),
    // Concurrency and crashes.
    (46, &["sixty_four_processes_on_one_cold_key_compile_once"]),
    (47, &["when_the_process_that_compiles_is_killed_another_takes_over_at_once"]),
    (48, &["a_stopped_process_is_waited_for_only_so_long"]),
    (
        49,
        &[
            "whenever_a_process_is_killed_nothing_torn_is_loaded_and_nothing_is_left",
            "whoever_is_killed_and_whenever_nothing_is_lost_or_wrong",
        ],
    ),
    (
        50,
        &[
            "two_writers_of_one_entry_both_succeed",
            "writers_of_one_key_at_the_same_moment_all_succeed_and_leave_one_entry",
        ],
    ),
    (
        51,
        &[
            "a_writer_that_cannot_see_the_winners_entry_uses_its_own",
            "a_program_that_cannot_see_what_others_stored_runs_its_own_code",
        ],
    ),
    (52, &["what_is_loaded_keeps_working_while_everything_is_removed"]),
    (53, &["threads_that_call_one_function_together_compile_it_once"]),
    (54, &["a_process_that_forks_has_two_halves_that_share_the_cache_like_any_two_processes"]),
    // Environment.
    (
        55,
        &[
            "a_read_only_folder_with_entries_gives_hits",
            "a_read_only_folder_without_entries_is_left_as_it_is",
        ],
    ),
    (56, &["a_full_disk_costs_only_time", "a_full_disk_leaves_nothing_behind_and_pauses_writes"]),
    (57, &["without_a_home_the_program_runs_uncached", "the_command_line_works_without_any_surroundings"]),
    (58, &["a_folder_from_which_nothing_can_be_executed_gives_hits"]),
    (59, &["without_locks_the_work_is_done_twice"]),
    (60, &["a_stale_handle_or_a_failing_disk_gets_one_more_try"]),
    (61, &["a_clock_that_was_set_back_deletes_nothing_and_makes_nothing_stale"]),
    (62, &["a_folder_that_is_deleted_under_a_running_process_is_made_again"]),
    // Eviction, negative cache, observability.
    (63, &["a_budget_holds_and_what_was_used_last_survives"]),
    (64, &["foreign_files_are_never_removed"]),
    (65, &["a_type_error_is_shown_again_word_for_word_without_compiling"]),
    (66, &["what_a_limit_stopped_is_not_kept", "a_compile_that_time_stopped_is_not_remembered"]),
    (
        67,
        &[
            "an_engine_of_another_patch_version_is_named_with_both_versions",
            "another_build_of_the_compiler_is_named_with_both_builds",
            "an_edited_callee_in_another_file_is_named",
            "an_edited_callee_three_levels_down_is_named",
            "a_comment_or_local_name_of_a_callee_is_a_hit",
            "an_edit_of_one_of_a_recursive_pair_is_named_and_another_order_is_a_hit",
            "a_changed_global_is_named_with_both_values",
            "a_changed_option_is_named_with_both_values_and_is_a_hit_when_it_is_toggled_back",
        ],
    ),
    (68, &["counts_add_up_over_a_mixed_workload", "counts_as_json_have_outcomes_and_reasons_by_name"]),
    (
        69,
        &[
            "verify_mode_reports_a_planted_entry_and_uses_the_fresh_result",
            "verify_mode_reports_planted_native_code",
        ],
    ),
    (
        70,
        &[
            "another_process_makes_the_same_bytes",
            "processes_that_differ_in_all_but_the_program_make_the_same_bytes",
        ],
    ),
    (71, &["what_was_exported_hits_on_an_empty_machine_and_exports_the_same_bytes"]),
    (
        72,
        &[
            "a_slow_remote_is_not_waited_for_and_fills_the_cache_later",
            "a_remote_is_waited_for_as_long_as_compiling_took_before",
        ],
    ),
    (
        73,
        &[
            "a_failing_remote_gives_one_warning_and_is_left_alone_after_three_errors",
            "a_remote_that_is_always_late_is_left_alone_after_three_times",
        ],
    ),
    (74, &["keys_are_those_that_are_checked_in"]),
];

/// (What is proved, the tests that do).
const PROOFS: &[(&str, &[&str])] = &[
    (
        "keys: each field changes them, what is declared irrelevant does not",
        &[
            "every_field_of_level_0_changes_the_key",
            "every_field_of_level_1_changes_the_key",
            "every_field_of_level_2_changes_the_key",
            "edits_that_mean_nothing_keep_the_key",
            "edits_that_mean_something_change_the_key",
        ],
    ),
    (
        "differential: random programs with and without the cache",
        &[
            "random_programs_show_the_same_with_and_without_the_cache",
            "more_random_programs_show_the_same_with_and_without_the_cache",
        ],
    ),
    (
        "two processes make the same bytes",
        &[
            "another_process_makes_the_same_bytes",
            "processes_that_differ_in_all_but_the_program_make_the_same_bytes",
        ],
    ),
    (
        "faults: every file operation fails in every way, and a process dies before each",
        &[
            "every_error_of_every_operation_costs_only_time",
            "whenever_a_process_is_killed_nothing_torn_is_loaded_and_nothing_is_left",
        ],
    ),
    (
        "bytes: no flipped one and no truncation reaches the deserialiser",
        &[
            "a_damaged_entry_never_reaches_the_deserialiser",
            "damaged_large_code_never_reaches_the_deserialiser",
            "no_altered_byte_and_no_truncation_is_used",
        ],
    ),
    (
        "orders: a model checker interleaves publishing, loading and trimming",
        &[
            "a_race_is_found",
            "a_reader_sees_a_whole_entry_or_none",
            "clearing_under_writers_keeps_the_folder_usable",
            "one_of_many_makes_an_entry_also_while_old_locks_are_removed",
        ],
    ),
    (
        "a stress of many processes on a small quota",
        &["whoever_is_killed_and_whenever_nothing_is_lost_or_wrong"],
    ),
    (
        "fuzzing of every decoder",
        &[
            "any_bytes_are_a_whole_artifact_or_an_error",
            "a_changed_file_is_never_valid",
            "a_sealed_trailer_of_any_bytes_is_shown_or_refused",
            "a_sealed_trailer_that_names_any_signers_is_shown_or_refused",
            "sealed_wasm_of_any_bytes_is_refused_or_runs_in_the_sandbox",
            "a_sealed_script_of_any_bytes_is_refused_or_runs_in_the_sandbox",
            "sealed_diagnostics_of_any_bytes_are_shown_or_made_again",
            "a_bundle_of_any_bytes_is_refused_or_runs_in_the_sandbox",
            "an_import_of_any_bytes_leaves_a_cache_that_works",
            "no_manifest_panics",
            "native_code_of_any_bytes_says_what_it_is_for_or_is_refused",
            "a_remote_that_answers_any_bytes_changes_no_result",
            "any_text_says_whom_to_trust_or_is_refused",
            "a_log_of_any_bytes_adds_up",
        ],
    ),
    (
        "upgrades: other versions and builds",
        &[
            "entries_of_an_older_build_are_valid_and_never_used",
            "entries_of_an_older_build_in_the_places_of_new_ones_are_refused",
            "another_engine_version_is_a_miss",
            "another_build_of_the_compiler_is_a_miss",
        ],
    ),
    ("golden keys", &["keys_are_those_that_are_checked_in"]),
];

#[test]
fn every_situation_has_its_test() {
    let numbers: Vec<u8> = SITUATIONS.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=74).collect::<Vec<u8>>());
    let situations = SITUATIONS.iter().map(|(number, tests)| (format!("situation {number}"), *tests));
    are_shown(situations.chain(PROOFS.iter().map(|(what, tests)| ((*what).to_owned(), *tests))));
}
