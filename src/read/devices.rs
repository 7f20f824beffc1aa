//! Devices as data: those that come with cnncost, and a user's own.

use std::collections::BTreeMap;

use ::toml::Spanned;
use serde::Deserialize;

use super::toml::hidden;
use super::{bounded, invalid};
use crate::analyze::roofline::Device;
use crate::error::{Code, Diagnostic, ReadError};
use crate::text;
use crate::text::one_line;

/// The devices that come with cnncost.
const BUNDLED: &str = include_str!("devices.toml");

/// A device as it stands in a file, under its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    about: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
    memory_bytes: u64,
    weight_memory_bytes: Option<u64>,
    largest_piece_bytes: Option<u64>,
    bandwidth_bytes_per_second: Spanned<f64>,
    peak_flops: Spanned<Peaks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Peaks {
    f32: Option<Spanned<f64>>,
    f16: Option<Spanned<f64>>,
    bf16: Option<Spanned<f64>>,
    i8: Option<Spanned<f64>>,
}

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
    let entries: BTreeMap<Spanned<String>, Entry> = match ::toml::from_str(text) {
        Ok(entries) => entries,
        Err(error) => {
            let message = one_line(error.message());
            let message = text!("this is no file of devices: {message}", "这不是设备文件:{message}");
            let span = error.span().unwrap_or(0..text.len());
            return Err(invalid(source, vec![Diagnostic::new(Code::WrongFile, message, span)]));
        }
    };
    if entries.is_empty() {
        let message = text!("there is no device in this file", "文件中没有设备");
        let help =
            text!("a device is a table under its name: `[board]`", "每个设备是以其名称为题的表:`[board]`");
        return Err(invalid(source, vec![Diagnostic::nowhere(Code::Empty, message).help(help)]));
    }
    let mut mistakes = vec![];
    let devices = entries.into_iter().map(|(name, entry)| device(name, entry, &mut mistakes)).collect();
    if mistakes.is_empty() { Ok(devices) } else { Err(invalid(source, mistakes)) }
}

fn device(name: Spanned<String>, entry: Entry, mistakes: &mut Vec<Diagnostic>) -> Device {
    let texts = [Some(&name), entry.about.as_ref(), entry.source.as_ref()];
    mistakes.extend(texts.into_iter().flatten().filter_map(|text| hidden(text.get_ref(), text.span())));
    // So that every count of 128 bits, and sums of them, take a finite time.
    let mut positive = |value: Spanned<f64>| {
        let (number, span) = (*value.get_ref(), value.span());
        if !(number.is_finite() && number >= 1.0) {
            let message = text!(
                "must be finite and at least 1, and is {number:?}",
                "必须是不小于 1 的有限数,这里是 {number:?}"
            );
            mistakes.push(Diagnostic::new(Code::WrongValue, message, span));
        }
        number
    };
    let bandwidth = positive(entry.bandwidth_bytes_per_second);
    let span = entry.peak_flops.span();
    let Peaks { f32, f16, bf16, i8 } = entry.peak_flops.into_inner();
    let [f32_peak, f16_peak, bf16_peak, i8_peak] = [f32, f16, bf16, i8].map(|peak| peak.map(&mut positive));
    if [f32_peak, f16_peak, bf16_peak, i8_peak] == [None; 4] {
        let message = text!("there is no peak for any type", "没有给出任何类型的峰值");
        let help = text!("as in `peak_flops = {{ f32 = 8.1e12 }}`", "例如 `peak_flops = {{ f32 = 8.1e12 }}`");
        mistakes.push(Diagnostic::new(Code::MissingKey, message, span).help(help));
    }
    Device {
        name: name.into_inner(),
        about: entry.about.map_or_else(String::new, Spanned::into_inner),
        source: entry.source.map_or_else(String::new, Spanned::into_inner),
        memory_bytes: entry.memory_bytes,
        weight_memory_bytes: entry.weight_memory_bytes,
        largest_piece_bytes: entry.largest_piece_bytes,
        bandwidth,
        f32_peak,
        f16_peak,
        bf16_peak,
        i8_peak,
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
        assert!(devices.iter().all(|device| !device.source.is_empty() && device.f32_peak.is_some()));
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
