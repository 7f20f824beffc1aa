//! The steps of a plan as pieces of work: which kernel computes each, and where in memory its tensors lie.
//!
//! Tensors of images are blocked where their kernel makes them so and stay so until something wants them as candle has them; what
//! is between, converts. What no kernel computes is done with candle's operations, on copies of what lies in memory.

#![expect(clippy::wildcard_enum_match_arm, reason = "what has no kernel is left to candle, whatever it is")]
#![expect(
    clippy::unnecessary_wraps,
    reason = "all that lowers a step can be called alike, and some of it fails"
)]

use std::collections::{HashMap, HashSet};

use candle_core::Tensor;
use cnncost_kernels::{Isa, Layout};

use super::Settings;
use super::arena::{Buffers, Spot};
use super::convert::Convert;
use super::kernel::Kernel;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::plan::{Home, Part, Plan, Step};
use crate::run::Weights;
use crate::shape::Element;

mod finish;
mod moves;
mod pairs;
mod pools;
mod products;
mod rows;
mod sums;

/// A piece of work.
pub(super) enum Work {
    /// A kernel.
    Kernel {
        /// The kernel.
        kernel: Box<dyn Kernel>,
        /// What it reads, in its order.
        reads: Vec<Spot>,
        /// What it writes.
        writes: Spot,
    },
    /// Nodes that candle computes, one after the other.
    Candle {
        /// The nodes.
        nodes: Vec<NodeId>,
        /// What they take: where it lies, if it lies in the memory.
        inputs: Vec<(NodeId, Option<Spot>)>,
        /// Where the output of the last goes, if it goes into the memory.
        output: Option<Spot>,
    },
}

/// What a plan has become.
pub(super) struct Program {
    /// The plan.
    pub(super) plan: Plan,
    /// What is done, in order.
    pub(super) works: Vec<Work>,
    /// By step: how many pieces of work are done by its end.
    pub(super) ends: Vec<usize>,
    /// Pieces of memory.
    pub(super) buffers: Buffers,
    /// Where each input of the network goes, in their order.
    pub(super) inputs: Vec<(NodeId, Option<Spot>)>,
    /// The pieces of memory that are not used: kernels read these inputs where they are given.
    pub(super) given: HashMap<usize, usize>,
    /// Where each output is, in their order.
    pub(super) outputs: Vec<(NodeId, Option<Spot>)>,
    /// What is computed once, of weights and constants.
    pub(super) fixed: HashMap<NodeId, Tensor>,
    /// Where some of that stands in the memory all the time.
    pub(super) constants: Vec<(NodeId, Spot)>,
}

/// What came of a try to do something with kernels; `None`, if there is none for it.
pub(super) type Lowered<T> = candle_core::Result<Option<T>>;

pub(super) struct Lowering<'g> {
    pub(super) graph: &'g Graph,
    pub(super) weights: &'g Weights,
    pub(super) settings: Settings,
    pub(super) batch: usize,
    /// Channels of a group.
    pub(super) block: usize,
    program: Program,
    /// Where tensors lie, by the layout.
    spots: HashMap<(NodeId, Layout), Spot>,
    /// Tensors that candle keeps: what is no number of 32 bits.
    outside: HashSet<NodeId>,
}

impl<'g> Lowering<'g> {
    /// Everything that a pass of a batch does.
    pub(super) fn lower(
        graph: &'g Graph,
        weights: &'g Weights,
        fixed: HashMap<NodeId, Tensor>,
        settings: Settings,
        batch: usize,
    ) -> candle_core::Result<Program> {
        let block = settings.isa.block();
        let plan = settings.plan(graph);
        let program = Program {
            plan,
            works: vec![],
            ends: vec![],
            buffers: Buffers::default(),
            inputs: vec![],
            given: HashMap::new(),
            outputs: vec![],
            fixed,
            constants: vec![],
        };
        let (spots, outside) = (HashMap::new(), HashSet::new());
        let mut lowering = Self { graph, weights, settings, batch, block, program, spots, outside };
        lowering.take_inputs();
        for step in lowering.program.plan.steps.clone() {
            if !graph.is_fixed(step.output()) {
                lowering.step(&step)?;
            }
            lowering.program.ends.push(lowering.program.works.len());
        }
        lowering.give_outputs();
        lowering.program.given = lowering.program.read_where_given();
        for (_, spot) in &lowering.program.inputs {
            let given = spot.as_ref().filter(|spot| lowering.program.given.contains_key(&spot.buffer));
            if let Some(spot) = given {
                lowering.program.buffers.leave_out(spot.buffer);
            }
        }
        Ok(lowering.program)
    }

