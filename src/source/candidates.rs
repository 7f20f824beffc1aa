//! The networks that a description may have been read as, when someone else counted it: with heads or without, with the stride
//! elsewhere, at another resolution, as another of its variants.

use super::{Choice, Named};
use crate::analyze;
use crate::convention::search::{Build, Parts, Property};
use crate::convention::{Convention, totals};
use crate::graph::Graph;
use crate::read::expression::Value;
use crate::shape::ElementType;
use crate::subject::{Subject, stored};
use crate::text;
use crate::text::{Text, printable};

/// Resolutions that networks are commonly counted at.
const RESOLUTIONS: [u64; 20] =
    [224, 299, 256, 227, 240, 192, 160, 128, 96, 32, 260, 288, 300, 320, 331, 380, 384, 448, 456, 512];

/// How much is assumed with a switch of the description, another resolution, another variant.
const ASSUME_SWITCH: u32 = 2;
const ASSUME_RESOLUTION: u32 = 3;

/// How much more if that changes the parameters, as heads do.
const ASSUME_WEIGHTS: u32 = 1;
const ASSUME_VARIANT: u32 = 4;

/// The most nodes of all these networks together, so that they are counted within a second.
const MOST_NODES: usize = 30_000;

/// How a network differs from the one that was asked for.
#[derive(Clone, Default)]
struct Plan {
    switches: Vec<Text>,
    assumed: u32,
    choice: Choice,
}

/// The network itself, counted, and those that a figure of it may be meant for, but for what `choice` has a word on: with what
/// is true or false in it the other way round, at usual resolutions, as its other variants.
///
/// `subject` is the network that the model becomes with this choice. There are none at all if a count does not fit 128 bits.
pub fn candidates(
    named: &Named,
    choice: &Choice,
    subject: &Subject,
    conventions: &[Convention],
) -> Vec<Build> {
    let batch = subject.batch();
    let room = MOST_NODES.saturating_sub(subject.graph().len());
    let element = subject.element;
    let mut relatives = Relatives { named, choice, conventions, batch, element, room, builds: vec![] };
    let itself = Plan { choice: Choice::default().of(subject.variant.as_deref()), ..Plan::default() };
    let Some(own) = relatives.count(&itself, subject.graph(), subject.properties()) else {
        return vec![];
    };
    let params = own.parts.params;
    relatives.builds.push(own);
    let resolutions = resolutions(choice, subject);
    relatives.resized(&itself, params, &resolutions);
    for (name, value) in switches(choice, subject) {
        let set = vec![(name.to_owned(), value.to_string())];
        let plan = Plan {
            switches: vec![switched(name, value)],
            assumed: ASSUME_SWITCH,
            choice: Choice { set, ..itself.choice.clone() },
        };
        if let Some(build) = relatives.make(&plan) {
            let of_weights = if build.parts.params == params { 0 } else { ASSUME_WEIGHTS };
            let (plan, params) = (Plan { assumed: plan.assumed + of_weights, ..plan }, build.parts.params);
            relatives.add(Build { assumed: plan.assumed, ..build });
            relatives.resized(&plan, params, &resolutions);
        }
    }
    for variant in named.model.variants() {
        let shown = printable(variant);
        let switches = vec![text!("as {shown}", "作为 {shown}")];
        let choice = Choice::default().of(Some(variant));
        if let Some(build) = relatives.make(&Plan { switches, assumed: ASSUME_VARIANT, choice }) {
            relatives.add(build);
        }
    }
    relatives.builds
}

/// The networks that have been made, and what others are made with.
struct Relatives<'a> {
    named: &'a Named,
    choice: &'a Choice,
    conventions: &'a [Convention],
    batch: u64,
    element: ElementType,
    /// How many more nodes are counted.
    room: usize,
    builds: Vec<Build>,
}

impl Relatives<'_> {
    /// The network as planned at each resolution that leaves its weights as they are: else it would be another network.
    fn resized(&mut self, plan: &Plan, params: u128, resolutions: &[Vec<u64>]) {
        for input in resolutions {
            let plan = Plan {
                switches: [&plan.switches[..], &[resized(input)]].concat(),
                assumed: plan.assumed + ASSUME_RESOLUTION,
                choice: Choice { input: Some(input.clone()), ..plan.choice.clone() },
            };
            if let Some(build) = self.make(&plan).filter(|build| build.parts.params == params) {
                self.add(build);
            }
        }
    }

    /// Makes a network and counts it; `None` if there is no such network, or no room for it.
    fn make(&mut self, plan: &Plan) -> Option<Build> {
        if self.room == 0 {
            return None;
        }
        let choice = self.choice.or(&plan.choice).of(plan.choice.variant.as_deref());
        let network = self.named.model.expand(&choice).ok()?;
        self.room = self.room.saturating_sub(network.graph.len());
        let params = analyze(&network.graph).ok()?.total().params;
        self.count(plan, &network.graph, stored(params, self.element))
    }

    fn count(&self, plan: &Plan, graph: &Graph, properties: Vec<Property>) -> Option<Build> {
        let totals = totals(self.conventions, graph, self.batch).ok()?;
        let parts = Parts::of(graph, self.batch).ok()?;
        Some(Build { switches: plan.switches.clone(), assumed: plan.assumed, totals, parts, properties })
    }

    /// What makes no difference is no other network, and what is stored is no other at another resolution.
    fn add(&mut self, mut build: Build) {
        let known: Vec<_> = self.builds.iter().flat_map(|build| &build.properties).cloned().collect();
        build.properties.retain(|property| !known.contains(property));
        let is_known = |known: &Build| (&known.totals, &known.parts) == (&build.totals, &build.parts);
        if !self.builds.iter().any(is_known) {
            self.builds.push(build);
        }
    }
}

fn switched(name: &str, value: bool) -> Text {
    let name = printable(name);
    text!("{name} = {value}", "{name} = {value}")
}

fn resized(input: &[u64]) -> Text {
    let sizes = input.iter().map(u64::to_string).collect::<Vec<_>>().join("×");
    text!("on {sizes}", "输入 {sizes}")
}

/// The parameters that are true or false, the other way round, if the choice leaves them open.
fn switches<'s>(choice: &Choice, subject: &'s Subject) -> Vec<(&'s str, bool)> {
    let params = subject.network.params.iter().filter(|(name, _)| !choice.sets(name));
    params
        .filter_map(|(name, value)| match value {
            Value::Boolean(now) => Some((&**name, !now)),
            Value::Number(_) | Value::Word(_) | Value::List(_) => None,
        })
        .collect()
}

/// The only input at other resolutions, if it is a square image whose size the choice leaves open.
fn resolutions(choice: &Choice, subject: &Subject) -> Vec<Vec<u64>> {
    let mut inputs = subject.graph().network_inputs();
    let (Some((_, input)), None) = (inputs.next(), inputs.next()) else { return vec![] };
    let (Some([channels, height, width]), false) = (input.shape.image(), choice.input.is_some()) else {
        return vec![];
    };
    if height != width {
        return vec![];
    }
    RESOLUTIONS.into_iter().filter(|&size| size != height).map(|size| vec![channels, size, size]).collect()
}
