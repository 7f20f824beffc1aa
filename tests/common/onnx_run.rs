//! Networks of ONNX files, executed, and what comes out held against what somebody else got.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Node;
use cnncost::read::Network;
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::run::{Engine, Weights};
use cnncost::shape::{Element, ElementType};
use cnncost::text::Language;

/// An array, of whole numbers too.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub dims: Vec<usize>,
    pub numbers: Vec<f64>,
}

impl Values {
    /// What candle holds.
    pub(crate) fn of(tensor: &Tensor) -> candle_core::Result<Self> {
        let numbers = tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        Ok(Self { dims: tensor.dims().to_vec(), numbers })
    }

    /// As the input of a network: so many samples, and of its own type where it has one.
    fn tensor(&self, input: &Node, batch: usize) -> candle_core::Result<Tensor> {
        let dtype = match input.element {
            Element::Fixed(ElementType::F16) => DType::F16,
            Element::Fixed(ElementType::Bf16) => DType::BF16,
            Element::Fixed(ElementType::I8 | ElementType::Bool) => DType::U8,
            Element::Fixed(ElementType::I64) => DType::I64,
            Element::Network | Element::Fixed(_) => DType::F32,
        };
        let sizes = input.shape.dims().iter().map(|&size| usize::try_from(size).unwrap());
        let dims: Vec<_> = std::iter::once(batch).chain(sizes).collect();
        Tensor::from_vec(self.numbers.clone(), dims, &Device::Cpu)?.to_dtype(dtype)
    }

    /// Whether every number is the other's, but for a share of the largest.
    pub(crate) fn is_near(&self, expected: &Self, share: f64) -> Result<(), String> {
        let (found, wanted) = (self.numbers.len(), expected.numbers.len());
        if found != wanted {
            return Err(format!("{found} numbers instead of {wanted}"));
        }
        let finite = expected.numbers.iter().filter(|number| number.is_finite());
        let largest = finite.fold(0_f64, |largest, number| largest.max(number.abs()));
        // What is infinite, or no number, must be so on both sides.
        let is_off = |(ours, theirs): &(&f64, &f64)| match (ours.is_finite(), theirs.is_finite()) {
            (true, true) => (*ours - *theirs).abs() > share * largest,
            (false, false) => {
                ours.is_nan() != theirs.is_nan() || ours.is_sign_positive() != theirs.is_sign_positive()
            }
            _ => true,
        };
        let mut pairs = self.numbers.iter().zip(&expected.numbers);
        let off = pairs.clone().filter(is_off).count();
        match pairs.find(is_off) {
            Some((ours, theirs)) => Err(format!("{off} of {found} differ: {ours} instead of {theirs}")),
            None => Ok(()),
        }
    }
}

/// Reads, executes and compares; the error says what failed.
pub(crate) fn check(
    open: impl FnOnce() -> Result<Onnx, String>,
    given: &[Values],
    expected: &BTreeMap<String, Values>,
    share: f64,
) -> Result<(), String> {
    let check = || {
        let network = open()?.expand(&Sizes::default()).map_err(|error| said(&error))?;
        for (name, id) in network.graph.outputs() {
            let sizes: Vec<_> = network
                .graph
                .node(*id)
                .shape
                .dims()
                .iter()
                .map(|&size| usize::try_from(size).unwrap())
                .collect();
            if let Some(Values { dims, .. }) = expected.get(name) {
                // The batch, which is 1, is left out of the sizes of a sample.
                if *dims != sizes && dims.strip_prefix(&[1]) != Some(&sizes) {
                    return Err(format!("shape: {sizes:?} instead of {dims:?}"));
                }
            }
        }
        for engine in [Engine::Candle, Engine::usual(ElementType::F32, true)] {
            let outputs = executed(&network, given, 1, engine)?;
            for (name, values) in expected {
                let found = outputs.get(name).ok_or_else(|| {
                    let warnings = network.warnings.iter().map(|warning| warning.message.to_string());
                    format!("compare: no output {name}: {}", warnings.collect::<Vec<_>>().join(", "))
                })?;
                found.is_near(values, share).map_err(|why| format!("compare: {}: {why}", engine.name()))?;
            }
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|_| Err("a panic".to_owned()))
}

/// The mistake alone, on a line.
pub(crate) fn said(error: &cnncost::error::ReadError) -> String {
    let text = error.render(Language::English, false, 400);
    format!("read: {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The outputs by name of a network with its own weights, whose inputs hold so many samples.
pub(crate) fn executed(
    network: &Network,
    given: &[Values],
    batch: usize,
    engine: Engine,
) -> Result<BTreeMap<String, Values>, String> {
    let graph = &network.graph;
    let inputs: Vec<_> = graph.network_inputs().collect();
    if inputs.len() != given.len() {
        return Err(format!("read: {} inputs instead of {}", inputs.len(), given.len()));
    }
    let tensors = inputs.iter().zip(given).map(|((_, node), values)| values.tensor(node, batch));
    let tensors = tensors.collect::<Result<Vec<_>, _>>().map_err(|error| format!("inputs: {error}"))?;
    let weights = Weights::own(graph, network.stored(), 0, &Device::Cpu, DType::F32);
    let weights = weights.map_err(|error| format!("weights: {}", error.text()))?;
    let session = engine.load(graph, weights, batch);
    let outputs = session.and_then(|mut session| session.run(&tensors, &mut || ()));
    let outputs = outputs.map_err(|error| format!("run: {}", error.text()))?;
    let values = outputs.into_iter().map(|(name, tensor)| Ok((name, Values::of(&tensor)?)));
    values.collect::<candle_core::Result<_>>().map_err(|error| format!("outputs: {error}"))
}

/// What became of a file.
pub(crate) struct Outcome {
    /// What it is of.
    pub group: String,
    /// What it is called.
    pub name: String,
    /// What it was that failed, and why.
    pub result: Result<(), String>,
}

/// Prints how many passed of each group, and of those that did not, why; at least `least` must.
#[expect(clippy::print_stdout, reason = "the list is for whoever asks for it")]
pub(crate) fn report(outcomes: &[Outcome], least: usize) {
    let (mut groups, mut steps) = (BTreeMap::<&str, Vec<&Outcome>>::new(), BTreeMap::<&str, usize>::new());
    for outcome in outcomes {
        groups.entry(&outcome.group).or_default().push(outcome);
        if let Err(why) = &outcome.result {
            *steps.entry(why.split(':').next().unwrap()).or_default() += 1;
        }
    }
    let passed = |outcomes: &[&Outcome]| outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
    let (all, good) = (outcomes.len(), passed(&outcomes.iter().collect::<Vec<_>>()));
    println!("passed {good} of {all}; others failed in {steps:?}");
    for (group, outcomes) in groups {
        println!("{group}: {} of {}", passed(&outcomes), outcomes.len());
        for Outcome { name, result, .. } in outcomes {
            if let Err(why) = result {
                println!("  {name}: {}", why.chars().take(200).collect::<String>());
            }
        }
    }
    assert!(good >= least, "{good} of {all} give what is expected, at least {least} should");
}
