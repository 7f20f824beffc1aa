//! How many inputs an operator takes.

use super::Reason;
use crate::text;

/// How many inputs an operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// The fewest.
    pub least: usize,
    /// The most.
    pub most: usize,
}

impl Arity {
    /// None: a source.
    pub const NONE: Self = Self { least: 0, most: 0 };
    /// Exactly one.
    pub const ONE: Self = Self { least: 1, most: 1 };
    /// Exactly two.
    pub const TWO: Self = Self { least: 2, most: 2 };
    /// Exactly three.
    pub const THREE: Self = Self { least: 3, most: 3 };
    /// Two or more, as a merge.
    pub const SEVERAL: Self = Self { least: 2, most: usize::MAX };

    /// Why `count` inputs are too few or too many.
    pub fn mismatch(self, count: usize) -> Reason {
        let Self { least, most } = self;
        let help = (most > 1)
            .then(|| text!("name them: `from = [\"a\", \"b\"]`", "请列出它们的名字:`from = [\"a\", \"b\"]`"));
        let reason = Reason::new(match (least, most) {
            (0, 0) => text!("takes no input, and gets {count}", "不接受输入,却得到 {count} 个"),
            (1, 1) => text!("takes one input, and gets {count}", "只接受一个输入,却得到 {count} 个"),
            (2, 2) => text!("takes two inputs, and gets {count}", "需要两个输入,却得到 {count} 个"),
            (3, 3) => text!("takes three inputs, and gets {count}", "需要三个输入,却得到 {count} 个"),
            (least, usize::MAX) => {
                text!(
                    "takes {least} or more inputs, and gets {count}",
                    "需要至少 {least} 个输入,却得到 {count} 个"
                )
            }
            (least, most) => {
                text!(
                    "takes {least} to {most} inputs, and gets {count}",
                    "需要 {least} 到 {most} 个输入,却得到 {count} 个"
                )
            }
        });
        Reason { help, ..reason }
    }
}
