//! A tensor at a glance.

use candle_core::{DType, Device, Result, Tensor};

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
        let values: Vec<f64> = tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?;
        let shape = tensor.dims().to_vec();
        let mean = mean(values.iter().copied());
        let top = match shape[..] {
            [_, classes] if classes > 1 => values.chunks(classes).map(top).collect(),
            _ => vec![],
        };
        Ok(Self {
            mean,
            std: self::mean(values.iter().map(|value| (value - mean).powi(2))).sqrt(),
            min: values.iter().copied().fold(f64::NAN, f64::min),
            max: values.iter().copied().fold(f64::NAN, f64::max),
            nan: values.iter().filter(|value| value.is_nan()).count(),
            not_finite: values.iter().filter(|value| !value.is_finite()).count(),
            shape,
            top,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 numbers")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len();
    values.sum::<f64>() / count as f64
}

fn top(values: &[f64]) -> Vec<(usize, f64)> {
    let mut ranked: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked.truncate(TOP);
    ranked
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
