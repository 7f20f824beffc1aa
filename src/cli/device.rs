//! Devices as they are written on the command line: a bundled one, or one of a file.

use super::files;
use crate::analyze::roofline::Device;
use crate::error::ReadError;
use crate::source::{Address, device};

/// The device that `written` calls: `t4`, `board.toml`, `boards.toml@nano`.
pub(super) fn find(written: &str) -> Result<Device, ReadError> {
    files::are_read(Address::of(written).0.file());
    device::find(written)
}
