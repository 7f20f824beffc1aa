//! A network as it was asked for, with what is known about it: what reports show and claims are held against.

use std::sync::{Arc, OnceLock};

use crate::analyze::axes::{Axes, axes};
use crate::analyze::receptive_field::{ReceptiveField, ReceptiveFields, receptive_fields};
use crate::analyze::roofline::{Device, Estimate, Fit, Roofline};
use crate::analyze::{Analysis, TooLarge, analyze};
use crate::convention::Counted;
use crate::counts::{Counts, Volume};
use crate::error::Source;
use crate::graph::{Graph, NodeId, Place, ScopeId};
use crate::plan::{Blocks, Plan, deployed};
use crate::read::Network;
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

mod digest;
mod properties;

pub use digest::Digest;
pub use properties::stored;

/// A network and what is known about it.
#[derive(Debug)]
pub struct Subject {
    /// What it is called where a short name is wanted: the file's, with the variant behind `@`.
    pub label: String,
    /// What it calls itself.
    pub title: String,
    /// The file it is from.
    pub source: String,
    /// The variant it was expanded as: the one that was asked for, or else the one that the defaults are.
    pub variant: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Digest,
    /// The text of that file, which origins are places in, if it is one.
    pub text: Option<Arc<Source>>,
    /// The network, which it shares with itself at other batches.
    pub network: Arc<Network>,
    /// Its counts.
    pub analysis: Analysis,
    /// The plan that is counted, where that is the network as it is deployed; `None` where it is the graph.
    pub plan: Option<Arc<Plan>>,
    /// The type of its numbers.
    pub element: ElementType,
    /// What it would take on a device, if one was asked about.
    pub roofline: Option<Roofline>,
    /// The same as it is deployed, whether that is what is counted or not.
    pub at_best: Option<AtBest>,
    /// What it counts in another convention, if one was asked about.
    pub like: Option<Counted>,
    /// What each tensor sees of the input, once somebody asks.
    pub fields: Arc<OnceLock<ReceptiveFields>>,
    /// What the dimensions of each tensor are, likewise.
    pub axes: Arc<OnceLock<Axes>>,
}

/// What a device would take of a network as an engine executes it, and whether it holds that.
#[derive(Clone, Debug, PartialEq)]
pub struct AtBest {
    /// The time.
    pub estimate: Estimate,
    /// What it needs.
    pub fit: Fit,
}

impl Subject {
    /// What a place costs; `None` for an operator that is not known.
    pub fn counts(&self, place: Place) -> Option<&Counts> {
        match place {
            Place::Node(id) => self.analysis.node(id),
            Place::Box(id) => Some(self.analysis.scope(id)),
        }
    }

    /// Whether what a place computes is known; boxes leave out what is not.
    pub fn is_counted(&self, place: Place) -> bool {
        match place {
            Place::Node(id) => self.graph().node(id).is_counted(),
            Place::Box(_) => true,
        }
    }

    /// What is not counted in a box, the first few by name: "2 not counted: `a` (opaque), `b` (opaque)"; `None` if everything is.
    pub fn uncounted(&self, scope: ScopeId) -> Option<Text> {
        const SHOWN: usize = 3;
        let graph = self.graph();
        let inside: Vec<_> =
            self.analysis.uncounted().iter().filter(|&&id| graph.is_in(id, scope)).copied().collect();
        let called = |&id: &NodeId| format!("`{}` ({})", graph.path(id), graph.node(id).operator_name());
        let list = inside.iter().take(SHOWN).map(called).collect::<Vec<_>>().join(", ");
        let (count, more) = (inside.len(), if inside.len() > SHOWN { ", …" } else { "" });
        (count > 0).then(|| text!("{count} not counted: {list}{more}", "有 {count} 个未计数:{list}{more}"))
    }

    /// A network at a batch, with numbers of 32 bits and without a name. For one that is from a file, the rest is set after.
    ///
    /// # Errors
    /// If a count does not fit 128 bits.
    pub fn of(network: impl Into<Arc<Network>>, batch: u64) -> Result<Self, TooLarge> {
        let network = network.into();
        let analysis = at(&network.graph, &analyze(&network.graph)?, batch)?;
        Ok(Self {
            label: String::new(),
            title: String::new(),
            source: String::new(),
            variant: None,
            sha256: Digest::default(),
            text: None,
            network,
            analysis,
            plan: None,
            element: ElementType::default(),
            roofline: None,
            at_best: None,
            like: None,
            fields: Arc::default(),
            axes: Arc::default(),
        })
    }

