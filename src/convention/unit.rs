//! Units as papers and tools write them: `G`, `GFLOPs`, `million parameters`, `MiB`, `ms`, `亿次乘加`.

use super::figure::Quantity;

/// What stands behind a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Powers of ten that it stands for and nothing else: 9 in `billion`, −3 in `ms`.
    pub(crate) power_of_ten: i32,
    /// Powers of 1000 that a letter stands for, which some take for powers of 1024: 3 in `G`.
    pub(crate) thousands: u32,
    /// Whether they are of 1024 for sure: `Gi`.
    pub(crate) is_binary: bool,
    /// What is counted, if that is said.
    pub(crate) of: Option<Quantity>,
    /// `B` alone: a billion in papers, and a byte elsewhere.
    pub(crate) is_b: bool,
}

/// Words for powers of ten; longer ones before those they begin with.
const WORDS: [(&str, i32); 14] = [
    ("thousand", 3),
    ("millions", 6),
    ("million", 6),
    ("mio", 6),
    ("mn", 6),
    ("billions", 9),
    ("billion", 9),
    ("bn", 9),
    ("trillion", 12),
    ("千", 3),
    ("百万", 6),
    ("十亿", 9),
    ("万", 4),
    ("亿", 8),
];

/// Letters for powers of 1000, in either case.
const LETTERS: [(&str, u32); 5] = [("k", 1), ("m", 2), ("g", 3), ("b", 3), ("t", 4)];

/// Words for what is counted; longer ones before those they begin with.
const QUANTITIES: [(&str, Option<Quantity>); 41] = [
    ("parameters", Some(Quantity::Params)),
    ("parameter", Some(Quantity::Params)),
    ("params", Some(Quantity::Params)),
    ("param", Some(Quantity::Params)),
    ("weights", Some(Quantity::Params)),
    ("个参数", Some(Quantity::Params)),
    ("参数量", Some(Quantity::Params)),
    ("参数", Some(Quantity::Params)),
    ("multiply-accumulates", Some(Quantity::Macs)),
    ("multiply-accumulate operations", Some(Quantity::Macs)),
    ("multiply accumulates", Some(Quantity::Macs)),
    ("multiply-adds", Some(Quantity::Macs)),
    ("multiply-add", Some(Quantity::Macs)),
    ("multiply adds", Some(Quantity::Macs)),
    ("mult-adds", Some(Quantity::Macs)),
    ("mult-add", Some(Quantity::Macs)),
    ("multadds", Some(Quantity::Macs)),
    ("madds", Some(Quantity::Macs)),
    ("madd", Some(Quantity::Macs)),
    ("maccs", Some(Quantity::Macs)),
    ("macs", Some(Quantity::Macs)),
    ("mac", Some(Quantity::Macs)),
    ("次乘加运算", Some(Quantity::Macs)),
    ("次乘加", Some(Quantity::Macs)),
    ("乘加", Some(Quantity::Macs)),
    ("floating-point operations", Some(Quantity::Flops)),
    ("floating point operations", Some(Quantity::Flops)),
    ("flops", Some(Quantity::Flops)),
    ("flop", Some(Quantity::Flops)),
    ("次浮点运算", Some(Quantity::Flops)),
    ("浮点运算", Some(Quantity::Flops)),
    // Of which kind, these do not say.
    ("operations", None),
    ("ops", None),
    ("次运算", None),
    ("bytes", Some(Quantity::Bytes)),
    ("byte", Some(Quantity::Bytes)),
    ("字节", Some(Quantity::Bytes)),
    ("seconds", Some(Quantity::Seconds)),
    ("second", Some(Quantity::Seconds)),
    ("秒", Some(Quantity::Seconds)),
    ("毫秒", Some(Quantity::Seconds)),
];

/// Units that stand alone: of time, each in the case it has, and of a hundredth.
const ALONE: [(&str, i32, Option<Quantity>); 8] = [
    ("ms", -3, Some(Quantity::Seconds)),
    ("us", -6, Some(Quantity::Seconds)),
    ("µs", -6, Some(Quantity::Seconds)),
    ("μs", -6, Some(Quantity::Seconds)),
    ("ns", -9, Some(Quantity::Seconds)),
    ("毫秒", -3, Some(Quantity::Seconds)),
    ("s", 0, Some(Quantity::Seconds)),
    ("%", -2, None),
];

/// The unit at the start of `text`, which spaces may stand before, and where it ends; `None` if there is none.
pub(crate) fn unit(text: &str) -> Option<(Unit, usize)> {
    let start = spaces(text);
    let rest = &text[start..];
    for (name, power_of_ten, of) in ALONE {
        if rest.starts_with(name) && (name == "%" || ends(rest, name.len())) {
            return Some((Unit { power_of_ten, of, ..Unit::default() }, start + name.len()));
        }
    }
    let found = word(rest).or_else(|| letter(rest)).or_else(|| {
        let (of, length) = quantity(rest)?;
        Some((Unit { of, ..Unit::default() }, length))
    });
    found.map(|(unit, length)| (unit, start + length))
}

