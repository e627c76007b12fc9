//! Rows of a job → the table that people read.

use std::io::{self, Write};

use crate::Row;

const HEAD: [&str; 6] = ["file", "code", "rows", "read", "time", "result"];

/// Writes a table with a row a file, and one for all of them.
pub(crate) fn write(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let mut cells: Vec<[String; 6]> = vec![HEAD.map(str::to_owned)];
    cells.extend(rows.iter().map(cells_of));
    let used = |part: fn(&Row) -> u64| rows.iter().map(part).sum::<u64>();
    let failed = rows.iter().filter(|row| row.outcome.result.is_err()).count();
    cells.push([
        format!("{} files", rows.len()),
        String::new(),
        used(|row| row.outcome.usage.io.rows_read).to_string(),
        bytes(used(|row| row.outcome.usage.io.bytes_read)),
        format!("{:.1} ms", rows.iter().map(|row| row.outcome.usage.wall.as_secs_f64() * 1e3).sum::<f64>()),
        if failed == 0 { "all done".to_owned() } else { format!("{failed} failed") },
    ]);
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    for row in &cells {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Amounts stand on the right.
            let amount = (2..5).contains(&at);
            let cell = if amount { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
            line.push_str(&cell);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn cells_of(row: &Row) -> [String; 6] {
    let Row { file, outcome } = row;
    let usage = &outcome.usage;
    let result = match &outcome.result {
        Ok(value) => value.to_string(),
        // A diagnostic has several lines; the first says what is wrong.
        Err(error) => {
            let text = error.to_string();
            let line = text.lines().rfind(|line| !line.trim().is_empty() && !line.starts_with(' '));
            line.unwrap_or_default().to_owned()
        }
    };
    [
        file.clone(),
        outcome.units.first().map_or("-", |unit| unit.provenance.name()).to_owned(),
        usage.io.rows_read.to_string(),
        bytes(usage.io.bytes_read),
        format!("{:.1} ms", usage.wall.as_secs_f64() * 1e3),
        result,
    ]
}

fn bytes(count: u64) -> String {
    format!("{:.1} KiB", count as f64 / 1024.0)
}
