//! Why an operator cannot take its inputs, and the reasons that many operators share.

use super::Arity;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// Why an operator cannot take its inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Reason {
    /// What is wrong.
    pub message: Text,
    /// The setting at fault, if it is one.
    pub setting: Option<&'static str>,
    /// What to do about it.
    pub help: Option<Text>,
}

impl Reason {
    /// A reason that lies in no single setting.
    pub fn new(message: Text) -> Self {
        Self { message, setting: None, help: None }
    }

    /// The same, with the setting at fault.
    #[must_use]
    pub fn at(self, setting: &'static str) -> Self {
        Self { setting: Some(setting), ..self }
    }

    /// The same, with a remedy.
    #[must_use]
    pub fn help(self, help: Text) -> Self {
        Self { help: Some(help), ..self }
    }

    /// The same, at a setting that has to divide each of `sizes` and does not, with the nearest values that do.
    pub(super) fn at_divisor(self, setting: &'static str, value: u64, sizes: &[u64]) -> Self {
        // Nearer ones are sought than are worth naming, and sizes go up to 2^53.
        const SEARCHED: usize = 10_000;
        let divides = |divisor: &u64| sizes.iter().all(|size| size.is_multiple_of(*divisor));
        let most = sizes.iter().copied().min().unwrap_or(1);
        let below = (1..value.min(most + 1)).rev().take(SEARCHED).find(divides);
        let above = (value + 1..=most).take(SEARCHED).find(divides);
        let help = match (below, above) {
            (Some(below), Some(above)) => {
                text!(
                    "`{setting} = {below}` and `{setting} = {above}` would do",
                    "可用 `{setting} = {below}` 或 `{setting} = {above}`"
                )
            }
            (Some(one), None) | (None, Some(one)) => {
                text!("`{setting} = {one}` would do", "可用 `{setting} = {one}`")
            }
            (None, None) => return self.at(setting),
        };
        self.at(setting).help(help)
    }
}

/// The only input of an operator that takes one.
pub(super) fn only(inputs: &[Shape]) -> Result<&Shape, Reason> {
    let [input] = inputs else {
        return Err(Arity::ONE.mismatch(inputs.len()));
    };
    Ok(input)
}

/// The only input, which has channels or features: at least one dimension.
pub(super) fn only_ranked(inputs: &[Shape]) -> Result<&Shape, Reason> {
    let input = only(inputs)?;
    if input.rank() > 0 {
        return Ok(input);
    }
    Err(Reason::new(text!("needs at least one dimension beside the batch", "除批次维外至少需要一个维度")))
}

/// The only input, of channels and `N` spatial axes.
pub(super) fn only_spatial<const N: usize>(inputs: &[Shape]) -> Result<&Shape, Reason> {
    let input = only(inputs)?;
    if input.rank() == N + 1 {
        return Ok(input);
    }
    let needs = match N {
        1 => text!("channels × length", "通道 × 长度"),
        2 => text!("channels × height × width", "通道 × 高 × 宽"),
        _ => text!("channels × depth × height × width", "通道 × 深 × 高 × 宽"),
    };
    let reason = Reason::new(text!("needs {needs}, and gets {input}", "需要{needs:#},却得到 {input}"));
    Err(match input.rank() {
        1 => reason.help(before_flatten()),
        rank if rank == N + 2 => reason.help(text!(
            "if the first of these sizes is the batch, leave it out: sizes are those of one sample",
            "如果第一个尺寸是批次维,请去掉:尺寸只指一个样本"
        )),
        _ => reason,
    })
}

/// What to do about an operator that wants positions and gets a flat tensor.
pub(super) fn before_flatten() -> Text {
    text!(
        "put it before `flatten`, or give its input these dimensions with `reshape`",
        "请放在 `flatten` 之前,或先用 `reshape` 恢复这些维度"
    )
}

/// The sizes as a shape; a size that is too large or a tensor with too many elements is the reason why not.
pub(super) fn shape(dims: Vec<u64>) -> Result<Shape, Reason> {
    Shape::new(dims).map_err(Reason::new)
}

/// A computed size, where it fits; [`shape`] checks the rest.
pub(super) fn size(value: u128) -> Result<u64, Reason> {
    u64::try_from(value)
        .map_err(|_| Reason::new(text!("the size {value} is above 2^53", "尺寸 {value} 超过了 2^53")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_divisors_are_named() {
        let help = |value, sizes: &[u64]| {
            let reason = Reason::new(text!("", "")).at_divisor("groups", value, sizes);
            assert_eq!(reason.setting, Some("groups"));
            reason.help.map(|help| help.english)
        };
        assert_eq!(help(3, &[16, 8]).as_deref(), Some("`groups = 2` and `groups = 4` would do"));
        assert_eq!(help(32, &[30]).as_deref(), Some("`groups = 30` would do"));
        assert_eq!(help(2, &[5]).as_deref(), Some("`groups = 1` and `groups = 5` would do"));
        // Sizes of any magnitude take no time.
        assert_eq!(help(1 << 52, &[(1 << 53) - 111]), None);
    }

    #[test]
    fn what_has_another_number_of_dimensions_is_told_why() {
        let help = |dims: &[u64]| {
            let reason = only_spatial::<2>(&[Shape::new(dims.to_vec()).unwrap()]).unwrap_err();
            reason.help.map(|help| help.english)
        };
        assert!(help(&[2304]).unwrap().contains("before `flatten`"));
        assert!(help(&[1, 3, 224, 224]).unwrap().contains("leave it out"));
        assert_eq!(help(&[197, 768]), None);
    }
}
