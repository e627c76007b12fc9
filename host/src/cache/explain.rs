//! Why there is no entry: wanted fields + stored recipes of the same function → one reason.
//!
//! The stored recipe that differs least is taken for the one that people mean, and the first difference
//! in order of cause is named: a new compiler explains a new program, and a changed global explains a
//! changed body, but not the other way round. Nothing is read here.

use std::cmp::Reverse;

use crate::cache::entry::Trailer;
use crate::cache::key::{Field, FieldKind};
use crate::cache::report::MissReason;

/// Shown where one side has no such field.
const ABSENT: &str = "absent";

/// One field that is not the same on both sides.
#[derive(Clone, Copy)]
struct Difference<'a> {
    kind: FieldKind,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

/// Why no stored artifact of the function `label` is the wanted one.
pub(crate) fn artifact(label: &str, wanted: &[Field], stored: &[Trailer]) -> MissReason {
    let Some(differences) = nearest(wanted, stored, FieldKind::Argument) else { return MissReason::Cold };
    let first = |kind| differences.iter().find(|difference| difference.kind == kind).copied();
    if first(FieldKind::Compiler).is_some() {
        return MissReason::CompilerChanged;
    }
    if first(FieldKind::Library).is_some() {
        return MissReason::LibraryChanged;
    }
    if first(FieldKind::Argument).is_some() {
        return MissReason::ArgTypesNew { types: argument_types(wanted) };
    }
    if let Some(Difference { name, old, new, .. }) = first(FieldKind::Option) {
        return MissReason::OptionsChanged { name: name.to_owned(), old: text(old), new: text(new) };
    }
    if let Some(Difference { name, old, new, .. }) =
        first(FieldKind::Column).or_else(|| first(FieldKind::Schema))
    {
        return MissReason::SchemaChanged { column: name.to_owned(), old: text(old), new: text(new) };
    }
    // A global that only one side reads comes from an edit of the code; one with two values does not.
    let is_changed = |difference: &&Difference<'_>| difference.old.is_some() && difference.new.is_some();
    let globals = differences.iter().filter(|difference| difference.kind == FieldKind::Global);
    if let Some(Difference { name, old, new, .. }) = globals.clone().find(is_changed) {
        return MissReason::GlobalChanged { name: (*name).to_owned(), old: text(*old), new: text(*new) };
    }
    let functions = differences.iter().filter(|difference| difference.kind == FieldKind::Function);
    if functions.clone().any(|difference| difference.name == label) {
        return MissReason::SourceChanged;
    }
    if let Some(callee) = functions.clone().find(is_changed).or_else(|| functions.clone().next()) {
        return MissReason::CalleeChanged(callee.name.to_owned());
    }
    MissReason::SourceChanged
}

/// Why no stored native code of the function is the wanted one.
pub(crate) fn native(wanted: &[Field], stored: &[Trailer]) -> MissReason {
    let Some(differences) = nearest(wanted, stored, FieldKind::Wasm) else { return MissReason::Cold };
    if differences.iter().any(|difference| difference.kind == FieldKind::Wasm) {
        return MissReason::WasmChanged;
    }
    let engine =
        |name: &str| differences.iter().find(|d| d.kind == FieldKind::Engine && d.name == name).copied();
    for name in ["wasmtime", "code generation", "target"] {
        if let Some(Difference { old, new, .. }) = engine(name) {
            return MissReason::EngineChanged { what: name.to_owned(), old: text(old), new: text(new) };
        }
    }
    let cpu: Vec<String> = differences
        .iter()
        .filter(|difference| difference.kind == FieldKind::Cpu)
        .map(|difference| {
            format!("{}{}", if difference.new == Some("yes") { '+' } else { '-' }, difference.name)
        })
        .collect();
    if !cpu.is_empty() {
        return MissReason::CpuChanged(cpu);
    }
    if let Some(Difference { name, old, new, .. }) =
        differences.iter().find(|difference| difference.kind == FieldKind::Option)
    {
        return MissReason::OptionsChanged { name: (*name).to_owned(), old: text(*old), new: text(*new) };
    }
    match differences.first() {
        Some(Difference { name, old, new, .. }) => {
            MissReason::EngineChanged { what: (*name).to_owned(), old: text(*old), new: text(*new) }
        }
        None => MissReason::Evicted,
    }
}

/// The differences to the nearest stored recipe: first one that agrees in all fields of kind `first`,
/// then the one with fewest differences, then the newest.
fn nearest<'a>(wanted: &'a [Field], stored: &'a [Trailer], first: FieldKind) -> Option<Vec<Difference<'a>>> {
    let compared = stored.iter().map(|trailer| (trailer.created, differences(&trailer.fields, wanted)));
    let distance = |(created, differences): &(u64, Vec<Difference<'_>>)| {
        let other = differences.iter().any(|difference| difference.kind == first);
        (other, differences.len(), Reverse(*created))
    };
    compared.min_by_key(distance).map(|(_, differences)| differences)
}

