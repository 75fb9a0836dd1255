//! `Message`: the whole ONNX file, with a name for its graph.
//!
//! The standard requires that name (`onnx.checker` refuses a file without it), and `rten-onnx` 0.27 has no field for it.

use rten_onnx::onnx::{GraphProto, ModelProto};
use rten_onnx::protobuf::{EncodeMessage, MessageWriter, ProtobufError, ValueWriter, WriteValue};

/// Field numbers of onnx.proto: `ModelProto.graph` and `GraphProto.name`.
const GRAPH: u64 = 7;
const NAME: u64 = 2;

/// A model and its graph, which is not in it.
pub(super) struct Message<'a> {
    pub(super) model: ModelProto,
    pub(super) graph: NamedGraph<'a>,
}

/// A graph and its name.
pub(super) struct NamedGraph<'a> {
    pub(super) name: &'a str,
    pub(super) graph: GraphProto,
}

impl Message<'_> {
    /// The bytes of the file.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, ProtobufError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.encoded_len()?).unwrap_or(0));
        self.encode(ValueWriter::new(&mut bytes))?;
        Ok(bytes)
    }
}

impl EncodeMessage for Message<'_> {
    fn encode_fields<W: WriteValue>(&self, fields: &mut MessageWriter<W>) -> Result<(), ProtobufError> {
        self.model.encode_fields(fields)?;
        fields.write_message(GRAPH, &self.graph)
    }
}

impl EncodeMessage for NamedGraph<'_> {
    fn encode_fields<W: WriteValue>(&self, fields: &mut MessageWriter<W>) -> Result<(), ProtobufError> {
        fields.write_string(NAME, self.name)?;
        self.graph.encode_fields(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes by the encoding of protocol buffers: tag = number * 8 + 2 for a string or message, then length and content.
    #[test]
    fn the_graph_has_its_name() {
        let model = ModelProto { ir_version: Some(8), ..ModelProto::default() };
        let graph = NamedGraph { name: "net", graph: GraphProto::default() };
        let bytes = Message { model, graph }.bytes().expect("nothing is too long");
        assert_eq!(bytes, [&[8, 8, 58, 5, 18, 3][..], b"net"].concat());
    }
}
