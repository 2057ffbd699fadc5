//! What a component may have of memory and tables (I6).

use wasmtime::ResourceLimiter;

use crate::limits::{
    COMPONENT_MEMORY_BYTES_MAX, COMPONENT_PARTS_MAX, COMPONENT_TABLE_ELEMENTS_MAX,
};

/// Counts what all memories and tables of a store have together.
#[derive(Debug, Default)]
pub(super) struct Limits {
    memory_bytes: usize,
    table_elements: usize,
    /// What was last refused, in the words of a message.
    pub(super) refused: Option<String>,
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let others = self.memory_bytes.saturating_sub(current);
        let wanted = others.saturating_add(desired);
        if wanted > COMPONENT_MEMORY_BYTES_MAX {
            self.refused = Some(format!(
                "{wanted} bytes of memory were asked for, {COMPONENT_MEMORY_BYTES_MAX} are allowed"
            ));
            return Ok(false);
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let others = self.table_elements.saturating_sub(current);
        let wanted = others.saturating_add(desired);
        if wanted > COMPONENT_TABLE_ELEMENTS_MAX {
            self.refused = Some(format!(
                "{wanted} elements of tables were asked for, {COMPONENT_TABLE_ELEMENTS_MAX} are allowed"
            ));
            return Ok(false);
        }
        self.table_elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        COMPONENT_PARTS_MAX
    }

    fn tables(&self) -> usize {
        COMPONENT_PARTS_MAX
    }

    fn memories(&self) -> usize {
        COMPONENT_PARTS_MAX
    }
}
