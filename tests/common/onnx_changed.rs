//! ONNX files with something changed in them: the fields of their messages, and now and then a byte.

use std::iter::repeat_n;

/// Numbers that are the same each time: Marsaglia's xorshift.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).unwrap()
    }
}

/// What a message may be, as far as its fields are looked into.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Function,
    Opset,
    Info,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What field of a message is which; what is not listed is bytes.
const FIELDS: &[(Kind, u64, Kind)] = &[
    (Kind::Model, 7, Kind::Graph),
    (Kind::Model, 8, Kind::Opset),
    (Kind::Model, 25, Kind::Function),
    (Kind::Graph, 1, Kind::Node),
    (Kind::Graph, 5, Kind::Tensor),
    (Kind::Graph, 11, Kind::Info),
    (Kind::Graph, 12, Kind::Info),
    (Kind::Graph, 13, Kind::Info),
    (Kind::Node, 5, Kind::Attribute),
    (Kind::Attribute, 5, Kind::Tensor),
    (Kind::Attribute, 6, Kind::Graph),
    (Kind::Function, 7, Kind::Node),
    (Kind::Function, 9, Kind::Opset),
    (Kind::Info, 2, Kind::Type),
    (Kind::Type, 1, Kind::TensorType),
    (Kind::TensorType, 2, Kind::Shape),
    (Kind::Shape, 1, Kind::Dimension),
];

/// Numbers that are odd to have somewhere.
const ODD: [i64; 22] = [
    0,
    1,
    -1,
    2,
    3,
    -2,
    4,
    5,
    7,
    8,
    16,
    64,
    100,
    4096,
    1 << 16,
    1 << 31,
    -(1 << 31),
    1_000_000_000,
    1 << 53,
    1 << 62,
    i64::MAX,
    i64::MIN,
];

#[derive(Clone)]
enum Value {
    Number(u64),
    Fixed(Vec<u8>),
    Bytes(Vec<u8>),
    Message(Message),
}

#[derive(Clone)]
struct Message {
    kind: Kind,
    fields: Vec<(u64, Value)>,
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn parse(mut bytes: &[u8], kind: Kind) -> Option<Message> {
    let mut fields = vec![];
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let mut take = |length: usize| {
            let (taken, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            Some(taken)
        };
        let value = match key & 7 {
            1 => Value::Fixed(take(8)?.to_vec()),
            5 => Value::Fixed(take(4)?.to_vec()),
            0 => Value::Number(varint(&mut bytes)?),
            2 => {
                let length = varint(&mut bytes)?;
                let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
                bytes = rest;
                match FIELDS.iter().find(|(of, field, _)| *of == kind && *field == key >> 3) {
                    Some(&(_, _, kind)) => Value::Message(parse(taken, kind)?),
                    None => Value::Bytes(taken.to_vec()),
                }
            }
            _ => return None,
        };
        fields.push((key >> 3, value));
    }
    Some(Message { kind, fields })
}

fn written(message: &Message) -> Vec<u8> {
    let mut all = vec![];
    for (field, value) in &message.fields {
        match value {
            Value::Number(number) => {
                put(&mut all, field << 3);
                put(&mut all, *number);
            }
            Value::Fixed(bytes) => {
                put(&mut all, field << 3 | if bytes.len() == 8 { 1 } else { 5 });
                all.extend(bytes);
            }
            Value::Bytes(bytes) => {
                put(&mut all, field << 3 | 2);
                put(&mut all, bytes.len() as u64);
                all.extend(bytes);
            }
            Value::Message(message) => {
                let bytes = written(message);
                put(&mut all, field << 3 | 2);
                put(&mut all, bytes.len() as u64);
                all.extend(bytes);
            }
        }
    }
    all
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// The messages at all depths, each as the places of the fields that lead to it.
fn places(message: &Message, so_far: &[usize], all: &mut Vec<Vec<usize>>) {
    if !message.fields.is_empty() {
        all.push(so_far.to_vec());
    }
    for (place, (_, value)) in message.fields.iter().enumerate() {
        if let Value::Message(inner) = value {
            places(inner, &[so_far, &[place]].concat(), all);
        }
    }
}

fn names(message: &Message, all: &mut Vec<Vec<u8>>) {
    for (field, value) in &message.fields {
        match value {
            Value::Bytes(bytes) if message.kind == Kind::Node && matches!(field, 1 | 2 | 4) => {
                all.push(bytes.clone());
            }
            Value::Message(inner) => names(inner, all),
            Value::Bytes(_) | Value::Number(_) | Value::Fixed(_) => {}
        }
    }
}

fn at<'m>(message: &'m mut Message, place: &[usize]) -> &'m mut Message {
    let [first, rest @ ..] = place else { return message };
    let Value::Message(inner) = &mut message.fields[*first].1 else { unreachable!("only messages lead on") };
    at(inner, rest)
}

/// The file with up to four changes; `None` if it is none.
pub(crate) fn changed(bytes: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut model = parse(bytes, Kind::Model)?;
    let mut known = vec![];
    names(&model, &mut known);
    for _ in 0..=random.below(4) {
        let mut all = vec![];
        places(&model, &[], &mut all);
        let message = at(&mut model, &all[random.below(all.len())]);
        let field = random.below(message.fields.len());
        match random.below(8) {
            0 => drop(message.fields.remove(field)),
            1 => {
                let copy = message.fields[field].clone();
                let to = random.below(message.fields.len());
                message.fields.insert(to, copy);
            }
            2 => {
                let to = random.below(message.fields.len());
                message.fields.swap(field, to);
            }
            _ => change(&mut message.fields[field].1, &known, random),
        }
    }
    let mut bytes = written(&model);
    if random.below(4) == 0 && !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    Some(bytes)
}

fn change(value: &mut Value, names: &[Vec<u8>], random: &mut Random) {
    let odd = ODD[random.below(ODD.len())];
    match value {
        Value::Number(number) => *number = odd.cast_unsigned(),
        Value::Fixed(bytes) => {
            let number = [0.0, -1.0, 1e38, f32::NAN, f32::INFINITY, 0.5][random.below(6)];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
        }
        // Names, lists of whole numbers of either writing, or other texts.
        Value::Bytes(bytes) => match random.below(5) {
            0 | 1 if !names.is_empty() => bytes.clone_from(&names[random.below(names.len())]),
            2 if bytes.len().is_multiple_of(8) && !bytes.is_empty() => {
                let at = random.below(bytes.len() / 8) * 8;
                bytes[at..at + 8].copy_from_slice(&odd.to_le_bytes());
            }
            3 => {
                let mut list = vec![];
                let mut rest = &bytes[..];
                while let Some(number) = varint(&mut rest) {
                    list.push(number);
                }
                match random.below(3) {
                    0 => drop(list.pop()),
                    1 => list.push(odd.cast_unsigned()),
                    _ if list.is_empty() => {}
                    _ => {
                        let at = random.below(list.len());
                        list[at] = odd.cast_unsigned();
                    }
                }
                bytes.clear();
                for number in list {
                    put(bytes, number);
                }
            }
            _ => *bytes = repeat_n(b'a', random.below(3)).collect(),
        },
        Value::Message(message) => message.fields.clear(),
    }
}
