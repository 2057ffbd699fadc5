//! What a person, or a program, reads of a run.

pub mod json;
pub mod source;
pub mod text;
