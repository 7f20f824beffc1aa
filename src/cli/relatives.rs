//! The networks that a description may have been read as, when someone else counted it: with heads or without, with the stride
//! elsewhere, at another resolution, as another of its variants.

use super::input::{Named, NetworkOptions};
use crate::analyze;
use crate::convention::search::{Build, Parts, Property};
use crate::convention::{Convention, totals};
use crate::graph::Graph;
use crate::read::description::Name;
use crate::read::expression::Value;
use crate::report::Subject;
use crate::shape::ElementType;
use crate::subject::stored;
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
    set: Vec<(Name, Value)>,
    input: Option<Vec<u64>>,
    variant: Option<String>,
}

/// The network itself, counted, and those that a figure of it may be meant for.
pub(super) fn builds(
    named: &Named,
    options: &NetworkOptions,
    subject: &Subject,
    conventions: &[Convention],
) -> Vec<Build> {
    let batch = subject.batch();
    let room = MOST_NODES.saturating_sub(subject.network.graph.len());
    let element = subject.element;
    let mut relatives = Relatives { named, options, conventions, batch, element, room, builds: vec![] };
    let itself = Plan { variant: subject.variant.clone(), ..Plan::default() };
    let Some(own) = relatives.count(&itself, &subject.network.graph, subject.properties()) else {
        return vec![];
    };
    let params = own.parts.params;
    relatives.builds.push(own);
    let resolutions = resolutions(options, subject);
    relatives.resized(&itself, params, &resolutions);
    for (name, value) in switches(named, options, subject) {
        let plan = Plan {
            switches: vec![switched(&name, &value)],
            assumed: ASSUME_SWITCH,
            set: vec![(name, value)],
            ..itself.clone()
        };
        if let Some(build) = relatives.make(&plan) {
            let of_weights = if build.parts.params == params { 0 } else { ASSUME_WEIGHTS };
            let (plan, params) = (Plan { assumed: plan.assumed + of_weights, ..plan }, build.parts.params);
            relatives.add(Build { assumed: plan.assumed, ..build });
            relatives.resized(&plan, params, &resolutions);
        }
    }
    for variant in &named.description.variants {
        let name = variant.name.text.to_string();
        let shown = printable(&name);
        let switches = vec![text!("as {shown}", "作为 {shown}")];
        let plan = Plan { switches, assumed: ASSUME_VARIANT, variant: Some(name), ..Plan::default() };
        if let Some(build) = relatives.make(&plan) {
            relatives.add(build);
        }
    }
    relatives.builds
}

/// The networks that have been made, and what others are made with.
struct Relatives<'a> {
    named: &'a Named,
    options: &'a NetworkOptions,
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
                input: Some(input.clone()),
                ..plan.clone()
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
        let options = self.options.with(&plan.set, plan.input.clone());
        let network = options.expand(&self.named.description, plan.variant.clone()).ok()?;
        self.room = self.room.saturating_sub(network.graph.len());
        let total = *analyze(&network.graph, self.batch).ok()?.total();
        self.count(plan, &network.graph, stored(total.params, self.element))
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

fn switched(name: &Name, value: &Value) -> Text {
    let (name, value) = (printable(&name.text), matches!(value, Value::Boolean(true)));
    text!("{name} = {value}", "{name} = {value}")
}

fn resized(input: &[u64]) -> Text {
    let sizes = input.iter().map(u64::to_string).collect::<Vec<_>>().join("×");
    text!("on {sizes}", "输入 {sizes}")
}

/// The parameters that are true or false, the other way round.
fn switches(named: &Named, options: &NetworkOptions, subject: &Subject) -> Vec<(Name, Value)> {
    let params = named.description.params.iter().filter(|param| !options.sets(&param.name.text));
    params
        .filter_map(|param| {
            let set = subject.network.params.iter().find(|(name, _)| *name == param.name.text);
            match set {
                Some((_, Value::Boolean(now))) => Some((param.name.clone(), Value::Boolean(!now))),
                Some((_, Value::Number(_) | Value::Word(_))) | None => None,
            }
        })
        .collect()
}

/// The only input at other resolutions, if it is a square image whose size the command line leaves open.
fn resolutions(options: &NetworkOptions, subject: &Subject) -> Vec<Vec<u64>> {
    let mut inputs = subject.network.graph.network_inputs();
    let (Some((_, input)), None) = (inputs.next(), inputs.next()) else { return vec![] };
    let (Some([channels, height, width]), false) = (input.shape.image(), options.sets_input()) else {
        return vec![];
    };
    if height != width {
        return vec![];
    }
    RESOLUTIONS.into_iter().filter(|&size| size != height).map(|size| vec![channels, size, size]).collect()
}
