//! SVG, to stand in a page of documentation.

use std::fmt::Write;

use super::caption::Caption;
use super::layout::{Frame, Layout, Route, Size, lay_out};
use super::outline::{BODY, Content, LinkKind, Outline};
use super::text::{line, width, xml};
use crate::Graph;

const TITLE_SIZE: f64 = 12.0;
const DETAIL_SIZE: f64 = 10.0;
const DETAIL_LINE: f64 = 13.0;
const ARROW: f64 = 7.0;
const NOTCH: f64 = 9.0;

impl Graph<'_> {
    /// Returns the workflow as an SVG image, from top to bottom. Stages made of nested stages are frames. A pointer
    /// that rests on a stage shows its type, docs and attributes.
    ///
    /// Data is a solid line, the order of a `seq` a thick one. `#[after]` is a dashed line, a request for a `#[lazy]`
    /// stage a dotted one. Lines from the inputs and to a tail are pale. A line to a frame's border is one to all that
    /// stands in it. A thin line leads from a signal (a box with a notch), or from a stage, to what waits for it in the
    /// midst of a stage. A line that ends in a bar leads to the stage that it cuts. The image stands for itself: no
    /// scripts, no styles, no fonts, no ids that could meet those of another image on the page. It takes the page's
    /// text colour, and so suits light and dark pages. It starts with `<svg` and has no blank line, so Markdown passes
    /// it through.
    ///
    /// Cost: about `O((V + E) log V)`; a graph of 2,000 stages takes some hundred milliseconds. Never panics: what is
    /// inconsistent in a graph made by hand is left out.
    ///
    /// ```
    /// # use workflow_graph::{Edge, EdgeKind, Graph, Scope, ScopeKind, Stage, StageKind};
    /// # const FETCH: Stage = Stage { name: "fetch", type_name: "Page", docs: "", line: 1, scope: 0,
    /// #     kind: StageKind::Expression, policies: &[] };
    /// # const GRAPH: Graph = Graph { name: "Crawl", version: 0, docs: "", file: "", inputs: &[], services: &[],
    /// #     signals: &[], output: "()", stages: &[FETCH, Stage { name: "store", ..FETCH }],
    /// #     scopes: &[Scope { stage: None, parent: None, kind: ScopeKind::Workflow, label: "" }],
    /// #     edges: &[Edge { from: 0, to: 1, kind: EdgeKind::After }], waits: &[] };
    /// let image = GRAPH.to_svg();
    /// assert!(image.starts_with("<svg"));
    /// assert!(image.contains("<title>fetch: Page</title>"));
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        let outline = Outline::new(self);
        let captions: Vec<Caption> = outline.items.iter().map(|item| Caption::new(self, item)).collect();
        let sizes: Vec<Size> = (0..captions.len()).map(|item| size(&outline, item, &captions[item])).collect();
        let layout = lay_out(&outline, &sizes);
        let mut svg = String::new();
        open(&mut svg, self, &layout.frames[BODY]);
        write_groups(&mut svg, &outline, &captions, &layout);
        write_routes(&mut svg, &layout.routes);
        write_nodes(&mut svg, &outline, &captions, &layout);
        svg.push_str("</svg>\n");
        svg
    }
}

impl Graph<'_> {
    /// Returns the workflow as an SVG file, for an `<img>` or a viewer: the picture of [`to_svg`](Self::to_svg). Its
    /// text is dark for readers of light pages and light for readers of dark ones. In an `<img>` no page lends it its
    /// colour.
    ///
    /// Cost: that of `to_svg`. Never panics.
    ///
    /// ```
    /// # use workflow_graph::{Graph, Scope, ScopeKind};
    /// # const GRAPH: Graph = Graph { name: "Crawl", version: 0, docs: "Crawls.", file: "", inputs: &[],
    /// #     services: &[], signals: &[], output: "()", stages: &[], scopes: &[], edges: &[], waits: &[] };
    /// let file = GRAPH.to_svg_file();
    /// assert!(file.starts_with("<svg"));
    /// assert!(file.contains("prefers-color-scheme:dark"));
    /// ```
    #[must_use]
    pub fn to_svg_file(&self) -> String {
        const COLORS: &str = "<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>\n";
        let mut svg = self.to_svg();
        let end = svg.find('\n').map_or(svg.len(), |end| end + 1);
        svg.insert_str(end, COLORS);
        svg
    }
}

