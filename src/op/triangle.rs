//! `tril` and `triu`: the lower and the upper triangle of matrices, zeros elsewhere, as `torch.tril` and `torch.triu`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, Definition, Operator, Reason, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::shape::Shape;
use crate::text;

/// A table of two. An entry says what it is, its name, its type, and which columns it keeps of a row, counted from the diagonal.
macro_rules! triangles {
    ($($(#[$about:meta])* $name:literal => $Type:ident, keeps $keeps:expr;)*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub struct $Type {
            /// Which diagonal is the edge: 0 is the main one, those above it are positive.
            #[serde(default)]
            #[schemars(extend("x-zh" = "以哪条对角线为界:0 为主对角线,其上为正"))]
            pub diagonal: i64,
        }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\" }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[12, 128, 128]];
        }

        impl Operator for $Type {
            fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
                let input = only(inputs)?;
                if input.rank() < 2 {
                    return Err(Reason::new(text!(
                        "needs rows × columns, and gets {input}",
                        "需要行 × 列,却得到 {input}"
                    )));
                }
                Ok(input.clone())
            }

            fn class(&self) -> Class {
                Class::Rearrangement
            }
        }

        #[cfg(feature = "run")]
        impl Reference for $Type {
            fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
                let keeps: fn(i128, i128) -> bool = $keeps;
                masked(&inputs[0], |right| keeps(right, self.diagonal.into()))
            }

            /// The mask, and zeros.
            fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
                Workspace { each: 0, once: 3 * matrix(&inputs[0]) }
            }
        }
    )*};
}

triangles! {
    /// The lower triangle of each matrix, that is, of the last two dimensions; zeros above it.
    #[schemars(extend("x-zh" = "各矩阵(最后两维)的下三角,其上为零"))]
    "tril" => Tril, keeps |right, edge| right <= edge;

    /// The upper triangle of each matrix, that is, of the last two dimensions; zeros below it.
    #[schemars(extend("x-zh" = "各矩阵(最后两维)的上三角,其下为零"))]
    "triu" => Triu, keeps |right, edge| right >= edge;
}

/// Elements of one matrix.
#[cfg(feature = "run")]
fn matrix(input: &Shape) -> u128 {
    super::workspace::elements(&input.dims()[input.rank().saturating_sub(2)..])
}

/// Zeros where a column, counted from the main diagonal, is not kept.
#[cfg(feature = "run")]
fn masked(input: &Tensor, keeps: impl Fn(i128) -> bool) -> candle_core::Result<Tensor> {
    let (rows, columns) = (input.dim(candle_core::D::Minus2)?, input.dim(candle_core::D::Minus1)?);
    let place = |row: usize, column: usize| column as i128 - row as i128;
    let mask = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mask: Vec<u8> = mask.map(|(row, column)| u8::from(keeps(place(row, column)))).collect();
    let mask = Tensor::from_vec(mask, (rows, columns), input.device())?.broadcast_as(input.shape())?;
    let zeros = Tensor::zeros((), input.dtype(), input.device())?.broadcast_as(input.shape())?;
    mask.where_cond(input, &zeros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn there_are_rows_and_columns() {
        assert!(Tril::default().output(&shapes(&[&[3, 5]])).is_ok());
        let reason = Triu::default().output(&shapes(&[&[5]])).unwrap_err();
        assert_eq!(reason.to_string(), "needs rows × columns, and gets 5");
    }

    #[test]
    fn any_diagonal_is_one() {
        let input = Tensor::new(&[[[1f32, 2.], [3., 4.]]], &Device::Cpu).unwrap();
        let of = |diagonal| {
            Tril { diagonal }.forward(std::slice::from_ref(&input), &[]).unwrap().flatten_all().unwrap()
        };
        assert_eq!(of(i64::MIN).to_vec1::<f32>().unwrap(), [0.; 4]);
        assert_eq!(of(i64::MAX).to_vec1::<f32>().unwrap(), [1., 2., 3., 4.]);
    }
}