    fn take_inputs(&mut self) {
        for (id, node) in self.graph.network_inputs() {
            let spot = (node.element == Element::Network).then(|| {
                let spot = self.own(Layout::Planar, self.dims(id));
                self.spots.insert((id, Layout::Planar), spot.clone());
                spot
            });
            if spot.is_none() {
                self.outside.insert(id);
            }
            self.program.inputs.push((id, spot));
        }
    }

    fn give_outputs(&mut self) {
        let outputs: Vec<NodeId> = self.graph.outputs().iter().map(|&(_, id)| id).collect();
        for id in outputs {
            let spot = self.for_candle(id);
            self.program.outputs.push((self.program.plan.passed(id), spot));
        }
        let end = self.program.works.len();
        for (_, spot) in &self.program.outputs {
            if let Some(spot) = spot {
                self.program.buffers.touch(spot.buffer, end);
            }
        }
        for (_, spot) in &self.program.constants {
            self.program.buffers.keep(spot.buffer, end);
        }
    }

    fn step(&mut self, step: &Step) -> candle_core::Result<()> {
        if self.kernel(step)?.is_none() {
            self.candle(step);
        }
        Ok(())
    }

    /// Lets kernels compute a step; `None` if none does.
    fn kernel(&mut self, step: &Step) -> Lowered<()> {
        let known = self.graph.node(step.output()).element == Element::Network;
        let Some(op) = self.graph.node(step.main).operator().filter(|op| known && op.copies().is_empty())
        else {
            return Ok(None);
        };
        if step.inputs.iter().any(|&input| !self.is_number(input)) {
            return Ok(None);
        }
        match Part::of(self.graph, step.main) {
            Part::Sum => self.sum(step, op),
            Part::Scaling => self.scaling(step),
            Part::Function => self.function(step),
            Part::Addition | Part::Pairwise => self.pairwise(step, op),
            Part::Concatenation => Ok(self.concatenation(step)),
            Part::Finished => self.finished(step, op),
            Part::Other => self.other(step, op),
            Part::Passing | Part::View => Ok(None),
        }
    }

    /// Pools and norms.
    fn finished(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        match self.pool(step, op)? {
            Some(()) => Ok(Some(())),
            None => self.norm(step, op),
        }
    }

    /// What nothing is fused with.
    fn other(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        if let Some(()) = self.row(step, op)? {
            return Ok(Some(()));
        }
        if let Some(()) = self.product(step, op)? {
            return Ok(Some(()));
        }
        if let Some(()) = self.scales(step, op)? {
            return Ok(Some(()));
        }
        Ok(self.reduced(step, op).or_else(|| self.moved(step, op)))
    }

    /// Lets candle compute a step, node by node.
    fn candle(&mut self, step: &Step) {
        let inputs = step.inputs.iter().map(|&id| (id, self.for_candle(id))).collect();
        let is_number = self.graph.node(step.output()).element == Element::Network;
        let output = is_number.then(|| self.output(step, Layout::Planar));
        if output.is_none() {
            self.outside.insert(step.output());
        }
        self.push(Work::Candle { nodes: step.nodes.clone(), inputs, output });
    }

    /// Where candle finds a tensor in the memory; `None` of what it keeps, and of what is fixed.
    fn for_candle(&mut self, id: NodeId) -> Option<Spot> {
        let id = self.program.plan.passed(id);
        if self.program.fixed.contains_key(&id) || self.outside.contains(&id) {
            return None;
        }
        if self.is_number(id) {
            return self.spot(id, Layout::Planar);
        }
        self.view_by_candle(id);
        None
    }

    /// Lets candle look at a part of what it keeps.
    fn view_by_candle(&mut self, id: NodeId) {
        let from: Vec<NodeId> = self.graph.inputs(id).map(|from| self.program.plan.passed(from)).collect();
        let inputs = from.into_iter().map(|from| (from, self.for_candle(from))).collect();
        self.outside.insert(id);
        self.push(Work::Candle { nodes: vec![id], inputs, output: None });
    }

