//! The way that a run took: 16 bits of every part's hash, tick by tick, up to the last snapshot. It says at which tick and
//! in which part another run first differs, which the snapshots themselves cannot say.

use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use modding::diagnostic::Fault;
use sim::RULES_VERSION;

use super::FirstDifference;
use crate::project::location;
use crate::scenario::TICKS_MAX;

/// Most ticks of a run that are kept; of a longer run every second, third and so on.
pub const SAMPLES_MAX: u64 = 10_000;

/// Most parts: the colony's, and one for each mod.
const PARTS_MAX: usize = 1_024;

/// Most bytes of a file. The largest trail that is written is far smaller, for most parts seldom change.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

const MAGIC: &[u8; 8] = b"CSTRAIL\n";
const FORMAT_VERSION: u16 = 1;

/// The ending of an accepted trail.
pub(super) const ACCEPTED: &str = "trail";

/// The ending of one that goes with snapshots that wait to be reviewed.
pub(super) const PENDING: &str = "trail.new";

/// A part that a sample does not have.
const ABSENT: u16 = 0;

/// See the [module](self). Sample `i` is of tick `i * stride`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The rules under which it ran.
    pub rules_version: u32,
    stride: u64,
    parts: Vec<String>,
    /// A row for each sample, in the order of `parts`; a row may be shorter where later parts are absent.
    samples: Vec<Vec<u16>>,
}

/// Keeps the trail of a run while it runs.
#[derive(Clone, Debug)]
pub struct TrailRecorder {
    /// The last tick that is kept.
    last: Option<u64>,
    trail: Trail,
}

impl Default for TrailRecorder {
    fn default() -> Self {
        Self::new(None)
    }
}

impl TrailRecorder {
    /// A recorder of ticks 0 to `last`; of none if there is no last one.
    #[must_use]
    pub fn new(last: Option<u64>) -> Self {
        let stride = last.map_or(1, |last| (last + 1).div_ceil(SAMPLES_MAX));
        Self {
            last,
            trail: Trail {
                rules_version: RULES_VERSION,
                stride,
                parts: Vec::new(),
                samples: Vec::new(),
            },
        }
    }

    /// Whether the tick is kept.
    #[must_use]
    pub fn wants(&self, tick: u64) -> bool {
        self.last.is_some_and(|last| tick <= last) && tick.is_multiple_of(self.trail.stride)
    }

    /// Keeps the hashes after a tick, and forgets what was kept of later ones: a save may have been loaded.
    pub fn record(&mut self, tick: u64, hashes: &[(String, u128)]) {
        let trail = &mut self.trail;
        trail.samples.truncate((tick / trail.stride) as usize);
        let mut row = vec![ABSENT; trail.parts.len()];
        for (at, (name, hash)) in hashes.iter().enumerate() {
            // Parts nearly always come in the same order.
            let known = match trail.parts.get(at) {
                Some(part) if part == name => Some(at),
                _ => trail.parts.iter().position(|part| part == name),
            };
            let column = known.unwrap_or_else(|| {
                trail.parts.push(name.clone());
                row.push(ABSENT);
                trail.parts.len() - 1
            });
            row[column] = digest(*hash);
        }
        trail.samples.push(row);
    }

    /// What was kept.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.trail
    }
}

/// 16 bits of a hash, never [`ABSENT`].
fn digest(hash: u128) -> u16 {
    ((hash & 0xffff) as u16).max(1)
}

/// Why a file is no trail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailError {
    /// It begins with something else.
    #[error("it does not begin as a trail does")]
    Magic,
    /// It is of another version of the program.
    #[error("it has format {0}, expected {FORMAT_VERSION}")]
    Format(u16),
    /// It ends too early, is damaged or is over a bound.
    #[error("it is damaged")]
    Damaged,
}

