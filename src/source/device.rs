//! Devices by what they are called: a bundled one, or one of a file.

use super::{Address, contents};
use crate::analyze::roofline::{Device, Roofline};
use crate::error::{ReadError, did_you_mean};
use crate::read::devices;
use crate::shape::ElementType;
use crate::subject::{AtBest, Subject};
use crate::text;
use crate::text::{Text, printable};

/// The device that `name` calls: `t4`, `board.toml`, `boards.toml@nano`. The error says what was probably meant, or what is
/// wrong in the file.
pub fn find(name: &str) -> Result<Device, ReadError> {
    let (address, of_file) = Address::of(name);
    let (known, wanted) = match &address {
        Address::File(path) => (devices::parse(path, &contents::text(path)?)?, of_file.as_deref()),
        Address::StandardInput | Address::Bundled(_) => (devices::bundled(), Some(name)),
    };
    let names: Vec<String> = known.iter().map(|device| device.name.clone()).collect();
    let found = match wanted {
        Some(wanted) => known.into_iter().find(|device| device.name == wanted),
        None if names.len() == 1 => known.into_iter().next(),
        None => None,
    };
    found.ok_or_else(|| unknown(name, wanted, &names))
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

/// Puts the device's times beside a network, or says why it has none.
pub fn estimate(subject: &mut Subject, device: &Device) -> Result<(), Text> {
    let (graph, analysis, element) = (subject.graph(), &subject.analysis, subject.element);
    let roofline = Roofline::new(device.clone(), graph, analysis, element).ok_or_else(|| {
        let known = ElementType::OF_NETWORKS.into_iter().filter(|&element| device.peak(element).is_some());
        let known = known.map(ElementType::name).collect::<Vec<_>>().join(", ");
        let (name, element) = (printable(&device.name), element.name());
        text!(
            "`{name}` has no peak for {element}; it has {known}",
            "`{name}` 没有 {element} 的峰值;有 {known}"
        )
    })?;
    subject.at_best = at_best(subject, &roofline);
    subject.roofline = Some(roofline);
    Ok(())
}

/// What the device takes of the network as it is deployed; `None` if a count of that does not fit 128 bits.
fn at_best(subject: &Subject, roofline: &Roofline) -> Option<AtBest> {
    let of = |subject: &Subject, roofline: &Roofline| AtBest {
        estimate: roofline.total(),
        fit: subject.fit(&roofline.device),
    };
    if subject.plan.is_some() {
        return Some(of(subject, roofline));
    }
    let deployed = Subject { element: subject.element, ..subject.deployed().ok()? };
    let (device, graph) = (roofline.device.clone(), deployed.graph());
    Some(of(&deployed, &Roofline::new(device, graph, &deployed.analysis, deployed.element)?))
}
