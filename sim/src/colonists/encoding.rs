//! The encoding of a colonist that is hashed, written out by hand: everybody changes in every tick and is hashed anew, which through
//! serde takes as long as all that happened to them.

use super::{Activity, Colonist};
use crate::direction::Direction;
use crate::items::Load;
use crate::needs::{Need, Needs};
use crate::{Position, StableId};

/// Adds what the derived `Serialize` of the two makes with numbers of fixed length.
pub(crate) fn encode(id: StableId, colonist: &Colonist, bytes: &mut Vec<u8>) {
    let Colonist {
        at,
        needs,
        activity,
        personal: _,
        has_schedule: _,
        is_choosy: _,
    } = colonist;
    // Together: each addition looks whether there is room.
    let mut head = [0; 28];
    head[..8].copy_from_slice(&id.get().to_le_bytes());
    head[8..12].copy_from_slice(&encode_position(*at));
    head[12..].copy_from_slice(&encode_needs(needs));
    bytes.extend_from_slice(&head);
    encode_activity(activity, bytes);
}

fn encode_position(Position { x, y }: Position) -> [u8; 4] {
    let ([x0, x1], [y0, y1]) = (x.to_le_bytes(), y.to_le_bytes());
    [x0, x1, y0, y1]
}

fn encode_needs(needs: &Needs) -> [u8; 16] {
    let Needs {
        food,
        rest,
        recreation,
        mood,
        health,
        wound,
        collapsed,
    } = needs;
    let need = |Need { level, critical }: &Need| (level.to_le_bytes(), u8::from(*critical));
    let (([f0, f1], f), ([r0, r1], r), ([c0, c1], c)) = (need(food), need(rest), need(recreation));
    let ([m0, m1], [h0, h1]) = (mood.to_le_bytes(), health.to_le_bytes());
    let [w0, w1] = wound.to_le_bytes();
    let collapsed = u8::from(*collapsed);
    [
        f0, f1, f, r0, r1, r, c0, c1, c, m0, m1, h0, h1, w0, w1, collapsed,
    ]
}

fn encode_activity(activity: &Activity, bytes: &mut Vec<u8>) {
    let Activity {
        job,
        kind,
        path,
        step_ticks,
        work_ticks,
        level,
        load,
    } = activity;
    let length = (path.len() as u64).to_le_bytes();
    if let (Some(job), Some(kind)) = (job, kind) {
        let mut both = [1; 26];
        both[1..9].copy_from_slice(&job.get().to_le_bytes());
        both[10..18].copy_from_slice(&kind.get().to_le_bytes());
        both[18..].copy_from_slice(&length);
        bytes.extend_from_slice(&both);
    } else {
        encode_option(job.map(StableId::get), bytes);
        encode_option(kind.map(|kind| kind.get()), bytes);
        bytes.extend_from_slice(&length);
    }
    encode_path(path, bytes);
    let [w0, w1, w2, w3] = work_ticks.to_le_bytes();
    let has_load = u8::from(load.is_some());
    bytes.extend_from_slice(&[*step_ticks, w0, w1, w2, w3, *level, has_load]);
    if let Some(Load { item, count, since }) = load {
        bytes.extend_from_slice(&item.get().to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.extend_from_slice(&since.to_le_bytes());
    }
}

fn encode_path(path: &[Direction], bytes: &mut Vec<u8>) {
    // A block at a time: nearly all have one at most.
    let mut block = [0; 24];
    for steps in path.chunks(block.len()) {
        for (byte, direction) in block.iter_mut().zip(steps) {
            *byte = u8::from(*direction);
        }
        bytes.extend_from_slice(&block[..steps.len()]);
    }
}

fn encode_option(number: Option<u64>, bytes: &mut Vec<u8>) {
    bytes.push(u8::from(number.is_some()));
    if let Some(number) = number {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::ENCODING;
    use crate::test_support::{busy_colony, run_tick};

    #[test]
    fn it_is_what_serde_makes() {
        let mut colony = busy_colony(7);
        let (mut loads, mut ways) = (0, 0);
        for _ in 0..400 {
            run_tick(&mut colony);
            for (id, colonist) in colony.entities.colonists() {
                let mut written = Vec::new();
                encode(id, colonist, &mut written);
                let derived = bincode::serde::encode_to_vec((id, colonist), ENCODING);
                assert_eq!(written, derived.unwrap(), "{colonist:?}");
                loads += u32::from(colonist.activity.load.is_some());
                ways += u32::from(!colonist.activity.path.is_empty());
            }
        }
        assert!(loads > 0 && ways > 0, "{loads} loads, {ways} ways");
    }
}
