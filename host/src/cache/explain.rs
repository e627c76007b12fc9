//! Why there is no entry: wanted fields + stored recipes of the same function → one reason, and all changes.
//!
//! The stored recipe that differs least is taken for the one that people mean, and the first difference
//! in order of cause is named: a new compiler explains a new program, and a changed global explains a
//! changed body, but not the other way round. Nothing is read here.

use std::cmp::Reverse;

use serde::Serialize;

use crate::cache::entry::Trailer;
use crate::cache::key::{Field, FieldKind};
use crate::cache::report::MissReason;

/// Shown where one side has no such field.
const ABSENT: &str = "absent";

/// One input that is not the same in a stored recipe and in the wanted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about, in one word: `global`, `function`, `engine`.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
    /// In the stored entry; `None` if it has no such input.
    pub old: Option<String>,
    /// Now; `None` if there is no such input any more.
    pub new: Option<String>,
    /// Whether this is what the reason names. The others follow from it, or changed as well.
    pub cause: bool,
}

/// Why there is no entry, with everything that differs.
pub(crate) struct Verdict {
    pub(crate) reason: MissReason,
    /// Which of the stored recipes is the nearest.
    pub(crate) nearest: Option<usize>,
    pub(crate) changes: Vec<Change>,
}

/// One field that is not the same on both sides.
#[derive(Clone, Copy)]
struct Difference<'a> {
    kind: FieldKind,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

/// A reason, and the differences that it names, by index.
type Judgement = (MissReason, Vec<usize>);

/// Why no stored artifact of the function `label` is the wanted one.
pub(crate) fn artifact(label: &str, wanted: &[Field], stored: &[Trailer]) -> Verdict {
    verdict(nearest(wanted, stored, FieldKind::Argument), |differences| {
        judge_artifact(label, wanted, differences)
    })
}

/// Why no stored native code of the function is the wanted one.
pub(crate) fn native(wanted: &[Field], stored: &[Trailer]) -> Verdict {
    verdict(nearest(wanted, stored, FieldKind::Wasm), judge_native)
}