/// `billion`, `million parameters`, `亿次乘加`.
fn word(text: &str) -> Option<(Unit, usize)> {
    let &(name, power_of_ten) = WORDS.iter().find(|(name, _)| begins(text, name))?;
    let (of, length) = behind(text, name.len(), !name.is_ascii())?;
    Some((Unit { power_of_ten, of, ..Unit::default() }, length))
}

/// `G`, `Gi`, `GFLOPs`, `M params`, `MB`.
fn letter(text: &str) -> Option<(Unit, usize)> {
    let &(letter, thousands) = LETTERS.iter().find(|(letter, _)| begins(text, letter))?;
    let is_binary = text[1..].starts_with('i') && letter != "b";
    let after = 1 + usize::from(is_binary);
    let unit = Unit { thousands, is_binary, ..Unit::default() };
    // A capital, as bits have the small one.
    if text[after..].starts_with('B') && ends(text, after + 1) && letter != "b" {
        return Some((Unit { of: Some(Quantity::Bytes), ..unit }, after + 1));
    }
    let (of, length) = behind(text, after, true)?;
    Some((Unit { of, is_b: text.starts_with('B') && length == 1, ..unit }, length))
}

/// What is counted behind `start` bytes of `text`, if anything is said, and where that ends; `None` if the word goes on.
fn behind(text: &str, start: usize, may_be_joined: bool) -> Option<(Option<Quantity>, usize)> {
    let apart = spaces(&text[start..]);
    match quantity(&text[start + apart..]) {
        Some((of, length)) if apart > 0 || may_be_joined => Some((of, start + apart + length)),
        _ => (ends(text, start) || !text[..start].is_ascii()).then_some((None, start)),
    }
}

fn quantity(text: &str) -> Option<(Option<Quantity>, usize)> {
    let found = QUANTITIES.iter().find_map(|(name, of)| {
        let length = length_of(text, name)?;
        (ends(text, length) || !name.is_ascii()).then_some((*of, length))
    });
    // Bytes that nothing stands before are `B`, which is a billion: they have their own names.
    found
}

fn begins(text: &str, name: &str) -> bool {
    length_of(text, name).is_some()
}

/// Bytes of `text` that are `name`, in whatever case and with whatever dash.
fn length_of(text: &str, name: &str) -> Option<usize> {
    let mut written = text.char_indices();
    for wanted in name.chars() {
        let (_, c) = written.next()?;
        let is_dash = wanted == '-' && matches!(c, '–' | '‐' | '‑' | '−');
        if c.to_ascii_lowercase() != wanted && !is_dash {
            return None;
        }
    }
    Some(written.next().map_or(text.len(), |(at, _)| at))
}

/// Whether a word may end after so many bytes of `text`.
fn ends(text: &str, at: usize) -> bool {
    !text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i32, u32, bool, Option<Quantity>)> {
        let (unit, length) = unit(text)?;
        assert_eq!(length, text.len(), "{text}");
        Some((unit.power_of_ten, unit.thousands, unit.is_binary, unit.of))
    }

    #[test]
    fn units_are_as_papers_have_them() {
        use Quantity::{Bytes, Flops, Macs, Params, Seconds};
        for (written, expected) in [
            ("G", (0, 3, false, None)),
            ("GFLOPs", (0, 3, false, Some(Flops))),
            (" GMac", (0, 3, false, Some(Macs))),
            ("M params", (0, 2, false, Some(Params))),
            ("M Mult‐Adds", (0, 2, false, Some(Macs))),
            (" million parameters", (6, 0, false, Some(Params))),
            (" billion multiply–adds", (9, 0, false, Some(Macs))),
            ("MiB", (0, 2, true, Some(Bytes))),
            ("MB", (0, 2, false, Some(Bytes))),
            ("B", (0, 3, false, None)),
            (" GOPs", (0, 3, false, None)),
            ("ms", (-3, 0, false, Some(Seconds))),
            ("µs", (-6, 0, false, Some(Seconds))),
            ("%", (-2, 0, false, None)),
            (" FLOPs", (0, 0, false, Some(Flops))),
            (" 亿次乘加", (8, 0, false, Some(Macs))),
            ("万个参数", (4, 0, false, Some(Params))),
            ("毫秒", (-3, 0, false, Some(Seconds))),
        ] {
            assert_eq!(read(written), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_no_unit_is_none() {
        for written in ["", " ", "x", " zz", "Gx", "Bi", "i", "Mega", "mash", "macsy"] {
            assert_eq!(unit(written), None, "{written}");
        }
    }
}
