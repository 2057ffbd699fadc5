//! The texts of a batch, each once, in the order in which they came.

use std::collections::BTreeMap;

use smol_str::SmolStr;

/// The position of the empty text.
pub(super) const EMPTY: u32 = 0;

/// See the [module](self).
pub(super) struct Texts<'a> {
    all: Vec<SmolStr>,
    /// The text that came last of those that look alike at a glance.
    recent: [u32; GLANCES],
    /// The positions of those beyond the first few, which are found sooner so than by looking at each.
    positions: BTreeMap<&'a str, u32>,
}

/// Texts that are looked at one by one: kinds of jobs and of items are seldom more in a tick.
const FEW_TEXTS: usize = 16;

/// How many texts can be told apart at a glance. Of those that mods of this repository give names, three in four look like no other; two
/// that look alike and come in turns are looked for each time.
const GLANCES: usize = 256;

/// What is seen of a text at a glance: texts that differ in it differ.
fn glance(text: &str) -> usize {
    let bytes = text.as_bytes();
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    (bytes.len() + 3 * byte(bytes.first()) + 9 * byte(bytes.last())) % GLANCES
}

impl Default for Texts<'_> {
    fn default() -> Self {
        let mut all = Vec::with_capacity(FEW_TEXTS);
        all.push(SmolStr::default());
        Self {
            all,
            recent: [EMPTY; GLANCES],
            positions: BTreeMap::new(),
        }
    }
}

impl<'a> Texts<'a> {
    /// All of them; the first is the empty one.
    pub(super) fn into_all(self) -> Vec<SmolStr> {
        self.all
    }

    /// The position of a text, which is added if it is new.
    pub(super) fn position(&mut self, text: &'a str) -> u32 {
        let glance = glance(text);
        let recent = self.recent[glance];
        match self.all.get(recent as usize) {
            Some(known) if known == text => recent,
            _ => self.look_for(text, glance, || text.into()),
        }
    }

    /// The same of a text of the colony's: short ones are compared and copied as they lie.
    #[inline]
    pub(super) fn position_of(&mut self, text: &'a SmolStr) -> u32 {
        let glance = glance(text);
        let recent = self.recent[glance];
        match self.all.get(recent as usize) {
            Some(known) if known == text => recent,
            _ => self.look_for(text, glance, || text.clone()),
        }
    }

    fn look_for(&mut self, text: &'a str, glance: usize, copy: impl FnOnce() -> SmolStr) -> u32 {
        let position = self.find_or_add(text, copy);
        self.recent[glance] = position;
        position
    }

    fn find_or_add(&mut self, text: &'a str, copy: impl FnOnce() -> SmolStr) -> u32 {
        let mut few = self.all.iter().take(FEW_TEXTS);
        if let Some(position) = few.position(|known| known == text) {
            return position as u32;
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        if self.all.len() < FEW_TEXTS {
            self.all.push(copy());
            return next;
        }
        let position = *self.positions.entry(text).or_insert(next);
        if position == next {
            self.all.push(copy());
        }
        position
    }
}
