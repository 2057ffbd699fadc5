//! Properties of the colony as a whole, each on a busy colony or under random commands.

mod commands;
mod definitions;
mod determinism;
mod environment;
mod invariants;
mod labour;
mod life;
mod saves;
mod setups;
