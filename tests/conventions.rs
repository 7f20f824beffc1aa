//! Conventions against what the tools report: one operator at a time, and whole networks. The figures, with what they were
//! measured with, are in tests/conventions. Of each list it is printed how many are exact, and those that are not have a
//! reason here.

use std::collections::BTreeMap;

use cnncost::convention::{Convention, totals};
use cnncost::graph::{Builder, Graph};
use cnncost::read::{Description, Options, bundled, conventions};
use cnncost::shape::Shape;

/// What begins so, the tools whose figures for it are not had from a description, and why.
type Exception = (&'static str, &'static [&'static str], &'static str);

const ONNX: [&str; 2] = ["onnx-tool", "onnx-tool-unfolded"];

const OPERATORS: &[Exception] = &[
    (
        "op = \"multi_head_attention\"",
        &ONNX,
        "the export computes the scale of the scores from their shape, some 77 operations for each layer",
    ),
    (
        "op = \"multi_head_attention\", num_heads = 2, bias = false",
        &["ptflops", "ptflops-0.6"],
        "the bias of the last projection is counted though there is none",
    ),
    (
        "op = \"multi_head_attention\", num_heads = 2, kdim",
        &["ptflops", "ptflops-0.6"],
        "each projection is taken to give out as many channels as it takes",
    ),
    ("op = \"multi_head_attention\", num_heads = 2, vdim", &["ptflops", "ptflops-0.6"], "likewise"),
    (
        "op = \"scaled_dot_product_attention\"",
        &ONNX,
        "as of multi_head_attention: the scale and a causal mask are computed",
    ),
    (
        "op = \"lstm\", hidden_size = 5, proj_size",
        &["thop", "thop-0.0.31"],
        "counted as if its state were not projected",
    ),
    (
        "op = \"lstm\", hidden_size = 5, num_layers = 2, bidirectional = true, bias = false, proj_size",
        &["thop", "thop-0.0.31"],
        "likewise",
    ),
    (
        "op = \"conv3d\", out_channels = 2, kernel_size = 2, padding = \"same\"",
        &ONNX,
        "the export pads apart, which the tool takes for padding of the wrong axes",
    ),
];

const FUNCTIONS: &[Exception] = &[
    ("F.relu", &["ptflops"], "counted once, and an nn.ReLU twice: as a module and for the function in it"),
    ("torch.relu", &["ptflops", "calflops"], "neither a module nor a function that is watched"),
    ("F.softmax", &["thop"], "thop sees modules only"),
    ("torch.add", &["ptflops", "calflops"], "this function is watched, the operator + is not"),
    (
        "nn.MultiheadAttention",
        &["torch-2.9", "onnx-tool"],
        "the fast path is seen by few; and the export as above",
    ),
];

const NETWORKS: &[Exception] = &[
    ("direct", &["fvcore"], "padding was a number where it was measured, and is a word in its description"),
    ("bottleneck", &["fvcore"], "likewise"),
    ("convnext", &["thop", "ptflops"], "LayerNorm2d is torchvision's own and calls F.layer_norm"),
    (
        "densenet",
        &["thop", "thop-0.0.31", "ptflops"],
        "the last activation and pool are F.relu and F.adaptive_avg_pool2d",
    ),
    ("googlenet_bn", &["ptflops"], "activations are F.relu"),
    (
        "inception_v3",
        &["thop", "thop-0.0.31", "ptflops"],
        "activations and pools are F.relu, F.max_pool2d and F.avg_pool2d",
    ),
    (
        "mnasnet",
        &["fvcore", "thop", "thop-0.0.31", "ptflops", "calflops", "onnx-tool", "onnx-tool-unfolded"],
        "it pools by x.mean([2, 3]), and its description by adaptive_avg_pool2d",
    ),
    ("mobilenet_v2", &["thop", "thop-0.0.31", "ptflops"], "it pools by F.adaptive_avg_pool2d"),
    ("shufflenet_v2", &ONNX, "channels are shuffled by views, whose shapes the export computes"),
    (
        "swin",
        &[
            "thop",
            "thop-0.0.31",
            "ptflops",
            "torchinfo",
            "calflops",
            "calflops-macs",
            "onnx-tool",
            "onnx-tool-unfolded",
        ],
        "attention is a function, of F.linear, x.matmul(y) and F.softmax",
    ),
    ("vit", &ONNX, "attention as above, and the shape of the class token"),
];

/// Cells of the columns that are not figures, and the figures by tool.
type Row = (Vec<&'static str>, Vec<(&'static str, i128)>);

