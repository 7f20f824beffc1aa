//! A tensor at a glance.

use candle_core::{DType, Device, Result, Tensor};

use super::pieces::each;

/// Classes that are listed of a classifier.
const TOP: usize = 5;

/// What a tensor holds, in few numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Sizes, the batch first.
    pub shape: Vec<usize>,
    /// Mean of all numbers.
    pub mean: f64,
    /// Standard deviation of all numbers, as of a whole population.
    pub std: f64,
    /// The smallest that is a number; NaN if none is.
    pub min: f64,
    /// The largest that is a number; NaN if none is.
    pub max: f64,
    /// How many are not a number. If any is, so are the mean and the standard deviation.
    pub nan: usize,
    /// How many are infinite or not a number.
    pub not_finite: usize,
    /// For each sample of a vector for each sample, the largest values and where they are.
    pub top: Vec<Vec<(usize, f64)>>,
}

impl Summary {
    /// Of a tensor with the batch first.
    pub fn of(tensor: &Tensor) -> Result<Self> {
        let tensor = tensor.to_device(&Device::Cpu)?;
        let shape = tensor.dims().to_vec();
        let classes = if let [_, classes] = shape[..] { classes } else { 1 };
        let (mut sum, mut min, mut max) = (0.0, f64::NAN, f64::NAN);
        let (mut nan, mut not_finite) = (0, 0);
        let (mut top, mut class) = (vec![], 0);
        each_number(&tensor, |value| {
            sum += value;
            min = value.min(min);
            max = value.max(max);
            nan += usize::from(value.is_nan());
            not_finite += usize::from(!value.is_finite());
            if classes > 1 {
                if class == 0 {
                    top.push(Vec::with_capacity(TOP));
                }
                top.last_mut().into_iter().for_each(|top| rank(top, class, value));
                class = (class + 1) % classes;
            }
        })?;
        #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 numbers")]
        let count = tensor.elem_count() as f64;
        let mean = sum / count;
        let mut squares = 0.0;
        each_number(&tensor, |value| squares += (value - mean).powi(2))?;
        let std = (squares / count).sqrt();
        Ok(Self { shape, mean, std, min, max, nan, not_finite, top })
    }
}

/// Shows `visit` every number, in order.
fn each_number(tensor: &Tensor, mut visit: impl FnMut(f64)) -> Result<()> {
    each(tensor, &mut |piece| {
        piece.to_dtype(DType::F64)?.to_vec1()?.into_iter().for_each(&mut visit);
        Ok(())
    })
}

/// Puts the value of a class among the largest, if it is one of them; of equal ones the first goes before.
fn rank(top: &mut Vec<(usize, f64)>, class: usize, value: f64) {
    let place = top.partition_point(|(_, other)| other.total_cmp(&value).is_ge());
    if place < TOP {
        top.truncate(TOP - 1);
        top.insert(place, (class, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let tensor = Tensor::new(&[[1f32, 5., 3.], [2., 2., 11.]], &Device::Cpu).unwrap();
        let summary = Summary::of(&tensor).unwrap();
        assert_eq!((summary.mean, summary.min, summary.max, summary.not_finite), (4.0, 1.0, 11.0, 0));
        assert!((summary.std - (68f64 / 6.0).sqrt()).abs() < 1e-12);
        assert_eq!(summary.top[0], [(1, 5.0), (2, 3.0), (0, 1.0)]);
        assert_eq!(summary.top[1][0], (2, 11.0));
        let bad = Tensor::new(&[[f32::NAN, 1.0]], &Device::Cpu).unwrap();
        let bad = Summary::of(&bad).unwrap();
        assert_eq!((bad.not_finite, bad.nan, bad.min, bad.max), (1, 1, 1.0, 1.0));
        let none = Summary::of(&Tensor::new(&[[f32::NAN]], &Device::Cpu).unwrap()).unwrap();
        assert!(none.min.is_nan() && none.max.is_nan());
    }
}