    /// The same network at another batch, of which nothing is found out anew. What was asked of a device or a convention was of
    /// one batch.
    ///
    /// # Errors
    /// If a count does not fit 128 bits.
    pub fn at(&self, batch: u64) -> Result<Self, TooLarge> {
        Ok(Self {
            label: self.label.clone(),
            title: self.title.clone(),
            source: self.source.clone(),
            variant: self.variant.clone(),
            sha256: self.sha256.clone(),
            text: self.text.clone(),
            network: Arc::clone(&self.network),
            analysis: at(self.graph(), &self.analysis, batch)?,
            plan: self.plan.clone(),
            element: self.element,
            roofline: None,
            at_best: None,
            like: None,
            fields: Arc::clone(&self.fields),
            axes: Arc::clone(&self.axes),
        })
    }

    /// The same network as it is deployed: as an engine executes it that folds batch norms and fuses what it can. What was asked
    /// of a device or a convention was of the graph.
    ///
    /// # Errors
    /// If a count does not fit 128 bits.
    pub fn deployed(&self) -> Result<Self, TooLarge> {
        let plan = Plan::of(self.graph(), Blocks::NONE);
        let analysis = at(self.graph(), &deployed(self.graph(), &plan)?, self.batch())?;
        Ok(Self { analysis, plan: Some(Arc::new(plan)), ..self.at(self.batch())? })
    }

    /// Its graph.
    pub fn graph(&self) -> &Graph {
        &self.network.graph
    }

    /// Samples of one forward pass.
    pub fn batch(&self) -> u64 {
        self.analysis.batch()
    }

    /// Data in bytes.
    pub fn bytes(&self, volume: Volume) -> u128 {
        volume.bytes(self.element)
    }

    /// Bytes of everything that is stored: parameters and buffers. [`Counts::check`](crate::counts::Counts::check) has
    /// shown that they fit.
    pub fn weight_bytes(&self) -> u128 {
        self.bytes(self.analysis.total().params.stored())
    }

    /// Bytes of all tensors that are alive at once at the most, likewise.
    pub fn peak_bytes(&self) -> u128 {
        self.analysis.memory.peak(self.element)
    }

    /// Bytes of the largest tensor, likewise.
    pub fn largest_tensor_bytes(&self) -> u128 {
        self.analysis.memory.largest(self.graph(), self.element)
    }

    /// What it needs of a device.
    pub fn fit(&self, device: &Device) -> Fit {
        Fit {
            device: device.clone(),
            weight_bytes: self.weight_bytes(),
            peak_bytes: self.peak_bytes(),
            largest_tensor_bytes: self.largest_tensor_bytes(),
        }
    }

    /// FLOPs for each byte that is read or written; `None` where nothing is.
    #[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
    pub fn intensity(&self, counts: &Counts) -> Option<f64> {
        let bytes = self.bytes(counts.traffic.total());
        (bytes > 0).then(|| counts.work.ops.flops() as f64 / bytes as f64)
    }

    /// What each tensor sees of the input.
    pub fn fields(&self) -> &ReceptiveFields {
        self.fields.get_or_init(|| receptive_fields(self.graph()))
    }

    /// What the dimensions of each tensor are.
    pub fn axes(&self) -> &Axes {
        self.axes.get_or_init(|| axes(self.graph()))
    }

    /// What the output at the end of the main line sees of the input.
    pub fn field(&self) -> &ReceptiveField {
        self.fields().of(self.graph().main_output())
    }

    /// The shapes that come in and go out: `192×28×28 → 88×28×28`.
    pub fn shapes(&self) -> String {
        let graph = self.graph();
        let join = |shapes: Vec<String>| shapes.join(" + ");
        let inputs = join(graph.network_inputs().map(|(_, node)| node.shape.to_string()).collect());
        let outputs = join(graph.outputs().iter().map(|&(_, id)| graph.node(id).shape.to_string()).collect());
        format!("{inputs} → {outputs}")
    }
}

/// The counts of a batch, or what of them is too large.
fn at(graph: &Graph, analysis: &Analysis, batch: u64) -> Result<Analysis, TooLarge> {
    analysis.at(batch).map_err(|_| analysis.too_large(graph, batch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_may_be_read_from_every_thread() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Subject>();
    }
}
