//! The guard behind each case that is made: the beginning of its name → what is without it. The longest beginning counts.
//! Guests say it themselves, in their first lines. A guard that is named here, or there, must be where it is said to be.

use std::path::Path;

use ovenbird_tests::guard;

const GUARDS: &[(&str, &str)] = &[
    (
        "artifact/",
        "Without `validate_tables` in `compiler/src/artifact.rs`: what explains the code points nowhere.",
    ),
    (
        "artifact/all_ones",
        "Without `decode_from_slice` and its error in `compiler/src/artifact.rs`: noise is an artifact.",
    ),
    (
        "artifact/hidden_import",
        "Without `validate_imports` in `compiler/src/artifact.rs`: code is linked to what is not said.",
    ),
    (
        "artifact/longer",
        "Without `used != bytes.len()` in `compiler/src/artifact.rs`: the rest is anybody's.",
    ),
    (
        "artifact/unmetered_claim",
        "Without `validate_imports` in `compiler/src/artifact.rs`: nothing is put into its purse.",
    ),
    ("host/", "Without `range` in `host/src/imports/guest.rs`: an address is used that is not the guest's."),
    (
        "host/host_format",
        "Without `FORMAT_BUFFER` in `host/src/imports/text.rs`: more is written than the guest has room for.",
    ),
    (
        "host/host_parse",
        "Without `PARSED_TEXT` in `host/src/imports/text.rs`: one call goes over all of the memory.",
    ),
    (
        "host/host_math",
        "Without `_ => f64::NAN` in `host/src/imports/math.rs`: a number without a function is a panic.",
    ),
    (
        "host/host_scan",
        "Without `GuestFault::Number` in `host/src/imports/datasets.rs`: a handle without a scan is a panic.",
    ),
    ("host/host_time", "Without `has_clock` in `host/src/imports/text.rs`: it can measure time."),
    ("module/", "Without `Validator` in `compiler/src/metering.rs`: anything is wasm."),
    (
        "module/budget_refilled",
        "Without `is_purse` in `compiler/src/metering/function.rs`: it fills its own purse.",
    ),
    (
        "module/fuel_refilled",
        "Without `is_purse` in `compiler/src/metering/function.rs`: it fills its own purse.",
    ),
    (
        "module/copy_unpaid",
        "Without `facts.straight` or `self.bulk` in `compiler/src/metering/function.rs`: a gigabyte is copied for nothing.",
    ),
    (
        "module/fill_unpaid",
        "Without `self.bulk` in `compiler/src/metering/function.rs`: a gigabyte is filled for nothing.",
    ),
    (
        "module/empty_function",
        "Nothing is wrong with it: without `Ok(())` from `verify_metering` in `compiler/src/metering.rs` nothing runs.",
    ),
    (
        "module/export",
        "Without `ExternalKind::Func` in `compiler/src/metering.rs`: another unit is given the purse.",
    ),
    ("module/import", "Without `refuse` in `compiler/src/artifact.rs`: a power is linked that no table has."),
    (
        "module/import_embedder_without_purse",
        "Without `externals > 0` in `compiler/src/metering.rs`: nobody pays for the call.",
    ),
    (
        "module/indirect_call",
        "Without `Payload::TableSection` in `compiler/src/metering.rs`: nobody knows what is called.",
    ),
    (
        "module/own_table",
        "Without `Payload::TableSection` in `compiler/src/metering.rs`: it has a million entries.",
    ),
    (
        "module/own_memory",
        "Without `Payload::MemorySection` in `compiler/src/metering.rs`: it has memory that no limit is for.",
    ),
    (
        "module/own_global",
        "Globals of its own are allowed: without `self.metered` in `is_purse` in `compiler/src/metering.rs` they are a purse.",
    ),
    (
        "module/start_function",
        "Without `Payload::StartSection` in `compiler/src/metering.rs`: it runs before its purse is filled.",
    ),
    (
        "module/long_straight_line",
        "Without `MAX_UNPAID` in `compiler/src/metering.rs`: the clock is not looked at.",
    ),
    ("module/loop_unpaid", "Without `open_loop` in `compiler/src/metering/function.rs`: it runs for ever."),
    ("module/recursion_unpaid", "Without `unpaid_work` in `compiler/src/metering.rs`: it runs for ever."),
    ("parquet/", "Without `corrupt` in `host/src/io/footer.rs`: the file is believed."),
    (
        "parquet/budget/bytes_read",
        "Without `charge_read` in `host/src/io/page.rs`: it reads as much as there is.",
    ),
    (
        "parquet/budget/columns",
        "Without `LimitKind::Columns` in `host/src/io/footer.rs`: a footer has a billion columns.",
    ),
    (
        "parquet/budget/files",
        "Without `charge_file` in `host/src/imports/datasets.rs`: it opens as many as it likes.",
    ),
    (
        "parquet/budget/footer_bytes",
        "Without `LimitKind::Footer` in `host/src/io/footer.rs`: the host reads four gigabytes.",
    ),
    (
        "parquet/budget/host_bytes",
        "Without `reserve_host` in `host/src/io/page.rs`: memory of the host is nobody's.",
    ),
    (
        "parquet/budget/memory",
        "Without `desired > self.allowed` in `host/src/imports/link.rs`: it takes all memory.",
    ),
    (
        "parquet/budget/page",
        "Without `charge_page` in `host/src/io/page.rs`: a page is as large, and there are as many, as the file says.",
    ),
    (
        "parquet/budget/rows_read",
        "Without `charge_rows` in `host/src/io/scan.rs`: a small file has billions of rows.",
    ),
    (
        "parquet/budget/scans",
        "Without `charge_scan` in `host/src/imports/datasets.rs`: it has as many cursors as it likes.",
    ),
    (
        "parquet/changed/",
        "Without `read_footer` in `host/src/io.rs`: what a file was when it was compiled for is believed of it.",
    ),
    (
        "parquet/changed/replaced",
        "Without `fingerprint` in `host/src/imports/datasets.rs`: code reads columns that it was not made for.",
    ),
    ("parquet/encrypted", "Without `MAGIC_ENCRYPTED` in `host/src/io/footer.rs`: noise is read as a footer."),
    ("parquet/flipped/", "Without `sizes` in `host/src/io/page.rs`: a size in the file is believed."),
    (
        "parquet/footer_deep",
        "Without `MAX_DEPTH` in `host/src/io/thrift.rs`: the stack of the host overflows.",
    ),
    (
        "parquet/footer_list_bomb",
        "Without `count > self.left()` in `host/src/io/thrift.rs`: room is made for two billion elements.",
    ),
    (
        "parquet/footer_too_long",
        "Without `LimitKind::Footer` in `host/src/io/footer.rs`: the host makes room for four gigabytes.",
    ),
    (
        "parquet/sparse/",
        "Without `len + 12 > size` or `LimitKind::Footer` in `host/src/io/footer.rs`: a tebibyte of nothing is read.",
    ),
    ("path/", "Without `dir.open_with`, which is cap-std's, in `host/src/grants.rs`: a link leads out."),
    (
        "path/granted_to_compiler_only",
        "Without `Dataset::open(&state.grants` in `host/src/imports/datasets.rs`: a schema is as good as a grant.",
    ),
    (
        "path/import/",
        "Without `dir.open_with`, which is cap-std's, in `host/src/grants.rs`: a module outside is read, or a directory as one.",
    ),
    (
        "path/literal/absolute",
        "Without `mount.absolute == absolute` in `host/src/grants.rs`: any file is read.",
    ),
    ("path/literal/backslash", "Without `BACKSLASH` in `host/src/grants.rs`: it is a separator elsewhere."),
    (
        "path/literal/control",
        "Without `c.is_control()` in `host/src/grants.rs`: the message drives the terminal.",
    ),
    (
        "path/literal/device",
        "Without `mount.absolute == absolute` in `host/src/grants.rs`: an endless file is read.",
    ),
    (
        "path/literal/directory",
        "Without `metadata.is_file()` in `host/src/grants.rs`: a directory is read as a file.",
    ),
    (
        "path/literal/dot",
        "Without `metadata.is_file()` in `host/src/grants.rs`: a directory is read as a file.",
    ),
    ("path/literal/drive", "Without `DRIVE` in `host/src/grants.rs`: it is another disk elsewhere."),
    ("path/literal/fifo", "Without `NONBLOCK` in `host/src/grants.rs`: opening it waits for ever."),
    ("path/literal/nul", "Without `NUL` in `host/src/grants.rs`: the rest of the name is cut off."),
    ("path/literal/parent", "Without `depth < 0` in `host/src/grants.rs`: cap-std alone is in the way."),
    (
        "path/literal/proc",
        "Without `mount.absolute == absolute` in `host/src/grants.rs`: the host's environment is read.",
    ),
    ("path/no_grants", "Without `NO_GRANT` in `host/src/grants.rs`: no grant is all grants."),
    (
        "proposal/",
        "Without `FEATURES` in `compiler/src/metering.rs`, or `features(&mut config)` in `host/src/engine_config.rs`: code is run that nobody looked at.",
    ),
    (
        "source/",
        "Without `MAX_ESTIMATE` or `fn within` in `compiler/src/parse/scan.rs`: the parser, or what walks its tree, overflows the stack.",
    ),
    (
        "source/bomb_",
        "Without `used > allowed` in `compiler/src/budget.rs`: compiling takes all the time and memory there is.",
    ),
    (
        "source/bomb_omega",
        "Without `max_wasm_stack` in `host/src/engine_config.rs`: it overflows the stack of the host.",
    ),
    (
        "source/eval",
        "Without `Code::UnknownName` in `compiler/src/infer/attribute.rs`: a power is found by its name.",
    ),
    (
        "source/host_function",
        "Without `Code::UnknownName` in `compiler/src/infer/attribute.rs`: a power is found by its name.",
    ),
    (
        "source/import_",
        "Without `Code::UnknownImport` in `compiler/src/infer/attribute.rs`: a module of the interpreter's is looked for.",
    ),
    (
        "source/intrinsic",
        "Without `Code::UnknownImport` in `compiler/src/infer/attribute.rs`: the library's own memory functions are anybody's.",
    ),
    (
        "source/many_parameters",
        "Without `CompileLimit::Scalars` in `compiler/src/optimise/sizes.rs`: wasm has no function of so many.",
    ),
    (
        "source/open",
        "Without `Code::UnknownName` in `compiler/src/infer/attribute.rs`: a power is found by its name.",
    ),
    (
        "source/too_long",
        "Without `charge_source` in `compiler/src/parse/scan.rs`: the parser makes fifty bytes of each.",
    ),
    (
        "source/wide_",
        "Without `CompileLimit::TypeNodes` in `compiler/src/infer/expr.rs`: a type is as large as the text.",
    ),
];

/// Whether a case says which guard it is about, and the guard is there; `folder` is where guests are.
pub(crate) fn check(name: &str, folder: &Path) -> Result<(), String> {
    if name.ends_with(".py") {
        let text = std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())?;
        let doc = text.split("\"\"\"").nth(1).unwrap_or_default();
        return guard::check(&doc.replace('\n', " "));
    }
    let fits = GUARDS.iter().filter(|(beginning, _)| name.starts_with(beginning));
    match fits.max_by_key(|(beginning, _)| beginning.len()) {
        Some((_, sentence)) => guard::check(sentence),
        None => Err("no guard is named for it in `evil/guards.rs`".to_owned()),
    }
}

/// Beginnings that no case has.
pub(crate) fn unused(names: &[&String]) -> Vec<&'static str> {
    let has = |beginning: &str| names.iter().any(|name| name.starts_with(beginning));
    GUARDS.iter().map(|(beginning, _)| *beginning).filter(|beginning| !has(beginning)).collect()
}
