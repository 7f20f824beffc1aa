//! Devices as data: those that come with cnncost, and a user's own.

use std::collections::BTreeMap;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue, Deserializer};
use serde::Deserialize;

use super::toml::hidden;
use super::{bounded, invalid};
use crate::analyze::roofline::Device;
use crate::error::{Code, Diagnostic, ReadError};
use crate::text;
use crate::text::one_line;

/// The devices that come with cnncost.
const BUNDLED: &str = include_str!("devices.toml");

/// The devices that come with cnncost, by name.
pub fn bundled() -> Vec<Device> {
    parse("devices.toml", BUNDLED).expect("a test reads the bundled devices")
}

/// The names of those that come with cnncost, in order: what `--help` lists without reading the whole file.
pub fn names() -> Vec<&'static str> {
    let headings = BUNDLED.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let mut names: Vec<_> = headings.collect();
    names.sort_unstable();
    names
}

/// The devices of a file, each a table under its name, as in
///
/// ```
/// let text = r#"
/// [board]
/// memory_bytes = 4_000_000_000
/// bandwidth_bytes_per_second = 25.6e9
/// peak_flops = { f32 = 236e9, f16 = 472e9 }
/// "#;
/// let devices = cnncost::read::devices::parse("board.toml", text)?;
/// assert_eq!(devices[0].peak(cnncost::shape::ElementType::F16), Some(472e9));
/// # Ok::<(), cnncost::error::ReadError>(())
/// ```
pub fn parse(name: &str, text: &str) -> Result<Vec<Device>, ReadError> {
    let source = bounded(name, text)?;
    let text = &*source.text;
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let mistake = no_devices(&error, text);
            return Err(invalid(source, vec![mistake]));
        }
    };
    if table.get_ref().is_empty() {
        let message = text!("there is no device in this file", "文件中没有设备");
        let help =
            text!("a device is a table under its name: `[board]`", "每个设备是以其名称为题的表:`[board]`");
        return Err(invalid(source, vec![Diagnostic::nowhere(Code::Empty, message).help(help)]));
    }
    let mut mistakes = vec![];
    for (name, entry) in table.get_ref() {
        mistakes.extend(hidden(name.get_ref(), name.span()));
        check(entry, &mut mistakes);
        let peaks = entry.get_ref().get("peak_flops");
        if let Some(peaks) = peaks.filter(|peaks| peaks.get_ref().as_table().is_some_and(DeTable::is_empty)) {
            let message = text!("there is no peak for any type", "没有给出任何类型的峰值");
            let help =
                text!("as in `peak_flops = {{ f32 = 8.1e12 }}`", "例如 `peak_flops = {{ f32 = 8.1e12 }}`");
            mistakes.push(Diagnostic::new(Code::MissingKey, message, peaks.span()).help(help));
        }
    }
    let devices = match BTreeMap::<String, Device>::deserialize(Deserializer::from(table)) {
        Ok(devices) => devices,
        Err(error) => {
            let mistake = no_devices(&error, text);
            return Err(invalid(source, vec![mistake]));
        }
    };
    if !mistakes.is_empty() {
        return Err(invalid(source, mistakes));
    }
    Ok(devices.into_iter().map(|(name, device)| Device { name, ..device }).collect())
}

fn no_devices(error: &::toml::de::Error, text: &str) -> Diagnostic {
    let message = one_line(error.message());
    let message = text!("this is no file of devices: {message}", "这不是设备文件:{message}");
    Diagnostic::new(Code::WrongFile, message, error.span().unwrap_or(0..text.len()))
}

/// Every number is one that a device can have, so that every count of 128 bits, and sums of them, take a finite time; and
/// nothing in a text is hidden.
#[expect(clippy::cast_precision_loss, reason = "whether it is below 1 is looked at")]
fn check(value: &Spanned<DeValue<'_>>, mistakes: &mut Vec<Diagnostic>) {
    let number = match value.get_ref() {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
        }
        DeValue::String(text) => {
            mistakes.extend(hidden(text, value.span()));
            None
        }
        DeValue::Table(table) => {
            return table.iter().for_each(|(_, value)| check(value, mistakes));
        }
        DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) => None,
    };
    if let Some(number) = number.filter(|number| !(number.is_finite() && *number >= 1.0)) {
        let message = text!(
            "must be finite and at least 1, and is {number:?}",
            "必须是不小于 1 的有限数,这里是 {number:?}"
        );
        mistakes.push(Diagnostic::new(Code::WrongValue, message, value.span()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[test]
    fn every_bundled_device_has_a_source() {
        let devices = bundled();
        assert!(devices.len() >= 10);
        assert!(devices.iter().all(|device| !device.source.is_empty() && device.peaks.f32.is_some()));
        assert_eq!(names(), devices.iter().map(|device| &*device.name).collect::<Vec<_>>());
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        let error = |text: &str| parse("d.toml", text).unwrap_err().render(Language::English, false, 80);
        let device = "[a]\nmemory_bytes = 1\nbandwidth_bytes_per_second = -2.0\npeak_flops = { f32 = 0.0 }\n";
        let text = error(device);
        assert!(text.contains("at least 1, and is -2") && text.contains("at least 1, and is 0"), "{text}");
        assert!(text.contains("d.toml:3:30") && text.contains("d.toml:4:22"), "{text}");
        let tiny = device.replace("-2.0", "5e-324");
        assert!(error(&tiny).contains("at least 1, and is 5e-324"), "{}", error(&tiny));
        let hostile = device.replace("[a]", "['\u{202e}']");
        assert!(
            error(&hostile).contains("U+202E") && error(&hostile).contains("d.toml:1:2"),
            "{}",
            error(&hostile)
        );
        assert!(error("[a]\nmemory = 1").contains("unknown field `memory`"));
        assert!(error("").contains("there is no device in this file"));
        let none = "[a]\nmemory_bytes = 1\nbandwidth_bytes_per_second = 2.0\npeak_flops = {}\n";
        assert!(error(none).contains("there is no peak for any type"));
    }
}
