//! The situations that the cache is held to, by number, and the test that shows each.
//!
//! A name here must be that of a test, here or beside the code. So a test that is renamed or removed leaves
//! a gap that is seen.

use super::*;

/// (Number, the tests that show it).
const SITUATIONS: &[(u8, &[&str])] = &[
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
    (12, &["another_engine_version_is_a_miss"]),
    (13, &["another_build_of_the_compiler_is_a_miss"]),
    (14, &["an_edited_callee_in_another_file_is_seen"]),
    (15, &["an_edited_callee_further_down_is_seen"]),
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
    (70, &["another_process_makes_the_same_bytes"]),
    (74, &["keys_are_those_that_are_checked_in"]),
];

#[test]
fn every_situation_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![std::fs::read_to_string(root.join("cache.rs")).expect("the file can be read")];
    for folder in ["cache", "../host/src/cache"] {
        let files =
            entries(&root.join(folder)).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs"));
        texts.extend(files.map(|file| std::fs::read_to_string(file).expect("the file can be read")));
    }
    for number in 1..=28 {
        assert!(SITUATIONS.iter().any(|(n, tests)| *n == number && !tests.is_empty()), "situation {number}");
    }
    for (number, tests) in SITUATIONS {
        for test in *tests {
            let wanted = format!("#[test]\nfn {test}()");
            let found = texts.iter().any(|text| text.replace("\n    ", "\n").contains(&wanted));
            assert!(found, "situation {number}: there is no test `{test}`");
        }
    }
}
