//! The system's fonts, for letters that the program's own do not have: Chinese above all.

use std::fs;
use std::path::{Path, PathBuf};

/// The most files that are looked at, and the most bytes of one.
const FILES: usize = 1000;
const BYTES: u64 = 64 << 20;

/// Names of fonts that have Chinese, which are asked first: Noto, Source Han, WenQuanYi, those of macOS and of Windows.
const CHINESE: [&str; 10] = [
    "cjk",
    "sourcehan",
    "wqy",
    "pingfang",
    "stheiti",
    "hiragino",
    "msyh",
    "simhei",
    "simsun",
    "droidsansfallback",
];

/// What is in each font of the system, read as it is asked for; an order that does not change.
pub(super) fn of_system() -> impl Iterator<Item = Vec<u8>> {
    let mut files = vec![];
    // Nothing is looked for until it is wanted.
    let found = std::iter::once_with(move || {
        for folder in folders() {
            find(&folder, 4, &mut files);
        }
        files.sort_by_cached_key(|file| (!is_chinese(file), is_odd(file), file.clone()));
        files
    });
    found
        .flatten()
        .filter(|file| fs::metadata(file).is_ok_and(|file| file.len() <= BYTES))
        .filter_map(|file| fs::read(file).ok())
}

fn folders() -> Vec<PathBuf> {
    let of_all = if cfg!(windows) {
        vec![
            std::env::var_os("WINDIR")
                .map_or_else(|| PathBuf::from("C:\\Windows"), PathBuf::from)
                .join("Fonts"),
        ]
    } else {
        ["/System/Library/Fonts", "/Library/Fonts", "/usr/share/fonts", "/usr/local/share/fonts"]
            .map(PathBuf::from)
            .to_vec()
    };
    let home = std::env::home_dir().unwrap_or_default();
    let own = [".fonts", ".local/share/fonts", "Library/Fonts", "AppData/Local/Microsoft/Windows/Fonts"];
    of_all.into_iter().chain(own.map(|folder| home.join(folder))).collect()
}

/// Adds the fonts in a folder and those in it.
fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if files.len() >= FILES {
            return;
        }
        let ending =
            path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if ["ttf", "otf", "ttc", "otc"].contains(&&*ending) && path.is_file() {
            files.push(path);
        } else if depth > 0 && path.is_dir() {
            find(&path, depth - 1, files);
        }
    }
}

fn is_chinese(file: &Path) -> bool {
    let name = name(file).replace(['-', ' '], "");
    CHINESE.iter().any(|known| name.contains(known))
}

/// Whether it is another than the usual weight without serifs, which is asked later.
fn is_odd(file: &Path) -> bool {
    let name = name(file);
    ["bold", "black", "light", "thin", "medium", "serif", "mono", "italic"]
        .iter()
        .any(|odd| name.contains(odd))
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}
