//! A sliding window in a few signs, as a column and a line of a comparison have room for: `7×7 /2 p3`.

use super::{Axis, Window};
use crate::text;
use crate::text::Text;

/// The signs of a shorthand in the order they stand, and what they mean.
const SIGNS: [(&str, &str, &str); 7] = [
    ("/", "stride", "步幅"),
    ("p", "padding", "填充"),
    ("o", "output padding", "输出填充"),
    ("dw", "depthwise", "逐通道"),
    ("d", "dilation", "扩张率"),
    ("g", "groups", "分组"),
    ("ceil", "sizes rounded up", "尺寸向上取整"),
];

/// What the signs in some shorthands mean: "/ stride, p padding". `None` if there are none.
pub fn legend<'s>(shorthands: impl Iterator<Item = &'s str>) -> Option<Text> {
    let mut found = [false; SIGNS.len()];
    // Behind the window itself.
    for sign in shorthands.flat_map(|shorthand| shorthand.split(' ').skip(1)) {
        if let Some(at) = SIGNS.iter().position(|(start, ..)| sign.starts_with(start)) {
            found[at] = true;
        }
    }
    let used = SIGNS.iter().zip(found).filter(|(_, found)| *found);
    let words: Vec<Text> =
        used.map(|((sign, english, chinese), _)| text!("{sign} {english}", "{sign} {chinese}")).collect();
    (!words.is_empty()).then(|| Text::list(&words))
}

impl Window {
    /// The window, and its stride, padding and dilation where they are not 1, 0 and 1: `3×3 /2 p1 d2`. One figure for all axes
    /// that are alike, else one for each: `/2×1`; of padding that is another before than after, both: `p0+1`.
    pub fn shorthand(&self) -> String {
        let mut signs = vec![joined(self.axes.iter().map(|axis| axis.kernel.to_string()))];
        signs.extend(self.sign("/", |axis| axis.stride.to_string(), "1"));
        signs.extend(self.sign("p", padding, "0"));
        signs.extend(self.sign("d", |axis| axis.dilation.to_string(), "1"));
        if self.axes.iter().any(|axis| axis.ceil) {
            signs.push("ceil".to_owned());
        }
        signs.join(" ")
    }

    fn sign(&self, sign: &str, value: impl Fn(&Axis) -> String, usual: &str) -> Option<String> {
        match self.shared(&value) {
            Some(value) => (value != usual).then(|| format!("{sign}{value}")),
            None => Some(format!("{sign}{}", joined(self.axes.iter().map(value)))),
        }
    }
}

fn padding(axis: &Axis) -> String {
    let Axis { before, after, .. } = axis;
    if before == after { before.to_string() } else { format!("{before}+{after}") }
}

fn joined(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join("×")
}

/// The groups of a convolution as a sign: `dw` where each channel is one of its own, `g2`; nothing for a single one.
pub(in crate::op) fn groups(groups: u64, channels: u64) -> Option<String> {
    match groups {
        1 => None,
        groups if groups == channels => Some("dw".to_owned()),
        groups => Some(format!("g{groups}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_left_out() {
        let axis = Axis { kernel: 3, stride: 1, dilation: 1, before: 0, after: 0, ceil: false };
        let short = |axes: &[Axis]| Window { axes: axes.to_vec() }.shorthand();
        let padded = Axis { before: 1, after: 1, ..axis };
        assert_eq!(short(&[axis, axis]), "3×3");
        assert_eq!(short(&[Axis { stride: 2, ..padded }; 2]), "3×3 /2 p1");
        assert_eq!(short(&[Axis { dilation: 2, ..padded }]), "3 p1 d2");
        assert_eq!(short(&[Axis { kernel: 1, stride: 2, ..axis }, padded]), "1×3 /2×1 p0×1");
        assert_eq!(short(&[Axis { kernel: 2, after: 1, ceil: true, ..axis }; 2]), "2×2 p0+1 ceil");
        assert_eq!(
            [groups(1, 8), groups(2, 8), groups(8, 8), groups(1, 1)].map(Option::unwrap_or_default),
            ["", "g2", "dw", ""]
        );
    }

    #[test]
    fn what_is_used_is_explained() {
        let said = |all: &[&str]| legend(all.iter().copied()).map(|text| text.english);
        assert_eq!(said(&["3×3", "1"]), None);
        assert_eq!(said(&["3×3 d2", "3×3 /2×1 dw"]).as_deref(), Some("/ stride, dw depthwise, d dilation"));
    }
}
