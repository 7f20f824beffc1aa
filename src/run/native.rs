//! The engine whose kernels are our own: a plan's steps as operations of candle's on one piece of memory.

use std::collections::HashMap;
use std::sync::Mutex;

use candle_core::{DType, Device, Storage, Tensor};
use cnncost_kernels::awake;
pub use cnncost_kernels::{Isa, multiply_add};

use super::session::{Executed, Session};
use super::{Like, RunError, Weights, computed};
use crate::graph::{Graph, NodeId};
use crate::plan::{Blocks, Plan, Step};

mod arena;
mod convert;
mod fold;
mod kernel;
mod lower;
pub(super) mod memory;
mod part;

use arena::{LINE, Spot};
use kernel::{Placed, Read, WithGiven};
use lower::{Lowering, Program, Work};

/// How kernels are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For these instructions.
    pub isa: Isa,
    /// Whether 3×3 convolutions may be computed by Winograd's algorithm, which multiplies less and rounds more.
    pub winograd: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { isa: Isa::best(), winograd: true }
    }
}

impl Settings {
    /// The steps that a pass takes.
    pub fn plan(self, graph: &Graph) -> Plan {
        Plan::of(graph, Blocks::of(self.isa.block() as u64))
    }
}

/// A network with its weights packed and its memory laid out.
pub(super) struct Native<'g> {
    graph: &'g Graph,
    weights: Weights,
    program: Program,
    /// Everything that a pass computes with.
    memory: Tensor,
    /// Where each piece begins.
    offsets: Vec<usize>,
    /// Numbers before the first piece, which let it begin with a cache line.
    first: usize,
    scratch: Mutex<Vec<f32>>,
    /// Samples of a pass.
    batch: usize,
    /// What is computed at once: its batch divides that of a pass.
    like: Like,
    block: usize,
}

impl<'g> Native<'g> {
    /// Makes a network ready for passes of a batch.
    pub(super) fn load(
        graph: &'g Graph,
        weights: Weights,
        batch: usize,
        settings: Settings,
    ) -> Result<Self, RunError> {
        let failed = |source| RunError::Candle { path: String::new(), source };
        let part = part::samples(graph, batch, settings);
        let like = Like { batch: part, dtype: DType::F32, device: Device::Cpu };
        let fixed = fixed(graph, &weights, &like)?;
        let program = Lowering::lower(graph, &weights, fixed, settings, part).map_err(failed)?;
        let arena = program.buffers.laid_out();
        let memory = Tensor::zeros(arena.size + LINE, DType::F32, &Device::Cpu).map_err(failed)?;
        let first = first_of_line(&memory).map_err(failed)?;
        let scratch = program.works.iter().map(|work| match work {
            Work::Kernel { kernel, .. } => kernel.scratch(),
            Work::Candle { .. } => 0,
        });
        let scratch = Mutex::new(vec![0.0; scratch.max().unwrap_or(0)]);
        let (offsets, block) =
            (arena.offsets.iter().map(|offset| first + offset).collect(), settings.isa.block());
        // What kernels have packed is not needed twice.
        let left = program.left_to_candle();
        let weights = weights.only(|index| left.contains(&index));
        let native = Self { graph, weights, program, memory, offsets, first, scratch, batch, like, block };
        native.place_constants().map_err(failed)?;
        Ok(native)
    }

    /// Puts what is computed once where steps take it, for each sample.
    fn place_constants(&self) -> candle_core::Result<()> {
        for (id, spot) in &self.program.constants {
            let tensor = self.program.fixed[id].to_dtype(DType::F32)?.contiguous()?.flatten_all()?;
            let start = self.offsets[spot.buffer] + spot.offset;
            for sample in 0..self.like.batch {
                self.memory.slice_set(&tensor, 0, start + sample * spot.sample)?;
            }
        }
        Ok(())
    }

    /// Copies a tensor into the memory.
    fn put(&self, tensor: &Tensor, spot: &Spot) -> candle_core::Result<()> {
        let numbers = spot.numbers(self.block);
        let tensor = tensor.to_dtype(DType::F32)?.contiguous()?.flatten_all()?;
        let start = self.offsets[spot.buffer] + spot.offset;
        if spot.is_dense(self.block) || self.like.batch == 1 {
            return self.memory.slice_set(&tensor, 0, start);
        }
        (0..self.like.batch).try_for_each(|sample| {
            let own = tensor.narrow(0, sample * numbers, numbers)?.contiguous()?;
            self.memory.slice_set(&own, 0, start + sample * spot.sample)
        })
    }

    /// A tensor as it lies in the memory, where the next step may change it.
    fn look(&self, spot: &Spot) -> candle_core::Result<Tensor> {
        let (batch, numbers) = (self.like.batch, spot.numbers(self.block));
        let start = self.offsets[spot.buffer] + spot.offset;
        let dims = [&[batch], &*spot.dims].concat();
        if batch == 1 || spot.is_dense(self.block) {
            return self.memory.narrow(0, start, batch * numbers)?.reshape(dims);
        }
        let samples = (0..batch).map(|sample| self.memory.narrow(0, start + sample * spot.sample, numbers));
        Tensor::stack(&samples.collect::<candle_core::Result<Vec<_>>>()?, 0)?.reshape(dims)
    }

