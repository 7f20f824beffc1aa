//! The tensors a graph computes with: made once, used by as many passes as are wanted.

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor, WithDType};
use rand::distr::{Distribution, Uniform};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::RunError;
use super::archive::{Archive, Entry};
use super::assign::{Assignment, Named, Refusal, assign};
use super::draft::Draft;
use super::map::{Map, Mapped};
use super::memory::free;
use super::modules::wanted;
use super::npy::unwritten;
use super::pieces::made;
use super::save::save;
use crate::file::Outputs;
use crate::graph::{Graph, NodeId, Tie};
use crate::op::{Initializer, Weight};
use crate::text;
use crate::text::Text;

/// The parameters and buffers of every node of a graph.
#[derive(Clone, Debug)]
pub struct Weights {
    /// By [`NodeId`]; a node that uses another's weights has handles to the same numbers.
    by_node: Vec<Vec<Tensor>>,
}

/// What has the numbers of a network's weights.
pub trait Stored {
    /// Weight number `index` of a node, in the order of its operator's: as many numbers as that has, in its order.
    ///
    /// # Errors
    /// Which numbers cannot be read, and why.
    fn read(&self, node: NodeId, index: usize) -> std::result::Result<Vec<f32>, Text>;

    /// Whether all of them are where they should be, as far as that is known before they are read, and whether those that are made
    /// of others can be made in so many bytes of memory.
    ///
    /// # Errors
    /// The first numbers of which that is not so, and why.
    fn check(&self, free: u128) -> std::result::Result<(), Text>;
}

impl Weights {
    /// Those that `stored` has, or fresh ones where nothing has any.
    pub fn own(
        graph: &Graph,
        stored: Option<&dyn Stored>,
        seed: u64,
        device: &Device,
        dtype: DType,
    ) -> std::result::Result<Self, RunError> {
        let Some(stored) = stored else { return Self::fresh(graph, seed, device, dtype) };
        let mut unread = None;
        let made = Self::made(graph, |id, wanted| {
            let tied: Vec<usize> = graph.ties(id).map(|(index, _)| index).collect();
            let own = (0..).filter(|index| !tied.contains(index));
            let tensor = |(weight, index): (&Weight, usize)| {
                let numbers = stored.read(id, index).map_err(|why| {
                    let error = candle_core::Error::Msg(why.english.clone());
                    unread = Some(why);
                    error
                })?;
                Tensor::from_vec(numbers, sizes(&weight.dims())?, device)?.to_dtype(dtype)
            };
            wanted.iter().zip(own).map(tensor).collect()
        });
        made.map_err(|error| unread.map_or(error, |why| RunError::Unread { why }))
    }

    /// Whether those that `stored` has can be read, as far as that is known before anything is made.
    pub fn check_own(stored: Option<&dyn Stored>) -> std::result::Result<(), RunError> {
        let free = free(&Device::Cpu).unwrap_or(u128::MAX);
        stored.map_or(Ok(()), |stored| stored.check(free).map_err(|why| RunError::Unread { why }))
    }

    /// Fresh ones, filled as PyTorch fills them: the same for the same seed, whatever the element type and the device.
    pub fn fresh(
        graph: &Graph,
        seed: u64,
        device: &Device,
        dtype: DType,
    ) -> std::result::Result<Self, RunError> {
        Self::made(graph, |node, weights| {
            let mut random = stream(seed, node);
            weights.iter().map(|weight| tensor(weight, &mut random, dtype, device)).collect()
        })
    }

    /// Those that `make` makes. It is asked once for each node that has weights of its own, in the order of execution, for
    /// tensors of these shapes in this order.
    pub fn made(
        graph: &Graph,
        mut make: impl FnMut(NodeId, &[Weight]) -> Result<Vec<Tensor>>,
    ) -> std::result::Result<Self, RunError> {
        let mut by_node: Vec<Vec<Tensor>> = Vec::with_capacity(graph.len());
        for (id, _) in graph.nodes() {
            let (wanted, own) = (graph.weights(id), graph.own_weights(id));
            let failed = |source| RunError::Candle { path: graph.path(id), source };
            let mut tensors = if own.is_empty() { vec![] } else { make(id, &own).map_err(failed)? };
            for (index, tie) in graph.ties(id) {
                // The one that has it comes first.
                let owner = &by_node[tie.owner.node.index()][tie.owner.index as usize];
                let tensor = tied(owner, tie, &wanted[index]).map_err(failed)?;
                tensors.insert(index.min(tensors.len()), tensor);
            }
            check(&tensors, &wanted, || graph.path(id))?;
            by_node.push(tensors);
        }
        Ok(Self { by_node })
    }

