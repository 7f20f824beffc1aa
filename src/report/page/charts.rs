//! The charts of a page.

use super::html::Html;
use crate::report::Subject;
use crate::text::Language;

/// Those of a network.
pub(super) fn of_network(_html: &mut Html, _subject: &Subject, _id: &str, _language: Language) {}

/// That of several beside each other.
pub(super) fn of_several(_html: &mut Html, _subjects: &[Subject], _language: Language) {}
