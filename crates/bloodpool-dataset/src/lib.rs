//! What is annotated: LabelMe files and the masks they mean, PNG and NumPy files, every file written whole or not at all.

mod ellipse;
pub mod labelme;
pub mod npy;
pub mod png;
pub mod rasterise;
mod scanline;
pub mod whole_file;

pub use labelme::{LabelMeError, LabelMeFile, Shape, ShapeType, polygon_on_image};
pub use npy::{read_npy_f32, read_npy_u8, write_npy_f32, write_npy_u8};
pub use png::{DisplayWindow, encode_png_u8, read_png_u8, write_png_u8};
pub use rasterise::{RasteriseError, rasterise, rasterise_polygon};
pub use whole_file::{FileError, IfExists, write_whole};