    /// Those of a file, `.safetensors` or `.npz`, whose tensors are called as [`names`] has them, or are told apart by their
    /// shapes and order ([`assign`](super::assign)), or as a map says. Counters and indices, which are whole numbers, are
    /// left out; so is PyTorch's counter of batches where somebody has made floats of all there is.
    pub fn load(
        graph: &Graph,
        path: &Path,
        map: Option<&Map>,
        device: &Device,
        dtype: DType,
    ) -> std::result::Result<Loaded, RunError> {
        let mut archive = Archive::open(path)?;
        let counts = |entry: &Entry| entry.dims.is_empty() && entry.name.ends_with("num_batches_tracked");
        archive.entries.retain(|entry| !entry.dtype.is_int() && !counts(entry));
        if archive.entries.is_empty() {
            let why =
                text!("it holds no tensors of floats, as weights are", "其中没有浮点张量,而权重是浮点数");
            return Err(RunError::File { name: path.display().to_string(), why });
        }
        let named = |entry: &Entry| Named {
            name: entry.name.clone(),
            dims: entry.dims.iter().map(|&size| size as u64).collect(),
        };
        let (wanted, given) = (wanted(graph), archive.entries.iter().map(named).collect::<Vec<_>>());
        let Found { indices, by_name, unused } = if let Some(map) = map {
            let Mapped { given, unused } = map.apply(graph, &given).map_err(RunError::Map)?;
            Found { indices: given, by_name: true, unused }
        } else {
            let assigned = assign(graph, &given, archive.is_in_order());
            let Assignment { given: indices, by_name } = assigned.map_err(|refusal| {
                let Refusal { findings, known, candidates } = refusal;
                let draft = Box::new(Draft::of(&wanted, &given, &known, &candidates));
                RunError::Unfit { name: path.display().to_string(), findings, draft }
            })?;
            Found { indices, by_name, unused: vec![] }
        };
        let mut tensors = vec![];
        for (wanted, &index) in wanted.iter().zip(&indices) {
            let Named { name, dims } = &wanted.named;
            let tensor = archive.read(index, dtype, device)?;
            let tensor = sizes(dims)
                .and_then(|dims| tensor.reshape(dims))
                .map_err(|source| RunError::Candle { path: name.clone(), source })?;
            tensors.push(tensor);
        }
        let mut tensors = tensors.into_iter();
        let weights = Self::made(graph, |_, weights| Ok(tensors.by_ref().take(weights.len()).collect()))?;
        let known: Vec<Option<usize>> = indices.iter().copied().map(Some).collect();
        let draft = Draft::of(&wanted, &given, &known, &[]);
        let pairs = wanted.into_iter().zip(&indices);
        let pairs = pairs.map(|(ours, &theirs)| (ours.named.name, given[theirs].name.clone())).collect();
        let unused = unused.into_iter().map(|index| given[index].name.clone()).collect();
        Ok(Loaded { weights, by_name, pairs, unused, draft })
    }

    /// Writes them among `outputs`, as `.safetensors`, under the names that [`names`] has.
    pub fn save(
        &self,
        graph: &Graph,
        outputs: &mut Outputs,
        path: &Path,
    ) -> std::result::Result<(), RunError> {
        let tensors = graph.nodes().flat_map(|(id, _)| {
            let tied: Vec<usize> = graph.ties(id).map(|(index, _)| index).collect();
            self.of(id).iter().enumerate().filter(move |(index, _)| !tied.contains(index)).map(|(_, own)| own)
        });
        let named: Vec<_> = names(graph).into_iter().map(|named| named.name).zip(tensors.cloned()).collect();
        outputs.write(path, |part| save(&named, part)).map_err(|error| unwritten(path, &error))
    }