impl Trail {
    /// Whether nothing was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The first tick, up to `until`, at which another run differs.
    #[must_use]
    pub fn first_difference(&self, other: &Trail, until: u64) -> Option<FirstDifference> {
        if self.stride != other.stride {
            return None;
        }
        let samples = self.samples.len().max(other.samples.len());
        let until = (until / self.stride) as usize;
        let mut names: Vec<&String> = self.parts.iter().collect();
        names.extend(other.parts.iter().filter(|part| !self.parts.contains(part)));
        (0..samples.min(until.saturating_add(1))).find_map(|at| {
            let differing = names
                .iter()
                .filter(|name| self.of(at, name) != other.of(at, name));
            let parts: Vec<String> = differing.map(|name| (*name).clone()).collect();
            let tick = at as u64 * self.stride;
            (!parts.is_empty()).then(|| FirstDifference {
                same: tick.checked_sub(self.stride),
                tick,
                parts,
            })
        })
    }

    /// Whether it is the way to a state with these hashes, given as 32 digits. A tick that was not kept may be any.
    #[must_use]
    pub fn leads_to<'a>(
        &self,
        tick: u64,
        hashes: impl IntoIterator<Item = (&'a str, u128)>,
    ) -> bool {
        if !tick.is_multiple_of(self.stride) {
            return true;
        }
        let at = (tick / self.stride) as usize;
        let mut hashes = hashes.into_iter();
        at < self.samples.len() && hashes.all(|(part, hash)| self.of(at, part) == digest(hash))
    }

    fn of(&self, sample: usize, part: &str) -> u16 {
        let column = self.parts.iter().position(|name| name == part);
        let row = self.samples.get(sample);
        column
            .and_then(|column| row?.get(column).copied())
            .unwrap_or(ABSENT)
    }

