//! What stands behind options, read: sizes, counts, assignments; what is wrong with one is said in each language.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::input::Assignment;
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// Sizes of a tensor, without the batch.
#[derive(Clone, Debug)]
pub(super) struct Sizes(pub(super) Vec<u64>);

/// `3x224x224`, or with `×`, commas, spaces or brackets.
pub(super) fn sizes(written: &str) -> Result<Sizes, Text> {
    let inside = written.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
    let size = |part: &str| {
        let part = part.trim();
        let number = part.parse().ok().filter(|&size| size > 0);
        number.ok_or_else(|| match part {
            "" => text!("a size is missing: sizes are as in 3x224x224", "缺少一个尺寸:写法如 3x224x224"),
            _ => {
                text!("`{part}` is no size: sizes are as in 3x224x224", "`{part}` 不是尺寸:写法如 3x224x224")
            }
        })
    };
    inside.split(['x', 'X', '×', '*', ',']).map(size).collect::<Result<_, _>>().map(Sizes)
}

/// A count of at least 1, of which there is one.
pub(super) fn count(written: &str) -> Result<u64, Text> {
    let parts: Vec<_> = written.split([',', ' ']).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 && parts.iter().all(|part| part.parse::<u64>().is_ok()) {
        return Err(text!(
            "one number is taken here; `compare` and `bench` take several",
            "此处只接受一个数;`compare` 和 `bench` 可接受多个"
        ));
    }
    each_count(written)
}

/// A count of at least 1, one of several.
pub(super) fn each_count(written: &str) -> Result<u64, Text> {
    match written.parse() {
        Ok(0) => Err(text!("it is a whole number of at least 1", "应是不小于 1 的整数")),
        Ok(count) => Ok(count),
        Err(_) if is_digits(written) => {
            Err(text!("it is at most 18446744073709551615", "不得超过 18446744073709551615"))
        }
        Err(_) => Err(text!("it is a whole number of at least 1", "应是不小于 1 的整数")),
    }
}

/// Threads: from 1 to 1024.
#[cfg(feature = "run")]
pub(super) fn threads(written: &str) -> Result<u16, Text> {
    let number = written.parse().ok().filter(|threads| (1..=1024).contains(threads));
    number.ok_or_else(|| text!("it is a whole number from 1 to 1024", "应是 1 到 1024 的整数"))
}

/// Any whole number from 0.
#[cfg(feature = "run")]
pub(super) fn number(written: &str) -> Result<u64, Text> {
    written.parse().map_err(|_| text!("it is a whole number of at least 0", "应是不小于 0 的整数"))
}

/// A type of numbers, by its name.
pub(super) fn element_type() -> impl TypedValueParser<Value = ElementType> {
    let names = PossibleValuesParser::new(ElementType::OF_NETWORKS.map(ElementType::name));
    names.map(|name| {
        ElementType::OF_NETWORKS.into_iter().find(|known| known.name() == name).unwrap_or_default()
    })
}

/// `width=0.5`, or `narrow:width=0.5` for one of several networks.
pub(super) fn assignment(written: &str) -> Result<Assignment<String>, Text> {
    let parts = written.split_once('=');
    let (name, value) =
        parts.ok_or_else(|| text!("it is NAME=VALUE, as in width=0.5", "写法是 名称=值,例如 width=0.5"))?;
    let (side, name) = sided(name);
    Ok(Assignment { side, name, value: value.trim().to_owned() })
}

/// `height=640`, or `detector:height=640` for one of several networks.
pub(super) fn dimension(written: &str) -> Result<Assignment<u64>, Text> {
    let parts = written.rsplit_once('=');
    let (name, value) = parts
        .ok_or_else(|| text!("it is NAME=SIZE, as in height=640", "写法是 名称=尺寸,例如 height=640"))?;
    let (side, name) = sided(name);
    Ok(Assignment { side, name, value: each_count(value.trim())? })
}

/// The network that stands before a name, and the name.
fn sided(written: &str) -> (Option<String>, String) {
    let (side, name) = written.rsplit_once(':').map_or((None, written), |(side, name)| (Some(side), name));
    (side.map(|side| side.trim().to_owned()), name.trim().to_owned())
}

fn is_digits(written: &str) -> bool {
    !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_each_spelling() {
        for written in ["3x32x16", "3X32X16", "3×32×16", "3,32,16", "[3, 32, 16]", "(3, 32, 16)", " 3x32x16 "]
        {
            assert_eq!(sizes(written).map(|sizes| sizes.0), Ok(vec![3, 32, 16]), "{written}");
        }
        let wrong = |written| sizes(written).map(|sizes| sizes.0).unwrap_err().english;
        assert_eq!(wrong(""), "a size is missing: sizes are as in 3x224x224");
        assert_eq!(wrong("3x0x3"), "`0` is no size: sizes are as in 3x224x224");
        assert_eq!(wrong("3x32px"), "`32p` is no size: sizes are as in 3x224x224");
    }

    #[test]
    fn a_count_is_one_number() {
        assert_eq!(count("8"), Ok(8));
        assert!(count("1,8").unwrap_err().english.starts_with("one number is taken here"));
        for wrong in ["0", "-1", "1.5", "x", "", "8,"] {
            assert_eq!(count(wrong).unwrap_err().english, "it is a whole number of at least 1", "{wrong}");
        }
    }
}
