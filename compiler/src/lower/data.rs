//! Static data: string blocks and constant tables, each once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::abi;
use crate::types::Table;

/// The bytes that the host places before the module starts.
#[derive(Default)]
pub(super) struct Data {
    pub(super) bytes: Vec<u8>,
    strings: BTreeMap<Arc<str>, u32>,
    tables: BTreeMap<Vec<u64>, u32>,
}

impl Data {
    /// Offset of a string's block.
    pub(super) fn string(&mut self, text: &Arc<str>) -> u32 {
        if let Some(known) = self.strings.get(text) {
            return *known;
        }
        self.align();
        let offset = self.bytes.len() as u32;
        self.bytes.extend(abi::IMMORTAL.to_le_bytes());
        self.bytes.extend(0u32.to_le_bytes());
        self.bytes.extend((text.chars().count() as i64).to_le_bytes());
        self.bytes.extend((text.len() as i64).to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.strings.insert(text.clone(), offset);
        offset
    }

    /// Offset of a table's first element.
    pub(super) fn table(&mut self, table: &Table) -> u32 {
        if let Some(known) = self.tables.get(&table.bits) {
            return *known;
        }
        self.align();
        let offset = self.bytes.len() as u32;
        for bits in &table.bits {
            self.bytes.extend(bits.to_le_bytes());
        }
        self.tables.insert(table.bits.clone(), offset);
        offset
    }

    fn align(&mut self) {
        let padded = self.bytes.len().next_multiple_of(16);
        self.bytes.resize(padded, 0);
    }
}
