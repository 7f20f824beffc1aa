//! Where the elements along an axis of another length come from, and how much of those around makes them.

/// The most elements around a place.
const MOST_TAPS: f64 = 64.0;

/// Where an element of the output is in the input.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Places {
    /// From outer edge to outer edge.
    Halves,
    /// The same, but of a single element the first.
    HalvesOrFirst,
    /// The same about the middle, where a factor has been rounded.
    Symmetric,
    /// From the center of the first element to that of the last.
    Corners,
    /// As often as the factor says.
    Factors,
    /// In the middle of what the factor says, for the nearest only.
    Middles,
    /// In a part of the input.
    Cropped,
}

/// An axis that becomes another length.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) from: u64,
    pub(super) to: u64,
    /// How often as long it becomes, before that is rounded.
    pub(super) scale: f64,
}

/// What is made of the elements around a place.
pub(super) struct Kernel {
    /// The coefficient of cubic polynomials; lines without.
    pub(super) cubic: Option<f64>,
    /// Whether it spans all elements that become one.
    pub(super) smooths: bool,
    /// Whether what would be beyond the ends has no part in it, rather than being as the ends are.
    pub(super) excludes: bool,
}

/// One of the elements that each element of the output is made of.
pub(super) struct Tap {
    pub(super) places: Vec<u64>,
    pub(super) shares: Vec<f32>,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on an axis, as the standard computes them"
)]
impl Axis {
    fn place(self, places: Places, made: u64) -> f64 {
        let (made, from, to, scale) = (made as f64, self.from as f64, self.to as f64, self.scale);
        match places {
            Places::Corners | Places::HalvesOrFirst if self.to == 1 => 0.0,
            Places::Corners => made * (from - 1.0) / (to - 1.0),
            Places::Halves | Places::HalvesOrFirst => (made + 0.5) / scale - 0.5,
            Places::Symmetric => {
                let moved = from / 2.0 * (1.0 - to / (scale * from));
                moved + (made + 0.5) / scale - 0.5
            }
            Places::Middles => (made + 0.5) / scale,
            Places::Factors | Places::Cropped => made / scale,
        }
    }

    /// Which element each is.
    pub(super) fn nearest(self, places: Places, rounding: &str) -> Vec<u64> {
        let nearest = |made| {
            let place = self.place(places, made);
            let rounded = match rounding {
                "floor" => place.floor(),
                "ceil" => place.ceil(),
                "round_prefer_ceil" => (place + 0.5).floor(),
                _ => (place - 0.5).ceil(),
            };
            rounded.clamp(0.0, (self.from - 1) as f64) as u64
        };
        (0..self.to).map(nearest).collect()
    }

    /// What each is made of; `None` where that is too much.
    pub(super) fn taps(self, places: Places, kernel: &Kernel) -> Option<Vec<Tap>> {
        let support = if kernel.cubic.is_some() { 2.0 } else { 1.0 };
        let narrow = if kernel.smooths { self.scale.min(1.0) } else { 1.0 };
        let start = (-support / narrow).floor() + 1.0;
        let count = 2.0 - 2.0 * start;
        if !(1.0..=MOST_TAPS).contains(&count) {
            return None;
        }
        let last = (self.from - 1) as f64;
        let mut taps: Vec<Tap> = (0..count as u64).map(|_| Tap { places: vec![], shares: vec![] }).collect();
        for made in 0..self.to {
            // What lies on an element is behind the one before it.
            let before = (self.place(places, made)).ceil() - 1.0;
            let behind = self.place(places, made) - before;
            let element = |tap: usize| before + start + tap as f64;
            let share = |tap: usize| {
                let is_out = kernel.excludes && !(0.0..=last).contains(&element(tap));
                let distance = (start + tap as f64 - behind).abs() * narrow;
                if is_out { 0.0 } else { kernel.share(distance) }
            };
            let all: f64 = (0..taps.len()).map(share).sum();
            for (index, tap) in taps.iter_mut().enumerate() {
                tap.places.push(element(index).clamp(0.0, last) as u64);
                tap.shares.push((share(index) / all) as f32);
            }
        }
        taps.retain(|tap| tap.shares.iter().any(|&share| share != 0.0));
        Some(taps)
    }
}

impl Kernel {
    /// How much there is of an element at this distance.
    fn share(&self, d: f64) -> f64 {
        match self.cubic {
            None => (1.0 - d).max(0.0),
            Some(a) if d <= 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
            Some(a) if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
            Some(_) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(from: u64, to: u64) -> Axis {
        Axis {
            from,
            to,
            scale: f64::from(u32::try_from(to).unwrap()) / f64::from(u32::try_from(from).unwrap()),
        }
    }

    /// As `resize` of the standard's reference implementation (onnx 1.23.2) finds them.
    #[test]
    fn the_nearest_by_each_rounding() {
        assert_eq!(axis(4, 8).nearest(Places::Halves, "round_prefer_floor"), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(axis(4, 6).nearest(Places::Factors, "floor"), [0, 0, 1, 2, 2, 3]);
        assert_eq!(axis(4, 8).nearest(Places::Corners, "round_prefer_ceil"), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(axis(4, 8).nearest(Places::Halves, "ceil"), [0, 1, 1, 2, 2, 3, 3, 3]);
    }

    /// As `torch.nn.functional.interpolate` of PyTorch 2.15 from 4 to 2 with `antialias=True`: 3/7, 3/7 and 1/7, what would be beyond
    /// the end left out.
    #[test]
    fn what_becomes_smaller_is_smoothed() {
        let kernel = Kernel { cubic: None, smooths: true, excludes: true };
        let taps = axis(4, 2).taps(Places::Halves, &kernel).unwrap();
        let made = |index: usize| {
            let mut shares = [0.0; 4];
            for tap in &taps {
                shares[usize::try_from(tap.places[index]).unwrap()] += tap.shares[index];
            }
            shares
        };
        let sevenths = [3.0, 3.0, 1.0, 0.0].map(|part: f32| part / 7.0);
        assert!(made(0).iter().zip(sevenths).all(|(share, expected)| (share - expected).abs() < 1e-6));
    }

    #[test]
    fn lines_and_cubics_go_through_the_elements() {
        for cubic in [None, Some(-0.75)] {
            let kernel = Kernel { cubic, smooths: false, excludes: false };
            let taps = axis(3, 6).taps(Places::Factors, &kernel).unwrap();
            assert_eq!(taps.len(), if cubic.is_some() { 4 } else { 2 });
            let at_second: f32 = taps.iter().filter(|tap| tap.places[2] == 1).map(|tap| tap.shares[2]).sum();
            assert!((at_second - 1.0).abs() < 1e-6);
        }
    }
}