fn verdict(
    nearest: Option<(usize, Vec<Difference<'_>>)>,
    judge: impl FnOnce(&[Difference<'_>]) -> Judgement,
) -> Verdict {
    let Some((nearest, differences)) = nearest else {
        return Verdict { reason: MissReason::Cold, nearest: None, changes: Vec::new() };
    };
    let (reason, causes) = judge(&differences);
    let change = |(index, difference): (usize, &Difference<'_>)| Change {
        kind: kind_name(difference.kind),
        name: difference.name.to_owned(),
        old: difference.old.map(str::to_owned),
        new: difference.new.map(str::to_owned),
        cause: causes.contains(&index),
    };
    let changes = differences.iter().enumerate().map(change).collect();
    Verdict { reason, nearest: Some(nearest), changes }
}

fn judge_artifact(label: &str, wanted: &[Field], differences: &[Difference<'_>]) -> Judgement {
    let first = |kind| differences.iter().position(|difference| difference.kind == kind);
    let named = |index: usize| {
        let Difference { name, old, new, .. } = differences[index];
        (name.to_owned(), text(old), text(new))
    };
    if let Some(index) = first(FieldKind::Compiler) {
        return (MissReason::CompilerChanged, vec![index]);
    }
    if let Some(index) = first(FieldKind::Library) {
        return (MissReason::LibraryChanged, vec![index]);
    }
    if first(FieldKind::Argument).is_some() {
        let of_arguments = |index: &usize| differences[*index].kind == FieldKind::Argument;
        let causes = (0..differences.len()).filter(of_arguments).collect();
        return (MissReason::ArgTypesNew { types: argument_types(wanted) }, causes);
    }
    if let Some(index) = first(FieldKind::Option) {
        let (name, old, new) = named(index);
        return (MissReason::OptionsChanged { name, old, new }, vec![index]);
    }
    if let Some(index) = first(FieldKind::Column).or_else(|| first(FieldKind::Schema)) {
        let (column, old, new) = named(index);
        return (MissReason::SchemaChanged { column, old, new }, vec![index]);
    }
    // As with globals: one that only one side calls comes from an edit of the code.
    let is_changed = |difference: &Difference<'_>| difference.old.is_some() && difference.new.is_some();
    let changed = |kind| differences.iter().position(|d: &Difference<'_>| d.kind == kind && is_changed(d));
    if let Some(index) = changed(FieldKind::HostFunction) {
        let (name, old, new) = named(index);
        return (MissReason::HostFunctionChanged { name, old, new }, vec![index]);
    }
    // A global that only one side reads comes from an edit of the code; one with two values does not.
    if let Some(index) = changed(FieldKind::Global) {
        let (name, old, new) = named(index);
        return (MissReason::GlobalChanged { name, old, new }, vec![index]);
    }
    let function = |wanted: &dyn Fn(&Difference<'_>) -> bool| {
        differences.iter().position(|difference| difference.kind == FieldKind::Function && wanted(difference))
    };
    if let Some(index) = function(&|difference| difference.name == label) {
        return (MissReason::SourceChanged, vec![index]);
    }
    if let Some(index) = function(&is_changed).or_else(|| function(&|_| true)) {
        return (MissReason::CalleeChanged(differences[index].name.to_owned()), vec![index]);
    }
    (MissReason::SourceChanged, first(FieldKind::Program).into_iter().collect())
}

fn judge_native(differences: &[Difference<'_>]) -> Judgement {
    let find = |wanted: &dyn Fn(&Difference<'_>) -> bool| differences.iter().position(wanted);
    let engine = |index: usize| {
        let Difference { name, old, new, .. } = differences[index];
        (MissReason::EngineChanged { what: name.to_owned(), old: text(old), new: text(new) }, vec![index])
    };
    if let Some(index) = find(&|difference| difference.kind == FieldKind::Wasm) {
        return (MissReason::WasmChanged, vec![index]);
    }
    for name in ["wasmtime", "code generation", "target"] {
        if let Some(index) = find(&|d| d.kind == FieldKind::Engine && d.name == name) {
            return engine(index);
        }
    }
    let cpu: Vec<usize> =
        (0..differences.len()).filter(|index| differences[*index].kind == FieldKind::Cpu).collect();
    if !cpu.is_empty() {
        let features = cpu.iter().map(|index| {
            let sign = if differences[*index].new == Some("yes") { '+' } else { '-' };
            format!("{sign}{}", differences[*index].name)
        });
        return (MissReason::CpuChanged(features.collect()), cpu);
    }
    if let Some(index) = find(&|difference| difference.kind == FieldKind::Option) {
        let Difference { name, old, new, .. } = differences[index];
        return (
            MissReason::OptionsChanged { name: name.to_owned(), old: text(old), new: text(new) },
            vec![index],
        );
    }
    if differences.is_empty() { (MissReason::Evicted, Vec::new()) } else { engine(0) }
}

/// One word for what a field is about.
pub(crate) fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Program => "program",
        FieldKind::Function => "function",
        FieldKind::Global => "global",
        FieldKind::Column => "column",
        FieldKind::Schema => "schema",
        FieldKind::Argument => "argument",
        FieldKind::Option => "option",
        FieldKind::Library => "library",
        FieldKind::Compiler => "compiler",
        FieldKind::HostFunction => "host function",
        FieldKind::Wasm => "wasm",
        FieldKind::Engine => "engine",
        FieldKind::Cpu => "cpu",
        FieldKind::Text => "text",
        FieldKind::Request => "request",
    }
}

/// The differences to the nearest stored recipe: first one that agrees in all fields of kind `first`,
/// then the one with fewest differences, then the newest. Gives its index too.
fn nearest<'a>(
    wanted: &'a [Field],
    stored: &'a [Trailer],
    first: FieldKind,
) -> Option<(usize, Vec<Difference<'a>>)> {
    let compared = stored.iter().map(|trailer| differences(&trailer.fields, wanted)).enumerate();
    let distance = |(index, differences): &(usize, Vec<Difference<'_>>)| {
        let other = differences.iter().any(|difference| difference.kind == first);
        (other, differences.len(), Reverse(stored[*index].created))
    };
    compared.min_by_key(distance)
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
    use crate::cache::key::{Build, GlobalInput, L1Recipe, L2Recipe, Surroundings, digest};
    use std::sync::Arc;

    fn around(recipe: &mut L1Recipe) -> &mut Surroundings {
        Arc::make_mut(&mut recipe.surroundings)
    }

    /// Another body of the function with this number.
    fn edit_body(recipe: &mut L1Recipe, number: usize) {
        let mut functions = recipe.functions.get().to_vec();
        functions[number].digest = digest(b"other body");
        recipe.functions = functions.into();
    }

    fn stored(fields: Vec<Field>, created: u64) -> Trailer {
        Trailer { label: String::new(), fields, created, made_in_us: 0, producer: String::new() }
    }

    fn why(edit: impl FnOnce(&mut L1Recipe)) -> String {
        let mut recipe = sample();
        recipe.typed_program = digest(b"any edit changes the program");
        edit(&mut recipe);
        artifact(&recipe.label, &recipe.fields(), &[stored(sample().fields(), 0)]).reason.to_string()
    }

    fn why_native(edit: impl FnOnce(&mut L2Recipe)) -> String {
        let mut recipe = sample_native();
        edit(&mut recipe);
        native(&recipe.fields(), &[stored(sample_native().fields(), 0)]).reason.to_string()
    }

    #[test]
    fn names_the_changed_input_with_old_and_new() {
        assert_eq!(artifact("f", &sample().fields(), &[]).reason, MissReason::Cold);
        assert_eq!(why(|r| edit_body(r, 0)), "its source changed");
        assert_eq!(why(|r| edit_body(r, 1)), "callee helpers.clean changed");
        let global = |r: &mut L1Recipe| {
            r.globals[0] =
                GlobalInput { name: "cycling.N".to_owned(), value: "20".to_owned(), digest: digest(b"20") }
        };
        assert_eq!(why(global), "global cycling.N changed: 10 -> 20");
        let host = |r: &mut L1Recipe| r.host_functions[0].signature = "(str) -> float, 50 units".to_owned();
        assert_eq!(
            why(host),
            "host function rates.rate changed: (str, int) -> float, 50 units -> (str) -> float, 50 units"
        );
        // A call that is new or gone is an edit.
        let gone = |r: &mut L1Recipe| {
            r.host_functions.clear();
            edit_body(r, 0);
        };
        assert_eq!(why(gone), "its source changed");
        let column = |r: &mut L1Recipe| r.schemas[0].columns[0].1 = "float64".to_owned();
        assert_eq!(why(column), "column dataset 0.power changed: int64 -> float64");
        let gone = |r: &mut L1Recipe| drop(r.schemas[0].columns.pop());
        assert_eq!(why(gone), "column dataset 0.speed changed: float64 -> absent");
        assert_eq!(why(|r| r.arguments[1] = "str".to_owned()), "new argument types: (float, str)");
        assert_eq!(why(|r| around(r).options[0].1 = "yes".to_owned()), "option fastmath changed: no -> yes");
        assert_eq!(
            why(|r| around(r).build = Build::Compiler([1; 32])),
            "made by another build of the compiler"
        );
        assert_eq!(why(|r| around(r).library_fingerprint[0] ^= 1), "made with another standard library");
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
        let verdict = artifact(&wanted.label, &wanted.fields(), &entries);
        assert_eq!(verdict.reason.to_string(), "global cycling.N changed: 2 -> 30");
        assert_eq!(verdict.nearest, Some(1));
    }

    #[test]
    fn lists_every_change_and_marks_the_cause() {
        let mut recipe = sample();
        recipe.typed_program = digest(b"other");
        edit_body(&mut recipe, 0);
        recipe.globals[0].value = "20".to_owned();
        recipe.globals[0].digest = digest(b"20");
        let verdict = artifact(&recipe.label, &recipe.fields(), &[stored(sample().fields(), 0)]);
        let listed: Vec<_> = verdict.changes.iter().map(|c| (c.kind, c.name.as_str(), c.cause)).collect();
        assert_eq!(
            listed,
            [
                ("program", "typed program", false),
                ("function", "cycling.mean", false),
                ("global", "cycling.N", true)
            ]
        );
        let global = &verdict.changes[2];
        assert_eq!((global.old.as_deref(), global.new.as_deref()), (Some("10"), Some("20")));
    }
}
