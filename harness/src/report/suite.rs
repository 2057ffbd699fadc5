//! What became of a suite, for people and for programs.

pub mod json;
pub mod text;
