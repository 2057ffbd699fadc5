//! What a person, or a program, reads of a run.

pub mod check;
pub mod github;
pub mod json;
pub mod junit;
pub mod snapshot;
pub mod source;
pub mod suite;
pub mod sweep;
pub mod text;
