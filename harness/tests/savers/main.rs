//! How editors and tools save, each with real files, a watcher on them and a host that runs them: every save ends in one reload with
//! the final content, or in none.

#![cfg(unix)]

mod folders;
mod outcomes;
#[cfg(target_os = "linux")]
mod processes;
mod session;
mod tools;
mod writes;
