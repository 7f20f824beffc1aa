//! Where names have room beside what they name, so that none lies on another, on a point or on a line.

use super::canvas::Area;

/// How high a name is above its baseline, and below it.
const ABOVE: f64 = 9.0;
const BELOW: f64 = 3.0;

/// How far from its point a name may be, with a line from the one to the other.
const FAR: [f64; 9] = [10.0, 23.0, 36.0, 49.0, 62.0, 75.0, 88.0, 101.0, 114.0];

/// How far it may be to a side.
const ASIDE: f64 = 40.0;

/// Where a name stands.
#[derive(Clone, Copy)]
pub(super) struct Label {
    /// Where it begins, on its baseline.
    pub(super) at: (f64, f64),
    /// Where a line from its point ends, if it is not beside that.
    pub(super) leader: Option<(f64, f64)>,
}

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
    pub(super) fn avoid_line(&mut self, from: (f64, f64), to: (f64, f64), thickness: f64) {
        self.taken.extend(dots(from, to, thickness));
    }

    /// Where a name of this width has room beside a point of this size, or else not far from it; nothing if it has none.
    pub(super) fn place(&mut self, (x, y): (f64, f64), size: f64, width: f64) -> Option<Label> {
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
        ];
        let far = FAR.into_iter().flat_map(|far| {
            let (high, low, up) = (above - far, below + far, f64::midpoint(above, below) - far);
            let level = [
                (middle, low, (x, low - ABOVE)),
                (middle, high, (x, high + BELOW)),
                (x + GAP, low, (x, low)),
                (x - GAP - width, low, (x, low)),
                (x + GAP, high, (x, high - ABOVE)),
                (x - GAP - width, high, (x, high - ABOVE)),
            ];
            let aside = [
                (right + far, low, (right + far, low - ABOVE / 2.0)),
                (left - far, high, (left - far + width, high - ABOVE / 2.0)),
                (left - far, up, (left - far + width, up - ABOVE / 2.0)),
                (right, low, (right, low - ABOVE / 2.0)),
                (left, high, (left + width, high - ABOVE / 2.0)),
            ];
            level.into_iter().chain(aside.into_iter().filter(move |_| far < ASIDE))
        });
        let near = near.into_iter().map(|at| Label { at, leader: None });
        let far = far.map(|(x, y, end)| Label { at: (x, y), leader: Some(end) });
        // A line goes through no other point, and no name.
        let is_clear = |label: &Label| {
            let clear = |dot: Area| {
                let is_own = (dot.x - x).hypot(dot.y - y) <= size + 2.0 * GAP;
                is_own || !self.is_taken(dot)
            };
            label.leader.is_none_or(|end| dots((x, y), end, 2.0).all(clear))
        };
        let mut all = near.chain(far);
        let found = all.find(|label| self.is_free(box_of(label.at, width)) && is_clear(label))?;
        self.avoid(box_of(found.at, width));
        if let Some(end) = found.leader {
            self.taken.extend(dots((x, y), end, 2.0));
        }
        Some(found)
    }

    /// Where a name of this length ends that hangs upright below a point of this size; nothing if it has no room there.
    pub(super) fn hang(&mut self, (x, y): (f64, f64), size: f64, length: f64) -> Option<(f64, f64)> {
        const SHIFTS: [f64; 5] = [0.0, 4.0, -4.0, 8.0, -8.0];
        let top = y + size + 5.0;
        let area = |x: f64| Area { x: x - ABOVE / 2.0 - 2.0, y: top, width: ABOVE + 4.0, height: length };
        let found = SHIFTS.into_iter().map(|shift| x + shift).find(|&x| self.is_free(area(x)))?;
        self.avoid(area(found));
        Some((found + ABOVE / 2.0 - 1.0, top))
    }

    fn is_free(&self, area: Area) -> bool {
        let Area { x, y, .. } = self.within;
        let is_within = area.x >= x
            && area.y >= y
            && area.right() <= self.within.right()
            && area.bottom() <= self.within.bottom();
        is_within && !self.is_taken(area)
    }

    fn is_taken(&self, area: Area) -> bool {
        self.taken.iter().any(|taken| taken.meets(area))
    }
}

/// A line as squares of this size, one beside the other.
fn dots(from: (f64, f64), to: (f64, f64), size: f64) -> impl Iterator<Item = Area> {
    const STEPS: u32 = 100;
    (0..=STEPS).map(move |step| {
        let part = f64::from(step) / f64::from(STEPS);
        let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        Area { x: x - size / 2.0, y: y - size / 2.0, width: size, height: size }
    })
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
                if let Some(label) = labels.place((x, y), 3.0, width) {
                    let area = box_of(label.at, width);
                    prop_assert!(before.iter().all(|taken| !taken.meets(area)));
                    prop_assert!(area.x >= 0.0 && area.right() <= 300.0);
                }
            }
        }
    }
}