    fn range(&self, spot: &Spot) -> std::ops::Range<usize> {
        let (range, start) = (spot.range(self.like.batch, self.block), self.offsets[spot.buffer]);
        start + range.start..start + range.end
    }

    /// Does a piece of work; `outside` has what candle keeps.
    fn work(
        &self,
        work: &Work,
        inputs: &[Tensor],
        outside: &mut HashMap<NodeId, Tensor>,
    ) -> Result<(), RunError> {
        match work {
            Work::Kernel { kernel, reads, writes } => {
                let given = reads.iter().find_map(|spot| self.program.given.get(&spot.buffer));
                let read = |spot: &Spot| match self.program.given.get(&spot.buffer) {
                    Some(_) => Read::Given(spot.range(self.like.batch, self.block)),
                    None => Read::Memory(self.range(spot)),
                };
                let placed = Placed {
                    kernel: &**kernel,
                    reads: reads.iter().map(read).collect(),
                    writes: self.range(writes),
                    scratch: &self.scratch,
                };
                let done = match given {
                    Some(&given) => self.memory.inplace_op2(&inputs[given], &WithGiven(placed)),
                    None => self.memory.inplace_op1(&placed),
                };
                done.map_err(|source| RunError::Candle { path: kernel.name().to_owned(), source })
            }
            Work::Candle { nodes, inputs, output } => self.by_candle(nodes, inputs, output.as_ref(), outside),
        }
    }

    fn by_candle(
        &self,
        nodes: &[NodeId],
        inputs: &[(NodeId, Option<Spot>)],
        output: Option<&Spot>,
        outside: &mut HashMap<NodeId, Tensor>,
    ) -> Result<(), RunError> {
        let mut known: HashMap<NodeId, Tensor> = HashMap::new();
        let mut last = None;
        for &id in nodes {
            let failed = |source| RunError::Candle { path: self.graph.path(id), source };
            let find = |input: NodeId| {
                let input = self.program.plan.passed(input);
                if let Some(tensor) = known.get(&input).or_else(|| outside.get(&input)) {
                    return Ok(tensor.clone());
                }
                match inputs.iter().find(|(known, _)| *known == input) {
                    Some((_, Some(spot))) => self.look(spot),
                    Some((_, None)) | None => Ok(self.program.fixed[&input].clone()),
                }
            };
            let tensors = self.graph.inputs(id).map(find).collect::<candle_core::Result<Vec<_>>>();
            let computed = tensors
                .and_then(|tensors| computed(self.graph, id, tensors, self.weights.of(id), &self.like))
                .map_err(failed)?;
            let samples = if self.graph.is_fixed(id) { 1 } else { self.like.batch };
            super::check(&computed, &self.graph.node(id).shape, samples, || self.graph.path(id))?;
            known.insert(id, computed.clone());
            last = Some((id, computed));
        }
        let Some((id, computed)) = last else { return Ok(()) };
        let failed = |source| RunError::Candle { path: self.graph.path(id), source };
        if let Some(spot) = output {
            // It may be a part of the memory itself; a copy by candle's `copy` would be one of all of that.
            return computed
                .force_contiguous()
                .and_then(|computed| self.put(&computed, spot))
                .map_err(failed);
        }
        outside.insert(id, computed);
        Ok(())
    }

    fn outputs(&self, outside: &HashMap<NodeId, Tensor>) -> Result<Vec<(String, Tensor)>, RunError> {
        let output = |((name, id), (source, spot)): (&(String, NodeId), &(NodeId, Option<Spot>))| {
            let tensor = if let Some(spot) = spot {
                self.look(spot).and_then(|tensor| tensor.force_contiguous())
            } else {
                let tensor = outside.get(source).unwrap_or_else(|| &self.program.fixed[source]);
                super::repeated(tensor, self.like.batch)
            };
            let failed = |source| RunError::Candle { path: self.graph.path(*id), source };
            Ok((name.clone(), tensor.map_err(failed)?))
        };
        self.graph.outputs().iter().zip(&self.program.outputs).map(output).collect()
    }

    fn pass(
        &self,
        inputs: &[Tensor],
        observe: &mut (dyn FnMut() + Send),
    ) -> Result<Vec<(String, Tensor)>, RunError> {
        for ((id, _), input) in self.program.inputs.iter().zip(inputs) {
            super::check(input, &self.graph.node(*id).shape, self.batch, || self.graph.path(*id))?;
        }
        let size = self.like.batch;
        if size == self.batch {
            return self.part(inputs, observe);
        }
        let failed = |source| RunError::Candle { path: String::new(), source };
        let mut parts = vec![];
        for start in (0..self.batch).step_by(size) {
            let inputs = inputs.iter().map(|input| input.narrow(0, start, size));
            let inputs = inputs.collect::<candle_core::Result<Vec<_>>>().map_err(failed)?;
            parts.push(self.part(&inputs, observe)?);
        }
        let together = |index: usize| {
            let tensors: Vec<_> = parts.iter().map(|part| &part[index].1).collect();
            Ok((parts[0][index].0.clone(), Tensor::cat(&tensors, 0).map_err(failed)?))
        };
        (0..self.graph.outputs().len()).map(together).collect()
    }

