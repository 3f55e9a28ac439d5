//! Parquet files, made by the writer of its own crate.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Date32Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::*;

/// A file with these columns, some rows in a group.
fn table(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    table_with(columns, WriterProperties::builder())
}

fn table_with(columns: Vec<(&str, ArrayRef)>, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = properties.set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn read(content: &[u8]) -> Vec<Outcome> {
    outcomes("x.parquet", content, &InputConfig::default())
}

fn pages(count: i64) -> Vec<u8> {
    let texts: StringArray = (0..count).map(|n| Some(format!("Page {n}.\nIts \"end\"."))).collect();
    let numbers: Int64Array = (0..count).map(|n| (n % 2 == 0).then_some(n)).collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..count).map(|n| Some(vec![Some(n as i32), None])),
    );
    table(vec![("number", Arc::new(numbers)), ("text", Arc::new(texts)), ("list", Arc::new(lists))])
}

#[test]
fn rows_are_pages_and_other_columns_their_metadata() {
    let read = read(&pages(1000));
    assert_eq!(read.len(), 1000);
    let one = read[7].as_ref().unwrap();
    assert_eq!((one.text.as_str(), one.id.as_str()), ("Page 7.\nIts \"end\".", "x.parquet#7"));
    assert_eq!(one.metadata.0, r#"{"number":null,"list":[7,null]}"#);
    assert_eq!(read[998].as_ref().unwrap().metadata.0, r#"{"number":998,"list":[998,null]}"#);
}

#[test]
fn reading_goes_on_at_any_row() {
    goes_on(&pages(3000), 3000);
    let mut damaged = pages(3000);
    damage(&mut damaged, 7);
    damage(&mut damaged, 21);
    let whole = outcomes("x.parquet", &damaged, &InputConfig::default()).len();
    assert!((2802..3000).contains(&whole), "{whole}");
    goes_on(&damaged, whole);
}

/// What comes of so many records is the same wherever reading begins.
fn goes_on(content: &[u8], count: usize) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.parquet");
    fs::write(&file, content).unwrap();
    let cfg = InputConfig::default();
    let inputs: Arc<[Input]> = discover(&[file.to_str().unwrap().to_owned()], &cfg).unwrap().into();
    let texts = |batches: Batches| -> Vec<String> {
        let of = |batch: Batch| {
            (0..batch.records.len())
                .map(|i| match parse(&batch, i, &inputs, &cfg) {
                    Ok(document) => document.text,
                    Err(reject) => format!("{} {}", reject.record, reject.message),
                })
                .collect::<Vec<_>>()
        };
        batches.flat_map(of).collect()
    };
    let all = texts(Batches::new(Arc::clone(&inputs), &cfg));
    assert_eq!(all.len(), count);
    let ends: Vec<Position> = Batches::new(Arc::clone(&inputs), &cfg).map(|batch| batch.end).collect();
    assert!(ends.len() > 1);
    for end in ends {
        let rest = texts(Batches::starting_at(end, Arc::clone(&inputs), &cfg));
        assert_eq!(rest, all[end.records() as usize..]);
    }
}

#[test]
fn texts_may_be_missing_and_of_other_string_types() {
    let texts = LargeStringArray::from(vec![Some("One."), None, Some("")]);
    let read = read(&table(vec![("text", Arc::new(texts))]));
    assert_eq!(read[0].as_ref().unwrap().text, "One.");
    assert_eq!((cause(&read[1]), cause(&read[2])), ("missing_text", "empty_text"));
}

#[test]
fn a_table_without_a_column_of_strings_is_rejected_once_and_says_what_it_has() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let none = read(&table(vec![("content", Arc::clone(&numbers))]));
    assert_eq!((none.len(), cause(&none[0])), (1, "missing_text"));
    assert!(message(&none[0]).contains("no column \"text\"; the columns are content"));
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])]);
    for column in [numbers, Arc::new(lists) as ArrayRef] {
        let other = read(&table(vec![("text", column)]));
        assert_eq!((other.len(), cause(&other[0])), (1, "text_not_a_string"));
    }
}

#[test]
fn damage_is_told_and_never_a_panic() {
    let whole = pages(500);
    for cut in [0, 3, 4, 100, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let read = read(&whole[..cut]);
        assert_eq!(cause(read.last().unwrap()), "corrupt_archive", "cut at {cut}");
    }
    // Bytes that are wrong may or may not be noticed; whatever comes out is a row or a reject.
    for at in (0..whole.len()).step_by(whole.len() / 300) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let _ = read(&damaged);
    }
    let footer = whole.len() - 8;
    for length in [0_u32, 1, 0x7fff_ffff, u32::MAX] {
        let mut damaged = whole.clone();
        damaged[footer..footer + 4].copy_from_slice(&length.to_le_bytes());
        assert_eq!(cause(read(&damaged).last().unwrap()), "corrupt_archive");
    }
}

/// A page of the text column turned to nonsense, in the given group.
fn damage(content: &mut [u8], group: usize) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let (start, length) = reader.metadata().row_group(group).column(1).byte_range();
    let (start, end) = (start as usize, (start + length) as usize);
    // The head of the page stays, which says how long it is.
    content[start + (end - start) / 2..end].fill(0xff);
}