fn rows(text: &'static str, words: usize) -> Vec<Row> {
    let mut lines = text.lines().skip_while(|line| !line.contains('\t'));
    let headings: Vec<_> = lines.next().unwrap().split('\t').skip(words).collect();
    lines
        .map(|line| {
            let cells: Vec<_> = line.split('\t').collect();
            let figures = headings.iter().copied().zip(&cells[words..]).filter(|(_, cell)| **cell != "-");
            (cells[..words].to_vec(), figures.map(|(tool, cell)| (tool, cell.parse().unwrap())).collect())
        })
        .collect()
}

fn sizes(written: &str) -> Vec<u64> {
    written.split('x').map(|size| size.parse().unwrap()).collect()
}

/// A graph of one operator.
fn single(item: &str, inputs: &str) -> Graph {
    let op =
        cnncost::read::operator(&format!("{{ {item} }}")).unwrap_or_else(|error| panic!("{item}: {error:?}"));
    let mut builder = Builder::new();
    let shapes = inputs.split(' ').map(|input| Shape::new(sizes(input)).unwrap());
    let inputs: Vec<_> = shapes
        .enumerate()
        .map(|(index, shape)| builder.input(format!("input_{index}"), shape, None))
        .collect();
    let node = builder.operator("op", op, &inputs, None).unwrap_or_else(|reason| panic!("{item}: {reason}"));
    builder.output("output".to_owned(), node);
    builder.finish().unwrap()
}

/// What is compared, and how it came out.
struct Comparison {
    conventions: Vec<Convention>,
    exceptions: &'static [Exception],
    exact: usize,
    /// Figures that are not exact for a known reason.
    excused: Vec<String>,
    /// What should not be: other figures that are not exact, and those with a reason that are.
    wrong: Vec<String>,
}

impl Comparison {
    fn new(exceptions: &'static [Exception]) -> Self {
        Self { conventions: conventions::bundled(), exceptions, exact: 0, excused: vec![], wrong: vec![] }
    }

    fn compare(&mut self, name: &str, graph: &Graph, batch: u64, figures: &[(&'static str, i128)]) {
        let counted = totals(&self.conventions, graph, batch).unwrap();
        let counted: BTreeMap<_, _> = self.conventions.iter().map(|c| &*c.name).zip(counted).collect();
        for &(tool, figure) in figures {
            let is_excepted =
                |(start, tools, _): &&Exception| name.starts_with(start) && tools.contains(&tool);
            let reason = self.exceptions.iter().find(is_excepted).map(|exception| exception.2);
            let known = counted[tool].map_or("what is not known".to_owned(), |count| count.to_string());
            let line = format!("{name}, batch {batch}: {tool} reports {figure}, counted {known}");
            // A tool may count below zero, which is no count.
            let is_equal = counted[tool] == u128::try_from(figure).ok();
            match (is_equal, reason) {
                (true, None) => self.exact += 1,
                (false, Some(reason)) => self.excused.push(format!("{line}: {reason}")),
                (true, Some(_)) => self.wrong.push(format!("{line}, though there is a reason why not")),
                (false, None) => self.wrong.push(line),
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "what is not exact, and why, is for who runs the test")]
    fn finish(self, what: &str) {
        println!("{what}: {} of {} figures are exact; not so:", self.exact, self.exact + self.excused.len());
        self.excused.iter().for_each(|line| println!("  {line}"));
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
    }
}

#[test]
fn operators_count_as_the_tools_report() {
    let mut comparison = Comparison::new(OPERATORS);
    for (words, figures) in rows(include_str!("conventions/operators.tsv"), 3) {
        comparison.compare(words[0], &single(words[0], words[1]), words[2].parse().unwrap(), &figures);
    }
    assert!(comparison.exact > 3000);
    comparison.finish("operators");
}

#[test]
fn functions_in_place_of_modules_differ_where_it_is_said() {
    let mut comparison = Comparison::new(FUNCTIONS);
    for (words, figures) in rows(include_str!("conventions/functions.tsv"), 3) {
        comparison.compare(words[0], &single(words[1], words[2]), 1, &figures);
    }
    comparison.finish("functions");
}

#[test]
fn networks_count_as_the_tools_report() {
    let mut comparison = Comparison::new(NETWORKS);
    for (words, figures) in rows(include_str!("conventions/networks.tsv"), 2) {
        let (file, variant) = bundled::find(words[0]).unwrap();
        let options = Options { variant, input: Some(sizes(words[1])), ..Options::default() };
        let network = Description::parse(file.name, file.text).unwrap().expand(&options).unwrap();
        comparison.compare(words[0], &network.graph, 1, &figures);
    }
    assert!(comparison.exact > 600);
    comparison.finish("networks");
}
