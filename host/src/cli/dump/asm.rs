//! Native code -> a listing: each function with its size, and its instructions.

use std::fmt::Write as _;

use ovenbird_compiler::artifact::Artifact;
use wasmtime::Module;

/// Every function of a module, in the order of its code.
pub(super) fn print(module: &Module, artifact: &Artifact) -> String {
    let code = module.text();
    let mut text = String::new();
    let mut total = 0;
    for (index, function) in module.functions().enumerate() {
        let name = artifact.functions.get(index).map_or("?", |info| &*info.name);
        let end = function.offset.saturating_add(function.len);
        let Some(bytes) = code.get(function.offset..end) else { continue };
        total += bytes.len();
        let _ = writeln!(text, "{name}: {} bytes", bytes.len());
        listing(bytes, function.offset as u64, &mut text);
        text.push('\n');
    }
    let _ = writeln!(text, "; {} bytes in {} functions", total, artifact.functions.len());
    text
}

#[cfg(target_arch = "x86_64")]
fn listing(bytes: &[u8], offset: u64, text: &mut String) {
    use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};
    let mut decoder = Decoder::with_ip(64, bytes, offset, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    let mut instruction = Instruction::default();
    let mut line = String::new();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        line.clear();
        formatter.format(&instruction, &mut line);
        let _ = writeln!(text, "  {:6x}  {line}", instruction.ip());
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn listing(bytes: &[u8], offset: u64, text: &mut String) {
    for (index, line) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(text, "  {:6x}  {}", offset + 16 * index as u64, hex.join(" "));
    }
}
