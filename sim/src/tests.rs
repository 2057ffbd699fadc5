//! Properties of the colony as a whole, each on a busy colony or under random commands.

mod commands;
mod definitions;
mod determinism;
mod environment;
mod farming;
mod invariants;
mod labour;
mod life;
mod nearest;
mod people;
mod production;
mod saves;
mod setups;
