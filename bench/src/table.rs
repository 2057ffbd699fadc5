//! The tables that are printed, in Markdown.

use std::fmt;

use crate::measure::Figure;

/// A table of one topic.
pub(crate) struct Section {
    /// The topic.
    pub(crate) title: &'static str,
    /// What the figures are for, in the plural: `deliveries`.
    pub(crate) unit: &'static str,
    /// Whether to say also how many of them a second has room for.
    pub(crate) per_second: bool,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
}

/// Our figure beside a peer's for the same work.
pub(crate) struct Row {
    work: String,
    ours: f64,
    peer: Option<(String, f64)>,
    aim: &'static str,
}

impl Row {
    /// A row with a peer.
    pub(crate) fn new(
        work: impl Into<String>,
        ours: Figure,
        peer: impl Into<String>,
        peers: Figure,
    ) -> Row {
        Row {
            work: work.into(),
            ours: ours.nanoseconds,
            peer: Some((peer.into(), peers.nanoseconds)),
            aim: "",
        }
    }

    /// A row of something that no peer does.
    pub(crate) fn alone(work: impl Into<String>, ours: Figure) -> Row {
        Row {
            work: work.into(),
            ours: ours.nanoseconds,
            peer: None,
            aim: "",
        }
    }

    /// The row with the ratio that we want to reach.
    pub(crate) fn aim(self, aim: &'static str) -> Row {
        Row { aim, ..self }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Section { title, unit, .. } = self;
        writeln!(formatter, "## {title}\n")?;
        writeln!(
            formatter,
            "| {unit} | ours, ns | peer | peer's, ns | ours : peer's | aim |"
        )?;
        writeln!(formatter, "|---|---:|---|---:|---:|---:|")?;
        for row in &self.rows {
            let ours = self.cell(row.ours);
            let (peer, theirs, ratio) = match &row.peer {
                None => ("", String::new(), String::new()),
                Some((peer, theirs)) => (&**peer, self.cell(*theirs), ratio(row.ours / theirs)),
            };
            let (work, aim) = (&row.work, row.aim);
            writeln!(
                formatter,
                "| {work} | {ours} | {peer} | {theirs} | {ratio} | {aim} |"
            )?;
        }
        Ok(())
    }
}

impl Section {
    fn cell(&self, nanoseconds: f64) -> String {
        let time = with_thousands(nanoseconds);
        if self.per_second {
            format!("{time} ({} k/s)", with_thousands(1e6 / nanoseconds))
        } else {
            time
        }
    }
}

/// A number with its thousands apart, a small one with a digit more.
fn with_thousands(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `6.9` where ours takes longer, `1/52` where it takes less.
fn ratio(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("1/{:.0}", ratio.recip())
    } else if ratio < 0.95 {
        format!("1/{:.1}", ratio.recip())
    } else if ratio < 9.95 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.0}")
    }
}
