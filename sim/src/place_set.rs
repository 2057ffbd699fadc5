//! A set of places in a row of things, a bit for each: going through it costs little where it has few.

/// Places that a word has a bit for.
const WORD_PLACES: usize = u64::BITS as usize;

/// See the [module](self).
#[derive(Debug, Clone, Default)]
pub(crate) struct PlaceSet {
    words: Vec<u64>,
}

impl PlaceSet {
    /// Says whether a place is in it.
    pub(crate) fn set(&mut self, place: usize, is_in: bool) {
        let (word, bit) = (place / WORD_PLACES, 1 << (place % WORD_PLACES));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if is_in {
            self.words[word] |= bit;
        } else {
            self.words[word] &= !bit;
        }
    }

    /// Follows a row from which a thing was removed: all places after it are one less.
    pub(crate) fn close_gap(&mut self, place: usize) {
        let (first, bit) = (place / WORD_PLACES, place % WORD_PLACES);
        for at in first..self.words.len() {
            let carried = self
                .words
                .get(at + 1)
                .map_or(0, |next| next << (WORD_PLACES - 1));
            let word = &mut self.words[at];
            let kept = if at == first { (1 << bit) - 1 } else { 0 };
            *word = (*word & kept) | (*word >> 1 & !kept) | carried;
        }
    }

    /// The places, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * WORD_PLACES + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{below, random_u64};

    #[test]
    fn it_follows_a_row() {
        let mut set = PlaceSet::default();
        let mut row = Vec::new();
        for counter in 0..3_000 {
            let draw = |number, bound| below(random_u64(7, 0, 0, counter, number), bound);
            let is_in = draw(0, 2) == 0;
            if counter % 3 == 2 && counter > 600 {
                let place = draw(1, row.len() as u32) as usize;
                row.remove(place);
                set.close_gap(place);
            } else {
                set.set(row.len(), is_in);
                row.push(is_in);
            }
            let place = draw(2, row.len() as u32) as usize;
            row[place] = !is_in;
            set.set(place, !is_in);
            let places = row.iter().enumerate().filter(|(_, is_in)| **is_in);
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), places);
        }
    }
}
