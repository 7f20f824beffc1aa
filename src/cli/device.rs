//! Devices as they are written on the command line: a bundled one, or one of a file.

use clap::Args;

use super::{Outcome, Output, files};
use crate::analyze::roofline::Device;
use crate::error::ReadError;
use crate::read::devices;
use crate::source::{Address, device};
use crate::subject::Subject;
use crate::text;
use crate::text::Text;

/// What networks are estimated on.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is shown")]
pub(super) struct OnDevice {
    /// Estimate time and fit on a device
    #[arg(long, value_name = "DEVICE", long_help = help().english)]
    device_spec: Option<String>,
}

impl OnDevice {
    /// The device, if one is asked for.
    pub(super) fn find(&self) -> Result<Option<Device>, ReadError> {
        let Some(written) = self.device_spec.as_deref() else { return Ok(None) };
        files::are_read(Address::of(written).0.file());
        device::find(written).map(Some)
    }

    /// Puts its times beside networks; what to end with where it has none.
    pub(super) fn estimate(
        device: Option<&Device>,
        subjects: &mut [Subject],
        output: &Output,
    ) -> Result<(), Outcome> {
        let Some(device) = device else { return Ok(()) };
        let each = subjects.iter_mut().try_for_each(|subject| device::estimate(subject, device));
        each.map_err(|message| output.misused(message, None))
    }
}

/// What `--help` says of devices.
pub(super) fn help() -> Text {
    let known = devices::names().join(", ");
    text!(
        "Estimate what a device takes at best, by its data sheet, and whether the network fits. It is one of {known}, or a \
         file of your own with one device in it, or FILE@NAME",
        "按数据手册估算某设备至少需要的时间,以及能否容纳该网络。设备为 {known} 之一,或自己的文件(其中有一个设备),或 文件@名称"
    )
}
