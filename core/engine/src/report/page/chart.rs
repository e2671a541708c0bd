//! Line charts as inline SVG, drawn so that they can be read aloud and printed.

use super::axis::Axis;
use super::html::Text;
use crate::report::number;
use std::fmt::Write;

/// A chart over steps.
pub(super) struct Chart<'a> {
    /// Its name, unique on the page.
    pub(super) id: &'a str,
    /// Its title.
    pub(super) title: &'a str,
    /// What the values are.
    pub(super) unit: &'a str,
    /// Its lines, the first drawn first.
    pub(super) lines: Vec<Line>,
    /// A step to point out, and why.
    pub(super) mark: Option<(usize, &'a str)>,
}

/// One line.
pub(super) struct Line {
    /// Its name in the key.
    pub(super) name: String,
    /// Its class in the style sheet: `a`, `b`, `c`, `faint`.
    pub(super) class: &'static str,
    /// `(step, value)`.
    pub(super) points: Vec<(usize, f64)>,
    /// Whether each point gets a dot that says its value.
    pub(super) has_dots: bool,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 236.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 38.0;
/// Points of a line beyond which neighbors become one.
const MOST: usize = 480;

/// Where steps and values lie on the drawing.
struct Plane {
    x: Axis,
    y: Axis,
}

impl Plane {
    fn x(&self, step: f64) -> f64 {
        LEFT + self.x.share(step) * (WIDTH - LEFT - RIGHT)
    }
    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.share(value) * (HEIGHT - TOP - BOTTOM)
    }
}

/// The chart as a figure; nothing where there is nothing to draw.
pub(super) fn figure(chart: &Chart<'_>) -> String {
    let points = || chart.lines.iter().flat_map(|line| &line.points);
    let (Some(x), Some(y)) = (Axis::of(points().map(|p| p.0 as f64), 5), Axis::of(points().map(|p| p.1), 4)) else {
        return String::new();
    };
    let plane = Plane { x, y };
    let key = |line: &Line| format!("<span class=\"key {}\">{}</span>", line.class, Text(&line.name));
    let keys: String = if chart.lines.len() > 1 { chart.lines.iter().map(key).collect() } else { String::new() };
    let drawn: String = chart.lines.iter().map(|line| draw(line, &plane)).collect();
    format!(
        "<figure>\n<figcaption><strong>{title}</strong>{keys}</figcaption>\n\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\n\
         <title id=\"{id}-t\">{title}</title>\n<desc id=\"{id}-d\">{said}</desc>\n{frame}{mark}{drawn}</svg>\n</figure>\n",
        title = Text(chart.title),
        id = chart.id,
        said = Text(&description(chart)),
        frame = frame(&plane, chart.unit),
        mark = mark(chart, &plane),
    )
}

/// What a reader who cannot see it needs.
fn description(chart: &Chart<'_>) -> String {
    let line = |line: &Line| {
        let (first, last) = (line.points.first()?, line.points.last()?);
        let at = |point: &(usize, f64)| format!("{} at step {}", number::plain(point.1), point.0);
        Some(format!("{}: from {} to {}", line.name, at(first), at(last)))
    };
    let lines: Vec<String> = chart.lines.iter().filter_map(line).collect();
    format!("{} over optimizer steps. {}.", chart.unit, lines.join("; "))
}