    /// Whether a tensor holds numbers of the network's type that are in the memory, or can be put there.
    fn is_number(&self, id: NodeId) -> bool {
        let id = self.program.plan.passed(id);
        if let Some(fixed) = self.program.fixed.get(&id) {
            return fixed.dtype() == candle_core::DType::F32;
        }
        match self.program.plan.home(id) {
            Home::View(from) => self.is_number(from),
            Home::Own | Home::InPlace(_) | Home::Within { .. } | Home::Nowhere => !self.outside.contains(&id),
        }
    }

    pub(super) fn dims(&self, id: NodeId) -> Vec<usize> {
        // What is executed fits into memory.
        let size = |&size: &u64| usize::try_from(size).unwrap_or(usize::MAX);
        self.graph.node(id).shape.dims().iter().map(size).collect()
    }

    /// The layout that a tensor has already; planar, if it has both.
    pub(super) fn layout(&self, id: NodeId) -> Layout {
        let mut id = self.program.plan.passed(id);
        // A range of channels of a blocked tensor is blocked, too.
        while let (Home::View(from), Some(Op::Slice(_))) =
            (self.program.plan.home(id), self.graph.node(id).operator())
        {
            id = from;
        }
        let is_blocked = self.spots.contains_key(&(id, Layout::Blocked));
        if is_blocked && !self.spots.contains_key(&(id, Layout::Planar)) {
            Layout::Blocked
        } else {
            Layout::Planar
        }
    }

    /// A piece of memory of its own.
    pub(super) fn own(&mut self, layout: Layout, dims: Vec<usize>) -> Spot {
        let mut spot = Spot { buffer: 0, offset: 0, sample: 0, layout, dims };
        spot.sample = spot.numbers(self.block);
        spot.buffer = self.program.buffers.add(self.batch * spot.sample, self.program.works.len());
        spot
    }

    /// Where a tensor lies in a layout; it is converted, if it lies in the other. `None` of what candle keeps.
    pub(super) fn spot(&mut self, id: NodeId, layout: Layout) -> Option<Spot> {
        let id = self.program.plan.passed(id);
        if let Some(spot) = self.spots.get(&(id, layout)) {
            return Some(spot.clone());
        }
        if self.program.fixed.contains_key(&id) {
            let spot = self.own(Layout::Planar, self.dims(id));
            self.program.constants.push((id, spot.clone()));
            self.spots.insert((id, Layout::Planar), spot);
        } else if let Home::View(from) = self.program.plan.home(id)
            && let Some(spot) = self.view(id, from, layout)
        {
            self.spots.insert((id, spot.layout), spot);
        }
        if let Some(spot) = self.spots.get(&(id, layout)) {
            return Some(spot.clone());
        }
        // Channels of a single position lie one behind the other in groups, too.
        if layout == Layout::Planar
            && let Some(from) = self.spots.get(&(id, Layout::Blocked)).filter(|from| from.positions() == 1)
        {
            let spot = Spot { layout, ..from.clone() };
            self.spots.insert((id, layout), spot.clone());
            return Some(spot);
        }
        let other = match layout {
            Layout::Planar => Layout::Blocked,
            Layout::Blocked => Layout::Planar,
        };
        let from = self.spots.get(&(id, other))?.clone();
        let to = self.own(layout, from.dims.clone());
        let convert = Convert::new(self.settings.isa, self.batch, &from, &to);
        self.compute(convert, vec![from], to.clone());
        self.spots.insert((id, layout), to.clone());
        Some(to)
    }

    /// Where a step writes its output: where the plan says, if it can lie there in this layout.
    pub(super) fn output(&mut self, step: &Step, layout: Layout) -> Spot {
        let id = step.output();
        let spot = self.place(id, layout);
        self.spots.insert((id, layout), spot.clone());
        spot
    }

    fn place(&mut self, id: NodeId, layout: Layout) -> Spot {
        let dims = self.dims(id);
        if let Home::Within { whole, channel } = self.program.plan.home(id)
            && let Some(whole) = self.whole(whole, layout)
        {
            let positions = dims[1..].iter().product::<usize>();
            let offset = whole.offset + usize::try_from(channel).unwrap_or(usize::MAX) * positions;
            return Spot { offset, dims, ..whole };
        }
        self.own(layout, dims)
    }

