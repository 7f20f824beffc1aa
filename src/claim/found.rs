//! What was found for one claim and is asked by others, too: a file may have thousands, and of some figures each is a walk
//! through a whole network.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::statement::ClaimedFigure;
use super::{Known, Value};
use crate::analyze::roofline::{Device, Roofline};
use crate::read::expression::Failure;
use crate::subject::Subject;

/// The network, the path, the device and the name of a figure.
type Asked = [Option<String>; 4];

/// By alias and device.
type Times = BTreeMap<[Option<String>; 2], Option<Rc<Roofline>>>;

/// What was found in networks that claims speak of.
#[derive(Debug, Default)]
pub struct Found {
    values: RefCell<BTreeMap<Asked, Result<Value, Failure>>>,
    times: RefCell<Times>,
}

impl Found {
    /// What a figure comes to, which is asked of `value` once.
    pub(super) fn value(
        &self,
        figure: &ClaimedFigure,
        value: impl FnOnce() -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let ClaimedFigure { alias, path, device, metric, .. } = figure;
        let asked = [alias.clone(), path.clone(), device.clone(), Some(metric.name().to_owned())];
        self.values.borrow_mut().entry(asked).or_insert_with(value).clone()
    }
}

/// The times of a network on a device; `None` if that has no peak for its numbers. Those of the networks that claims speak of
/// are kept.
pub(super) fn times(
    subject: &Subject,
    figure: &ClaimedFigure,
    device: &Device,
    known: &Known,
) -> Option<Rc<Roofline>> {
    let found = || {
        let graph = subject.graph();
        Roofline::new(device.clone(), graph, &subject.analysis, subject.element).map(Rc::new)
    };
    let is_known = known.networks.get(&figure.alias).is_some_and(|known| std::ptr::eq(known, subject));
    if !is_known {
        return found();
    }
    let asked = [figure.alias.clone(), figure.device.clone()];
    known.found.times.borrow_mut().entry(asked).or_insert_with(found).clone()
}