fn frame(plane: &Plane, unit: &str) -> String {
    let (right, base) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut out = String::new();
    for mark in plane.y.marks() {
        let (y, label) = (plane.y(mark), plane.y.label(mark));
        write!(out, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>").expect("a string takes all");
        writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 7.0, y + 4.0)
            .expect("a string takes all");
    }
    for mark in plane.x.marks() {
        let (x, label) = (plane.x(mark), plane.x.label(mark));
        let anchor = if x > right - 12.0 { "end" } else { "middle" };
        write!(out, "<path class=\"axis\" d=\"M{x:.1} {base}v4\"/>").expect("a string takes all");
        writeln!(out, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>", base + 18.0)
            .expect("a string takes all");
    }
    let middle = f64::midpoint(LEFT, right);
    write!(out, "<path class=\"axis\" d=\"M{LEFT} {base}H{right}\"/>").expect("a string takes all");
    write!(out, "<text x=\"0\" y=\"11\">{}</text>", Text(unit)).expect("a string takes all");
    writeln!(out, "<text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">optimizer step</text>", HEIGHT - 4.0)
        .expect("a string takes all");
    out
}

/// A line down from the step to point out.
fn mark(chart: &Chart<'_>, plane: &Plane) -> String {
    let Some((step, why)) = chart.mark else { return String::new() };
    let x = plane.x(step as f64);
    let (anchor, x_text) = if x > WIDTH / 2.0 { ("end", x - 5.0) } else { ("start", x + 5.0) };
    format!(
        "<path class=\"mark\" d=\"M{x:.1} {TOP}V{base}\"/><text x=\"{x_text:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>\n",
        Text(why),
        base = HEIGHT - BOTTOM,
        y = TOP - 6.0,
    )
}

fn draw(line: &Line, plane: &Plane) -> String {
    let mut path = String::new();
    let mut pen = 'M';
    for (step, value) in thin(&line.points, MOST) {
        if value.is_finite() {
            write!(path, "{pen}{:.1} {:.1}", plane.x(step), plane.y(value)).expect("a string takes all");
            pen = 'L';
        } else {
            pen = 'M'; // a gap
        }
    }
    let mut out = format!("<path class=\"line {}\" d=\"{path}\"/>\n", line.class);
    for &(step, value) in line.points.iter().filter(|point| line.has_dots && point.1.is_finite()) {
        let (x, y, said) = (plane.x(step as f64), plane.y(value), number::plain(value));
        let title = format!("{}: {said} at step {step}", line.name);
        writeln!(
            out,
            "<circle class=\"{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"><title>{}</title></circle>",
            line.class,
            Text(&title)
        )
        .expect("a string takes all");
    }
    out
}

/// At most `most` points: neighbors become their mean.
fn thin(points: &[(usize, f64)], most: usize) -> Vec<(f64, f64)> {
    let mean = |group: &[(usize, f64)]| {
        let (steps, values) = group.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 as f64, sum.1 + p.1));
        (steps / group.len() as f64, values / group.len() as f64)
    };
    points.chunks(points.len().div_ceil(most).max(1)).map(mean).collect()
}

/// The points without their noise: each value the mean of its neighborhood, a twentieth of the line.
pub(super) fn smooth(points: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let reach = points.len() / 40;
    let mean = |at: usize| {
        let reach = reach.min(at).min(points.len() - 1 - at); // as far on both sides: no lag at the ends
        let near = &points[at - reach..=at + reach];
        let finite: Vec<f64> = near.iter().map(|point| point.1).filter(|value| value.is_finite()).collect();
        (points[at].0, finite.iter().sum::<f64>() / finite.len() as f64)
    };
    (0..points.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(usize, f64)>) -> String {
        let line = Line { name: "a <b>".to_owned(), class: "a", points, has_dots: true };
        figure(&Chart { id: "x", title: "Loss", unit: "loss", lines: vec![line], mark: Some((2, "kept")) })
    }

    #[test]
    fn points_lie_inside_the_frame_and_say_their_value() {
        let drawn = chart(vec![(1, 4.0), (2, f64::NAN), (3, 1.0), (4, 2.0)]);
        assert!(drawn.contains("M144.0 24.0M") || drawn.contains(" 24.0M"), "{drawn}"); // the gap at step 2
        assert!(drawn.contains("<title>a &lt;b&gt;: 2 at step 4</title>"), "{drawn}");
        assert_eq!(drawn.matches("<circle").count(), 3);
        assert!(!drawn.contains("NaN"));
    }

    #[test]
    fn nothing_to_draw_draws_nothing() {
        assert_eq!(chart(vec![]), "");
        assert_eq!(chart(vec![(1, f64::NAN)]), "");
        assert!(chart(vec![(1, 2.0)]).contains("<circle"));
    }

    #[test]
    fn long_lines_are_thinned_by_means() {
        let points: Vec<(usize, f64)> = (0..10_000).map(|n| (n, 1.0)).collect();
        let thin = thin(&points, MOST);
        assert!(thin.len() <= MOST);
        assert!(thin.iter().all(|point| point.1 == 1.0));
        assert!(smooth(&points).iter().all(|point| (point.1 - 1.0).abs() < 1e-9));
    }
}
