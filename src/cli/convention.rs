//! Conventions as they are called on the command line.

use crate::convention::{Convention, Counted};
use crate::counts::Overflow;
use crate::error::did_you_mean;
use crate::read::conventions;
use crate::report::Subject;
use crate::text;
use crate::text::Text;

/// The convention called `name`, or what is wrong with that and what to do.
pub(super) fn find(name: &str) -> Result<Convention, (Text, Text)> {
    let known = conventions::bundled();
    let names = || known.iter().map(|convention| &*convention.name);
    if let Some(found) = known.iter().find(|convention| convention.name.eq_ignore_ascii_case(name)) {
        return Ok(found.clone());
    }
    let list = names().collect::<Vec<_>>().join("`, `");
    let help =
        did_you_mean(name, names()).unwrap_or_else(|| text!("there are `{list}`", "可用的有 `{list}`"));
    Err((text!("there is no convention `{name}`", "没有名为 `{name}` 的计数口径"), help))
}

/// Counts every network in the convention, or says why that cannot be.
pub(super) fn count(subjects: &mut [Subject], convention: &Convention) -> Result<(), Text> {
    for subject in subjects {
        let counted = Counted::new(convention.clone(), subject.graph(), subject.batch());
        let counted =
            counted.map_err(|Overflow| text!("a total does not fit 128 bits", "总数超出 128 位"))?;
        subject.like = Some(counted);
    }
    Ok(())
}

/// The names of every convention.
pub(super) fn names() -> String {
    conventions::names().collect::<Vec<_>>().join(", ")
}

/// What `--help` says of counting in one.
pub(super) fn help() -> Text {
    let known = names();
    text!(
        "Count as this tool or paper does, in place of MACs and FLOPs. It is one of {known}; `cnncost reconcile` says what \
         each counts",
        "按此工具或论文的口径计数,代替乘加数与 FLOPs。口径为 {known} 之一;`cnncost reconcile` 说明各自计什么"
    )
}