/// A node's own size, or what a group's title takes.
fn size(outline: &Outline<'_>, item: usize, caption: &Caption) -> Size {
    let title = width(&caption.title) * TITLE_SIZE;
    let details = caption.details.iter().map(|detail| width(detail) * DETAIL_SIZE).fold(0.0, f64::max);
    let count = u32::try_from(caption.details.len()).map_or(0.0, f64::from);
    match outline.items[item].content {
        Content::Body => Size { width: 0.0, height: 8.0 },
        Content::Bundle => Size { width: 0.0, height: 18.0 },
        Content::Junction => Size { width: 8.0, height: 8.0 },
        _ if outline.is_group(item) => Size { width: title.max(details) + 28.0, height: 36.0 + count * DETAIL_LINE },
        Content::Scope(_) => Size { width: title / TITLE_SIZE * DETAIL_SIZE + 20.0, height: 26.0 },
        Content::Signal(_) => Size { width: title + 24.0 + NOTCH, height: 32.0 },
        _ => Size { width: (title.max(details) + 24.0).max(48.0), height: 32.0 + count * DETAIL_LINE },
    }
}

fn open(svg: &mut String, graph: &Graph<'_>, body: &Frame) {
    let label =
        format!("Workflow {}: {} stages, {} edges", line(graph.name, 80), graph.stages.len(), graph.edges.len());
    // A wide one shrinks with the page, but not beyond what can be read.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" style=\"max-width:100%;min-width:{least:.0}px;height:auto\" role=\"img\" \
         aria-label=\"{label}\" font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"{TITLE_SIZE}\" fill=\"none\" stroke=\"none\">",
        width = body.width,
        height = body.height,
        least = body.width * 0.6,
        label = xml(&label),
    );
}

fn write_groups(svg: &mut String, outline: &Outline<'_>, captions: &[Caption], layout: &Layout) {
    for item in (1..outline.items.len()).filter(|&item| outline.is_group(item)) {
        let (caption, frame) = (&captions[item], &layout.frames[item]);
        if let Content::Bundle = outline.items[item].content {
            svg.push_str("<g fill=\"currentColor\">");
            write_box(svg, frame, 9.0, "fill-opacity=\".02\" stroke=\"currentColor\" stroke-opacity=\".15\"", "");
            svg.push_str("</g>\n");
            continue;
        }
        let dashes = match outline.items[item].content {
            Content::Scope(_) => " stroke-dasharray=\"4 3\"",
            _ => "",
        };
        let _ = write!(svg, "<g fill=\"currentColor\"><title>{}</title>", xml(&caption.hover));
        write_box(svg, frame, 9.0, "fill-opacity=\".04\" stroke=\"currentColor\" stroke-opacity=\".35\"", dashes);
        write_text(svg, &caption.title, frame.x + 12.0, frame.y + 19.0, " font-weight=\"600\"");
        write_details(svg, &caption.details, frame.x + 12.0, frame.y + 19.0);
        svg.push_str("</g>\n");
    }
}

fn write_routes(svg: &mut String, routes: &[Route]) {
    let looks = [
        (LinkKind::Flow, ".35", ""),
        (LinkKind::Data, ".7", ""),
        (LinkKind::Sequence, ".7", " stroke-width=\"2.8\""),
        (LinkKind::After, ".7", " stroke-dasharray=\"6 4\""),
        (LinkKind::Wait, ".7", " stroke-width=\".8\""),
        (LinkKind::Until, ".7", " stroke-width=\".8\""),
        (LinkKind::Lazy, ".7", " stroke-dasharray=\"1 4\" stroke-linecap=\"round\" stroke-width=\"1.8\""),
    ];
    for (kind, opacity, look) in looks {
        let (mut lines, mut arrows) = (String::new(), String::new());
        for route in routes.iter().filter(|route| route.kind == kind) {
            write_route(&mut lines, &mut arrows, route);
        }
        if !lines.is_empty() {
            let _ = writeln!(
                svg,
                "<g opacity=\"{opacity}\"><path stroke=\"currentColor\"{look} d=\"{lines}\"/>\
                 <path fill=\"currentColor\" d=\"{arrows}\"/></g>"
            );
        }
    }
}