/// Walks two lists of fields in parallel; both are sorted by kind and name.
fn differences<'a>(old: &'a [Field], new: &'a [Field]) -> Vec<Difference<'a>> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut found = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => (a.kind, &a.name).cmp(&(b.kind, &b.name)),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let same = matches!((before, after), (Some(a), Some(b)) if a.digest == b.digest);
        if let (false, Some(field)) = (same, before.or(after)) {
            let value = |side: Option<&'a Field>| side.map(|field| field.value.as_str());
            found.push(Difference {
                kind: field.kind,
                name: &field.name,
                old: value(before),
                new: value(after),
            });
        }
    }
}

fn argument_types(wanted: &[Field]) -> String {
    let types = wanted.iter().filter(|field| field.kind == FieldKind::Argument && field.name != "count");
    let types: Vec<&str> = types.map(|field| field.value.as_str()).collect();
    format!("({})", types.join(", "))
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or(ABSENT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::key::tests::{sample, sample_native};
    use crate::cache::key::{GlobalInput, L1Recipe, L2Recipe, digest};
    use std::sync::Arc;

    fn stored(fields: Vec<Field>, created: u64) -> Trailer {
        Trailer { label: String::new(), fields, created, made_in_us: 0, producer: String::new() }
    }

    fn why(edit: impl FnOnce(&mut L1Recipe)) -> String {
        let mut recipe = sample();
        recipe.typed_program = digest(b"any edit changes the program");
        edit(&mut recipe);
        artifact(&recipe.label, &recipe.fields(), &[stored(sample().fields(), 0)]).to_string()
    }

    fn why_native(edit: impl FnOnce(&mut L2Recipe)) -> String {
        let mut recipe = sample_native();
        edit(&mut recipe);
        native(&recipe.fields(), &[stored(sample_native().fields(), 0)]).to_string()
    }

    #[test]
    fn names_the_changed_input_with_old_and_new() {
        assert_eq!(artifact("f", &sample().fields(), &[]), MissReason::Cold);
        assert_eq!(why(|r| r.functions[0].digest[0] ^= 1), "its source changed");
        assert_eq!(why(|r| r.functions[1].digest[0] ^= 1), "callee helpers.clean changed");
        let global = |r: &mut L1Recipe| {
            r.globals[0] =
                GlobalInput { name: "cycling.N".to_owned(), value: "20".to_owned(), digest: digest(b"20") }
        };
        assert_eq!(why(global), "global cycling.N changed: 10 -> 20");
        let column = |r: &mut L1Recipe| r.schemas[0].columns[0].1 = "float64".to_owned();
        assert_eq!(why(column), "column dataset 0.power changed: int64 -> float64");
        let gone = |r: &mut L1Recipe| drop(r.schemas[0].columns.pop());
        assert_eq!(why(gone), "column dataset 0.speed changed: float64 -> absent");
        assert_eq!(why(|r| r.arguments[1] = "str".to_owned()), "new argument types: (float, str)");
        assert_eq!(why(|r| r.options[0].1 = "yes".to_owned()), "option fastmath changed: no -> yes");
        assert_eq!(why(|r| r.compiler_fingerprint[0] ^= 1), "made by another build of the compiler");
        assert_eq!(why(|r| r.library_fingerprint[0] ^= 1), "made with another standard library");
        assert_eq!(why(|_| ()), "its source changed");
    }

    #[test]
    fn names_the_changed_engine() {
        let version = |r: &mut L2Recipe| Arc::make_mut(&mut r.engine).wasmtime = "48.0.9".to_owned();
        assert_eq!(why_native(version), "engine changed: wasmtime: 48.0.8 -> 48.0.9");
        let cpu = |r: &mut L2Recipe| {
            let engine = Arc::make_mut(&mut r.engine);
            engine.cpu = vec![("avx2", false), ("avx512f", true)];
            engine.compatibility[0] ^= 1;
        };
        assert_eq!(why_native(cpu), "made for another CPU: -avx2 +avx512f");
        let nans = |r: &mut L2Recipe| Arc::make_mut(&mut r.engine).settings[0].1 = "true".to_owned();
        assert_eq!(why_native(nans), "option canonical NaNs changed: false -> true");
        assert_eq!(why_native(|r| r.wasm[0] ^= 1), "the function gives other wasm now");
        assert_eq!(why_native(|_| ()), "the entry was removed");
    }

    #[test]
    fn compares_with_the_nearest_entry() {
        let global = |value: &str| {
            let mut recipe = sample();
            recipe.globals[0].value = value.to_owned();
            recipe.globals[0].digest = digest(value.as_bytes());
            recipe
        };
        let mut other_types = global("30");
        other_types.arguments[0] = "str".to_owned();
        let entries = [
            stored(global("1").fields(), 5),
            stored(global("2").fields(), 9),
            stored(other_types.fields(), 20),
        ];
        let wanted = global("30");
        // Same argument types before fewer differences, then the newest.
        let reason = artifact(&wanted.label, &wanted.fields(), &entries);
        assert_eq!(reason.to_string(), "global cycling.N changed: 2 -> 30");
    }
}