    /// Where the whole lies that parts are written into, if it is in this layout or not yet begun.
    fn whole(&mut self, whole: NodeId, layout: Layout) -> Option<Spot> {
        let other = if layout == Layout::Planar { Layout::Blocked } else { Layout::Planar };
        if self.spots.contains_key(&(whole, other)) {
            return None;
        }
        if !self.spots.contains_key(&(whole, layout)) {
            let spot = self.place(whole, layout);
            self.spots.insert((whole, layout), spot);
        }
        self.spots.get(&(whole, layout)).cloned()
    }

    /// Where a step may write in place of an input, which it is the last to take.
    pub(super) fn in_place(&mut self, step: &Step, input: NodeId, layout: Layout) -> Option<Spot> {
        let Home::InPlace(root) = self.program.plan.home(step.output()) else { return None };
        let (input, plan) = (self.program.plan.passed(input), &self.program.plan);
        let is_it = plan.root(input) == Some(root) && !self.program.fixed.contains_key(&input);
        let spot = self.spots.get(&(input, layout)).filter(|_| is_it)?.clone();
        if self
            .program
            .inputs
            .iter()
            .any(|(_, given)| given.as_ref().is_some_and(|given| given.buffer == spot.buffer))
        {
            return None;
        }
        let spot = Spot { dims: self.dims(step.output()), ..spot };
        self.spots.insert((step.output(), layout), spot.clone());
        Some(spot)
    }

    pub(super) fn isa(&self) -> Isa {
        self.settings.isa
    }

    /// A kernel that writes `writes`; what it works on in place is not among what it reads.
    pub(super) fn compute(&mut self, kernel: impl Kernel + 'static, reads: Vec<Spot>, writes: Spot) {
        self.push(Work::Kernel { kernel: Box::new(kernel), reads, writes });
    }

    fn push(&mut self, work: Work) {
        let number = self.program.works.len();
        let (reads, writes): (Vec<&Spot>, Option<&Spot>) = match &work {
            Work::Kernel { reads, writes, .. } => (reads.iter().collect(), Some(writes)),
            Work::Candle { inputs, output, .. } => {
                (inputs.iter().filter_map(|(_, spot)| spot.as_ref()).collect(), output.as_ref())
            }
        };
        for spot in reads.into_iter().chain(writes) {
            self.program.buffers.touch(spot.buffer, number);
        }
        self.program.works.push(work);
    }
}

impl Program {
    /// By piece of memory, which inputs of the network need not be copied into it: those that only kernels read, one of them at a time.
    fn read_where_given(&self) -> HashMap<usize, usize> {
        let places = self
            .inputs
            .iter()
            .enumerate()
            .filter_map(|(index, (_, spot))| Some((spot.as_ref()?.buffer, index)));
        let mut given: HashMap<usize, usize> = places.collect();
        for (_, spot) in &self.outputs {
            given.retain(|&buffer, _| spot.as_ref().is_none_or(|spot| spot.buffer != buffer));
        }
        for work in &self.works {
            match work {
                Work::Kernel { reads, .. } => {
                    let first =
                        reads.iter().find(|spot| given.contains_key(&spot.buffer)).map(|spot| spot.buffer);
                    let others = reads.iter().map(|spot| spot.buffer).filter(|&buffer| Some(buffer) != first);
                    for other in others.collect::<Vec<_>>() {
                        given.remove(&other);
                    }
                }
                Work::Candle { inputs, .. } => {
                    for (_, spot) in inputs {
                        given.retain(|&buffer, _| spot.as_ref().is_none_or(|spot| spot.buffer != buffer));
                    }
                }
            }
        }
        given
    }

    /// The nodes, by their index, that candle computes with their weights as they are.
    pub(super) fn left_to_candle(&self) -> HashSet<usize> {
        let nodes = self.works.iter().flat_map(|work| match work {
            Work::Candle { nodes, .. } => &nodes[..],
            Work::Kernel { .. } => &[],
        });
        nodes.map(|id| id.index()).collect()
    }
}