/// Straight where two points stand one above the other, else a curve that starts and ends upright.
fn write_route(lines: &mut String, arrows: &mut String, route: &Route) {
    let [first, .., before, last] = &*route.points else {
        if let [from, to] = &*route.points {
            let _ = write!(lines, "M{:.0} {:.0}L{:.0} {:.0}", from.x, from.y, to.x, to.y);
        }
        return;
    };
    let _ = write!(lines, "M{:.0} {:.0}", first.x, first.y);
    // The line ends where its arrow begins.
    let direction = if last.y < before.y { -1.0 } else { 1.0 };
    let back = if route.arrives { (ARROW - 1.0) * direction } else { 0.0 };
    let mut from = *first;
    for (place, point) in route.points.iter().enumerate().skip(1) {
        let y = if place + 1 == route.points.len() { point.y - back } else { point.y };
        if (point.x - from.x).abs() < 0.5 {
            let _ = write!(lines, "V{y:.0}");
        } else {
            let middle = f64::midpoint(from.y, y);
            let _ = write!(lines, "C{:.0} {middle:.0} {:.0} {middle:.0} {:.0} {y:.0}", from.x, point.x, point.x);
        }
        from = *point;
    }
    if route.arrives && route.kind == LinkKind::Until {
        let _ = write!(arrows, "M{:.0} {:.0}h12v{:.0}h-12z", last.x - 6.0, last.y - 2.0 * direction, -3.0 * direction);
    } else if route.arrives {
        let wing = last.y - ARROW * direction;
        let _ = write!(arrows, "M{:.0} {:.0}L{:.0} {wing:.0}H{:.0}z", last.x, last.y, last.x - 4.0, last.x + 4.0);
    }
}

fn write_nodes(svg: &mut String, outline: &Outline<'_>, captions: &[Caption], layout: &Layout) {
    const STAGE: &str = "fill=\"#4c8dff\" fill-opacity=\".14\" stroke=\"#4c8dff\" stroke-opacity=\".85\"";
    const SIGNAL: &str = "fill=\"#e8963c\" fill-opacity=\".14\" stroke=\"#e8963c\" stroke-opacity=\".85\"";
    const END: &str = "fill-opacity=\".1\" stroke=\"currentColor\" stroke-opacity=\".5\"";
    const ARM: &str = "fill-opacity=\".03\" stroke=\"currentColor\" stroke-opacity=\".5\"";
    for item in (1..outline.items.len()).filter(|&item| !outline.is_group(item)) {
        let (caption, frame) = (&captions[item], &layout.frames[item]);
        let (x, y) = (frame.x + frame.width / 2.0, frame.y + 20.5);
        let _ = write!(svg, "<g fill=\"currentColor\" text-anchor=\"middle\"><title>{}</title>", xml(&caption.hover));
        match outline.items[item].content {
            Content::Junction => {
                let _ = write!(svg, "<circle cx=\"{x:.0}\" cy=\"{:.0}\" r=\"3\" opacity=\".5\"/>", frame.y + 4.0);
            }
            Content::Scope(_) => {
                write_box(svg, frame, 6.0, ARM, " stroke-dasharray=\"4 3\"");
                write_text(svg, &caption.title, x, frame.y + 16.5, &format!(" font-size=\"{DETAIL_SIZE}\""));
            }
            Content::Signal(_) => {
                write_flag(svg, frame, SIGNAL);
                write_text(svg, &caption.title, x + NOTCH / 2.0, y, "");
            }
            Content::Start | Content::End => {
                write_box(svg, frame, frame.height / 2.0, END, "");
                write_text(svg, &caption.title, x, y, "");
            }
            Content::Body | Content::Bundle | Content::Stage(..) => {
                write_box(svg, frame, 6.0, STAGE, "");
                write_text(svg, &caption.title, x, y, "");
                write_details(svg, &caption.details, x, y);
            }
        }
        svg.push_str("</g>\n");
    }
}

/// A box with a notch where something comes in from outside.
fn write_flag(svg: &mut String, frame: &Frame, look: &str) {
    let Frame { x, y, width, height } = frame;
    let (right, bottom, middle) = (x + width, y + height, y + height / 2.0);
    let _ =
        write!(svg, "<path d=\"M{x:.0} {y:.0}H{right:.0}V{bottom:.0}H{x:.0}L{:.0} {middle:.0}z\" {look}/>", x + NOTCH);
}

fn write_box(svg: &mut String, frame: &Frame, radius: f64, look: &str, dashes: &str) {
    let Frame { x, y, width, height } = frame;
    let _ = write!(
        svg,
        "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"{radius:.0}\" {look}{dashes}/>"
    );
}

fn write_text(svg: &mut String, text: &str, x: f64, y: f64, look: &str) {
    let _ = write!(svg, "<text x=\"{x:.0}\" y=\"{y:.0}\"{look}>{}</text>", xml(text));
}

fn write_details(svg: &mut String, details: &[String], x: f64, title: f64) {
    let look = format!(" font-size=\"{DETAIL_SIZE}\" opacity=\".7\"");
    let mut y = title + 1.0;
    for detail in details {
        y += DETAIL_LINE;
        write_text(svg, detail, x, y, &look);
    }
}
