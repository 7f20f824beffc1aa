//! Settings of operators.

use std::sync::Arc;

use super::graph;
use super::tensor::tensor;
use crate::read::onnx::messages::{Attribute, AttributeValue};
use crate::read::onnx::wire::{Field, Mistake, Outcome, Wire, mistake, shown};
use crate::text;

/// Which type of `AttributeProto` has its value in which field.
const TYPES: [(u32, i32); 14] = [
    (2, FLOAT),
    (3, INT),
    (4, TEXT),
    (5, TENSOR),
    (6, GRAPH),
    (7, FLOATS),
    (8, INTS),
    (9, TEXTS),
    (10, 9),
    (11, 10),
    (14, 13),
    (15, 14),
    (22, 11),
    (23, 12),
];
const FLOAT: i32 = 1;
const INT: i32 = 2;
const TEXT: i32 = 3;
const TENSOR: i32 = 4;
const GRAPH: i32 = 5;
const FLOATS: i32 = 6;
const INTS: i32 = 7;
const TEXTS: i32 = 8;

/// Bytes of a word; what is longer is something else, which nobody here reads.
const LONGEST_TEXT: u64 = 1 << 20;

/// What the fields of a setting have held so far.
#[derive(Default)]
struct Written {
    name: Arc<str>,
    reference: Arc<str>,
    /// The type that it says it has; that of its values, and 0 if there are none.
    says: i32,
    holds: i32,
    value: Option<AttributeValue>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    texts: Vec<Arc<str>>,
}

/// A setting of an operator that lies so deep in bodies of branches and loops.
pub(super) fn attribute(wire: &mut Wire<'_>, end: u64, depth: u32) -> Outcome<Attribute> {
    let at = wire.at();
    let mut written = Written::default();
    wire.each(end, |wire, field| {
        match field.number {
            1 => written.name = wire.name(field.end()?)?,
            20 => written.says = field.int32()?,
            21 => written.reference = wire.name(field.end()?)?,
            number => {
                if let Some(&(_, holds)) = TYPES.iter().find(|&&(field, _)| field == number) {
                    written.hold(holds, field)?;
                    written.read(wire, field, depth)?;
                }
            }
        }
        Ok(())
    })?;
    written.attribute(at)
}

impl Written {
    /// Notes what type a value is of: all are of one, and those that aren't in a list are alone.
    fn hold(&mut self, holds: i32, field: Field) -> Outcome {
        let is_second = self.holds != 0 && (self.holds != holds || self.value.is_some());
        self.holds = holds;
        if is_second { Err(self.mistake(field.at)) } else { Ok(()) }
    }

    fn read(&mut self, wire: &mut Wire<'_>, field: Field, depth: u32) -> Outcome {
        match self.holds {
            FLOAT => self.value = Some(AttributeValue::Float(field.float()?)),
            INT => self.value = Some(AttributeValue::Int(field.int()?)),
            TEXT => self.value = Some(text(wire, field)?.map_or(AttributeValue::Other, AttributeValue::Text)),
            TENSOR => {
                let tensor = tensor(wire, field.end()?)?;
                self.value = Some(AttributeValue::Tensor(wire.shared(tensor)?));
            }
            GRAPH => {
                let graph = graph(wire, field.end()?, depth + 1)?;
                self.value = Some(AttributeValue::Graph(wire.shared(graph)?));
            }
            FLOATS => floats(wire, field, &mut self.floats)?,
            INTS => ints(wire, field, &mut self.ints)?,
            TEXTS => {
                let at = field.at;
                let text = text(wire, field)?
                    .ok_or_else(|| mistake(at, text!("this word is too long", "这个字符串过长")))?;
                wire.push(&mut self.texts, text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn attribute(self, at: u64) -> Outcome<Attribute> {
        if !self.reference.is_empty() {
            return Ok(Attribute { name: self.name, value: AttributeValue::Reference(self.reference) });
        }
        // Files of the oldest format don't say a type.
        let kind = if self.says == 0 { self.holds } else { self.says };
        let is_nothing = self.holds == 0;
        if !is_nothing && self.holds != kind {
            return Err(self.mistake(at));
        }
        // A writer may leave out what is 0 or empty.
        let value = match kind {
            FLOAT if is_nothing => AttributeValue::Float(0.0),
            INT if is_nothing => AttributeValue::Int(0),
            TEXT if is_nothing => AttributeValue::Text(Arc::default()),
            TENSOR | GRAPH if is_nothing => return Err(self.mistake(at)),
            FLOATS => AttributeValue::Floats(self.floats),
            INTS => AttributeValue::Ints(self.ints),
            TEXTS => AttributeValue::Texts(self.texts),
            _ => self.value.unwrap_or(AttributeValue::Other),
        };
        Ok(Attribute { name: self.name, value })
    }

    fn mistake(&self, at: u64) -> Mistake {
        let name = shown(&self.name);
        let why = text!(
            "the attribute `{name}` holds something else than it says, or two values",
            "属性 `{name}` 的内容与其类型不符,或有两个值"
        );
        mistake(at, why)
    }
}

/// A word, unless it is very long.
fn text(wire: &mut Wire<'_>, field: Field) -> Outcome<Option<Arc<str>>> {
    let end = field.end()?;
    if end.saturating_sub(wire.at()) > LONGEST_TEXT {
        return Ok(None);
    }
    let bytes = wire.bytes(end)?;
    // What is not UTF-8 grows when it is replaced.
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(wire.shared_text(&text)?))
}

fn floats(wire: &mut Wire<'_>, field: Field, floats: &mut Vec<f32>) -> Outcome {
    if field.bits().is_some() {
        return wire.push(floats, field.float()?);
    }
    let end = field.end()?;
    while wire.at() < end {
        let float = f32::from_le_bytes(wire.fixed(end)?);
        wire.push(floats, float)?;
    }
    Ok(())
}

/// Whole numbers, alone or packed.
pub(super) fn ints(wire: &mut Wire<'_>, field: Field, ints: &mut Vec<i64>) -> Outcome {
    if field.bits().is_some() {
        return wire.push(ints, field.int()?);
    }
    let end = field.end()?;
    while wire.at() < end {
        let int = wire.varint(end)?.cast_signed();
        wire.push(ints, int)?;
    }
    Ok(())
}