    /// The file: a header, then the digests part by part, compressed: a part that seldom changes takes next to nothing.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(self.rules_version.to_le_bytes());
        bytes.extend(self.stride.to_le_bytes());
        bytes.extend((self.samples.len() as u32).to_le_bytes());
        bytes.extend((self.parts.len() as u16).to_le_bytes());
        for part in &self.parts {
            bytes.extend((part.len() as u16).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        let mut encoder = ZlibEncoder::new(bytes, Compression::best());
        for column in 0..self.parts.len() {
            for row in &self.samples {
                let digest = row.get(column).copied().unwrap_or(ABSENT);
                encoder
                    .write_all(&digest.to_le_bytes())
                    .expect("writing to memory does not fail");
            }
        }
        encoder.finish().expect("writing to memory does not fail")
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// Anything that [`Trail::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Trail, TrailError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(TrailError::Magic)?;
        let format = u16::from_le_bytes(take(&mut rest)?);
        if format != FORMAT_VERSION {
            return Err(TrailError::Format(format));
        }
        let rules_version = u32::from_le_bytes(take(&mut rest)?);
        let stride = u64::from_le_bytes(take(&mut rest)?);
        let samples = u32::from_le_bytes(take(&mut rest)?) as usize;
        let parts = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let strides = 1..=TICKS_MAX;
        if !strides.contains(&stride) || samples as u64 > SAMPLES_MAX || parts > PARTS_MAX {
            return Err(TrailError::Damaged);
        }
        let parts = (0..parts)
            .map(|_| {
                let length = usize::from(u16::from_le_bytes(take(&mut rest)?));
                let (name, after) = rest.split_at_checked(length).ok_or(TrailError::Damaged)?;
                rest = after;
                String::from_utf8(name.to_vec()).map_err(|_| TrailError::Damaged)
            })
            .collect::<Result<Vec<String>, TrailError>>()?;
        let expected = samples * parts.len() * 2;
        let mut digests = Vec::new();
        // One byte more than expected tells a file that holds too much, and no file makes this larger.
        ZlibDecoder::new(rest)
            .take(expected as u64 + 1)
            .read_to_end(&mut digests)
            .map_err(|_| TrailError::Damaged)?;
        if digests.len() != expected {
            return Err(TrailError::Damaged);
        }
        let digest = |column: usize, sample: usize| {
            let at = (column * samples + sample) * 2;
            u16::from_le_bytes([digests[at], digests[at + 1]])
        };
        let row = |sample| {
            (0..parts.len())
                .map(|column| digest(column, sample))
                .collect()
        };
        let samples = (0..samples).map(row).collect();
        Ok(Trail {
            rules_version,
            stride,
            parts,
            samples,
        })
    }

    /// Reads a file; `None` if there is none.
    ///
    /// # Errors
    /// A file that is no trail.
    pub fn read(path: &Path) -> Result<Option<Trail>, Fault> {
        if !path.exists() {
            return Ok(None);
        }
        let shown = location::text(path);
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(|error| Fault::new(format!("cannot read `{shown}`: {error}")))?;
        let trail = Trail::decode(&bytes);
        trail.map(Some).map_err(|error| {
            Fault::new(format!("`{shown}` is no trail of a run: {error}"))
                .help("write it again: colony-sim test --update")
        })
    }

    /// The same samples, however they are stored.
    #[must_use]
    pub fn is_same(&self, other: &Trail) -> bool {
        self.rules_version == other.rules_version
            && self.stride == other.stride
            && self.samples.len() == other.samples.len()
            && self.first_difference(other, u64::MAX).is_none()
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], TrailError> {
    let (taken, after) = rest.split_first_chunk().ok_or(TrailError::Damaged)?;
    *rest = after;
    Ok(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(ticks: u64, different_from: u64, part: &str) -> Trail {
        let mut recorder = TrailRecorder::new(Some(ticks));
        for tick in (0..=ticks)
            .filter(|tick| recorder.wants(*tick))
            .collect::<Vec<_>>()
        {
            let changed = if tick >= different_from { 77 } else { 0 };
            let hashes = ["clock", "jobs", "mods.a"].map(|name| {
                let hash = u128::from(tick) * 3 + if name == part { changed } else { 0 };
                (name.to_owned(), hash)
            });
            recorder.record(tick, &hashes);
        }
        recorder.trail().clone()
    }

    #[test]
    fn the_first_difference_has_a_tick_and_a_part() {
        let same = trail(600, u64::MAX, "");
        let other = trail(600, 541, "jobs");
        assert_eq!(same.first_difference(&same, 600), None);
        assert_eq!(same.first_difference(&other, 540), None);
        let found = same.first_difference(&other, 600).expect("a difference");
        assert_eq!((found.same, found.tick), (Some(540), 541));
        assert_eq!(found.parts, ["jobs"]);
    }

    #[test]
    fn a_long_run_keeps_every_so_many_ticks() {
        let same = trail(25_000, u64::MAX, "");
        let other = trail(25_000, 7_001, "mods.a");
        assert!(same.samples.len() as u64 <= SAMPLES_MAX);
        let found = same.first_difference(&other, 25_000).expect("a difference");
        assert_eq!((found.same, found.tick), (Some(6_999), 7_002));
    }

    #[test]
    fn a_file_holds_all_of_it_and_no_damage_panics() {
        let written = trail(50, u64::MAX, "");
        let bytes = written.encode();
        assert_eq!(Trail::decode(&bytes), Ok(written.clone()));
        assert!(written.is_same(&written));
        for length in 0..bytes.len() {
            assert!(
                Trail::decode(&bytes[..length]).is_err(),
                "cut off at {length}"
            );
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            // A name or the version of the rules may be anything; whatever was read can be compared.
            if let Ok(trail) = Trail::decode(&damaged) {
                assert!(!trail.is_same(&written), "byte {at} counts for nothing");
            }
        }
        let mut longer = bytes.clone();
        longer[7] = b'x';
        assert_eq!(Trail::decode(&longer), Err(TrailError::Magic));
    }

    #[test]
    fn loading_a_save_forgets_what_came_after_it() {
        let mut recorder = TrailRecorder::new(Some(9));
        for tick in [0, 1, 2, 3, 2] {
            recorder.record(tick, &[("jobs".to_owned(), u128::from(tick) + 1)]);
        }
        assert_eq!(recorder.trail().samples.len(), 3);
    }
}
