//! Text that people and other programs write: understood or refused, line by line, and never a panic.

use ovenbird::Trust;
use ovenbird::bundle::SecretKey;
use ovenbird::cache::log::summarise;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::Project;

#[test]
fn any_text_says_whom_to_trust_or_is_refused() {
    let keys = [1, 2].map(|byte| SecretKey::from_bytes([byte; 32]).public());
    let text = format!(
        "# ours\n\ntrust {} ci\nrevoke-key {} lost\nrevoke-engine 0123abcd miscompiles\nrevoke-engine wasmtime-48.0.8\n",
        keys[0], keys[1]
    );
    fuzz(20_000, &[text.into_bytes()], |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let Ok(trust) = text.parse::<Trust>() else { return };
        // Each line that says something was understood: none was passed over.
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let revoked = lines.filter(|line| line.starts_with("revoke")).count();
        assert!(trust.revocations().count() <= revoked && (revoked == 0 || trust.revocations().count() > 0));
    });
}

#[test]
fn a_log_of_any_bytes_adds_up() {
    let project = Project::new(&[]);
    let log = project.path("log.jsonl");
    let line = |level: &str, outcome: &str| {
        format!(
            "{{\"time\":1795533698.43,\"pid\":24765,\"event\":\"unit\",\"outcome\":\"{outcome}\",\"level\":\"{level}\",\"label\":\"main.f\",\"us\":98}}\n"
        )
    };
    let text = [line("unit", "hit.l0"), line("unit", "miss.cold"), line("native", "hit")].concat();
    fuzz(400, &[text.into_bytes()], |bytes| {
        std::fs::write(&log, bytes).expect("written");
        let summary = summarise(&log).expect("it is read");
        for level in summary.levels.values() {
            assert_eq!(level.lookups, level.hits + level.misses + level.bypasses);
        }
    });
}
