//! The operators of a file as it has them, and what became of each.

use super::Subject;
use super::sheet::{Cell, Head, Role, Sheet};
use super::table::title;
use crate::read::onnx::{Became, Listed};
use crate::text;
use crate::text::{Text, printable};
use crate::working::grouped;

/// A line for each operator of the file that a network is read from, and below how many became what.
pub fn sheet(subject: &Subject, operators: &[Listed]) -> Sheet {
    let heads = vec![
        Head::new("node", text!("node", "节点"), Role::Figure),
        Head::new("name", text!("name", "名称"), Role::Name),
        Head::new("operator", text!("operator", "算子"), Role::Text),
        Head::new("output", text!("output", "输出"), Role::Text),
        Head::new("became", text!("became", "结果"), Role::Text),
        Head::new("layer", text!("layer", "层"), Role::Sentence),
    ];
    let line = |operator: &Listed| {
        let (key, words, _) = fate(&operator.became);
        let name = printable(&operator.name);
        vec![
            Cell::Count(operator.index.into()),
            Cell::Name(name.clone(), name),
            Cell::Text(printable(&operator.operator)),
            operator.output.as_ref().map_or(Cell::Unknown, |sizes| Cell::Text(shape(sizes))),
            Cell::Named(key, words),
            Cell::Text(paths(&operator.became)),
        ]
    };
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        notes: vec![counts(operators)],
        ..Sheet::of(heads, operators.iter().map(line).collect())
    }
}

/// Sizes as the file has them, the batch first.
fn shape(sizes: &[u64]) -> String {
    if sizes.is_empty() {
        return "()".to_owned();
    }
    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}

/// The layers that something became, or is a part of.
fn paths(became: &Became) -> String {
    match became {
        Became::Layers(paths) => paths.join(", "),
        Became::Part(path) | Became::NotCounted(path) => path.clone(),
        Became::View | Became::Evaluated | Became::FromWeights | Became::Unused => String::new(),
    }
}

/// What data formats call what became of an operator, what people do, and how they count such.
fn fate(became: &Became) -> (&'static str, Text, Text) {
    let (key, one, many) = match became {
        Became::Layers(_) => ("layer", text!("layer", "层"), "layers"),
        Became::Part(_) => ("part", text!("part", "层的一部分"), "parts"),
        Became::View => ("view", text!("view", "视图"), "views"),
        Became::Evaluated => ("evaluated", text!("evaluated", "已求值"), "evaluated"),
        Became::FromWeights => ("from_weights", text!("from weights", "由权重得出"), "from weights"),
        Became::Unused => ("unused", text!("unused", "未使用"), "unused"),
        Became::NotCounted(_) => ("not_counted", text!("not counted", "未计数"), "not counted"),
    };
    let many = Text { english: many.to_owned(), ..one.clone() };
    (key, one, many)
}

/// "71 operators: 60 layers, 1 part, 10 evaluated".
fn counts(operators: &[Listed]) -> Text {
    let mut counts: Vec<(u128, (&str, Text, Text))> = vec![];
    for operator in operators {
        let fate = fate(&operator.became);
        match counts.iter_mut().find(|(_, (key, ..))| *key == fate.0) {
            Some((count, _)) => *count += 1,
            None => counts.push((1, fate)),
        }
    }
    // The most frequent first.
    counts.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let parts = counts.iter().map(|(count, (_, one, many))| {
        let words = if *count == 1 { one } else { many };
        let count = grouped(*count, ",");
        text!("{count} {words}", "{words:#} {count} 个")
    });
    let parts: Vec<Text> = parts.collect();
    let english = parts.iter().map(|part| &*part.english).collect::<Vec<_>>().join(", ");
    let chinese = parts.iter().map(|part| &*part.chinese).collect::<Vec<_>>().join(",");
    let all = grouped(operators.len() as u128, ",");
    let operators = if operators.len() == 1 { "operator" } else { "operators" };
    match parts[..] {
        [] => text!("no operators", "没有算子"),
        [..] => text!("{all} {operators}: {english}", "{all} 个算子:{chinese}"),
    }
}
