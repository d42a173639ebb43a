//! A report as a picture: when each attempt of each stage ran.

use super::{
    analysis,
    record::{AttemptRecord, How, RunRecord, StageRun},
};
use crate::policy::duration::short;
use std::{collections::HashSet, fmt::Write, time::Duration};
use tokio::time::Instant;
use workflow_graph::xml;

const SIZE: f64 = 12.0;
const CHARACTER: f64 = SIZE * 0.61;
const INDENT: f64 = 12.0;
const MARGIN: f64 = 14.0;
const ROW: f64 = 20.0;
const BAR: f64 = 12.0;
const CHART: f64 = 760.0;
const HEAD: f64 = 48.0;
const LEGEND: f64 = 28.0;
/// Room for the last tick's words.
const RIGHT: f64 = 44.0;

const WORK: &str = "#4c8dff";
const FAILURE: &str = "#e5484d";
const CUT: &str = "#8b8d98";
const UNDO: &str = "#a15fd6";

/// Draws all runs, each with a scale of its own.
pub(crate) fn write(runs: &[RunRecord]) -> String {
    let label = |run: &RunRecord, stage: &StageRun| indent(run, stage) + text_width(&run.title(stage));
    let labels = runs.iter().flat_map(|run| run.stages.iter().map(move |stage| label(run, stage))).fold(0.0, f64::max);
    let left = MARGIN + labels + 12.0;
    let height: f64 = runs.iter().map(|run| HEAD + rows(run.stages.len()) + MARGIN).sum::<f64>() + LEGEND;
    let width = left + CHART + RIGHT;
    let mut svg = String::new();
    open(&mut svg, width, height, runs.len());
    let mut top = 0.0;
    for run in runs {
        Block { run, left, top, scale: Scale::new(run.time()) }.write(&mut svg);
        top += HEAD + rows(run.stages.len()) + MARGIN;
    }
    legend(&mut svg, top);
    svg.push_str("</svg>\n");
    svg
}

fn rows(count: usize) -> f64 {
    float(count) * ROW
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn text_width(text: &str) -> f64 {
    float(text.chars().count()) * CHARACTER
}

fn indent(run: &RunRecord, stage: &StageRun) -> f64 {
    float(run.depth(stage.stage)) * INDENT
}

fn open(svg: &mut String, width: f64, height: f64, runs: usize) {
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"workflow-timeline\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"Timeline of {runs} runs\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"{SIZE}\">\
         <style>.workflow-timeline{{color:#1f2328;fill:currentColor}}\
         @media(prefers-color-scheme:dark){{.workflow-timeline{{color:#e6edf3}}}}</style>",
    );
}

/// A scale from times to positions.
struct Scale {
    total: Duration,
}

impl Scale {
    fn new(total: Duration) -> Self {
        Self { total: total.max(Duration::from_nanos(1)) }
    }

    fn x(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.total.as_secs_f64() * CHART
    }

    /// Returns between four and ten ticks, of a length that people count in.
    fn ticks(&self) -> Vec<Duration> {
        let total = self.total.as_nanos();
        let minute = 60_000_000_000;
        let decimal = (0..11).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u128.pow(power)));
        let decimal = decimal.filter(|&step| step < minute);
        let clock = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440].map(|minutes| minutes * minute);
        let step = decimal.chain(clock).find(|step| total / step < 10);
        let Some(step) = step.and_then(|step| u64::try_from(step).ok()) else {
            return vec![Duration::ZERO, self.total];
        };
        let step = Duration::from_nanos(step);
        let mut ticks = vec![Duration::ZERO];
        while let Some(next) = ticks.last().and_then(|last| last.checked_add(step)).filter(|next| *next <= self.total) {
            ticks.push(next);
        }
        ticks
    }
}

/// One run.
struct Block<'r> {
    run: &'r RunRecord,
    left: f64,
    top: f64,
    scale: Scale,
}

