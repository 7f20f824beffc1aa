//! What is ours or the file's in an entry of a map, as it is written: `layer{i}/0`, `features.{2*i+1}`; and how it stands in a
//! name: as its beginning, or as parts of it, `layer1.{i}.conv1` for `layer1/{i}/sum/body/bottleneck/conv1/conv`.

use std::collections::BTreeMap;

use crate::text;
use crate::text::Text;

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Letters(String),
    /// `{2*i+1}`: a factor, the name, and what is added.
    Number(u64, String, i64),
}

/// How what is ours of an entry stands in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The name begins so.
    Beginning,
    /// Its parts stand in the name in their order, each as early as it can.
    Parts,
}

/// The numbers by their names.
type Numbers = BTreeMap<String, u64>;

/// The numbers with which `pieces` stand in `name`, and what is behind them: nothing, or a dot and the rest.
pub(super) fn fit<'n>(pieces: &[Piece], name: &'n str, how: How) -> Option<(Numbers, &'n str)> {
    let (numbers, rest) = match how {
        How::Beginning => strip(pieces, name, Numbers::new())?,
        How::Parts => strip_parts(pieces, name)?,
    };
    (rest.is_empty() || rest.starts_with('.')).then_some((numbers, rest))
}

/// What is behind `pieces` in a name that begins with them, of which some numbers may be known.
fn strip<'n>(pieces: &[Piece], name: &'n str, mut numbers: Numbers) -> Option<(Numbers, &'n str)> {
    let mut rest = name;
    for piece in pieces {
        match piece {
            Piece::Letters(letters) => rest = rest.strip_prefix(&**letters)?,
            Piece::Number(_, name, _) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let number: u64 = rest[..digits].parse().ok()?;
                if *numbers.entry(name.clone()).or_insert(number) != number {
                    return None;
                }
                rest = &rest[digits..];
            }
        }
    }
    Some((numbers, rest))
}

/// What is behind the last part of `pieces` in a name that has all of them as parts in their order.
fn strip_parts<'n>(pieces: &[Piece], name: &'n str) -> Option<(Numbers, &'n str)> {
    let (mut numbers, mut rest) = (Numbers::new(), name);
    for (index, wanted) in split(pieces).iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('.')?;
        }
        loop {
            let end = rest.find('.').unwrap_or(rest.len());
            let found = strip(wanted, &rest[..end], numbers.clone()).filter(|(_, left)| left.is_empty());
            rest = &rest[end..];
            if let Some((found, _)) = found {
                numbers = found;
                break;
            }
            rest = rest.strip_prefix('.')?;
        }
    }
    Some((numbers, rest))
}

/// The pieces of each part.
fn split(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let (mut parts, mut part) = (vec![], vec![]);
    for piece in pieces {
        match piece {
            Piece::Letters(letters) => {
                for (index, letters) in letters.split('.').enumerate() {
                    if index > 0 {
                        parts.push(std::mem::take(&mut part));
                    }
                    if !letters.is_empty() {
                        part.push(Piece::Letters(letters.to_owned()));
                    }
                }
            }
            Piece::Number(..) => part.push(piece.clone()),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// A name with numbers: `layer{i}/0`, `features.{2*i+1}`.
pub(super) fn pieces(written: &str) -> Result<Vec<Piece>, Text> {
    let (mut pieces, mut rest) = (vec![], written);
    while let Some((letters, after)) = rest.split_once('{') {
        let (inside, after) = after
            .split_once('}')
            .ok_or_else(|| text!("a `{{` is not closed in `{written}`", "`{written}` 中的 `{{` 没有闭合"))?;
        if !letters.is_empty() {
            pieces.push(Piece::Letters(letters.to_owned()));
        }
        pieces.push(number(inside).ok_or_else(|| {
            text!(
                "`{{{inside}}}` is no number: write `{{i}}`, `{{i+1}}` or `{{2*i+1}}`",
                "`{{{inside}}}` 不是编号:请写成 `{{i}}`、`{{i+1}}` 或 `{{2*i+1}}`"
            )
        })?);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Letters(rest.to_owned()));
    }
    Ok(pieces)
}

/// What stands between braces.
fn number(inside: &str) -> Option<Piece> {
    let inside: String = inside.chars().filter(|letter| !letter.is_whitespace()).collect();
    let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
    let factor = if digits == 0 { 1 } else { inside[..digits].parse().ok()? };
    let rest = &inside[digits..];
    let rest = if digits > 0 { rest.strip_prefix('*').unwrap_or(rest) } else { rest };
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, offset) = rest.split_at(length);
    let offset =
        if offset.is_empty() { 0 } else { offset.parse().ok().filter(|_| offset.starts_with(['+', '-']))? };
    (length > 0).then(|| Piece::Number(factor, name.to_owned(), offset))
}
