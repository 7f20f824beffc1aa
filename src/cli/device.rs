//! Devices as they are written on the command line: a bundled one, or one of a file.

use std::path::Path;

use super::input::read_file;
use crate::analyze::roofline::{Device, Roofline};
use crate::error::{ReadError, did_you_mean};
use crate::read::devices;
use crate::report::Subject;
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// The names of the devices that come with cnncost.
pub(super) fn bundled_names() -> Vec<String> {
    devices::bundled().into_iter().map(|device| device.name).collect()
}

/// The device that `written` calls: `t4`, `board.toml`, `boards.toml@nano`.
pub(super) fn find(written: &str) -> Result<Device, ReadError> {
    let (path, name) = match written.rsplit_once('@') {
        Some((path, name)) if !Path::new(written).exists() => (path, Some(name)),
        Some(_) | None => (written, None),
    };
    let is_file = path.contains(['/', '\\', '.']) || Path::new(path).exists();
    let (known, wanted) = if is_file {
        (devices::parse(path, &read_file(path)?)?, name)
    } else {
        (devices::bundled(), Some(written))
    };
    let names: Vec<String> = known.iter().map(|device| device.name.clone()).collect();
    let found = match wanted {
        Some(wanted) => known.into_iter().find(|device| device.name == wanted),
        None if names.len() == 1 => known.into_iter().next(),
        None => None,
    };
    found.ok_or_else(|| unknown(written, wanted, &names))
}

fn unknown(written: &str, wanted: Option<&str>, names: &[String]) -> ReadError {
    let list = names.join("`, `");
    let known = text!("there are `{list}`", "可用的有 `{list}`");
    let (why, help) = match wanted {
        Some(wanted) => (
            text!("there is no device of that name", "没有这个名称的设备"),
            did_you_mean(wanted, names.iter().map(String::as_str)).unwrap_or(known),
        ),
        None => (
            text!("it has several devices", "其中有多个设备"),
            text!("pick one of `{list}` with `@NAME` behind the file", "用 `@名称` 从 `{list}` 中选择一个"),
        ),
    };
    ReadError::Unreadable { name: written.to_owned(), why, help: Some(help) }
}

/// Puts the device's times beside every network, or says why it has none.
pub(super) fn estimate(subjects: &mut [Subject], device: &Device) -> Result<(), Text> {
    for subject in subjects {
        let roofline =
            Roofline::new(device.clone(), &subject.network.graph, &subject.analysis, subject.element);
        let Some(roofline) = roofline else {
            let (name, element) = (&device.name, subject.element.name());
            let types = ElementType::OF_NETWORKS;
            let known = types.into_iter().filter(|&element| device.peak(element).is_some());
            let known = known.map(ElementType::name).collect::<Vec<_>>().join(", ");
            return Err(text!(
                "`{name}` has no peak for {element}; it has {known}",
                "`{name}` 没有 {element} 的峰值;有 {known}"
            ));
        };
        subject.roofline = Some(roofline);
    }
    Ok(())
}
