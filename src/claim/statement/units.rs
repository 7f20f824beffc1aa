//! Whether the units of a statement are those of its figures.

use super::{ClaimedFigure, Literal, Misread, Statement, Term, TermKind, misread};
use crate::convention::figure::Quantity;
use crate::text;

/// Refuses a number whose unit counts something else than every figure of the statement, and a time without a unit.
pub(super) fn check(statement: &Statement) -> Result<(), Misread> {
    let figures: Vec<&ClaimedFigure> = statement.figures().collect();
    let bound = statement.and.as_ref().map(|and| &and.right);
    for side in [&statement.left, &statement.right].into_iter().chain(bound) {
        check_literals(side, &figures)?;
    }
    let pairs = [Some(statement), statement.and.as_deref()].into_iter().flatten();
    for Statement { left, right, .. } in pairs {
        check_time(left, right)?;
        check_time(right, left)?;
    }
    Ok(())
}

fn check_literals(side: &Term, figures: &[&ClaimedFigure]) -> Result<(), Misread> {
    let mut rest = vec![side];
    while let Some(term) = rest.pop() {
        match &term.kind {
            TermKind::Literal(literal) => check_literal(literal, term, figures)?,
            TermKind::Operation(_, left, right) => rest.extend([&**left, &**right]),
            TermKind::Figure(_) | TermKind::Sizes(_) | TermKind::Truth(_) => {}
        }
    }
    Ok(())
}

fn check_literal(literal: &Literal, term: &Term, figures: &[&ClaimedFigure]) -> Result<(), Misread> {
    if literal.is_b && figures.iter().any(|figure| figure.metric.counts(Quantity::Bytes)) {
        let message = text!("`B` is a billion, and a byte", "`B` 既可指十亿,也可指字节");
        let help = (
            "write `G` for a billion, and nothing or `bytes` for bytes",
            "十亿写作 `G`;字节不写单位,或写 `bytes`",
        );
        return Err(misread(term.span.clone(), message, help));
    }
    let (Some(of), Some(figure)) = (literal.of, figures.first()) else { return Ok(()) };
    if figures.iter().any(|figure| figure.metric.counts(of)) {
        return Ok(());
    }
    let (name, (english, chinese)) = (figure.metric.name(), of.name());
    let message = text!("`{name}` does not count {english}", "`{name}` 计的不是{chinese}");
    let help = match of {
        Quantity::Flops => (
            "FLOPs are `flops`, 2 for each MAC; papers say FLOPs of MACs, too: where they mean MACs, leave the unit out",
            "FLOPs 对应 `flops`,每次乘加计 2;论文有时也把乘加称作 FLOPs:若指乘加,请去掉单位",
        ),
        Quantity::Macs => ("MACs are `macs`", "乘加对应 `macs`"),
        Quantity::Params => ("parameters are `params`", "参数对应 `params`"),
        Quantity::Bytes => (
            "bytes are `weight_bytes`, `peak_bytes`, `traffic_bytes` and others",
            "字节对应 `weight_bytes`、`peak_bytes`、`traffic_bytes` 等",
        ),
        Quantity::Seconds => ("a time is that of a device: `t4.time`", "时间是设备的指标:`t4.time`"),
    };
    Err(misread(term.span.clone(), message, help))
}

/// A bare number is no time, 0 apart.
fn check_time(figure: &Term, number: &Term) -> Result<(), Misread> {
    match (figure.quantity(), &number.kind) {
        (Some(Quantity::Seconds), TermKind::Literal(literal))
            if literal.of.is_none() && *literal.value.numer() != 0 =>
        {
            let message = text!("a time has a unit", "时间需要单位");
            Err(misread(number.span.clone(), message, ("as in `100 ms`", "例如 `100 ms`")))
        }
        _ => Ok(()),
    }
}
