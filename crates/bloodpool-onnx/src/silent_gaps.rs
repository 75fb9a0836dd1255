//! `silent_gap`: what the engine would compute in another way than the file says, without saying so.

use rten_onnx::onnx::{GraphProto, ModelProto};

/// Graphs within graphs that are searched: those of conditions and loops.
const DEEPEST: usize = 8;

/// What the engine would compute otherwise, in words; `None` where it computes what the file says, or cannot read it.
pub(crate) fn silent_gap(bytes: &[u8]) -> Option<String> {
    in_graph(ModelProto::parse_buf(bytes).ok()?.graph.as_ref()?, DEEPEST)
}

fn in_graph(graph: &GraphProto, depth: usize) -> Option<String> {
    for node in &graph.node {
        // rten 0.27 enlarges linearly where cubically is asked for.
        let cubic = |name: Option<&str>, text: Option<&str>| name == Some("mode") && text == Some("cubic");
        let is_resize = node.op_type.as_deref() == Some("Resize");
        if is_resize && node.attribute.iter().any(|one| cubic(one.name.as_deref(), one.s.as_deref())) {
            let name = node.name.as_deref().unwrap_or_default();
            return Some(format!("node \"{name}\": Resize with the mode cubic (linear and nearest can be run)"));
        }
        let within = node.attribute.iter().filter_map(|one| one.g.as_ref()).filter(|_| depth > 0);
        if let Some(found) = within.into_iter().find_map(|graph| in_graph(graph, depth - 1)) {
            return Some(found);
        }
    }
    None
}
