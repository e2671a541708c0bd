//! The few protobuf messages of an event file, encoded by hand: TensorFlow's `event.proto` and
//! `summary.proto`, whose field numbers stand beside each.
//!
//! As protobuf's own encoders do, fields come in ascending order and a field of value 0 is left out.

/// What an event says.
pub(super) enum Body<'a> {
    /// The version of the file's form; the first event of a file.
    Version,
    /// Points of this step and later ones, in older files, are void.
    Restart,
    /// Points of this step.
    Scalars(&'a [Scalar]),
}

/// One point of one curve.
pub(super) struct Scalar {
    tag: String,
    value: f32,
}

impl Scalar {
    pub(super) fn new(tag: String, value: f64) -> Self {
        Self { tag, value: value as f32 }
    }
}

/// `Event`, `wall_time` in seconds since 1970.
pub(super) fn event(wall_time: f64, step: u64, body: &Body<'_>) -> Vec<u8> {
    let mut out = Message::default();
    out.double(1, wall_time);
    out.varint(2, step);
    match body {
        Body::Version => out.bytes(3, b"brain.Event:2"),
        Body::Scalars(scalars) => out.bytes(5, &summary(scalars)),
        Body::Restart => {
            let mut log = Message::default(); // SessionLog
            log.varint(1, 1); // status: START
            out.bytes(7, &log.0);
        }
    }
    out.0
}

/// `Summary`.
fn summary(scalars: &[Scalar]) -> Vec<u8> {
    let mut out = Message::default();
    for scalar in scalars {
        let mut value = Message::default(); // Summary.Value
        value.bytes(1, scalar.tag.as_bytes());
        value.float(2, scalar.value);
        out.bytes(1, &value.0);
    }
    out.0
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.raw(field << 3 | wire);
    }

    fn varint(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.key(field, 0);
            self.raw(value);
        }
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.raw(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Written even when 0: `simple_value` is one of several choices, and its presence is the choice.
    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}
