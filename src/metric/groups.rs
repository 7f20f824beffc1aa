//! What JSON has figures together in.

use super::Group;

/// MACs by contraction.
pub(super) static MACS_BY: Group = Group { key: "macs_by", about: "MACs by contraction." };

/// Operations by kind.
pub(super) static OPS: Group = Group { key: "ops", about: "Operations by kind, those of MACs included." };

/// Operations by kind, padding apart.
pub(super) static OPS_PADDING_EXACT: Group =
    Group { key: "ops_padding_exact", about: "Operations by kind without those on padding." };

/// Times on a device.
pub(super) static ESTIMATED: Group = Group {
    key: "estimated",
    about: "What a device of this data sheet takes at best, if one was asked about: the longer of arithmetic at its peak and \
            traffic at its bandwidth, node by node.",
};
