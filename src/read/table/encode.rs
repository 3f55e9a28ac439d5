//! Columns of a table as JSON, by the encoder of arrow-json, but for two kinds of which it does not write every value: maps, whose
//! keys may be no strings, and dates and times, which may be none.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, MapArray, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{LineDelimited, NullableEncoder, WriterBuilder, make_encoder};
use arrow_json::{Encoder, EncoderFactory, EncoderOptions};
use arrow_schema::{ArrowError, DataType, FieldRef};

use crate::json::put_string;

/// Writes rows as JSON lines, empty fields as null.
pub(super) fn write_lines(rows: &RecordBatch, lines: &mut Vec<u8>) -> Result<(), ArrowError> {
    let builder = WriterBuilder::new().with_explicit_nulls(true).with_encoder_factory(Arc::new(Rest));
    let mut writer = builder.build::<_, LineDelimited>(lines);
    writer.write(rows)?;
    writer.finish()
}

#[derive(Debug)]
struct Rest;

impl EncoderFactory for Rest {
    fn make_default_encoder<'a>(
        &self,
        field: &'a FieldRef,
        array: &'a dyn Array,
        options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Map(..) => {
                let map = array.as_map();
                let of = |array: &'a _| make_encoder(field, array, options);
                let (keys, values) = (of(map.keys())?, of(map.values())?);
                Box::new(Entries { map, keys, values, key: Vec::new() })
            }
            kind if kind.is_temporal() => Box::new(Moments {
                formatter: ArrayFormatter::try_new(array, &FormatOptions::new()).ok(),
                array,
            }),
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// Maps, as objects: a key that is no string becomes its JSON in one.
struct Entries<'a> {
    map: &'a MapArray,
    keys: NullableEncoder<'a>,
    values: NullableEncoder<'a>,
    key: Vec<u8>,
}

impl Encoder for Entries<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let offsets = self.map.value_offsets();
        out.push(b'{');
        for entry in offsets[index] as usize..offsets[index + 1] as usize {
            if entry > offsets[index] as usize {
                out.push(b',');
            }
            self.key.clear();
            put(&mut self.keys, entry, &mut self.key);
            if self.key.starts_with(b"\"") {
                out.extend_from_slice(&self.key);
            } else {
                put_string(out, &self.key);
            }
            out.push(b':');
            put(&mut self.values, entry, out);
        }
        out.push(b'}');
    }
}

fn put(encoder: &mut NullableEncoder<'_>, index: usize, out: &mut Vec<u8>) {
    if encoder.is_null(index) {
        out.extend_from_slice(b"null");
    } else {
        encoder.encode(index, out);
    }
}

/// Dates and times, as text; outside what the calendar has, and in time zones that nobody knows, as the number they are.
struct Moments<'a> {
    formatter: Option<ArrayFormatter<'a>>,
    array: &'a dyn Array,
}

impl Encoder for Moments<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        if let Some(formatter) = &self.formatter
            && let Ok(text) = formatter.value(index).try_to_string()
        {
            put_string(out, text.as_bytes());
        } else if let Some(number) = number(self.array, index) {
            write!(out, "{number}").expect("memory can be written");
        } else {
            out.extend_from_slice(b"null");
        }
    }
}

/// What stands for a moment. It is taken as it lies there: the kernels that cast any type to any other have four megabytes.
fn number(array: &dyn Array, index: usize) -> Option<i64> {
    let data = array.to_data();
    match array.data_type().primitive_width()? {
        4 => data.buffer::<i32>(0).get(index).copied().map(i64::from),
        8 => data.buffer::<i64>(0).get(index).copied(),
        _ => None,
    }
}
