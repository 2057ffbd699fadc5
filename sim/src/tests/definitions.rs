//! Definitions replaced in a running colony.