    /// Those of the nodes that are wanted, and none of the others.
    #[must_use]
    pub(super) fn only(mut self, is_wanted: impl Fn(usize) -> bool) -> Self {
        self.by_node
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| !is_wanted(*index))
            .for_each(|(_, own)| own.clear());
        self
    }

    /// The element type, if there are any.
    pub fn dtype(&self) -> Option<DType> {
        self.by_node.iter().flatten().next().map(Tensor::dtype)
    }

    /// What a node computes with, in the order of its operator's weights.
    pub fn of(&self, id: NodeId) -> &[Tensor] {
        self.by_node.get(id.index()).map_or(&[], Vec::as_slice)
    }
}

/// Weights that come from a file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The weights.
    pub weights: Weights,
    /// Whether the file has our names, or a map has them; otherwise shapes and order have decided.
    pub by_name: bool,
    /// What each tensor is called here and in the file.
    pub pairs: Vec<(String, String)>,
    /// Tensors of the file that nothing uses.
    pub unused: Vec<String>,
    /// The same as a map.
    pub draft: Draft,
}

/// Which tensor of a file is which, however it was found.
struct Found {
    indices: Vec<usize>,
    by_name: bool,
    unused: Vec<usize>,
}

/// What the tensors that a graph needs are called, in the order of use: a node's path, a dot, and PyTorch's name.
pub fn names(graph: &Graph) -> Vec<Named> {
    wanted(graph).into_iter().map(|wanted| wanted.named).collect()
}

/// The tensor of another node as one of a node's own sizes: the same numbers, not a copy.
fn tied(owner: &Tensor, tie: Tie, wanted: &Weight) -> Result<Tensor> {
    if tie.transposed { owner.t() } else { owner.reshape(sizes(&wanted.dims())?) }
}

pub(super) fn sizes(dims: &[u64]) -> Result<Vec<usize>> {
    let sizes = dims.iter().map(|&size| usize::try_from(size));
    sizes.collect::<std::result::Result<_, _>>().map_err(candle_core::Error::wrap)
}

/// A stream of random numbers for each node.
pub(super) fn stream(seed: u64, node: NodeId) -> StdRng {
    StdRng::seed_from_u64(seed ^ (node.index() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn check(
    given: &[Tensor],
    wanted: &[Weight],
    path: impl Fn() -> String,
) -> std::result::Result<(), RunError> {
    let wanted: Vec<Vec<u64>> = wanted.iter().map(Weight::dims).collect();
    let found: Vec<Vec<u64>> =
        given.iter().map(|tensor| tensor.dims().iter().map(|&size| size as u64).collect()).collect();
    if found == wanted { Ok(()) } else { Err(RunError::Weights { path: path(), wanted, found }) }
}

fn tensor(weight: &Weight, random: &mut StdRng, dtype: DType, device: &Device) -> Result<Tensor> {
    let dims = sizes(&weight.dims())?;
    match weight.initializer {
        Initializer::Constant(value) => {
            let value = Tensor::new(value, &Device::Cpu)?.to_dtype(dtype)?;
            made(&dims, dtype, device, |count| value.broadcast_as(count)?.contiguous())
        }
        Initializer::Uniform { fan_in } => {
            let range = uniform(1.0, fan_in)?;
            made_of(&dims, dtype, device, || range.sample(random))
        }
        Initializer::Xavier { fan_in, fan_out } => {
            let range = uniform(6.0, fan_in.saturating_add(fan_out))?;
            made_of(&dims, dtype, device, || range.sample(random))
        }
        Initializer::Normal { deviation } => made_of(&dims, dtype, device, || normal(random, deviation)),
    }
}

/// A tensor of these sizes, whose numbers are what `number` gives.
pub(super) fn made_of<T: WithDType>(
    dims: &[usize],
    dtype: DType,
    device: &Device,
    mut number: impl FnMut() -> T,
) -> Result<Tensor> {
    made(dims, dtype, device, |count| {
        let numbers: Vec<T> = std::iter::repeat_with(&mut number).take(count).collect();
        Tensor::from_vec(numbers, count, &Device::Cpu)
    })
}

/// Numbers between ∓ √(`share`/`fan`).
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
fn uniform(share: f64, fan: u64) -> Result<Uniform<f32>> {
    let bound = (share / fan.max(1) as f64).sqrt() as f32;
    Uniform::new_inclusive(-bound, bound).map_err(candle_core::Error::wrap)
}

/// A normal deviate of mean 0, by the method of Box and Muller.
#[expect(clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
pub(super) fn normal(random: &mut StdRng, deviation: f64) -> f32 {
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (deviation * (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
}
