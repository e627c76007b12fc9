//! Parquet files that no writer writes: a good file by hand, and one lie at a time. Each test names the check that finds
//! its lie; without that check the lie is believed, or another check says something else.

use super::*;

/// Thrift's compact protocol, written.
#[derive(Clone, Default)]
struct Thrift {
    bytes: Vec<u8>,
    last: Vec<i16>,
}

impl Thrift {
    fn new() -> Thrift {
        Thrift { bytes: Vec::new(), last: vec![0] }
    }

    fn varint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
        self
    }

    fn field(&mut self, id: i16, wire: u8) -> &mut Self {
        let last = self.last.last_mut().expect("in a struct");
        let delta = id - *last;
        *last = id;
        self.bytes.push((delta as u8) << 4 | wire);
        self
    }

    fn zigzag(&mut self, value: i64) -> &mut Self {
        self.varint((value << 1 ^ value >> 63) as u64)
    }

    fn int(&mut self, id: i16, value: i64) -> &mut Self {
        self.field(id, 6).zigzag(value)
    }

    fn binary(&mut self, id: i16, value: &[u8]) -> &mut Self {
        self.field(id, 8).varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// Structs in a list.
    fn list(&mut self, id: i16, items: &[Vec<u8>]) -> &mut Self {
        self.field(id, 9);
        self.bytes.push(0xfc);
        self.varint(items.len() as u64);
        items.iter().for_each(|item| self.bytes.extend_from_slice(item));
        self
    }

    fn open(&mut self, id: i16) -> &mut Self {
        self.field(id, 12);
        self.last.push(0);
        self
    }

    fn close(&mut self) -> &mut Self {
        self.bytes.push(0);
        self.last.pop();
        self
    }

    /// The end of the outermost struct.
    fn done(&mut self) -> Vec<u8> {
        self.bytes.push(0);
        std::mem::take(&mut self.bytes)
    }
}

/// A page: its header's numbers, and what follows it.
#[derive(Clone)]
struct Page {
    kind: i64,
    values: i64,
    encoding: i64,
    level_encoding: i64,
    levels: (i64, i64),
    /// Sizes where they are not those of the body.
    sizes: Option<(i64, i64)>,
    /// An unknown field of this many bytes in the header.
    ballast: usize,
    body: Vec<u8>,
}

