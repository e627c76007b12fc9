//! A syntax tree's `Debug` text -> the same without positions, wrappers and empty fields, as wide as a line
//! allows.
//!
//! Works on the text, so that no node can be forgotten when the tree grows.

use std::fmt::Debug;

/// Longest line that is not broken.
const WIDTH: usize = 100;
/// Fields that say where, not what.
const PLACES: [&str; 3] = ["span: ", "name_span: ", "file: "];

/// Nodes that only add a position to their one field.
const WRAPPERS: [&str; 2] = ["Expr {", "Stmt {"];

/// One value of a `Debug` text.
enum Node {
    /// A word, number or string.
    Atom(String),
    /// Opening text, items, closing character; items may have a field name before them.
    Group(String, Vec<Node>, char),
}

/// The tree of a value.
pub(super) fn print(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let mut reader = Reader { rest: &text };
    let mut out = String::new();
    write(&unwrap(reader.node()), 0, &mut out);
    out.push('\n');
    out
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn node(&mut self) -> Node {
        let mut head = String::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' | '\'' => head.push_str(&self.quoted(c)),
                '(' | '[' | '{' => {
                    self.rest = &self.rest[1..];
                    head.push(c);
                    let close = match c {
                        '(' => ')',
                        '[' => ']',
                        _ => '}',
                    };
                    return Node::Group(head, self.items(close), close);
                }
                ',' | ')' | ']' | '}' => break,
                _ => {
                    head.push(c);
                    self.rest = &self.rest[c.len_utf8()..];
                }
            }
        }
        Node::Atom(head.trim().to_owned())
    }

    fn items(&mut self, close: char) -> Vec<Node> {
        let mut items = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches([',', ' ']);
            match self.rest.chars().next() {
                None => return items,
                Some(c) if c == close => {
                    self.rest = &self.rest[1..];
                    return items;
                }
                // Another bracket's end: the text is not what it should be, so go on after it.
                Some(c @ (')' | ']' | '}')) => self.rest = &self.rest[c.len_utf8()..],
                Some(_) => {}
            }
            let item = self.node();
            if !is_noise(&item) {
                items.push(unwrap(item));
            }
        }
    }

    /// A string or character literal with its quotes.
    fn quoted(&mut self, quote: char) -> String {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            if c == quote && !escaped {
                let (text, rest) = self.rest.split_at(at + 1);
                self.rest = rest;
                return text.to_owned();
            }
            escaped = c == '\\' && !escaped;
        }
        std::mem::take(&mut self.rest).to_owned()
    }
}

/// True for positions, and for fields without content.
fn is_noise(item: &Node) -> bool {
    let is_place = |text: &str| PLACES.iter().any(|place| text.starts_with(place));
    match item {
        Node::Atom(text) => text.is_empty() || is_place(text) || text.ends_with(": None") || is_span(text),
        Node::Group(head, items, _) => is_place(head) || (items.is_empty() && head.ends_with(": [")),
    }
}

/// `0:12..15`, as a span is shown.
fn is_span(text: &str) -> bool {
    text.contains("..") && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'))
}

/// `field: Expr { kind: X }` -> `field: X`.
fn unwrap(node: Node) -> Node {
    let Node::Group(head, mut items, close) = node else { return node };
    let Some(field) = WRAPPERS.iter().find_map(|wrapper| head.strip_suffix(wrapper)) else {
        return Node::Group(head, items, close);
    };
    match (items.len(), items.pop()) {
        (1, Some(Node::Atom(text))) if text.starts_with("kind: ") => {
            Node::Atom(format!("{field}{}", &text[6..]))
        }
        (1, Some(Node::Group(inner, parts, end))) if inner.starts_with("kind: ") => {
            Node::Group(format!("{field}{}", &inner[6..]), parts, end)
        }
        (_, last) => {
            items.extend(last);
            Node::Group(head, items, close)
        }
    }
}

fn flat(node: &Node, out: &mut String) {
    match node {
        Node::Atom(text) => out.push_str(text),
        Node::Group(head, items, close) => {
            let space = if *close == '}' && !items.is_empty() { " " } else { "" };
            out.push_str(head);
            out.push_str(space);
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                flat(item, out);
            }
            out.push_str(space);
            out.push(*close);
        }
    }
}

fn write(node: &Node, indent: usize, out: &mut String) {
    let mut line = String::new();
    flat(node, &mut line);
    match node {
        Node::Group(head, items, close) if line.len() + indent > WIDTH => {
            out.push_str(head);
            for item in items {
                out.push('\n');
                out.push_str(&" ".repeat(indent + 2));
                write(item, indent + 2, out);
            }
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            out.push(*close);
        }
        _ => out.push_str(&line),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn positions_go_and_short_values_stay_on_a_line() {
        let value = ("a, (b\"", Some([1, 2]), vec!["x".repeat(60), "y".repeat(60)]);
        let text = super::print(&value);
        let (x, y) = ("x".repeat(60), "y".repeat(60));
        assert_eq!(
            text,
            format!("(\n  \"a, (b\\\"\"\n  Some([1, 2])\n  [\n    \"{x}\"\n    \"{y}\"\n  ]\n)\n")
        );
        #[derive(Debug)]
        #[expect(dead_code, reason = "read by Debug")]
        struct Node {
            span: (u32, u32),
            value: u32,
        }
        assert_eq!(super::print(&Node { span: (1, 2), value: 3 }), "Node { value: 3 }\n");
    }
}