    /// A pass of as many samples as are computed at once.
    fn part(
        &self,
        inputs: &[Tensor],
        observe: &mut (dyn FnMut() + Send),
    ) -> Result<Vec<(String, Tensor)>, RunError> {
        let mut outside = HashMap::new();
        let mut taken = Vec::with_capacity(inputs.len());
        for ((id, spot), input) in self.program.inputs.iter().zip(inputs) {
            let failed = |source| RunError::Candle { path: self.graph.path(*id), source };
            let Some(spot) = spot else {
                outside.insert(*id, input.clone());
                taken.push(input.clone());
                continue;
            };
            let input = input.to_dtype(DType::F32).and_then(|input| input.contiguous()).map_err(failed)?;
            if !self.program.given.contains_key(&spot.buffer) {
                self.put(&input, spot).map_err(failed)?;
            }
            taken.push(input);
        }
        observe();
        let mut done = 0;
        for &end in &self.program.ends {
            for work in &self.program.works[done..end] {
                self.work(work, &taken, &mut outside)?;
            }
            done = end;
            observe();
        }
        for work in &self.program.works[done..] {
            self.work(work, &taken, &mut outside)?;
        }
        self.outputs(&outside)
    }
}

impl Session for Native<'_> {
    fn run(
        &mut self,
        inputs: &[Tensor],
        observe: &mut (dyn FnMut() + Send),
    ) -> Result<Vec<(String, Tensor)>, RunError> {
        awake(|| self.pass(inputs, observe))
    }

    fn repeat(&mut self, inputs: &[Tensor], passes: usize) -> Result<(), RunError> {
        // Threads stay awake in between, too.
        awake(|| (0..passes).try_for_each(|_| self.pass(inputs, &mut || ()).map(drop)))
    }

    fn steps(&self) -> Vec<Executed> {
        let mut done = 0;
        let step = |(step, &end): (&Step, &usize)| {
            let works = &self.program.works[std::mem::replace(&mut done, end)..end];
            let others = step.nodes.iter().copied().filter(|&id| id != step.main);
            let kernels = works.iter().filter_map(|work| match work {
                Work::Kernel { kernel, .. } => Some(kernel.name()),
                Work::Candle { .. } => None,
            });
            let output = works.iter().rev().find_map(|work| match work {
                Work::Kernel { writes, .. } => Some(writes),
                Work::Candle { output, .. } => output.as_ref(),
            });
            let bytes = |numbers: usize| numbers * size_of::<f32>();
            Executed {
                nodes: std::iter::once(step.main).chain(others).collect(),
                kernels: kernels.collect(),
                by_candle: works.iter().any(|work| matches!(work, Work::Candle { .. })),
                output: output.map(|spot| {
                    let range = self.range(spot);
                    (bytes(range.start - self.first), bytes(range.len()))
                }),
            }
        };
        self.program.plan.steps.iter().zip(&self.program.ends).map(step).collect()
    }

    fn parts(&self) -> usize {
        self.batch / self.like.batch.max(1)
    }

    fn held(&self) -> u128 {
        let packed = self.program.works.iter().map(|work| match work {
            Work::Kernel { kernel, .. } => kernel.held(),
            Work::Candle { .. } => 0,
        });
        let scratch = self.scratch.lock().map_or(0, |scratch| scratch.len());
        let numbers = self.memory.elem_count() + scratch + packed.sum::<usize>();
        numbers as u128 * size_of::<f32>() as u128
    }
}

/// The first number of a tensor that stands at the beginning of a cache line, so that no vector behind it lies across two.
fn first_of_line(memory: &Tensor) -> candle_core::Result<usize> {
    let (storage, _) = memory.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else { candle_core::bail!("a session is on the CPU") };
    Ok(storage.as_slice::<f32>()?.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE))
}

/// What is computed of weights and constants alone, once.
fn fixed(graph: &Graph, weights: &Weights, like: &Like) -> Result<HashMap<NodeId, Tensor>, RunError> {
    let mut fixed: HashMap<NodeId, Tensor> = HashMap::new();
    for (id, node) in graph.nodes().filter(|&(id, _)| graph.is_fixed(id)) {
        if node.operator().is_none() {
            continue;
        }
        let tensors = graph.inputs(id).map(|input| fixed[&input].clone()).collect();
        let failed = |source| RunError::Candle { path: graph.path(id), source };
        fixed.insert(id, computed(graph, id, tensors, weights.of(id), like).map_err(failed)?);
    }
    Ok(fixed)
}
