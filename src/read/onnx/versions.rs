//! The versions of the standard's operators.

use super::messages::Model;
use super::mistake::Mistake;
use crate::text;

/// The newest that is known: that of onnx 1.23.
const NEWEST: i64 = 28;

/// The oldest of which all operators are known. Before it, they broadcast by an attribute.
const OLDEST: i64 = 7;

/// The newest version that a format may have been written with, by the versions of the format: `onnx.helper.VERSION_TABLE` of
/// onnx 1.23.
const BY_FORMAT: [(i64, i64); 12] = [
    (3, 8),
    (4, 9),
    (5, 10),
    (6, 11),
    (7, 14),
    (8, 18),
    (9, 20),
    (10, 22),
    (11, 23),
    (12, 24),
    (13, 27),
    (14, 28),
];

fn said(model: &Model) -> Option<i64> {
    model.opsets.iter().find(|(domain, _)| domain.is_empty()).map(|&(_, version)| version)
}

/// The version that a file says, or the newest that could be used when its format was.
pub(super) fn version(model: &Model) -> i64 {
    let of_format = BY_FORMAT.iter().rev().find(|(format, _)| *format <= model.ir_version);
    said(model).unwrap_or(of_format.map_or(1, |&(_, version)| version))
}

/// What is to be said of the version of a file, if it has operators of the standard.
pub(super) fn remark(model: &Model) -> Option<Mistake> {
    let is_used = model.graph.nodes.iter().any(|node| node.domain.is_empty());
    let version = version(model);
    let why = match said(model) {
        _ if !is_used => return None,
        None => text!(
            "the file does not say which version of the operators it has: read as {version}",
            "文件没有说明算子的版本:按 {version} 读取"
        ),
        Some(NEWEST..) if version > NEWEST => text!(
            "version {version} of the operators is newer than {NEWEST}, the newest that is known: they are read as those",
            "算子版本 {version} 比已知的最新版本 {NEWEST} 更新:按后者读取"
        ),
        Some(_) if version < OLDEST => text!(
            "version {version} of the operators is older than {OLDEST}, the oldest that is known: they are read as those",
            "算子版本 {version} 比已知的最旧版本 {OLDEST} 更旧:按后者读取"
        ),
        Some(_) => return None,
    };
    Some(Mistake::nowhere(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(ir_version: i64, opset: Option<i64>) -> Model {
        let mut model = Model { ir_version, ..Model::default() };
        model.opsets.extend(opset.map(|version| ("".into(), version)));
        model.graph.nodes.push(super::super::messages::Node::default());
        model
    }

    #[test]
    fn a_version_that_is_not_said_goes_with_the_format() {
        let cases =
            [(0, None, 1), (3, None, 8), (8, None, 18), (99, None, 28), (8, Some(11), 11), (8, Some(99), 99)];
        for (format, opset, expected) in cases {
            assert_eq!(version(&model(format, opset)), expected, "{format} {opset:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        for (opset, is_said) in
            [(None, true), (Some(6), true), (Some(7), false), (Some(28), false), (Some(29), true)]
        {
            assert_eq!(remark(&model(8, opset)).is_some(), is_said, "{opset:?}");
        }
        assert!(remark(&Model::default()).is_none());
    }
}
