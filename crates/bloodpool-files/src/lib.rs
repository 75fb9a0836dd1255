//! Files as all crates read and write them: whole or not at all, with hashes; locks of output folders; text, JSON
//! documents, NumPy arrays, label volumes (NIfTI, NRRD), CSV tables, PNG images and their grey scale.
//!
//! ```
//! use bloodpool_files::{IfExists, sha256, write_whole};
//!
//! let folder = std::env::temp_dir().join("bloodpool-files-example");
//! std::fs::create_dir_all(&folder)?;
//! let path = folder.join("counts.txt");
//! write_whole(&path, b"counts", IfExists::Replace)?;
//! assert!(write_whole(&path, b"others", IfExists::Refuse).is_err());
//! assert_eq!(&sha256(&std::fs::read(&path)?)[..8], "cdd93696");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod composed;
pub mod csv_table;
pub mod display_window;
pub mod document;
pub mod fingerprint;
pub mod folder_lock;
pub mod leftovers;
pub mod npy;
pub mod png;
pub mod read_table;
pub mod set_aside_record;
pub mod shell_word;
pub mod text;
pub mod text_file;
pub mod volume;
pub mod whole_file;

pub use composed::composed;
pub use csv_table::encode_csv;
pub use display_window::DisplayWindow;
pub use document::DocumentError;
pub use fingerprint::{FileRecord, read_bytes, sha256};
pub use folder_lock::{CutOffRun, FolderLock, LockError, LockOwner, cut_off_run};
pub use npy::{read_npy_f32, read_npy_u8, write_npy_f32, write_npy_u8};
pub use png::{encode_png_u8, read_png_u8, write_png_u8};
pub use read_table::{ColumnError, CsvRow, CsvTable};
pub use set_aside_record::SetAsideRecord;
pub use shell_word::shell_word;
pub use text::{DecodedText, TextEncoding, TextError, decode_text};
pub use text_file::read_text;
pub use volume::{LabelVolume, VolumeFormat};
pub use whole_file::{FileError, IfExists, make_folder_of, write_whole, write_with_folders};