#[test]
fn damage_costs_the_rest_of_its_group_and_nobody_else() {
    let mut damaged = pages(500);
    damage(&mut damaged, 2);
    let read = read(&damaged);
    let flaws: Vec<usize> = (0..read.len()).filter(|&at| read[at].is_err()).collect();
    let [at] = flaws[..] else { panic!("{flaws:?}") };
    assert!((200..300).contains(&at), "{at}");
    assert_eq!(cause(&read[at]), "corrupt_archive");
    let lost = 300 - at;
    assert!(
        message(&read[at]).ends_with(&format!("{lost} rows from here on are lost")),
        "{}",
        message(&read[at])
    );
    for (page, outcome) in (0..at).chain(300..500).zip(read.iter().filter(|outcome| outcome.is_ok())) {
        assert_eq!(outcome.as_ref().unwrap().id, format!("x.parquet#{page}"));
    }
    assert_eq!(read.len(), at + 1 + 200);
}

#[test]
fn a_value_that_is_no_text_costs_its_row_or_with_a_dictionary_its_group() {
    let texts: StringArray = (0..300).map(|n| Some(format!("Page number {n:03}."))).collect();
    let notes: StringArray = (0..300).map(|n| Some(format!("note {n:03}."))).collect();
    let columns: [(&str, ArrayRef); 2] = [("text", Arc::new(texts)), ("note", Arc::new(notes))];
    for has_dictionary in [false, true] {
        let plain = WriterProperties::builder().set_dictionary_enabled(has_dictionary);
        let mut content = table_with(columns.to_vec(), plain);
        for bad in [b"note 105.", b"note 106.", b"note 108.", b"note 199."] {
            let at: Vec<usize> = memchr::memmem::find_iter(&content, bad).collect();
            at.into_iter().for_each(|at| content[at + 4] = 0xff);
        }
        let read = read(&content);
        let lost: Vec<&Outcome> = read.iter().filter(|outcome| outcome.is_err()).collect();
        assert!(lost.iter().all(|outcome| cause(outcome) == "invalid_utf8"));
        let kept: Vec<&str> = read.iter().flatten().map(|document| document.text.as_str()).collect();
        let expected = |is_kept: fn(&u32) -> bool| -> Vec<String> {
            (0..300).filter(is_kept).map(|n| format!("Page number {n:03}.")).collect()
        };
        if has_dictionary {
            assert!(lost.len() == 1 && message(lost[0]).ends_with("100 rows from here on are lost"));
            assert_eq!(kept, expected(|n| !(100..200).contains(n)));
        } else {
            assert_eq!(kept, expected(|n| ![105, 106, 108, 199].contains(n)));
        }
    }
}

#[test]
fn what_is_packed_in_a_dictionary_is_bounded_too() {
    let long = "All work and no play. ".repeat(1000);
    let texts: StringArray = std::iter::repeat_n(Some(long.as_str()), 1000).collect();
    let bound = InputConfig { max_ratio: 20, unpack_freely: Size::mebibytes(1), ..InputConfig::default() };
    let read = outcomes("x.parquet", &table(vec![("text", Arc::new(texts))]), &bound);
    let (last, before) = read.split_last().unwrap();
    assert_eq!(cause(last), "inflates_too_far");
    assert!(before.len() > 10 && before.iter().all(Result::is_ok), "{}", before.len());
}

#[test]
fn columns_without_a_form_in_json_are_carried_in_one() {
    let texts = StringArray::from(vec!["One.", "Two."]);
    let mut counts = MapBuilder::new(None, Int64Builder::new(), StringBuilder::new());
    for (key, value) in [(7, Some("a")), (8, None)] {
        counts.keys().append_value(key);
        match value {
            Some(value) => counts.values().append_value(value),
            None => counts.values().append_null(),
        }
    }
    counts.append(true).unwrap();
    counts.append(false).unwrap();
    let days = Date32Array::from(vec![0, i32::MAX]);
    let read = read(&table(vec![
        ("text", Arc::new(texts)),
        ("counts", Arc::new(counts.finish())),
        ("day", Arc::new(days)),
    ]));
    let metadata = |at: usize| read[at].as_ref().unwrap().metadata.0.clone();
    assert_eq!(metadata(0), r#"{"counts":{"7":"a","8":null},"day":"1970-01-01"}"#);
    assert_eq!(metadata(1), r#"{"counts":null,"day":2147483647}"#);
}

#[test]
fn a_table_that_inflates_too_far_is_refused() {
    let texts: StringArray = std::iter::repeat_n(Some("a".repeat(1 << 20)), 20).collect();
    let batch = RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(parquet::basic::Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let bomb = writer.into_inner().unwrap();
    let bound = InputConfig { unpack_freely: Size::mebibytes(1), ..InputConfig::default() };
    let read = outcomes("x.parquet", &bomb, &bound);
    assert_eq!((read.len(), cause(&read[0])), (1, "inflates_too_far"));
}

#[test]
fn a_row_that_is_too_long_is_rejected_alone() {
    let long = "x".repeat(5000);
    let texts = StringArray::from(vec!["One.", long.as_str(), "Two."]);
    let small = InputConfig { max_record: Size::bytes(1000), ..InputConfig::default() };
    let read = outcomes("x.parquet", &table(vec![("text", Arc::new(texts))]), &small);
    assert_eq!(cause(&read[1]), "record_too_large");
    assert_eq!(read[2].as_ref().unwrap().text, "Two.");
}
