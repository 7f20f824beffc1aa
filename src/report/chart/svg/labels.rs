//! Where names have room beside what they name, so that none lies on another, on a point or on a line.

use super::canvas::Area;

/// How high a name is above its baseline, and below it.
const ABOVE: f64 = 9.0;
const BELOW: f64 = 3.0;

/// What names may not lie on, and what they lie within.
pub(super) struct Labels {
    within: Area,
    taken: Vec<Area>,
}

impl Labels {
    pub(super) fn within(area: Area) -> Self {
        Self { within: area, taken: vec![] }
    }

    /// Keeps names off something.
    pub(super) fn avoid(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Keeps names off a line.
    pub(super) fn avoid_line(&mut self, from: (f64, f64), to: (f64, f64)) {
        const STEPS: u32 = 80;
        for step in 0..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            self.avoid(Area { x: x - 3.0, y: y - 3.0, width: 6.0, height: 6.0 });
        }
    }

    /// Where a name of this width begins that has room beside a point of this size; nothing if it has none.
    pub(super) fn place(&mut self, (x, y): (f64, f64), size: f64, width: f64) -> Option<(f64, f64)> {
        const GAP: f64 = 3.0;
        let (left, right) = (x - size - GAP - width, x + size + GAP);
        let (above, below) = (y - size - GAP - BELOW, y + size + GAP + ABOVE);
        let (level, middle) = (y + (ABOVE - BELOW) / 2.0, x - width / 2.0);
        let near = [
            (right, level),
            (left, level),
            (middle, above),
            (middle, below),
            (right, below),
            (right, above),
            (left, above),
            (left, below),
            (x, below + 6.0),
            (x - width, above - 6.0),
        ];
        let found = near.into_iter().find(|&at| self.is_free(box_of(at, width)))?;
        self.avoid(box_of(found, width));
        Some(found)
    }

    fn is_free(&self, area: Area) -> bool {
        let Area { x, y, .. } = self.within;
        let is_within = area.x >= x
            && area.y >= y
            && area.right() <= self.within.right()
            && area.bottom() <= self.within.bottom();
        is_within && !self.taken.iter().any(|taken| taken.meets(area))
    }
}

/// What a name takes.
fn box_of((x, baseline): (f64, f64), width: f64) -> Area {
    Area { x, y: baseline - ABOVE, width, height: ABOVE + BELOW }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_lie_on_nothing(points in prop::collection::vec((0.0..300.0f64, 0.0..200.0f64, 10.0..90.0f64), 1..40)) {
            let within = Area { x: 0.0, y: 0.0, width: 300.0, height: 200.0 };
            let mut labels = Labels::within(within);
            for (x, y, _) in &points {
                labels.avoid(Area { x: x - 3.0, y: y - 3.0, width: 6.0, height: 6.0 });
            }
            for (x, y, width) in points {
                let before = labels.taken.clone();
                if let Some(at) = labels.place((x, y), 3.0, width) {
                    let area = box_of(at, width);
                    prop_assert!(before.iter().all(|taken| !taken.meets(area)));
                    prop_assert!(area.x >= 0.0 && area.right() <= 300.0);
                }
            }
        }
    }
}