impl Page {
    fn plain(values: &[i64]) -> Page {
        let body: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Page {
            kind: 0,
            values: values.len() as i64,
            encoding: 0,
            level_encoding: 3,
            levels: (0, 0),
            sizes: None,
            ballast: 0,
            body,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (uncompressed, compressed) =
            self.sizes.unwrap_or((self.body.len() as i64, self.body.len() as i64));
        let mut header = Thrift::new();
        header.int(1, self.kind).int(2, uncompressed).int(3, compressed);
        match self.kind {
            2 => header.open(7).int(1, self.values).int(2, self.encoding).close(),
            3 => (header.open(8).int(1, self.values).int(2, 0).int(3, self.values).int(4, self.encoding))
                .int(5, self.levels.0)
                .int(6, self.levels.1)
                .close(),
            _ => {
                (header.open(5).int(1, self.values).int(2, self.encoding).int(3, self.level_encoding)).close()
            }
        };
        if self.ballast > 0 {
            header.binary(9, &vec![0; self.ballast]);
        }
        [header.done(), self.body.clone()].concat()
    }
}

/// A file of one column of integers, `x`, and all that can be wrong with it.
#[derive(Clone)]
struct Forged {
    pages: Vec<Page>,
    /// Elements of the schema; `None` is the honest one.
    schema: Option<Vec<Vec<u8>>>,
    optional: bool,
    physical: i64,
    chunk_physical: i64,
    codec: i64,
    rows: i64,
    group_rows: i64,
    values: i64,
    nulls: Option<i64>,
    /// Of the chunk: where it begins, its bytes, its bytes unpacked; `None` is as it is.
    start: Option<i64>,
    compressed: Option<i64>,
    uncompressed: Option<i64>,
    other_file: bool,
    /// Chunks in the row group.
    chunks: usize,
    /// How often the row group is there.
    groups: usize,
}

/// An element of the schema.
fn element(name: &str, physical: Option<i64>, repetition: i64, children: i64) -> Vec<u8> {
    let mut element = Thrift::new();
    if let Some(physical) = physical {
        element.int(1, physical);
    }
    element.int(3, repetition).binary(4, name.as_bytes());
    if children > 0 {
        element.int(5, children);
    }
    element.done()
}

impl Forged {
    fn new() -> Forged {
        Forged {
            pages: vec![Page::plain(&[1, 2]), Page::plain(&[3])],
            schema: None,
            optional: false,
            physical: 2,
            chunk_physical: 2,
            codec: 0,
            rows: 3,
            group_rows: 3,
            values: 3,
            nulls: None,
            start: None,
            compressed: None,
            uncompressed: None,
            other_file: false,
            chunks: 1,
            groups: 1,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let data: Vec<u8> = self.pages.iter().flat_map(Page::bytes).collect();
        let unpacked: i64 = (self.pages.iter())
            .map(|page| {
                (page.bytes().len() - page.body.len()) as i64
                    + page.sizes.map_or(page.body.len() as i64, |s| s.0)
            })
            .sum();
        let mut meta = Thrift::new();
        if self.other_file {
            meta.binary(1, b"other.parquet");
        }
        meta.open(3).int(1, self.chunk_physical).int(4, self.codec).int(5, self.values);
        meta.int(6, self.uncompressed.unwrap_or(unpacked));
        meta.int(7, self.compressed.unwrap_or(data.len() as i64)).int(9, self.start.unwrap_or(4));
        if let Some(nulls) = self.nulls {
            meta.open(12).int(3, nulls).close();
        }
        let chunk = meta.close().done();
        let group = Thrift::new().list(1, &vec![chunk; self.chunks]).int(3, self.group_rows).done();
        let honest = || {
            vec![element("root", None, 0, 1), element("x", Some(self.physical), i64::from(self.optional), 0)]
        };
        let schema = self.schema.clone().unwrap_or_else(honest);
        let footer = Thrift::new()
            .int(1, 2)
            .list(2, &schema)
            .int(3, self.rows)
            .list(4, &vec![group; self.groups])
            .done();
        [&b"PAR1"[..], &data, &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }
}

/// What comes of reading a file: its cells, or why not. Whatever comes of it, the ledger knows what is held.
fn read_within(bytes: &[u8], limits: Limits) -> Result<Cells, String> {
    let mut ledger = Ledger::new(limits);
    let shown = |error: DatasetError| error.to_string();
    let dataset = Dataset::from_file(file_of(bytes), &mut ledger).map_err(|error| {
        assert_eq!(ledger.usage().host_bytes, 0, "{error}");
        error.to_string()
    })?;
    match scan_all(&dataset, BATCH, &mut ledger) {
        Ok(mut all) => Ok(all.remove(0)),
        Err(ScanError::Dataset(error)) => Err(shown(error)),
        Err(ScanError::Fault(fault)) => Err(fault.to_string()),
    }
}

fn read(file: &Forged) -> Result<Cells, String> {
    read_within(&file.bytes(), Limits::default())
}

#[track_caller]
fn refused(change: impl Fn(&mut Forged), why: &str) {
    let mut file = Forged::new();
    change(&mut file);
    match read(&file) {
        Err(error) => assert!(error.contains(why), "refused for another reason: {error}"),
        Ok(cells) => panic!("it was read: {cells:?}"),
    }
}

fn texts(values: &[i64]) -> Cells {
    values.iter().map(|value| Some(value.to_string())).collect()
}

#[test]
fn the_honest_file_is_read() {
    assert_eq!(read(&Forged::new()), Ok(texts(&[1, 2, 3])));
}

/// Without `fn check`, `top_level` or `column_metadata` in `host/src/io/footer.rs`: places, numbers and the tree of the schema are
/// believed.
#[test]
fn footers_that_lie() {
    refused(|f| f.start = Some(3), "lies outside the file");
    refused(|f| f.start = Some(1 << 40), "lies outside the file");
    refused(|f| f.compressed = Some(1 << 20), "lies outside the file");
    refused(|f| f.compressed = Some(i64::MAX), "lies outside the file");
    refused(|f| f.other_file = true, "in other files");
    refused(|f| f.chunks = 2, "does not have all columns");
    refused(|f| f.chunks = 0, "does not have all columns");
    refused(|f| f.chunk_physical = 1, "another type than its column");
    refused(|f| f.values = 4, "more or fewer values");
    refused(|f| f.rows = 4, "do not add up");
    refused(|f| f.groups = 2, "do not add up");
    refused(|f| f.physical = 9, "unknown type");
    let leaf = || element("x", Some(2), 0, 0);
    let schema = |elements: Vec<Vec<u8>>| move |f: &mut Forged| f.schema = Some(elements.clone());
    refused(schema(vec![element("root", None, 0, 1), leaf(), leaf()]), "without a parent");
    refused(schema(vec![element("root", None, 0, 2), leaf()]), "ends too early");
    refused(schema(vec![]), "the schema is empty");
    let mut deep = vec![element("root", None, 0, 1)];
    deep.extend(vec![element("g", None, 0, 1); 40]);
    deep.push(leaf());
    refused(schema(deep), "nested too deeply");
    // A group with many leaves is one column, and many elements.
    let mut wide = vec![element("root", None, 0, 1), element("g", None, 0, 5)];
    wide.extend(vec![leaf(); 5]);
    let mut file = Forged::new();
    (file.schema, file.chunks) = (Some(wide), 5);
    let few = read_within(&file.bytes(), Limits::default().columns(1));
    assert_eq!(few, Err("column limit exceeded: used 7, allowed 1".to_owned()));
    // The footer is longer than what is before its length.
    let mut bytes = Forged::new().bytes();
    let at = bytes.len() - 8;
    let length = (bytes.len() as u32 - 11).to_le_bytes();
    bytes[at..at + 4].copy_from_slice(&length);
    assert_eq!(
        read_within(&bytes, Limits::default()),
        Err("it is damaged: the footer is longer than the file".to_owned())
    );
}

/// Without `MAX_CHUNKS` in `footer.rs`: a footer of some megabytes becomes a hundred times as much.
#[test]
fn footers_of_a_million_chunks() {
    let mut empty = Forged::new();
    (empty.pages, empty.group_rows, empty.rows) = (Vec::new(), 0, 0);
    (empty.chunks, empty.groups) = (0, (1 << 20) + 1);
    let error = read_within(&empty.bytes(), Limits::default()).expect_err("too many");
    assert!(error.contains("more than a million column chunks"), "{error}");
    (empty.chunks, empty.groups, empty.values) = ((1 << 20) + 1, 1, 0);
    let most = Limits::default().footer_bytes(1 << 30).host_bytes(1 << 30);
    let error = read_within(&empty.bytes(), most).expect_err("too many");
    assert!(error.contains("a row group has too many columns"), "{error}");
}

/// Without `sizes`, `fn count`, `levels_v2`, `MAX_HEADER` or `compressed != uncompressed` in `host/src/io/page.rs`: a page is larger than
/// what holds it.
#[test]
fn pages_that_lie() {
    let sized = |sizes| move |f: &mut Forged| f.pages[0].sizes = Some(sizes);
    refused(sized((16, 1 << 20)), "larger than its column chunk");
    refused(sized((-1, 16)), "larger than its column chunk");
    refused(sized((16, -1)), "larger than its column chunk");
    refused(sized((24, 16)), "two sizes but is not compressed");
    refused(|f| f.uncompressed = Some(23), "larger than its column chunk");
    // Headers count: what the pages alone have is not enough.
    refused(|f| f.uncompressed = Some(24), "larger than its column chunk");
    refused(|f| f.pages[0].values = -1, "negative number of values");
    refused(|f| f.pages[1].values = 2, "more values than its row group has rows");
    refused(|f| f.pages[1].values = 0, "ends before its rows do");
    refused(|f| f.pages[0].ballast = 2 << 20, "a page header is malformed");
    refused(|f| drop(f.pages.pop()), "ends before its rows do");
    refused(|f| f.codec = 3, "LZO");
    refused(|f| f.codec = 99, "unknown compression");
    let second = |levels| {
        move |f: &mut Forged| {
            f.pages[0].kind = 3;
            f.pages[0].levels = levels;
        }
    };
    refused(second((17, 0)), "levels that do not fit it");
    refused(second((-1, 0)), "levels that do not fit it");
    refused(second((0, 1)), "levels that do not fit it");
    refused(
        |f| {
            f.optional = true;
            f.pages[0].level_encoding = 4;
        },
        "bit-packed levels",
    );
}

/// A page of an optional column, every second value of which is there.
fn half() -> Page {
    let mut page = Page::plain(&[7]);
    // Two levels in one run of packed bits: 1, 0.
    page.body.splice(0..0, [2, 0, 0, 0, 0x03, 0x01]);
    page.values = 2;
    page
}

/// Without `nullable` in `read_part` of `column.rs`: code that was compiled for a column without missing values is given some.
#[test]
fn statistics_that_lie() {
    let mut file = Forged::new();
    (file.optional, file.pages, file.rows, file.group_rows, file.values) = (true, vec![half()], 2, 2, 2);
    assert_eq!(read(&file), Ok(vec![Some("7".to_owned()), None]));
    file.nulls = Some(0);
    let error = read(&file).expect_err("it has one");
    assert!(error.contains("has nulls where its statistics say that it has none"), "{error}");
    // A level that is none; levels that are longer than their page.
    file.nulls = None;
    file.pages[0].body[4..6].copy_from_slice(&[0x04, 0x02]);
    assert!(read(&file).expect_err("no level").contains("level out of range"));
    file.pages[0].body[0] = 200;
    assert!(read(&file).expect_err("too long").contains("ends before its values do"));
}

fn dictionary(entries: &[i64]) -> Page {
    Page { kind: 2, ..Page::plain(entries) }
}

/// Indices of two bits, packed.
fn indices(packed: u16) -> Page {
    let [low, high] = packed.to_le_bytes();
    let mut page = Page::plain(&[]);
    (page.values, page.encoding, page.body) = (3, 8, vec![2, 0x03, low, high]);
    page
}

/// Without a check of `Dictionary` or `gather` in `values.rs`: an entry that is not there is given out.
#[test]
fn dictionaries_that_lie() {
    let with = |pages: &[Page]| {
        let pages = pages.to_vec();
        move |f: &mut Forged| f.pages.clone_from(&pages)
    };
    let mut good = Forged::new();
    with(&[dictionary(&[10, 20]), indices(0b00_01_00)])(&mut good);
    assert_eq!(read(&good), Ok(texts(&[10, 20, 10])));
    refused(with(&[indices(0)]), "a dictionary that is not there");
    refused(with(&[dictionary(&[10]), dictionary(&[20]), indices(0)]), "two dictionaries");
    refused(with(&[dictionary(&[10, 20]), indices(0b00_10_00)]), "does not have");
    let mut short = dictionary(&[10, 20]);
    short.values = 3;
    refused(with(&[short.clone(), indices(0)]), "fewer entries than it says");
    short.values = i64::from(i32::MAX);
    refused(with(&[short, indices(0)]), "fewer entries than it says");
    let mut wide = indices(0);
    wide.body[0] = 33;
    refused(with(&[dictionary(&[10]), wide]), "more than 32 bits");
}

/// Without `reserve_host` in `io/page.rs`, `io/column.rs`, `io/values.rs`, `io/scan.rs` or `io/footer.rs`: memory is held that no ledger
/// knows of. Without `min(BATCH)` in `scan.rs` it grows with what the guest asks for.
#[test]
fn the_ledger_knows_all_that_is_held() {
    let many = 70_000;
    let mut file = Forged::new();
    let mut run = Page::plain(&[]);
    // One run: an index of two bits, again and again.
    (run.values, run.encoding, run.body) = (many, 8, vec![2]);
    run.body.extend(Thrift::new().varint(2 * many as u64).bytes.iter().chain(&[1]));
    file.pages = vec![dictionary(&[10, 20]), run];
    (file.rows, file.group_rows, file.values) = (many, many, many);
    let mut files = vec![file.bytes()];
    let (batch, _) = sample(5);
    files.push(write(&batch, properties().set_compression(Compression::SNAPPY)));
    files.push(write(&batch, properties().set_dictionary_enabled(false)));
    for bytes in files {
        let mut ledger = ledger();
        let dataset = Dataset::from_file(file_of(&bytes), &mut ledger).expect("a dataset");
        let footer = u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().expect("four"));
        assert_eq!(dataset.reserved(), 8 * u64::from(footer));
        assert_eq!(ledger.usage().host_bytes, dataset.reserved());
        let whole = u64::from(footer) + 8 > 16 << 10;
        let tail = (bytes.len() as u64).min(16 << 10);
        assert_eq!(ledger.usage().bytes_read, tail + if whole { u64::from(footer) } else { 0 });
        let numbers: Vec<usize> = (0..dataset.schema().columns.len()).collect();
        let mut scan = Scan::open(&dataset, &numbers, &mut ledger).expect("a scan");
        let mut memory = vec![0u8; 4 << 20];
        for number in 0..numbers.len() {
            for (part, place) in [1_u32 << 20, 0, 2 << 20, 0].iter().enumerate() {
                memory[16 * number + 4 * part..][..4].copy_from_slice(&place.to_le_bytes());
            }
        }
        let rows = scan.next(1 << 40, 0, &mut memory, &mut ledger).expect("rows");
        assert_eq!(rows as u64, dataset.rows().min(BATCH as u64));
        let read = tail + if whole { u64::from(footer) } else { 0 };
        assert!(ledger.usage().bytes_read >= read + 10 * numbers.len() as u64, "what is read is charged");
        let held = ledger.usage().host_bytes;
        assert_eq!(held, dataset.reserved() + scan.reserved(), "the ledger and the scan differ");
        assert!(scan.reserved() > numbers.len() as u64 * rows as u64, "flags and ends of a batch");
        let ended = Limits::default().deadline(std::time::Duration::ZERO);
        let late = scan.next(1, 0, &mut memory, &mut Ledger::new(ended.host_bytes(1 << 40)));
        assert!(dataset.rows() <= rows as u64 || late.is_err(), "the clock");
    }
}

/// Without the footer being charged in `read_footer`: what is read of a long footer is nobody's.
#[test]
fn a_long_footer_is_read_once_more_and_charged() {
    let mut file = Forged::new();
    let names =
        (0..400).map(|number| element(&format!("a column with a long name, {number}"), Some(2), 0, 0));
    file.schema = Some(std::iter::once(element("root", None, 0, 400)).chain(names).collect());
    file.chunks = 400;
    let bytes = file.bytes();
    let footer = u64::from(u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().expect("four")));
    assert!(footer > 16 << 10);
    let open = |most: u64| {
        let mut ledger = Ledger::new(Limits::default().bytes_read(most));
        Dataset::from_file(file_of(&bytes), &mut ledger).map(|_| ledger.usage().bytes_read)
    };
    assert_eq!(open(u64::MAX), Ok((16 << 10) + footer));
    assert!(matches!(open((16 << 10) + footer - 1), Err(DatasetError::Limit(_))));
    assert!(matches!(open((16 << 10) - 1), Err(DatasetError::Limit(_))));
}

fn plain_texts(texts: &[&[u8]]) -> Page {
    let body = texts.iter().flat_map(|text| [&(text.len() as u32).to_le_bytes(), *text].concat()).collect();
    Page { values: texts.len() as i64, body, ..Page::plain(&[]) }
}

/// What is read of a file of one column of texts.
fn read_texts(pages: Vec<Page>, rows: i64) -> Result<Cells, String> {
    let text = Thrift::new().int(1, 6).int(3, 0).binary(4, b"x").int(6, 0).done();
    let schema = Some(vec![element("root", None, 0, 1), text]);
    let file = Forged { pages, schema, physical: 6, chunk_physical: 6, ..Forged::new() };
    read(&Forged { rows, group_rows: rows, values: rows, ..file })
}

/// Without `bad_index` in `read_text` of `values.rs`: a text that is not in the dictionary is an empty one.
#[test]
fn texts_that_their_dictionary_does_not_have() {
    let with = |texts: &[&[u8]]| {
        let dictionary = Page { kind: 2, ..plain_texts(texts) };
        read_texts(vec![dictionary, indices(0b00_01_00)], 3)
    };
    let shown = |text: &str| Some(text.to_owned());
    assert_eq!(with(&[b"a", b"b"]), Ok(vec![shown("a"), shown("b"), shown("a")]));
    let why = with(&[b"a"]).expect_err("there is one text");
    assert!(why.contains("does not have"), "{why}");
}

/// Without `from_utf8`, or `is_char_boundary`, in `write_offsets` of `scan.rs`: a guest gets texts that are none, alone or
/// cut in the middle of a character.
#[test]
fn texts_that_are_no_texts_are_refused() {
    let with = |texts: &[&[u8]]| read_texts(vec![plain_texts(texts)], texts.len() as i64);
    let shown = |text: &str| Some(text.to_owned());
    assert_eq!(with(&["é".as_bytes(), b"", b"b"]), Ok(vec![shown("é"), shown(""), shown("b")]));
    let why = Err("it is damaged: a text is not UTF-8".to_owned());
    assert_eq!(with(&[b"a", b"\xff", b"b"]), why);
    assert_eq!(with(&[b"\xc3", b"\xa9"]), why, "one character over two texts");
}
