//! Opening what is to be read, so that nothing waits for what never comes.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::text;

/// How long a pipe may go without a writer: both ends may be opened at once, and ours be the first.
#[cfg(unix)]
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);

/// Opens a file of any kind. A pipe that nothing writes to is an error; one that is written to slowly is waited for.
#[cfg(unix)]
pub fn open(path: &Path) -> io::Result<impl Read + use<>> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    let first = if file.metadata()?.file_type().is_fifo() { first_byte(&mut file)? } else { None };
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(io::Cursor::new(first.as_slice().to_vec()).chain(file))
}

/// Opens a file; an error is the system's.
#[cfg(not(unix))]
pub fn open(path: &Path) -> io::Result<impl Read + use<>> {
    File::open(path)
}

/// Opens a regular file and nothing else: what is read here and there. Of what else it is, the error says that it is no such file;
/// a device or a pipe is not even opened.
pub fn open_regular(path: &Path) -> io::Result<File> {
    check_regular(&std::fs::metadata(path)?)?;
    let file = without_waiting(path)?;
    // It may be another one by now.
    check_regular(&file.metadata()?)?;
    Ok(file)
}

fn check_regular(metadata: &Metadata) -> io::Result<()> {
    let why = if metadata.is_file() {
        return Ok(());
    } else if metadata.is_dir() {
        text!("it is a directory", "这是一个目录")
    } else {
        text!("it is a pipe or a device, not a regular file", "这是管道或设备,不是普通文件")
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

#[cfg(unix)]
fn without_waiting(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // This changes nothing for a regular file.
    File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The first byte of a pipe, or nothing if there is a writer who has yet to write it.
#[cfg(unix)]
fn first_byte(pipe: &mut File) -> io::Result<Option<u8>> {
    let start = std::time::Instant::now();
    let mut byte = [0];
    while start.elapsed() < PATIENCE {
        match pipe.read(&mut byte) {
            Ok(0) => std::thread::sleep(PATIENCE / 30),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::UnexpectedEof))
}
