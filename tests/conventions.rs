//! Conventions against what the tools report: one operator at a time, and whole networks. Both lists of figures, with what they
//! were measured with, are in tests/conventions.

use std::collections::BTreeMap;

use cnncost::convention::{Convention, totals};
use cnncost::graph::{Builder, Graph};
use cnncost::read::{Description, Options, bundled, conventions};
use cnncost::shape::Shape;

/// The rows of a list with the names of its columns from the third on.
fn figures(text: &'static str) -> Vec<(&'static str, &'static str, Vec<(&'static str, u128)>)> {
    let mut lines = text.lines().skip_while(|line| !line.contains('\t'));
    let headings: Vec<_> = lines.next().unwrap().split('\t').skip(2).collect();
    lines
        .map(|line| {
            let mut cells = line.split('\t');
            let (name, inputs) = (cells.next().unwrap(), cells.next().unwrap());
            let figures = headings.iter().copied().zip(cells);
            let figures = figures.filter(|(_, cell)| *cell != "-").map(|(tool, cell)| (tool, cell.parse().unwrap()));
            (name, inputs, figures.collect())
        })
        .collect()
}

fn sizes(written: &str) -> Vec<u64> {
    written.split('x').map(|size| size.parse().unwrap()).collect()
}

/// Every figure of `graph` that is not what its convention gives.
fn differing<'f>(
    conventions: &[Convention],
    graph: &Graph,
    figures: &[(&'f str, u128)],
) -> Vec<(&'f str, u128, u128)> {
    let counted: BTreeMap<_, _> =
        conventions.iter().map(|c| &*c.name).zip(totals(conventions, graph, 1).unwrap()).collect();
    figures
        .iter()
        .map(|&(tool, figure)| (tool, figure, counted[tool]))
        .filter(|(_, figure, counted)| figure != counted)
        .collect()
}

#[test]
fn operators_count_as_the_tools_report() {
    let conventions = conventions::bundled();
    let (mut exact, mut wrong) = (0, vec![]);
    for (item, inputs, figures) in figures(include_str!("conventions/operators.tsv")) {
        let op = cnncost::read::operator(&format!("{{ {item} }}"));
        let op = op.unwrap_or_else(|error| panic!("{item}: {error:?}"));
        let mut builder = Builder::new();
        let shapes = inputs.split(' ').map(|input| Shape::new(sizes(input)).unwrap());
        let inputs: Vec<_> = shapes.map(|shape| builder.input("input", shape, None)).collect();
        let node = builder.operator("op", op, &inputs, None).unwrap_or_else(|reason| panic!("{item}: {reason}"));
        builder.output("output".to_owned(), node);
        let differing = differing(&conventions, &builder.finish(), &figures);
        exact += figures.len() - differing.len();
        wrong.extend(differing.into_iter().map(|(tool, figure, counted)| {
            format!("{item}: {tool} reports {figure}, counted {counted}")
        }));
    }
    println!("operators: {exact} of {} figures are exact", exact + wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn networks_count_as_the_tools_report() {
    let conventions = conventions::bundled();
    let (mut exact, mut wrong) = (0, vec![]);
    for (name, input, figures) in figures(include_str!("conventions/networks.tsv")) {
        let (file, variant) = bundled::find(name).unwrap();
        let options = Options { variant, input: Some(sizes(input)), ..Options::default() };
        let network = Description::parse(file.name, file.text).unwrap().expand(&options).unwrap();
        let differing = differing(&conventions, &network.graph, &figures);
        exact += figures.len() - differing.len();
        wrong.extend(differing.into_iter().map(|(tool, figure, counted)| {
            format!("{name}: {tool} reports {figure}, counted {counted} ({})", counted as i128 - figure as i128)
        }));
    }
    println!("networks: {exact} of {} figures are exact", exact + wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