impl Block<'_> {
    fn write(&self, svg: &mut String) {
        let run = self.run;
        let ended = run.end.map_or("under way for", How::text);
        let ended = if run.end.is_some() { format!("{ended} after") } else { ended.to_owned() };
        let title = format!("{} {ended} {}", run.graph.name, short(run.time()));
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{:.0}\" font-weight=\"600\">{}</text>",
            self.top + 20.0,
            xml(&title)
        );
        self.axis(svg);
        let path: HashSet<usize> = analysis::critical_path(run).into_iter().collect();
        let composites = run.composites();
        for (index, stage) in run.stages.iter().enumerate() {
            self.row(svg, index, stage, composites[index], path.contains(&index));
        }
    }

    fn axis(&self, svg: &mut String) {
        let (top, bottom) = (self.top + HEAD - 4.0, self.top + HEAD + rows(self.run.stages.len()));
        let (mut lines, mut words) = (String::new(), String::new());
        for tick in self.scale.ticks() {
            let x = self.left + self.scale.x(tick);
            let _ = write!(lines, "M{x:.1} {top:.0}V{bottom:.0}");
            let _ = write!(words, "<text x=\"{x:.1}\" y=\"{:.0}\">{}</text>", top - 6.0, short(tick));
        }
        let _ = writeln!(
            svg,
            "<path stroke=\"currentColor\" stroke-opacity=\".15\" d=\"{lines}\"/>\
             <g opacity=\".7\" font-size=\"10\" text-anchor=\"middle\">{words}</g>"
        );
    }

    fn row(&self, svg: &mut String, index: usize, stage: &StageRun, composite: bool, critical: bool) {
        let run = self.run;
        let (top, title) = (self.top + HEAD + rows(index), run.title(stage));
        let idle = matches!(stage.end, Some((_, How::Skipped | How::Cancelled)));
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\"{}>{}</text>",
            MARGIN + indent(run, stage),
            top + 14.0,
            if idle { " opacity=\".6\"" } else { "" },
            xml(&title)
        );
        let ended = stage.end.map_or(run.last, |(moment, _)| moment.at);
        let middle = top + ROW / 2.0;
        if stage.time(run.last) > stage.busy(run.last) {
            let _ = write!(
                svg,
                "<path stroke=\"currentColor\" stroke-opacity=\".4\" d=\"M{:.1} {middle:.1}H{:.1}\"/>",
                self.x(stage.enabled.at),
                self.x(ended)
            );
        }
        if let Some((moment, How::Skipped)) = stage.end {
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"3\" fill=\"{CUT}\"><title>{} skipped</title></circle>",
                self.x(moment.at),
                xml(&title)
            );
        }
        for (number, attempt) in (1..).zip(&stage.attempts) {
            let what = if stage.attempts.len() > 1 { format!("{title}, attempt {number}") } else { title.clone() };
            let color = match attempt.end {
                Some((_, How::Failed)) => FAILURE,
                Some((_, How::Cancelled | How::Skipped)) => CUT,
                Some((_, How::Completed)) | None => WORK,
            };
            self.bar(svg, &what, attempt, top, color, composite, critical);
        }
        if let Some(undo) = &stage.undo {
            let color = if matches!(undo.end, Some((_, How::Failed))) { FAILURE } else { UNDO };
            self.bar(svg, &format!("undo of {title}"), undo, top, color, false, false);
        }
        svg.push('\n');
    }

    #[allow(clippy::too_many_arguments, reason = "what a bar looks like")]
    fn bar(
        &self,
        svg: &mut String,
        what: &str,
        attempt: &AttemptRecord,
        top: f64,
        color: &str,
        composite: bool,
        critical: bool,
    ) {
        let until = attempt.until(self.run.last);
        let x = self.x(attempt.start);
        // What took no time is seen all the same.
        let width = (self.x(until) - x).max(2.0);
        let outline = match (composite, critical) {
            (true, _) => format!(" fill-opacity=\".15\" stroke=\"{color}\" stroke-opacity=\".6\""),
            (false, true) => " stroke=\"currentColor\" stroke-width=\"1.5\"".to_owned(),
            (false, false) => String::new(),
        };
        let how = attempt.end.map_or("under way", |(_, how)| how.text());
        let time = until.duration_since(attempt.start);
        let from = attempt.start.duration_since(self.run.started);
        let _ = write!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{color}\"{outline}>\
             <title>{}: {} from {}, {how}</title></rect>",
            top + (ROW - BAR) / 2.0,
            xml(what),
            short(time),
            short(from),
        );
    }

    fn x(&self, at: Instant) -> f64 {
        self.left + self.scale.x(at.duration_since(self.run.started))
    }
}

fn legend(svg: &mut String, top: f64) {
    let mut x = MARGIN;
    let y = top + 8.0;
    let entries = [
        (WORK, "", "attempt"),
        (FAILURE, "", "failed"),
        (CUT, "", "cancelled or skipped"),
        (UNDO, "", "undo"),
        ("none", " stroke=\"currentColor\" stroke-width=\"1.5\"", "on the critical path"),
    ];
    svg.push_str("<g font-size=\"10\">");
    for (color, outline, words) in entries {
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"10\" height=\"10\" rx=\"2\" fill=\"{color}\"{outline}/>\
             <text x=\"{:.0}\" y=\"{:.0}\" opacity=\".8\">{words}</text>",
            x + 15.0,
            y + 9.0
        );
        x += 15.0 + text_width(words) * 10.0 / SIZE + 18.0;
    }
    svg.push_str("</g>\n");
}
